"""A data set: samples with what they are to be mapped to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


MOST_BYTES = 2**30
"""Of one array: twenty times the images of MNIST."""

_AT_ONCE = 1000
"""Samples whose numbers are looked at together, so that no second copy of all is made."""


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

    def first(self, limit: int | None) -> Dataset:
        """The first so many samples to learn from; what is held out stays. None is all of them."""
        if limit is not None and limit < 1:
            raise DataError(f"a limit of {limit} samples leaves nothing to learn from")
        if limit is None or limit >= len(self.x):
            return self
        return Dataset(
            self.name,
            self.x[:limit],
            self.target[:limit],
            self.held_out_x,
            self.held_out_target,
        )


def checked(x: Array, target: Array, x_name: str, target_name: str) -> tuple[Array, Array]:
    """Samples and targets that belong together, labels as int64.

    Raises DataError where there are no samples, or not as many targets, or numbers that are not
    finite, or where the two look swapped.
    """
    if x.ndim < 2 and target.ndim > x.ndim:
        raise DataError(
            f"{x_name} has shape {x.shape}, {target_name} {target.shape}: samples have two axes or "
            "more and labels one; are the two swapped?"
        )
    if x.ndim < 2 or x.size == 0:
        raise DataError(
            f"{x_name} has shape {x.shape}: expected an axis of samples, and at least one more"
            if x.ndim == 0 or len(x)
            else f"{x_name} has no samples: its shape is {x.shape}"
        )
    if target.ndim == 0 or len(x) != len(target):
        count = f"{len(target)} targets" if target.ndim else "one number"
        raise DataError(f"{x_name} has {len(x)} samples, but {target_name} has {count}")
    for array, name in ((x, x_name), (target, target_name)):
        _check_finite(array, name)
    labels = target.ndim == 1 and np.issubdtype(target.dtype, np.integer)
    if labels and target.max() > np.iinfo(np.int64).max:
        raise DataError(f"{target_name} holds {target.max()}: expected labels 0, 1, ...")
    return x, target.astype(np.int64) if labels else target


def _check_finite(array: Array, name: str) -> None:
    if array.dtype.kind != "f":
        return
    for start in range(0, len(array), _AT_ONCE):
        wrong = np.argwhere(~np.isfinite(array[start : start + _AT_ONCE]))
        if len(wrong):
            index = (start + int(wrong[0][0]), *map(int, wrong[0][1:]))
            raise DataError(f"{name} holds {array[index]} at {index}: expected finite numbers")
