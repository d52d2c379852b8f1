"""Samples in one file, what they are to be mapped to in another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from oracles.learning.data import idx, numpy_file
from oracles.learning.data.dataset import Array, Dataset, checked


def two_files(samples: Path, targets: Path) -> Dataset:
    """Each a .npy file, or else an idx file, plain or .gz. Nothing is held out.

    Raises DataError where one of them cannot be read, or they do not belong together.
    """
    return Dataset(f"{samples} with {targets}", *pair(samples, targets, read))


def pair(samples: Path, targets: Path, read: Callable[[Path], Array]) -> tuple[Array, Array]:
    """Samples and targets that belong together."""
    return checked(read(samples), read(targets), str(samples), str(targets))


def read(path: Path) -> Array:
    """One file; its name says of which kind."""
    return numpy_file.read(path) if path.suffix == ".npy" else idx.read(path)
