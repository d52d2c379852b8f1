"""What is accepted, and what a refusal says: owner, what was expected, what was found."""

import operator
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from refcnn.arrays import Array, Pair

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def floating(owner: str, value: ArrayLike, what: str = "input") -> Array:
    """`value` as an array, refused unless it is float32 or float64."""
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{owner}: {what} has rows of different lengths") from None
    if array.dtype not in FLOATS:
        raise TypeError(
            f"{owner}: expected {what} of dtype float32 or float64, got {array.dtype}; "
            f"convert it first, e.g. {what}.astype(np.float32)"
        )
    return array


def float_dtype(owner: str, dtype: Any) -> np.dtype[np.floating[Any]]:
    """`dtype` as a NumPy dtype, refused unless it is float32 or float64."""
    try:
        found: np.dtype[np.floating[Any]] = np.dtype(dtype)
    except TypeError:
        raise TypeError(f"{owner}: dtype must be float32 or float64, got {dtype!r}") from None
    if found not in FLOATS:
        raise TypeError(f"{owner}: dtype must be float32 or float64, got {found}")
    return found


def images(owner: str, value: ArrayLike, channels: int | None = None) -> Array:
    """`value` as an array (N, C, H, W) with C, H, W of at least one; N may be zero."""
    x = floating(owner, value)
    count = "C" if channels is None else channels
    if x.ndim != 4:
        raise ValueError(
            f"{owner}: expected input with 4 dimensions (N, {count}, H, W), got {x.shape}"
        )
    if channels is not None and x.shape[1] != channels:
        raise ValueError(
            f"{owner}: expected input with {channels} channels (N, {channels}, H, W), got {x.shape}"
        )
    if 0 in x.shape[1:]:
        raise ValueError(f"{owner}: only N may be zero in (N, {count}, H, W), got {x.shape}")
    return x


def same_dtype(owner: str, x: Array, parameter: Array, name: str = "weight") -> None:
    """Refuse an input that is wider or narrower than the parameters."""
    if x.dtype != parameter.dtype:
        raise TypeError(
            f"{owner}: the input is {x.dtype} but {name} is {parameter.dtype}; convert the input, "
            f"or make the layer with dtype=np.{x.dtype}"
        )


def gradient(owner: str, value: ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """`value` as the gradient of an output of this shape and dtype."""
    grad_output = floating(owner, value, "grad_output")
    if grad_output.shape != shape:
        raise ValueError(
            f"{owner}: expected grad_output of the output's shape {shape}, got {grad_output.shape}"
        )
    if grad_output.dtype != dtype:
        raise TypeError(
            f"{owner}: expected grad_output of dtype {dtype} as in forward, got {grad_output.dtype}"
        )
    return grad_output


def integer(owner: str, name: str, value: SupportsIndex, minimum: int | None = None) -> int:
    """`value` as an int that is at least `minimum`."""
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{owner}: {name} must be an integer, got {name}={value!r}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{owner}: {name} must be an integer, got {name}={value!r}") from None
    if minimum is not None and number < minimum:
        raise ValueError(f"{owner}: {name} must be at least {minimum}, got {name}={number}")
    return number


def flag(owner: str, name: str, value: object) -> bool:
    """`value` as a bool; 1, "no" and arrays are not what anybody means."""
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise TypeError(f"{owner}: {name} must be True or False, got {name}={value!r}")


def number(
    owner: str, name: str, value: object, least: float = -np.inf, most: float = np.inf
) -> float:
    """`value` as a finite float between `least` and `most`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{owner}: {name} must be a number, got {name}={value!r}")
    if isinstance(value, np.complexfloating) or not np.isfinite(value):
        raise ValueError(f"{owner}: {name} must be a finite number, got {name}={value!r}")
    if least <= value <= most:
        return float(value)
    if most < np.inf:
        allowed = f"lie between {least:g} and {most:g}"
    else:
        allowed = f"be at least {least:g}" if least else "not be negative"
    raise ValueError(f"{owner}: {name} must {allowed}, got {name}={value}")


def pair(owner: str, name: str, value: Any, minimum: int) -> Pair:
    """`value`, one integer or two (height, width), as two integers of at least `minimum`."""
    if isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim):
        if len(value) != 2:
            raise ValueError(
                f"{owner}: {name} must be an integer or a pair (height, width), "
                f"got {name}={value!r}"
            )
        height, width = value
    else:
        height = width = value
    try:
        return (
            integer(owner, name, height, minimum),
            integer(owner, name, width, minimum),
        )
    except TypeError:
        raise TypeError(
            f"{owner}: {name} must be an integer or a pair (height, width), got {name}={value!r}"
        ) from None


def choice(owner: str, name: str, value: str, allowed: tuple[str, ...]) -> str:
    """`value`, refused unless it is one of `allowed`."""
    if value not in allowed:
        raise ValueError(f"{owner}: {name} must be one of {', '.join(allowed)}; got {value!r}")
    return value


def axis(owner: str, name: str, value: int, ndim: int) -> int:
    """A possibly negative axis of an array with `ndim` axes, counted from the front."""
    if not -ndim <= value < ndim:
        raise ValueError(
            f"{owner}: {name} must lie in {-ndim}..{ndim - 1} for an input with {ndim} "
            f"dimensions, got {name}={value}"
        )
    return value % ndim
