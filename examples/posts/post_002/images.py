"""32 images of 20 x 20 pixels, each scaled to 0 .. 1, and targets for them: (20, 20, 1, 32) and
(4, 32)."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits

from examples.posts.post_002.matconvnet import Array

SIZE, COUNT = 20, 32


def scaled(images: Array) -> Array:
    """Images (N, H, W) as H W C N, the smallest pixel of each 0 and the largest 1."""
    x = images.transpose(1, 2, 0)[:, :, None].astype(np.float64)
    low, high = x.min(axis=(0, 1)), x.max(axis=(0, 1))
    y: Array = (x - low) / (high - low)
    return y


def digits() -> Array:
    """The first of scikit-learn's digits, of 8 x 8, each pixel repeated."""
    place = np.arange(SIZE) * 8 // SIZE
    return scaled(load_digits().images[:COUNT][:, place][:, :, place])


def random_targets() -> Array:
    """As in the question: they have nothing to do with the images."""
    return np.random.default_rng(0).uniform(size=(4, COUNT))


def quarters(images: Array) -> Array:
    """Something that can be learned: how bright each quarter of an image is, from 0 to 1."""
    half = SIZE // 2
    means = images[:, :, 0].reshape(2, half, 2, half, -1).mean(axis=(1, 3)).reshape(4, -1)
    low, high = means.min(axis=1, keepdims=True), means.max(axis=1, keepdims=True)
    y: Array = (means - low) / (high - low)
    return y
