"""Images to train on: scikit-learn's digits as they are, or enlarged to the size of MNIST's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from examples.posts.post_001.layers import Array
from examples.posts.post_001.training import Images
from oracles.learning.data.dataset import Dataset
from oracles.learning.data.digits import digits
from oracles.learning.data.named import named


def small() -> tuple[Images, Images]:
    """Digits of 8 by 8 pixels from 0 to 1: to learn from, and held out."""
    return _images(digits(), 16)


def enlarged() -> Dataset:
    """Digits in the middle of 28 by 28 pixels from 0 to 255, every pixel a square of 3 by 3."""
    data = digits()

    def larger(x: Array) -> Array:
        pixels = (x.astype(np.int64) * 255 // 16).astype(np.uint8)
        return np.pad(pixels.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))

    assert data.held_out_x is not None
    name = f"{data.name}, enlarged"
    held_out = (larger(data.held_out_x), data.held_out_target)
    return Dataset(name, larger(data.x), data.target, *held_out)


def mnist(folder: Path) -> Dataset:
    """The files of MNIST."""
    return replace(named(str(folder)), name="MNIST")


def full_size(data: Dataset) -> tuple[Images, Images]:
    """Images of 28 by 28 pixels from 0 to 1: to learn from, and held out."""
    return _images(data, 255)


def _images(data: Dataset, white: int) -> tuple[Images, Images]:
    def of(x: Array | None, labels: Array | None) -> Images:
        assert x is not None
        assert labels is not None
        side = x.shape[-1]
        return Images((x.reshape(-1, 1, side, side) / np.float32(white)).astype(np.float32), labels)

    return of(data.x, data.target), of(data.held_out_x, data.held_out_target)
