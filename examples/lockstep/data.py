"""Handwritten digits as (N, 1, 32, 32): scikit-learn's small ones, or MNIST."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.lockstep.lenet5 import Array
from examples.lockstep.runs import Classes
from oracles.learning.data.dataset import DataError
from oracles.learning.data.idx_folder import idx_folder

BACKGROUND, FOREGROUND = -0.1, 1.175
"""Grey levels from paper to ink, after LeCun et al. 1998, section II.B."""


@dataclass(frozen=True)
class Data:
    """Images to learn from, and images to be tested on.

    x                (N, 1, 32, 32)
    target           (N), the digits 0..9
    held_out_x       (M, 1, 32, 32)
    held_out_target  (M)
    """

    name: str
    x: Array
    target: Classes
    held_out_x: Array
    held_out_target: Classes


def digits(dtype: np.dtype[Any], limit: int | None = None) -> Data:
    """The 1,797 digits of 8x8 pixels that scikit-learn brings along.

    Every pixel becomes a square of 4x4 pixels. A fifth of each class is held out, the same fifth
    every time; `limit` keeps the first so many of the others. Both parts show the same writers,
    which makes this easier than reading strangers' digits.
    """
    from sklearn.datasets import load_digits  # here, so that MNIST needs no scikit-learn

    pixels, labels = load_digits(return_X_y=True)
    raw = pixels.astype(np.uint8).reshape(-1, 8, 8).repeat(4, axis=1).repeat(4, axis=2)
    train, held_out = _stratified_fifth(labels)
    train = train[:limit]
    return Data(
        "scikit-learn's digits",
        _scaled(raw[train], 16, dtype),
        labels[train].astype(np.int64),
        _scaled(raw[held_out], 16, dtype),
        labels[held_out].astype(np.int64),
    )


def mnist(folder: Path, dtype: np.dtype[Any], limit: int | None = None) -> Data:
    """The four files of MNIST, or of a data set that is packed like it.

    The 28x28 pixels get a border of two pixels of paper. `limit` keeps the first so many training
    images; all test images are held out.

    Raises:
        DataError: a file is missing, broken, or not what its name says; images are not of 28x28
            pixels; a label is not one of 0..9.
    """
    found = idx_folder(folder)
    if found.held_out_x is None or found.held_out_target is None:
        raise DataError(f"{folder} has no t10k-images-idx3-ubyte: nothing to be tested on")
    _check(found.name, found.x, found.target)
    _check(found.name, found.held_out_x, found.held_out_target)
    some = found.first(limit)
    return Data(
        "MNIST",
        _scaled(_bordered(some.x), 255, dtype),
        some.target,
        _scaled(_bordered(found.held_out_x), 255, dtype),
        found.held_out_target,
    )


def _check(name: str, images: NDArray[Any], labels: NDArray[Any]) -> None:
    """What LeNet-5 can read and answer."""
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise DataError(
            f"{name}: expected images of 28x28 bytes, got shape {images.shape[1:]} of "
            f"{images.dtype}"
        )
    if labels.dtype != np.int64 or labels.min() < 0 or labels.max() > 9:
        raise DataError(f"{name}: expected labels 0..9, got {labels.min()}..{labels.max()}")


def _stratified_fifth(labels: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positions of four fifths and of one fifth of every class, each in ascending order."""
    shuffled = np.random.default_rng(0).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    held_out = np.arange(len(labels)) % 5 == 0
    return np.sort(by_class[~held_out]), np.sort(by_class[held_out])


def _bordered(raw: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, 28, 28) in the middle of (N, 32, 32)."""
    return np.pad(raw, ((0, 0), (2, 2), (2, 2)))


def _scaled(raw: NDArray[np.uint8], ink: int, dtype: np.dtype[Any]) -> Array:
    """Grey levels (N, H, W) from 0 to `ink` as numbers (N, 1, H, W), rounded once to dtype."""
    numbers = BACKGROUND + (FOREGROUND - BACKGROUND) * np.arange(ink + 1) / ink
    scaled: Array = numbers.astype(dtype)[raw[:, None]]
    return scaled
