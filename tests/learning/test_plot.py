"""Trainings, drawn."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.axes import Axes

from oracles.learning.telling.plot import answer_figure, draw_answer
from tests.learning import answers

DRAWN = {
    "learns": answers.LEARNS,
    "fails": answers.FAILS,
    "both": answers.BOTH,
    "parted": answers.PARTED,
    "not finite": answers.NOT_FINITE,
    "never began": replace(answers.BOTH, theirs=None),
    "nothing to classify": replace(
        answers.LEARNS,
        oracle=replace(answers.LEARNS.oracle, accuracy=np.full(answers.STEPS, np.nan)),
    ),
}


@cache
def panels_of(name: str) -> list[Axes]:
    """The panels of an answer, drawn once."""
    return answer_figure(DRAWN[name]).axes


def labels_of(panel: Axes) -> list[object]:
    """What its lines are called."""
    return [line.get_label() for line in panel.get_lines()]


@pytest.mark.parametrize(
    ("name", "panels"),
    [("learns", 4), ("both", 6), ("nothing to classify", 3), ("never began", 4)],
)
def test_each_training_has_its_panels(name: str, panels: int) -> None:
    """Loss and accuracy are shared; spread and gradients stand side by side."""
    titles = [panel.get_title() for panel in panels_of(name)]
    assert len(titles) == panels
    assert titles[0] == "loss"
    assert titles[-1].endswith("norms of the gradients, mean of 2 steps")


def test_the_loss_is_drawn_beside_the_best_constant() -> None:
    """On a logarithmic axis, because it falls by two decades."""
    panel = panels_of("learns")[0]
    each, smooth, constant = panel.get_lines()
    np.testing.assert_allclose(np.asarray(each.get_ydata()), answers.LEARNS.oracle.loss)
    mean = answers.LEARNS.oracle.loss[10:12].mean()
    assert np.asarray(smooth.get_ydata())[11] == pytest.approx(mean)
    assert np.asarray(constant.get_ydata()).tolist() == [1.0, 1.0]
    assert panel.get_yscale() == "log"


def test_a_loss_that_stays_has_a_plain_axis() -> None:
    """Decades of nothing would look like news."""
    assert panels_of("fails")[0].get_yscale() == "linear"


def test_layers_that_pass_on_what_they_get_are_drawn_once() -> None:
    """Flatten has the spread of what it flattens."""
    panel = panels_of("learns")[2]
    assert labels_of(panel) == ["conv", "fc1"]


def test_a_gradient_of_zero_is_named() -> None:
    """It has no place on a logarithmic axis."""
    assert labels_of(panels_of("learns")[3]) == ["conv.weight", "conv.bias (zero)", "fc1.weight"]


@pytest.mark.parametrize(
    ("name", "mark", "panels"),
    [
        ("parted", "the losses part: after step 40", [0, 1, 3, 5]),
        ("not finite", "not finite: step 40", [0, 1, 3, 5]),
        ("both", "the losses part: after step 40", []),
    ],
)
def test_what_happens_at_a_step_is_marked(name: str, mark: str, panels: list[int]) -> None:
    """In the panels that they share, and in those of the training that it happens to."""
    labels = map(labels_of, panels_of(name))
    assert [position for position, names in enumerate(labels) if mark in names] == panels


def test_two_trainings_have_the_same_axes() -> None:
    """So that they can be compared by eye."""
    panels = panels_of("both")
    assert panels[2].get_ylim() == panels[3].get_ylim()
    assert panels[4].get_ylim() == panels[5].get_ylim()


def test_a_plot_is_written(tmp_path: Path) -> None:
    """Without a screen, also of numbers that are none."""
    path = tmp_path / "plot.png"
    draw_answer(answers.NOT_FINITE, path)
    assert path.read_bytes().startswith(b"\x89PNG")
