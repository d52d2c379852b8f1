"""Both trainings, drawn. Needs matplotlib (the extra `plots`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from oracles.learning.answer import Answer
from oracles.learning.course import Course
from oracles.learning.telling.steps import step_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DECADES = 20.0
"""Largest loss over smallest from which on the axis is logarithmic."""

_NAMED = 14
"""Curves of a panel that a legend has room for."""

Curve = NDArray[np.float64]


def draw_answer(answer: Answer, path: Path) -> None:
    """Write the plot. Raises OSError where the file cannot be written."""
    answer_figure(answer).savefig(path, dpi=120)


def answer_figure(answer: Answer) -> Figure:
    """Loss and accuracy of both trainings in the upper row; below, for each training, the spread of
    the outputs over samples and the norms of the gradients; on a canvas that needs no screen."""
    from matplotlib.figure import Figure  # here: everything else works without it

    trainings = _trainings(answer)
    figure = Figure(figsize=(11.0, 10.0 if len(trainings) > 1 else 7.0), layout="constrained")
    figure.suptitle(_title(answer))
    mosaic: list[Any] = _mosaic(answer, len(trainings))
    panels: Mapping[str, Axes] = figure.subplot_mosaic(mosaic)
    _loss(panels["loss"], answer, trainings)
    if "accuracy" in panels:
        _accuracy(panels["accuracy"], answer, trainings)
    for position, (who, course) in enumerate(trainings):
        spread, gradients = panels[f"spread {position}"], panels[f"gradients {position}"]
        _curves(spread, course.windows, _without_repetitions(course.spread))
        spread.set_title(f"{who}: spread of the outputs over samples", fontsize="medium")
        width = _width(course)
        smooth = {name: _means(curve, width) for name, curve in _thinned(course.gradients).items()}
        _curves(gradients, np.arange(course.steps), smooth)
        gradients.set_title(f"{who}: norms of the gradients{_mean_of(width)}", fontsize="medium")
        for panel in (spread, gradients):
            _marks(panel, answer, course)
    for kind in ("spread", "gradients"):
        _same_limits([panel for name, panel in panels.items() if name.startswith(kind)])
    for panel in panels.values():
        panel.set_xlabel("step")
        panel.set_xlim(0, max(1, max(course.steps for _, course in trainings) - 1))
    return figure


def _mosaic(answer: Answer, trainings: int) -> list[Any]:
    """One training: two by two. Two: a column each, below the row that they share."""
    labelled = any(np.isfinite(course.accuracy).any() for _, course in _trainings(answer))
    first = ["loss", "accuracy" if labelled else "loss"]
    if trainings == 1:
        return [first, ["spread 0", "gradients 0"]]
    return [first, ["spread 0", "spread 1"], ["gradients 0", "gradients 1"]]


def _trainings(answer: Answer) -> list[tuple[str, Course]]:
    """PyTorch's, and the other one if it began."""
    oracle, theirs = ("PyTorch", answer.oracle), answer.theirs
    if theirs is None or not theirs.steps:
        return [oracle]
    return [oracle, (_plain(answer.implementation or theirs.who), theirs)]


def _loss(panel: Axes, answer: Answer, trainings: _Trainings) -> None:
    for (who, course), style in zip(trainings, _STYLES, strict=False):
        width = _width(course)
        if width > 1:
            panel.plot(course.loss, alpha=0.25, **{**style, "linewidth": 0.8})
        panel.plot(_means(course.loss, width), label=f"{who}{_mean_of(width)}", **style)
    if math.isfinite(answer.baseline.loss):
        panel.axhline(answer.baseline.loss, label="best constant prediction", **_CONSTANT)
    _all_marks(panel, answer, trainings)
    seen = np.concatenate([course.loss for _, course in trainings])
    seen = seen[np.isfinite(seen)]
    if len(seen) and seen.min() > 0 and seen.max() > _DECADES * seen.min():
        panel.set_yscale("log")
    panel.set_title("loss", fontsize="medium")
    panel.legend(fontsize="small")


def _accuracy(panel: Axes, answer: Answer, trainings: _Trainings) -> None:
    for (who, course), style in zip(trainings, _STYLES, strict=False):
        width = _width(course)
        smooth = _means(course.accuracy, width)
        panel.plot(smooth, label=f"{who}{_mean_of(width)}", **style)
    if math.isfinite(answer.baseline.most_often):
        panel.axhline(answer.baseline.most_often, label="always the commonest class", **_CONSTANT)
    _all_marks(panel, answer, trainings)
    panel.set_ylim(-0.02, 1.02)
    panel.set_title("accuracy on the samples of the steps", fontsize="medium")
    panel.legend(fontsize="small", loc="lower right")


_Trainings = Sequence[tuple[str, Course]]
"""Names and courses."""

_STYLES: tuple[dict[str, Any], ...] = (
    {"color": "black", "linewidth": 1.6},
    {"color": "tab:orange", "linewidth": 1.0},
)
_CONSTANT: dict[str, Any] = {"color": "tab:blue", "linestyle": ":"}


def _curves(panel: Axes, steps: NDArray[np.intp], curves: Mapping[str, Curve]) -> None:
    """One line per curve, from dark at the input to light at the output."""
    from matplotlib import colormaps

    panel.set_yscale("log", nonpositive="mask")
    shown = {name: curve for name, curve in curves.items() if np.isfinite(curve).any()}
    layers = list(dict.fromkeys(name.partition(".")[0] for name in shown))
    for name, curve in shown.items():
        position = layers.index(name.partition(".")[0])
        color = colormaps["viridis"](0.92 * position / max(1, len(layers) - 1))
        zero = " (zero)" if not np.any(curve[np.isfinite(curve)]) else ""
        mark = "." if len(curve) < 40 else ""
        style = ":" if name.endswith(".bias") else "-"
        panel.plot(steps, curve, style, color=color, marker=mark, label=f"{name}{zero}")
    if shown:
        panel.legend(fontsize="x-small", ncols=1 + (len(shown) > _NAMED // 2), loc="best")


def _thinned(gradients: Mapping[str, Curve]) -> dict[str, Curve]:
    """Without biases where there is no room for all."""
    if len(gradients) <= _NAMED:
        return dict(gradients)
    return {name: curve for name, curve in gradients.items() if not name.endswith(".bias")}


def _without_repetitions(spread: Mapping[str, Curve]) -> dict[str, Curve]:
    """Without layers that only pass on what the one before has, as Flatten does."""
    shown: dict[str, Curve] = {}
    for name, curve in spread.items():
        if not any(np.allclose(curve, other, atol=0, equal_nan=True) for other in shown.values()):
            shown[name] = curve
    return shown


def _marks(panel: Axes, answer: Answer, course: Course) -> None:
    """Where this training leaves the other one, and where its numbers cease to be finite."""
    if course is not answer.oracle and answer.parted_at is not None:
        at = answer.parted_at
        panel.axvline(
            at, color="tab:red", linestyle="--", label=f"the losses part: after step {at}"
        )
    if course.not_finite:
        at = step_of(course.not_finite)
        panel.axvline(at, color="tab:purple", linestyle="-.", label=f"not finite: step {at}")


def _all_marks(panel: Axes, answer: Answer, trainings: _Trainings) -> None:
    for _, course in trainings:
        _marks(panel, answer, course)


def _same_limits(panels: Sequence[Axes]) -> None:
    """So that two trainings can be compared by eye."""
    lows, highs = zip(*(panel.get_ylim() for panel in panels), strict=True)
    for panel in panels:
        panel.set_ylim(min(lows), max(highs))


def _width(course: Course) -> int:
    """Steps over which curves are smoothed: a thirtieth of them."""
    return max(1, course.steps // 30)


def _mean_of(width: int) -> str:
    return f", mean of {width} steps" if width > 1 else ""


def _means(curve: Curve, width: int) -> Curve:
    """Of the last `width` values at each step, fewer at the beginning."""
    known = np.isfinite(curve)
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, curve, 0.0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    ends = np.arange(1, len(curve) + 1)
    starts = np.maximum(ends - width, 0)
    with np.errstate(invalid="ignore"):  # nothing is known of these steps: a gap
        return np.asarray((sums[ends] - sums[starts]) / (counts[ends] - counts[starts]))


def _title(answer: Answer) -> str:
    beside = "" if answer.implementation is None else f" and {answer.implementation}"
    return _plain(f"PyTorch{beside} on {answer.case}, {answer.dtype}: {answer.verdict}")


def _plain(text: str) -> str:
    """matplotlib takes what stands between two dollar signs for a formula."""
    return text.replace("$", r"\$")
