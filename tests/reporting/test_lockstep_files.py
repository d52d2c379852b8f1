"""A lockstep as data and as a plot."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from oracles.judging.lockstep import Lockstep
from oracles.reporting.lockstep_json import lockstep_report
from oracles.reporting.lockstep_plot import FORMATS, draw_lockstep, lockstep_figure
from tests.reporting.locksteps import BLIND, INSIDE, outside


def test_every_step_is_in_the_data() -> None:
    """With what was compared, both losses, and the versions."""
    data = json.loads(lockstep_report(outside(), {"torch": "2.13"}))
    assert [step["step"] for step in data["steps"]] == list(range(45))
    assert data["steps"][23]["distances"][1] == {
        "kind": "parameters",
        "entry": "step23.update.conv1.weight",
        "distance": 1e-3,
        "limit": 1e-6,
        "size": 0.5,
        "ratio": pytest.approx(1000.0),
    }
    assert (data["format"], data["outcome"], data["asked"]) == (1, "outside", 45)
    assert data["versions"] == {"torch": "2.13"}


def test_the_departure_is_in_the_data() -> None:
    """Which step, which entry, which element, both numbers, and what the judge says."""
    data = json.loads(lockstep_report(outside(float("nan")), {}))
    departure = data["departure"]
    assert (departure["step"], departure["entry"]) == (23, "step23.update.conv1.weight")
    assert (departure["index"], departure["actual"], departure["expected"]) == (
        [1, 0, 2, 2],
        0.125,
        0.375,
    )
    assert (departure["distance"], departure["ratio"]) == ("nan", "nan")
    assert data["first_wrong"]["entry"] == "step23.optimizer.conv1.weight.momentum_buffer"


def test_a_run_inside_has_no_departure() -> None:
    """Nothing stands for it."""
    data = json.loads(lockstep_report(BLIND, {}))
    assert (data["departure"], data["first_wrong"], data["blind_from"]) == (None, None, 5)


def test_each_kind_has_a_panel_with_a_logarithmic_axis() -> None:
    """Distance and tube over the steps, as shares of the oracle's numbers."""
    loss, parameters = lockstep_figure(INSIDE).axes
    assert [panel.get_title() for panel in (loss, parameters)] == [
        "loss",
        "parameters after the update",
    ]
    assert parameters.get_yscale() == "log"
    tube, distance = (np.asarray(line.get_ydata()) for line in parameters.get_lines())
    assert np.allclose(tube, 2e-6)
    assert np.allclose(distance, 4e-8 * np.arange(1, 46))


def test_the_step_of_the_departure_is_marked() -> None:
    """In every panel."""
    marks = [panel.get_lines()[-1] for panel in lockstep_figure(outside()).axes]
    assert [np.asarray(mark.get_xdata()).tolist() for mark in marks] == [[23, 23], [23, 23]]
    assert [mark.get_label() for mark in marks] == ["leaves the tube: step 23"] * 2


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "result",
    [
        pytest.param(INSIDE, id="inside"),
        pytest.param(outside(), id="outside"),
        pytest.param(outside(float("nan")), id="not a number"),
        pytest.param(outside(float("inf")), id="infinite"),
    ],
)
def test_a_plot_is_written(tmp_path: Path, result: Lockstep, suffix: str) -> None:
    """Without a screen."""
    path = tmp_path / f"plot{suffix}"
    draw_lockstep(result, path)
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)
