"""Training three networks in lockstep, and how far apart they are after each epoch."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from examples.lockstep.data import Data
from examples.lockstep.lenet5 import Array, State
from examples.lockstep.runs import Classes, Run

_IMAGES_AT_ONCE = 250  # in evaluation, to bound the memory of a forward pass


@dataclass(frozen=True)
class Runs:
    """The networks that are trained side by side.

    refcnn and torch start from the same numbers; moved is PyTorch again, from numbers one rounding
    unit away.
    """

    refcnn: Run
    torch: Run
    moved: Run


@dataclass(frozen=True)
class Result:
    """What one run has to show for one epoch.

    loss      mean over the training images, each as it was met
    accuracy  share of the held-out images that are recognised after the epoch, 0..1
    seconds   for the training steps; neither data nor evaluation is counted
    """

    loss: float
    accuracy: float
    seconds: float


@dataclass(frozen=True)
class Epoch:
    """What is known after one epoch.

    number          counted from 1
    refcnn, torch   the two results
    distance        of refcnn's parameters from PyTorch's, see `distance`
    moved_distance  of the moved run's parameters from PyTorch's
    """

    number: int
    refcnn: Result
    torch: Result
    distance: float
    moved_distance: float


def train(
    runs: Runs,
    data: Data,
    epochs: int,
    batch_size: int,
    generator: np.random.Generator,
    after_batch: Callable[[], None],
) -> Iterator[Epoch]:
    """Show each batch to all runs before the next batch; yield after each epoch.

    The generator shuffles the training images anew for each epoch. The last batch of an epoch may
    be smaller.
    """
    for number in range(1, epochs + 1):
        refcnn, torch, moved = (_Timed(run) for run in (runs.refcnn, runs.torch, runs.moved))
        order = generator.permutation(len(data.x))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            for timed in (refcnn, torch, moved):
                timed.train_step(data.x[batch], data.target[batch])
            after_batch()
        yield Epoch(
            number,
            refcnn.result(data),
            torch.result(data),
            distance(runs.refcnn.state(), runs.torch.state()),
            distance(runs.moved.state(), runs.torch.state()),
        )


def distance(actual: State, expected: State) -> float:
    """The largest difference between two parameters, relative to the largest parameter.

    Formula:
        max over all parameters p of |actual[p] - expected[p]| / max over all p of |expected[p]|
    """
    differences = [np.abs(actual[name] - expected[name]).max() for name in expected]
    sizes = [np.abs(values).max() for values in expected.values()]
    return float(np.max(differences) / np.max(sizes))


class _Timed:
    """One run over one epoch, with its losses and its time."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.loss = self.seconds = 0.0
        self.images = 0

    def train_step(self, x: Array, target: Classes) -> None:
        start = perf_counter()
        loss = self.run.train_step(x, target)
        self.seconds += perf_counter() - start
        self.loss += loss * len(x)
        self.images += len(x)

    def result(self, data: Data) -> Result:
        accuracy = _accuracy(self.run, data.held_out_x, data.held_out_target)
        return Result(self.loss / self.images, accuracy, self.seconds)


def _accuracy(run: Run, x: Array, target: Classes) -> float:
    """The share of the images x (N, 1, 32, 32) that get their class."""
    parts = [slice(i, i + _IMAGES_AT_ONCE) for i in range(0, len(x), _IMAGES_AT_ONCE)]
    predicted = np.concatenate([run.predict(x[part]) for part in parts])
    return float(np.mean(predicted == target))
