"""The network of https://datascience.stackexchange.com/questions/10564, mended (the question is
CC BY-SA; its author is not named in our copy; the code is our own). What is not here was right.

    python -m oracles validate posts/000_tiny --implementation examples.posts.post_000.mended
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from examples.posts.post_000.network import Floats, Network, Sizes
from examples.posts.post_000.plug import Plug, Setting


class Mended(Network):
    """
    white     the largest value a pixel can have
    samples   how many there are to learn from; None takes the batch for all of them
    """

    def __init__(
        self, sizes: Sizes, reg: float = 0.0, white: float = 255.0, samples: int | None = None
    ) -> None:
        super().__init__(sizes, reg)
        self.white, self.samples = white, samples

    def images(self, rows: NDArray[Any]) -> Floats:
        """Each row becomes an image by itself; only then the samples go to the last axis."""
        side = self.sizes.side
        return (rows / self.white).reshape(len(rows), side, side).transpose(1, 2, 0)

    def data_cost(self, logits: Floats, targets: Floats) -> float:
        """-log(sigmoid(z)) is log(1 + exp(-z)), which NumPy computes without overflow."""
        at_1, at_0 = np.logaddexp(0.0, -logits), np.logaddexp(0.0, logits)
        return float(np.sum(targets * at_1 + (1 - targets) * at_0)) / len(logits)

    def decay_divisor(self, batch: int) -> int:
        """The decay is the same for any batch."""
        return batch if self.samples is None else self.samples


def _mended(setting: Setting) -> Mended:
    return Mended(setting.sizes, setting.reg, setting.white, setting.samples)


implementation = Plug("post 000 mended", _mended)
