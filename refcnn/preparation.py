"""What happens to raw data before the first layer sees it."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from refcnn.arrays import AnyArray, Array

Doubles = NDArray[np.float64]


def prepare(
    raw: ArrayLike, actions: Iterable[Mapping[str, Any]], dtype: np.dtype[np.floating[Any]]
) -> Array:
    """Apply the actions in order, in float64, and round to dtype.

    Shapes:
        raw  (N, ...), numbers of any kind
        y    (N, ...) as the last `reshape` says

    Formula (x is one sample; every action is a mapping with one key):
        {"reshape": shape}       x in another shape, row-major
        {"divide": d}            x / d;    d is a number, or one for each x[c]
        {"subtract": s}          x - s;    likewise
        {"minmax": (low, high)}  low + (x - min x) * (high - low) / (max x - min x);
                                 low where all values are equal
    """
    x = np.asarray(raw, dtype=np.float64)
    for action in actions:
        ((name, argument),) = action.items()
        if name not in _ACTIONS:
            raise ValueError(f"prepare: expected one of {', '.join(_ACTIONS)}; got {name!r}")
        x = _ACTIONS[name](x, argument)
    return x.astype(dtype)


def _reshape(x: Doubles, shape: Any) -> Doubles:
    return x.reshape(len(x), *shape)


def _divide(x: Doubles, divisor: Any) -> Doubles:
    return x / _per_channel(divisor, x)


def _subtract(x: Doubles, subtrahend: Any) -> Doubles:
    return x - _per_channel(subtrahend, x)


def _minmax(x: Doubles, limits: Any) -> Doubles:
    low, high = limits
    axes = tuple(range(1, x.ndim))
    least, most = x.min(axis=axes, keepdims=True), x.max(axis=axes, keepdims=True)
    span = np.where(most > least, most - least, 1.0)
    scaled: Doubles = low + (x - least) * (high - low) / span
    return scaled


def _per_channel(numbers: Any, x: Doubles) -> AnyArray:
    """A number, or one for each channel, so that it meets (N, C, ...)."""
    array = np.asarray(numbers, dtype=np.float64)
    return array.reshape(-1, *(1,) * (x.ndim - 2)) if array.ndim else array


_ACTIONS = {"reshape": _reshape, "divide": _divide, "subtract": _subtract, "minmax": _minmax}
