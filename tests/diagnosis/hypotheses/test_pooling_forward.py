"""Poolings with another output are named. Each is written here as somebody would write it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Array, Case
from oracles.contract.reading import read_case
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.judging.diagnosis import Diagnosis
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence

Program = Callable[[Array, Mapping[str, Any]], Array]

WINDOW = (-2, -1)
NOTHING = -np.inf


def taps(x: Array, a: Mapping[str, Any], fill: float = 0.0, **other: Any) -> Array:
    """What the windows read, (N, C, OH, OW, kh, kw), sizes rounded down."""
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = (
        other.get(key, a.get(key, (1, 1)))
        for key in ("kernel_size", "stride", "padding", "dilation")
    )
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=fill)
    extent = (dh * (kh - 1) + 1, dw * (kw - 1) + 1)
    view = np.lib.stride_tricks.sliding_window_view(padded, extent, axis=(2, 3))
    return view[:, :, ::sh, ::sw, ::dh, ::dw]


def most(x: Array, a: Mapping[str, Any], **other: Any) -> Array:
    """Max pooling, with other options."""
    maximum: Array = taps(x, a, NOTHING, **other).max(WINDOW)
    return maximum


def mean(x: Array, a: Mapping[str, Any], **other: Any) -> Array:
    """Average pooling that counts its padding, with other options."""
    average: Array = taps(x, a, **other).mean(WINDOW)
    return average


def turned(key: str, program: Callable[..., Array]) -> Program:
    """The pair is read the wrong way round."""
    return lambda x, a: program(x, a, **{key: a[key][::-1]})


def by_default(key: str, value: Any, program: Callable[..., Array]) -> Program:
    """The option is never looked at."""
    return lambda x, a: program(x, a, **{key: value})


def longer(x: Array, rows: int, columns: int, fill: float) -> Array:
    """More rows below and more columns on the right."""
    return np.pad(x, ((0, 0), (0, 0), (0, rows), (0, columns)), constant_values=fill)


def without_last(y: Array) -> Array:
    """Loops that stop too early."""
    y = y.copy()
    y[:, :, -1], y[..., -1] = 0.0, 0.0
    return y


def farthest(x: Array, a: Mapping[str, Any]) -> Array:
    """The maximum or the minimum, whichever is farther from 0."""
    maximum, minimum = taps(x, a).max(WINDOW), taps(x, a).min(WINDOW)
    found: Array = np.where(-minimum > maximum, minimum, maximum)
    return found


def with_every_window(x: Array, a: Mapping[str, Any]) -> Array:
    """Average pooling that counts its padding and what there is of a last window."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    overhanging = longer(padded, 2, 1, np.nan)
    average: Array = np.nanmean(taps(overhanging, a, padding=(0, 0)), WINDOW)
    return average


ROWS: list[tuple[str, str, Program]] = [
    (
        "max_pool2d.ceil_mode.flipped",
        "textbook_remainder",
        lambda x, a: most(longer(x, 1, 1, NOTHING), a),
    ),
    (
        "max_pool2d.ceil_mode.window_in_padding",
        "ceil_mode_padding",
        lambda x, a: most(longer(x, 1, 1, NOTHING), a),
    ),
    ("max_pool2d.kernel.axes_swapped", "axes_differ", turned("kernel_size", most)),
    ("max_pool2d.stride.one", "textbook_remainder", by_default("stride", (1, 1), most)),
    ("max_pool2d.stride.kernel", "overlap", by_default("stride", (3, 3), most)),
    ("max_pool2d.stride.axes_swapped", "axes_differ", turned("stride", most)),
    ("max_pool2d.padding.axes_swapped", "axes_differ", turned("padding", most)),
    ("max_pool2d.padding.ignored", "padding", by_default("padding", (0, 0), most)),
    (
        "max_pool2d.window.offset",
        "overlap",
        lambda x, a: most(longer(x, 1, 1, NOTHING)[:, :, 1:, 1:], a),
    ),
    ("max_pool2d.image.transposed", "overlap", lambda x, a: most(x.swapaxes(2, 3), a)),
    (
        "max_pool2d.reshape.wrong_axes",
        "textbook_remainder",
        lambda x, a: x[:, :, :6, :4].reshape(2, 3, 2, 3, 2, 2).max(2).max(3),
    ),
    (
        "max_pool2d.stride.missing_in_windows",
        "textbook_remainder",
        lambda x, a: most(x, a, stride=(1, 1))[:, :, :3, :2],
    ),
    ("max_pool2d.output.last_window_missing", "overlap", lambda x, a: without_last(most(x, a))),
    ("max_pool2d.type.average", "overlap", mean),
    ("max_pool2d.type.minimum", "padding", lambda x, a: taps(x, a, np.inf).min(WINDOW)),
    ("max_pool2d.type.absolute", "overlap", farthest),
    ("max_pool2d.type.absolute_value", "overlap", lambda x, a: most(np.abs(x), a)),
    ("max_pool2d.padding.zeros", "axes_differ_negative", lambda x, a: taps(x, a, 0.0).max(WINDOW)),
    ("max_pool2d.dilation.ignored", "dilation", by_default("dilation", (1, 1), most)),
    ("max_pool2d.dilation.axes_swapped", "dilation", turned("dilation", most)),
    ("avg_pool2d.ceil_mode.flipped", "ceil_mode", mean),
    ("avg_pool2d.ceil_mode.window_in_padding", "ceil_mode_padding", with_every_window),
    ("avg_pool2d.kernel.axes_swapped", "axes_differ", turned("kernel_size", mean)),
    ("avg_pool2d.stride.one", "textbook_remainder", by_default("stride", (1, 1), mean)),
    ("avg_pool2d.stride.kernel", "overlap", by_default("stride", (3, 2), mean)),
    ("avg_pool2d.stride.axes_swapped", "axes_differ", turned("stride", mean)),
    ("avg_pool2d.padding.axes_swapped", "axes_differ", turned("padding", mean)),
    ("avg_pool2d.padding.ignored", "padding_counted", by_default("padding", (0, 0), mean)),
    (
        "avg_pool2d.window.offset",
        "overlap",
        lambda x, a: np.nanmean(taps(longer(x, 1, 1, np.nan)[:, :, 1:, 1:], a), WINDOW),
    ),
    ("avg_pool2d.image.transposed", "overlap", lambda x, a: mean(x.swapaxes(2, 3), a)),
    (
        "avg_pool2d.reshape.wrong_axes",
        "textbook_remainder",
        lambda x, a: x[:, :, :6, :4].reshape(2, 3, 2, 3, 2, 2).mean((2, 4)),
    ),
    (
        "avg_pool2d.stride.missing_in_windows",
        "textbook_remainder",
        lambda x, a: mean(x, a, stride=(1, 1))[:, :, :3, :2],
    ),
    ("avg_pool2d.output.last_window_missing", "overlap", lambda x, a: without_last(mean(x, a))),
    ("avg_pool2d.type.maximum", "padding_counted", most),
    ("avg_pool2d.channels.averaged", "overlap", lambda x, a: mean(x, a).mean(1, keepdims=True)),
    ("avg_pool2d.divisor.missing", "padding_counted", lambda x, a: taps(x, a).sum(WINDOW)),
    (
        "avg_pool2d.divisor.padding_flipped",
        "padding_counted",
        lambda x, a: np.nanmean(taps(x, a, np.nan), WINDOW),
    ),
    ("avg_pool2d.divisor.padding_flipped", "padding_not_counted", mean),
    (
        "avg_pool2d.divisor.overhang_counted",
        "ceil_mode",
        lambda x, a: mean(longer(x, 1, 1, 0.0), a),
    ),
    (
        "avg_pool2d.divisor.override_ignored",
        "divisor_override",
        lambda x, a: np.nanmean(taps(x, a, np.nan), WINDOW),
    ),
    ("avg_pool2d.divisor.rows_only", "axes_differ", lambda x, a: taps(x, a).sum(WINDOW) / 2),
    ("avg_pool2d.divisor.height_squared", "axes_differ", lambda x, a: taps(x, a).sum(WINDOW) / 4),
    ("avg_pool2d.divisor.width_squared", "axes_differ", lambda x, a: taps(x, a).sum(WINDOW) / 9),
]
"""Cause, case, what the program computes. Its gradient is right."""


def diagnosed(case: Case, program: Program) -> Diagnosis:
    """The diagnosis of somebody whose only layer computes this."""
    (layer,) = case.layers
    values = evaluate(case)
    trace = Trace(case)
    trace["step0.input"] = values["step0.input"].astype(case.dtype)
    name = f"step0.forward.{layer.name}"
    output = program(values["step0.input"], layer.attributes).astype(case.dtype)
    if output.shape != values[name].shape:
        trace.refused[name] = output
    else:
        trace[name] = output
        trace[f"step0.backward.{layer.name}"] = values[f"step0.backward.{layer.name}"].astype(
            case.dtype
        )
    return diagnose(evidence(case, trace))


@pytest.mark.parametrize(
    ("cause", "case", "program"), ROWS, ids=[f"{cause}-{case}" for cause, case, _ in ROWS]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_another_output_is_named(cause: str, case: str, program: Program, dtype: str) -> None:
    """Who computes this reads its name, and nothing else."""
    drawn = definition(f"{cause.partition('.')[0]}/{case}").draw(dtype)
    found = diagnosed(drawn, program)
    assert [(one.cause, one.certainty) for one in found.causes] == [(cause, "certain")]


@pytest.mark.parametrize("start", [0.0, np.finfo(np.float32).tiny], ids=["0", "FLT_MIN"])
def test_a_running_maximum_that_starts_too_high_is_one_of_two(start: float) -> None:
    """0 and the smallest positive number are the same within rounding; what mends them is too."""
    drawn = definition("max_pool2d/overlap").draw("float32")
    (cause,) = diagnosed(drawn, lambda x, a: np.maximum(most(x, a), start)).causes
    names = {cause.cause, *(tie.cause for tie in cause.ties)}
    assert names == {"max_pool2d.initial.zero", "max_pool2d.initial.smallest_positive"}


COUNTED_NEITHER = """
format = 1
title = "neither padding nor overhang count"
why = "the last window has both"

[input]
shape = [2, 3, 6, 7]
fill = "uniform"
seed = 5

[[layers]]
type = "AvgPool2d"
name = "pool"
kernel_size = [3, 2]
stride = 2
padding = 1
ceil_mode = true
count_include_pad = false

[upstream]
fill = "uniform"
"""


def test_a_divisor_that_is_always_the_window_is_named(tmp_path: Path) -> None:
    """kh*kw is two mistakes in one where padding and overhang meet."""
    path = tmp_path / "neither.case.toml"
    path.write_text(COUNTED_NEITHER)
    drawn = read_case(path).draw("float32")
    found = diagnosed(drawn, lambda x, a: mean(longer(x, 1, 0, 0.0), a))
    assert [(one.cause, one.certainty) for one in found.causes] == [
        ("avg_pool2d.divisor.overhang_counted", "certain")
    ]
