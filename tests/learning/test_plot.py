"""Trainings, drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oracles.learning.answer import Answer
from oracles.learning.telling.plot import answer_figure, draw_answer
from oracles.reporting.lockstep_plot import FORMATS
from tests.learning import answers

UNLABELLED = replace(
    answers.LEARNS,
    oracle=replace(answers.LEARNS.oracle, accuracy=np.full(answers.STEPS, np.nan)),
)


@pytest.mark.parametrize(
    ("answer", "panels"),
    [
        pytest.param(answers.LEARNS, 4, id="one training"),
        pytest.param(answers.BOTH, 6, id="two trainings"),
        pytest.param(UNLABELLED, 3, id="nothing to classify"),
        pytest.param(replace(answers.BOTH, theirs=None), 4, id="one that never began"),
    ],
)
def test_each_training_has_its_panels(answer: Answer, panels: int) -> None:
    """Loss and accuracy are shared; spread and gradients stand side by side."""
    titles = [panel.get_title() for panel in answer_figure(answer).axes]
    assert len(titles) == panels
    assert titles[0] == "loss"
    assert titles[-1].endswith("norms of the gradients, mean of 2 steps")


def test_the_loss_is_drawn_beside_the_best_constant() -> None:
    """On a logarithmic axis, because it falls by two decades."""
    panel = answer_figure(answers.LEARNS).axes[0]
    each, smooth, constant = panel.get_lines()
    np.testing.assert_allclose(np.asarray(each.get_ydata()), answers.LEARNS.oracle.loss)
    mean = answers.LEARNS.oracle.loss[10:12].mean()
    assert np.asarray(smooth.get_ydata())[11] == pytest.approx(mean)
    assert np.asarray(constant.get_ydata()).tolist() == [1.0, 1.0]
    assert panel.get_yscale() == "log"


def test_a_loss_that_stays_has_a_plain_axis() -> None:
    """Decades of nothing would look like news."""
    assert answer_figure(answers.FAILS).axes[0].get_yscale() == "linear"


def test_layers_that_pass_on_what_they_get_are_drawn_once() -> None:
    """Flatten has the spread of what it flattens."""
    panel = answer_figure(answers.LEARNS).axes[2]
    assert [line.get_label() for line in panel.get_lines()] == ["conv", "fc1"]


def test_a_gradient_of_zero_is_named() -> None:
    """It has no place on a logarithmic axis."""
    labels = [line.get_label() for line in answer_figure(answers.LEARNS).axes[3].get_lines()]
    assert labels == ["conv.weight", "conv.bias (zero)", "fc1.weight"]


@pytest.mark.parametrize(
    ("answer", "mark", "panels"),
    [
        pytest.param(
            answers.PARTED, "the losses part: after step 40", [0, 1, 3, 5], id="where they part"
        ),
        pytest.param(answers.NOT_FINITE, "not finite: step 40", [0, 1, 3, 5], id="where NaN is"),
        pytest.param(answers.BOTH, "the losses part: after step 40", [], id="where nothing is"),
    ],
)
def test_what_happens_at_a_step_is_marked(answer: Answer, mark: str, panels: list[int]) -> None:
    """In the panels that they share, and in those of the training that it happens to."""
    drawn = answer_figure(answer).axes
    labels = [[line.get_label() for line in panel.get_lines()] for panel in drawn]
    assert [position for position, names in enumerate(labels) if mark in names] == panels


def test_two_trainings_have_the_same_axes() -> None:
    """So that they can be compared by eye."""
    panels = answer_figure(answers.BOTH).axes
    assert panels[2].get_ylim() == panels[3].get_ylim()
    assert panels[4].get_ylim() == panels[5].get_ylim()


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_plot_is_written(tmp_path: Path, suffix: str) -> None:
    """Without a screen, also of numbers that are none."""
    path = tmp_path / f"plot{suffix}"
    draw_answer(answers.NOT_FINITE, path)
    start = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix]
    assert path.read_bytes().startswith(start)
