"""Distance against tube over the steps, drawn. Needs matplotlib (the extra `plots`)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from oracles.judging.lockstep import Distance, Kind, Lockstep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")

_TITLES: dict[Kind, str] = {
    "loss": "loss",
    "outputs": "outputs of the layers",
    "gradients": "gradients",
    "memory": "memory of the optimizer",
    "parameters": "parameters after the update",
    "statistics": "running statistics",
}


def draw_lockstep(result: Lockstep, path: Path) -> None:
    """Write one panel per kind of quantity, with a logarithmic axis each.

    A point is the entry of its kind that is nearest to its limit in this step, as a share of the
    oracle's numbers (root mean squares). Raises OSError where the file cannot be written.
    """
    lockstep_figure(result).savefig(path, dpi=120)


def lockstep_figure(result: Lockstep) -> Figure:
    """The figure itself, on a canvas that needs no screen."""
    from matplotlib.figure import Figure  # here: everything else works without it

    columns = 1 if len(result.kinds) == 1 else 2
    rows = max(1, math.ceil(len(result.kinds) / columns))
    figure = Figure(figsize=(5.5 * columns, 1.0 + 2.6 * rows), layout="constrained")
    figure.suptitle(f"{_plain(result.implementation)} beside {result.oracle}: {_said(result)}")
    for position, kind in enumerate(result.kinds, start=1):
        _panel(figure.add_subplot(rows, columns, position), result, kind)
    return figure


def _panel(panel: Axes, result: Lockstep, kind: Kind) -> None:
    points = [(step.step, one) for step in result.steps if (one := step.of(kind)) is not None]
    steps = [step for step, _ in points]
    limits = [_share(one.limit, one) for _, one in points]
    panel.set_yscale("log", nonpositive="mask")
    panel.fill_between(steps, limits, _floor(points), alpha=0.2, label="tube")
    panel.plot(steps, limits, linewidth=0.8, color="tab:blue")
    distances = [_share(one.distance, one) for _, one in points]
    panel.plot(steps, distances, ".-", markersize=3, color="black", label="distance")
    if result.departure is not None:
        step = result.departure.step
        panel.axvline(step, color="tab:red", linestyle="--", label=f"leaves the tube: step {step}")
    panel.set_title(_TITLES[kind], fontsize="medium")
    panel.set_xlabel("step")
    panel.set_ylabel("share of the oracle's")
    panel.legend(fontsize="small")


def _share(value: float, one: Distance) -> float:
    """As a share of the oracle's size; a gap in the curve where there is none."""
    share = value / one.size if one.size else value
    return share if 0.0 < share < math.inf else math.nan


def _floor(points: list[tuple[int, Distance]]) -> float:
    """Below everything that is drawn."""
    shares = [_share(value, one) for _, one in points for value in (one.distance, one.limit)]
    return min((share for share in shares if share > 0.0), default=1e-17) / 3.0


def _said(result: Lockstep) -> str:
    place = f"{_plain(result.case)}, {result.dtype}"
    if result.departure is not None:
        return f"{place}\nleaves the tube at step {result.departure.step}"
    return f"{place}\n{result.outcome}, {len(result.steps)} steps"


def _plain(text: str) -> str:
    """matplotlib takes what stands between two dollar signs for a formula."""
    return text.replace("$", r"\$")
