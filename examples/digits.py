"""LeNet-5 learns handwritten digits, in refcnn and in PyTorch in lockstep.

    python examples/digits.py
    python examples/digits.py --mnist FOLDER --epochs 2

Both start from the same weights and see the same batches in the same order. How far their
parameters drift apart is printed beside what the smallest possible change does: a second PyTorch
run, "moved", whose initial weights differ from the first one's by one rounding unit each.

The images are scikit-learn's 1,797 digits, every pixel enlarged to 4x4, or the files of MNIST with
a border. Needs `pip install "refcnn[examples]"`. The parts are in examples/lockstep.
"""

import os
import sys
from pathlib import Path

# Read once, by the libraries that numpy and torch load: more threads are slower on small arrays.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[1]))  # makes examples.lockstep importable

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import Progress

from examples.lockstep import data as datasets
from examples.lockstep import lenet5, report
from examples.lockstep.data import Data
from examples.lockstep.epochs import Epoch, Runs, train
from examples.lockstep.options import options_parser
from examples.lockstep.runs import RefcnnRun, TorchRun
from oracles.learning.data.dataset import DataError


def main(arguments: list[str] | None = None) -> int:
    """Train, print, and return the exit status."""
    parser = options_parser(__doc__)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    dtype = np.dtype(options.dtype)
    try:
        data = _data(options, dtype)
    except (DataError, OSError) as error:
        parser.error(str(error))  # exits with status 2

    console = Console(highlight=False)
    console.print(
        f"LeNet-5 on {data.name}: {len(data.x)} images, {len(data.held_out_x)} more held out\n"
        f"{dtype.name}, batches of {options.batch_size}, learning rate {options.lr}, "
        f"momentum {options.momentum}, seed {options.seed}\n"
    )
    console.print(report.HEADER, soft_wrap=True)
    epochs = []
    for epoch in _with_progress_bar(console, options, data, dtype):
        console.print(report.row(epoch), soft_wrap=True)
        epochs.append(epoch)
    console.print(f"\n{report.verdict(epochs)}")
    return 0 if report.accurate_enough(epochs[-1]) else 1


def _data(options: argparse.Namespace, dtype: np.dtype[Any]) -> Data:
    if options.mnist is None:
        return datasets.digits(dtype, options.limit)
    return datasets.mnist(options.mnist, dtype, options.limit)


def _with_progress_bar(
    console: Console, options: argparse.Namespace, data: Data, dtype: np.dtype[Any]
) -> Iterator[Epoch]:
    """The epochs as they are done; the bar is shown only on a terminal."""
    generator = np.random.default_rng(options.seed)
    runs = _runs(options, dtype, generator)
    batches = -(-len(data.x) // options.batch_size)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("training", total=options.epochs * batches)
        yield from train(
            runs,
            data,
            options.epochs,
            options.batch_size,
            generator,
            after_batch=lambda: progress.advance(bar),
        )


def _runs(
    options: argparse.Namespace, dtype: np.dtype[Any], generator: np.random.Generator
) -> Runs:
    """The three networks at their start."""
    state = lenet5.initial_state(generator, dtype)
    moved = lenet5.moved_by_one_rounding_unit(state, generator)
    lr, momentum = options.lr, options.momentum
    return Runs(
        refcnn=RefcnnRun(state, dtype, lr, momentum),
        torch=TorchRun(state, dtype, lr, momentum),
        moved=TorchRun(moved, dtype, lr, momentum),
    )


if __name__ == "__main__":
    sys.exit(main())
