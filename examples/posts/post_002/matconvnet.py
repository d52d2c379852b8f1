"""MatConvNet's convolution on H W C N arrays, and MATLAB's way of making images columns.

The kernel is not turned (as in PyTorch), stride is 1, and gradients are summed over the images.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def windows(x: Array, kernel: tuple[int, int]) -> Array:
    """What each entry of a kernel of odd size sees, zeros around the image included.

    x (H, W, 1, N) -> (kh * kw, H, W, N), the entries of the kernel counted column by column
    """
    h, w = x.shape[:2]
    kh, kw = kernel
    ph, pw = kh // 2, kw // 2
    padded = np.pad(x[:, :, 0], ((ph, ph), (pw, pw), (0, 0)))
    return np.stack([padded[u : u + h, v : v + w] for v in range(kw) for u in range(kh)])


def convolved(seen: Array, w: Array, b: Array) -> Array:
    """One filter w (kh, kw) with bias b () over `windows`: (H, W, 1, N)."""
    y: Array = np.tensordot(w.ravel(order="F"), seen, axes=1) + b
    return y[:, :, None]


def convolution_gradients(seen: Array, w: Array, dzdy: Array) -> tuple[Array, Array]:
    """dzdw (kh, kw) and dzdb () from dzdy (H, W, 1, N)."""
    dzdw = np.tensordot(seen, dzdy[:, :, 0], axes=3).reshape(w.shape, order="F")
    return dzdw, dzdy.sum()


def columns(images: Array) -> Array:
    """Each image as a column, counted column by column: (H, W, 1, N) -> (H * W, N)."""
    return images.reshape(-1, images.shape[-1], order="F")


def images(vectors: Array, shape: tuple[int, ...]) -> Array:
    """The way back: (H * W, N) -> (H, W, 1, N)."""
    return vectors.reshape(shape, order="F")
