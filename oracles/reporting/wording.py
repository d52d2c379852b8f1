"""What entries are called in a sentence, and how numbers are written."""

from __future__ import annotations

import math

from oracles.judging.judgement import JudgedEntry, Judgement

_PHRASES = {
    "input": "the input of the network",
    "mask": "the mask of {operation}",
    "forward": "the output of {operation}",
    "state": "the running statistics of {operation}",
    "loss": "the value of {operation}",
    "loss_gradient": "the gradient of {operation} with respect to the prediction",
    "backward": "the gradient with respect to the input of {operation}",
    "gradient": "the gradient with respect to a parameter of {operation}",
    "clipped": "a gradient after clipping",
    "optimizer": "what {operation} remembers of a parameter",
    "update": "a parameter after the update by {operation}",
}

_COLUMNS = {
    "input": "forward",
    "mask": "forward",
    "forward": "forward",
    "state": "forward",
    "loss": "forward",
    "loss_gradient": "grad_input",
    "backward": "grad_input",
    "gradient": "gradients",
    "clipped": "update",
    "optimizer": "update",
    "update": "update",
}

COLUMNS = ("forward", "grad_input", "gradients", "update")
"""Of the table of operations."""


def phrase(entry: JudgedEntry) -> str:
    """What kind of quantity of what operation: "the output of Conv2d"."""
    return quantity(entry.kind, entry.operation)


def quantity(kind: str, operation: str) -> str:
    """The same of an entry that nobody has judged."""
    return _PHRASES.get(kind, kind).format(operation=operation or "the case")


def judged_in(judgement: Judgement) -> str:
    """The dtype, and what was judged if it is not the values: `properties in float64`."""
    if judgement.about == "values":
        return judgement.dtype
    return f"{judgement.about} in {judgement.dtype}" if judgement.dtype else judgement.about


def column(kind: str) -> str:
    """The column of the table of operations that an entry of this kind is counted in."""
    return _COLUMNS.get(kind, "forward")


def place(index: tuple[int, ...], kind: str, operation: str) -> str:
    """An index with what its axes are: `[1, 0, 7, 3] (sample 1, channel 0, row 7, column 3)`."""
    if not index:
        return ""
    axes = _axes(len(index), kind, operation)
    named = ", ".join(f"{axis} {i}" for axis, i in zip(axes, index, strict=False))
    return f"{list(index)} ({named})" if axes else f"{list(index)}"


def _axes(ndim: int, kind: str, operation: str) -> tuple[str, ...]:
    if kind in {"gradient", "clipped", "optimizer", "update"}:
        if ndim == 4 and operation.startswith("Conv"):
            return ("output channel", "input channel", "row", "column")
        return ("output feature", "input feature") if ndim == 2 else ()
    if kind == "state":
        return ("channel",) if ndim == 1 else ()
    return {4: ("sample", "channel", "row", "column"), 2: ("sample", "feature")}.get(ndim, ())


def exact_number(value: float, unit: float) -> str:
    """A number with all the digits its dtype has."""
    return f"{value:.9g}" if unit > 2.0**-30 else f"{value:.17g}"


def short(value: float) -> str:
    """A number with as many digits as a size needs."""
    return f"{value:.2g}"


def times(ratio: float) -> str:
    """How many times over: "1.04 times", "1.9 million times"."""
    for power, name in ((12, "trillion"), (9, "billion"), (6, "million")):
        if 10.0**power <= ratio < 1000 * 10.0**power:
            return f"{ratio / 10.0**power:.1f} {name} times"
    if 1000 <= ratio < 1e6:
        return f"{ratio:,.0f} times"
    return f"{ratio:.3g} times"


def power_of_two(value: float) -> str:
    """`2^-24` where it is one, else the number."""
    if value > 0:
        mantissa, exponent = math.frexp(value)
        if mantissa == 0.5:
            return f"2^{exponent - 1}"
    return short(value)


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 case`, `17 cases`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
