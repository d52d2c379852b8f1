"""Poolings with a wrong gradient are named. Each is written here as somebody would write it: loops
over windows that put something into the padded image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence

Program = Callable[[Array, Array, Mapping[str, Any]], Array]
Put = Callable[[Array, Array, float], None]


def looped(
    put: Put, over: Callable[[tuple[int, ...]], Any] = np.ndindex, *, crop: bool = True
) -> Program:
    """Loops over samples, channels and windows. `put(gradient, window, g)` gets the part of the
    padded gradient from the window on, what the window reads, and its grad_output."""

    def program(x: Array, grad_output: Array, a: Mapping[str, Any]) -> Array:
        (kh, kw), (sh, sw), (ph, pw) = a["kernel_size"], a["stride"], a["padding"]
        sides = ((0, 0), (0, 0), (ph, ph + kw), (pw, pw + kh))
        padded = np.pad(x, sides, constant_values=-np.inf)
        gradient = np.zeros_like(padded)
        for n, c, i, j in over(grad_output.shape):
            here = np.s_[n, c, i * sh :, j * sw :]
            put(gradient[here], padded[here][:kh, :kw], grad_output[n, c, i, j])
        top, left = (ph, pw) if crop else (0, 0)
        return gradient[:, :, top : top + x.shape[2], left : left + x.shape[3]]

    return program


def first_maximum(window: Array) -> tuple[int, int]:
    """Row and column in the window."""
    row, column = np.unravel_index(window.argmax(), window.shape)
    return int(row), int(column)


def everywhere(gradient: Array, window: Array, g: float) -> None:
    """A window handed on as a whole."""
    gradient[: window.shape[0], : window.shape[1]] += g


def right(gradient: Array, window: Array, g: float) -> None:
    """As it should be, for a maximum."""
    gradient[first_maximum(window)] += g


def overwritten(gradient: Array, window: Array, g: float) -> None:
    """= in place of +=."""
    gradient[first_maximum(window)] = g


def windows_overwritten(gradient: Array, window: Array, g: float) -> None:
    """A mask that is assigned."""
    gradient[: window.shape[0], : window.shape[1]] = (window == window.max()) * g


def times_maximum(gradient: Array, window: Array, g: float) -> None:
    """The maximum in place of its mask."""
    gradient[first_maximum(window)] += g * window.max()


def swapped_index(gradient: Array, window: Array, g: float) -> None:
    """Column and row."""
    gradient[first_maximum(window)[::-1]] += g


def index_by_height(gradient: Array, window: Array, g: float) -> None:
    """A flat index taken apart by the wrong side."""
    gradient[divmod(int(window.argmax()), window.shape[0])] += g


def corner(gradient: Array, _: Array, g: float) -> None:
    """The first pixel."""
    gradient[0, 0] += g


def ties_all(gradient: Array, window: Array, g: float) -> None:
    """A mask."""
    gradient[: window.shape[0], : window.shape[1]] += (window == window.max()) * g


def ties_shared(gradient: Array, window: Array, g: float) -> None:
    """A mask that sums to 1."""
    mask = window == window.max()
    gradient[: window.shape[0], : window.shape[1]] += mask * g / mask.sum()


def ties_last(gradient: Array, window: Array, g: float) -> None:
    """>= in place of >."""
    row, column = np.argwhere(window == window.max())[-1]
    gradient[row, column] += g


def ties_columns_first(gradient: Array, window: Array, g: float) -> None:
    """An image that lies in memory column by column."""
    gradient[first_maximum(window.T)[::-1]] += g


def share(gradient: Array, window: Array, g: float) -> None:
    """As it should be, for a mean."""
    gradient[: window.shape[0], : window.shape[1]] += g / window.size


def shares_overwritten(gradient: Array, window: Array, g: float) -> None:
    """= in place of +=."""
    gradient[: window.shape[0], : window.shape[1]] = g / window.size


def divided_twice(gradient: Array, window: Array, g: float) -> None:
    """Divided before and in the loop."""
    gradient[: window.shape[0], : window.shape[1]] += g / window.size**2


def first_of_each(shape: tuple[int, ...]) -> Any:
    """Loops over windows that return in the first round."""
    return np.ndindex(*shape[:2], 1, 1)


def first_of_all(_: tuple[int, ...]) -> Any:
    """All four loops do."""
    return np.ndindex(1, 1, 1, 1)


def tap_by_tap(mean: bool) -> Program:
    """One assignment for each pixel of a window, to all windows at once (no padding)."""

    def program(x: Array, grad_output: Array, a: Mapping[str, Any]) -> Array:
        (kh, kw), (sh, sw) = a["kernel_size"], a["stride"]
        views = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))
        most = views[:, :, ::sh, ::sw].max((-2, -1))
        gradient = np.zeros_like(x)
        rows, columns = grad_output.shape[2:]
        for u, v in np.ndindex(kh, kw):
            here = np.s_[:, :, u : u + sh * rows : sh, v : v + sw * columns : sw]
            gradient[here] = grad_output / (kh * kw) if mean else grad_output * (x[here] == most)
        return gradient

    return program


def scattered(shape: Callable[[Array], tuple[int, ...]]) -> Program:
    """A global maximum whose flat index in its own map is one into fewer maps."""

    def program(x: Array, grad_output: Array, _: Mapping[str, Any]) -> Array:
        maps = x.reshape(*x.shape[:2], -1)
        index = np.broadcast_to(maps.argmax(2), x.shape[:2])
        gradient = np.zeros_like(maps)
        samples, channels = np.indices(x.shape[:2])
        kept_samples, kept_channels = shape(x)
        where = samples % kept_samples, channels % kept_channels, index
        np.add.at(gradient, where, grad_output[:, :, 0, 0])
        return gradient.reshape(x.shape)

    return program


def of_padded_image(x: Array, grad_output: Array, a: Mapping[str, Any]) -> Array:
    """The right gradient of the padded image, its numbers counted off into the smaller image."""
    (ph, pw), (height, width) = a["padding"], x.shape[2:]
    uncropped = looped(right, crop=False)(
        np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf),
        grad_output,
        {**a, "padding": (0, 0)},
    )
    return uncropped.reshape(*x.shape[:2], -1)[:, :, : height * width].reshape(x.shape)


def negative(x: Array, grad_output: Array, a: Mapping[str, Any]) -> Array:
    """-= in place of +=."""
    return -looped(right)(x, grad_output, a)


def nothing(x: Array, _: Array, __: Mapping[str, Any]) -> Array:
    """An array of zeros that nobody fills."""
    return np.zeros_like(x)


ROWS: list[tuple[str, str, Program]] = [
    ("max_pool2d.grad_input.everywhere", "padding", looped(everywhere)),
    ("max_pool2d.grad_input.overwritten", "overlap", looped(overwritten)),
    ("max_pool2d.grad_input.windows_overwritten", "overlap", looped(windows_overwritten)),
    ("max_pool2d.grad_input.overwritten_by_taps", "overlap", tap_by_tap(mean=False)),
    ("max_pool2d.grad_input.times_maximum", "padding", looped(times_maximum)),
    ("max_pool2d.grad_input.swapped_index", "overlap", looped(swapped_index)),
    ("max_pool2d.grad_input.index_by_height", "axes_differ", looped(index_by_height)),
    ("max_pool2d.grad_input.corner", "padding", looped(corner)),
    ("max_pool2d.grad_input.ties_all", "overlap_ties", looped(ties_all)),
    ("max_pool2d.grad_input.ties_shared", "overlap_ties", looped(ties_shared)),
    ("max_pool2d.grad_input.ties_last", "axes_differ_ties", looped(ties_last)),
    ("max_pool2d.grad_input.ties_columns_first", "axes_differ_ties", looped(ties_columns_first)),
    ("max_pool2d.grad_input.first_window_only", "overlap", looped(right, first_of_each)),
    ("max_pool2d.grad_input.first_window_of_batch", "overlap", looped(right, first_of_all)),
    ("max_pool2d.grad_input.padding_shifted", "padding", looped(right, crop=False)),
    ("max_pool2d.grad_input.index_of_padded_image", "padding", of_padded_image),
    ("max_pool2d.grad_input.without_batch_offset", "global", scattered(lambda x: (1, x.shape[1]))),
    (
        "max_pool2d.grad_input.without_channel_offset",
        "global",
        scattered(lambda x: (x.shape[0], 1)),
    ),
    ("max_pool2d.grad_input.without_offsets", "global", scattered(lambda _: (1, 1))),
    ("max_pool2d.grad_input.sign", "padding", negative),
    ("max_pool2d.grad_input.zero", "padding", nothing),
    ("avg_pool2d.grad_input.corner", "padding_counted", looped(corner)),
    ("avg_pool2d.grad_input.overwritten", "overlap", looped(shares_overwritten)),
    ("avg_pool2d.grad_input.overwritten_by_taps", "overlap", tap_by_tap(mean=True)),
    ("avg_pool2d.grad_input.divided_twice", "padding_counted", looped(divided_twice)),
    ("avg_pool2d.grad_input.first_window_only", "overlap", looped(share, first_of_each)),
    ("avg_pool2d.grad_input.first_window_of_batch", "overlap", looped(share, first_of_all)),
    ("avg_pool2d.grad_input.padding_shifted", "axes_differ", looped(share, crop=False)),
    ("avg_pool2d.grad_input.zero", "padding_counted", nothing),
    ("max_pool2d.type.average", "padding", looped(share)),
    ("avg_pool2d.divisor.missing", "padding_counted", looped(everywhere)),
]
"""Cause, case, the gradient that the program computes. Its output is right."""


def diagnosed(case: str, program: Program, dtype: str) -> list[tuple[str, str]]:
    """Causes and certainties for somebody whose only layer has this gradient."""
    drawn = definition(case).draw(dtype)
    (layer,) = drawn.layers
    values = evaluate(drawn)
    upstream = drawn.steps[0].upstream
    assert upstream is not None
    x = values["step0.input"]
    values[f"step0.backward.{layer.name}"] = program(
        x, upstream.astype(np.float64), layer.attributes
    )
    trace = Trace(drawn)
    for name, value in values.items():
        trace[name] = value.astype(drawn.dtype)
    found = diagnose(evidence(drawn, trace))
    return [(one.cause, one.certainty) for one in found.causes]


@pytest.mark.parametrize(
    ("cause", "case", "program"), ROWS, ids=[f"{cause}-{case}" for cause, case, _ in ROWS]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_gradient_is_named(cause: str, case: str, program: Program, dtype: str) -> None:
    """Who computes this gradient reads its name, and nothing else."""
    pool = cause.partition(".")[0]
    assert diagnosed(f"{pool}/{case}", program, dtype) == [(cause, "certain")]


@pytest.mark.parametrize(
    ("case", "program"),
    [
        ("max_pool2d/overlap", looped(right)),
        ("max_pool2d/axes_differ_ties", looped(right)),
        ("avg_pool2d/overlap", looped(share)),
        ("avg_pool2d/axes_differ", looped(share)),
    ],
    ids=["max", "max with ties", "mean", "mean with padding"],
)
def test_the_loops_are_right_without_a_mistake(case: str, program: Program) -> None:
    """What is named above is the mistake, not the loops around it."""
    assert diagnosed(case, program, "float32") == []
