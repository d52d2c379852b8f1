"""A data set: samples with what they are to be mapped to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class DataError(ValueError):
    """A data set cannot be read, or does not fit; the message says which and how."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples to learn from, and samples to be tested on.

    name             for people: "MNIST in data/mnist", "scikit-learn's digits"
    x                (N, ...) raw numbers, as the file has them
    target           (N) labels 0, 1, ... as integers, or (N, ...) numbers
    held_out_x       (M, ...), None where there are none
    held_out_target  (M, ...)
    """

    name: str
    x: Array
    target: Array
    held_out_x: Array | None = None
    held_out_target: Array | None = None

    @property
    def labelled(self) -> bool:
        """Whether the targets are labels."""
        return bool(self.target.ndim == 1 and np.issubdtype(self.target.dtype, np.integer))

    def first(self, limit: int | None) -> Dataset:
        """The first so many samples to learn from; what is held out stays."""
        if limit is None or limit >= len(self.x):
            return self
        return Dataset(
            self.name,
            self.x[:limit],
            self.target[:limit],
            self.held_out_x,
            self.held_out_target,
        )
