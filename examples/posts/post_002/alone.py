"""Each cause by itself is enough for "all results become the same": trainings with and without."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_002 import asked, images, mended
from examples.posts.post_002.descent import Settings
from examples.posts.post_002.matconvnet import Array
from examples.posts.post_002.training import Training, constant_error, train
from oracles.learning.data.idx_folder import idx_folder

Run = tuple[str, float, str, float]
"""(gradients, decay, targets, rate)."""

RUNS: tuple[Run, ...] = (
    ("asked", 500, "random", 0.003),
    ("mended", 500, "random", 0.003),
    ("mended", 500, "quarters", 0.003),
    ("asked", 0, "quarters", 0.003),
    ("mended", 0, "quarters", 0.003),
    ("asked", 0, "quarters", 0.3),
    ("mended", 0, "quarters", 0.3),
    ("mended", 0, "random", 0.3),
)

ITERATIONS = 10000

FASTER = 10
"""Times the rate of .003, with a tenth of the decay and of the iterations: the factor of the
weights in a step, 1 - rate * decay, and the way of the biases stay what they are."""

HIDDEN = {"asked": asked.hidden_backward, "mended": mended.hidden_backward}


def alone() -> Shown:
    """On digits, ten times as fast."""
    return _shown(images.digits(), FASTER)


def with_mnist(folder: Path) -> Shown:
    """On the middle of MNIST's first images, in all iterations of the question."""
    middle = idx_folder(folder).x[: images.COUNT].reshape(-1, 28, 28)[:, 4:24, 4:24]
    return _shown(images.scaled(middle), 1)


@cache
def first_run() -> Training:
    """Everything as in the question, on digits, ten times as fast."""
    x = images.digits()
    return _trained(x, targets(x), RUNS[0], FASTER)


def targets(x: Array) -> dict[str, Array]:
    return {"random": images.random_targets(), "quarters": images.quarters(x)}


def _shown(x: Array, faster: int) -> Shown:
    y = targets(x)
    done = {run: _trained(x, y, run, faster) for run in RUNS}
    figures: dict[str, float | str] = {f"constant, {name}": constant_error(y[name]) for name in y}
    for run, training in done.items():
        name = ", ".join(map(str, run))
        figures |= {f"E, {name}": training.errors[-1], f"x5, {name}": training.x5}
    return Shown((*_head(y, faster), *(_row(run, done[run]) for run in RUNS)), figures)


def _trained(x: Array, y: dict[str, Array], run: Run, faster: int) -> Training:
    gradients, decay, name, rate = run
    slow = rate == 0.003
    settings = Settings(rate * faster, decay / faster) if slow else Settings(rate, decay)
    return train(x, y[name], HIDDEN[gradients], settings, ITERATIONS // faster)


def _head(y: dict[str, Array], faster: int) -> Iterator[str]:
    best = ", ".join(f"{constant_error(one):.4f} ({name})" for name, one in y.items())
    yield f"E of the best constant prediction: {best}"
    yield f"{ITERATIONS // faster:,} iterations" + (
        f"; rate .003 is {0.003 * faster:g} here, and the decay {500 // faster}: 1 - rate * decay "
        "is -0.5 as well"
        if faster > 1
        else ""
    )
    yield ""
    yield "gradients  decay  targets   rate   E at the end        spread of x2  spread of x5"


def _row(run: Run, training: Training) -> str:
    gradients, decay, name, rate = run
    head = f"{gradients:9}  {decay:5g}  {name:8}  {rate:<5g}"
    if training.diverged:
        return f"{head}  no number after {len(training.errors) - 1} iterations"
    went = f"{training.errors[0]:.4f} -> {training.errors[-1]:.5f}"
    return f"{head}  {went:18}  {training.x2:<12.1e}  {training.x5:.1e}"


def looks_normal() -> Shown:
    """The error of the first run, and what it is made of."""
    training = first_run()
    y = images.random_targets()
    at = (0, 30, 100, 300, 1000)
    away = float(np.abs(training.beta2 - y.mean(axis=1, keepdims=True)).max())
    errors = ", ".join(f"{training.errors[t]:.4f}" for t in at)
    return Shown(
        (
            f"{FASTER} times the rate: iteration t is number {FASTER} * t of the question",
            f"E before iteration {', '.join(f'{t:,}' for t in at)}: {errors}",
            f"best constant prediction: {constant_error(y):.4f}",
            f"beta2 - mean(y) in the end: {away:.4f} at most; the outputs differ by "
            f"{training.x5:.1e} over the images",
        ),
        {
            "first": training.errors[0],
            "last": training.errors[-1],
            "constant": constant_error(y),
            "beta2 off": away,
            "x5": training.x5,
        },
    )
