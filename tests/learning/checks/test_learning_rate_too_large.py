"""A rate above the limit is found where it hurts, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles.learning.checks.learning_rate_too_large import learning_rate_too_large
from oracles.learning.curvature import stability
from tests.learning.small_cases import trained

HURTS = {
    "ends above where it began": {"lr": "64.0"},
    "grows without bound": {"lr": "8.0", "activation": "ReLU"},
    "goes up and down": {"lr": "16.0"},
    "with momentum": {"lr": "64.0", "momentum": "0.9"},
    "raw pixels": {"lr": "0.5", "activation": "ReLU", "low": "0", "high": "255"},
}
LEARNS = {
    "usual": {},
    "above the limit, and yet it learns": {"lr": "4.0"},
    "momentum": {"lr": "0.5", "momentum": "0.9"},
}
NOT_TO_BLAME = {
    "much too small": {"lr": "1e-5"},
    "no rate at all": {"lr": "0.0"},
}


@pytest.mark.parametrize("name", HURTS)
def test_too_large(tmp_path: Path, name: str) -> None:
    """The rate, the eigenvalue and the limit are told, and with the remedy it learns."""
    situation = trained(tmp_path, settings=HURTS[name])
    finding = learning_rate_too_large(situation)
    assert finding is not None
    assert finding.prevents
    expected = stability(situation.case, situation.first, situation.case.parameters())
    assert finding.figures["limit"] == expected.limit
    assert expected.limit < float(HURTS[name]["lr"]) == finding.figures["lr"]
    assert finding.remedy is not None
    assert trained(tmp_path, 20, (finding.remedy.change,), settings=HURTS[name]).learns


@pytest.mark.parametrize("name", LEARNS)
def test_learns(tmp_path: Path, name: str) -> None:
    """A network that learns has no rate that is too large, on whichever side of the limit."""
    situation = trained(tmp_path, settings=LEARNS[name])
    assert situation.learns
    assert learning_rate_too_large(situation) is None


@pytest.mark.parametrize("name", NOT_TO_BLAME)
def test_not_to_blame(tmp_path: Path, name: str) -> None:
    """A network that does not learn for other reasons is told nothing of the kind."""
    situation = trained(tmp_path, settings=NOT_TO_BLAME[name])
    assert not situation.learns
    assert learning_rate_too_large(situation) is None


def test_sentences(tmp_path: Path) -> None:
    """What is read: eigenvalue, limit, how far above it, what the first step does to its own batch
    (all samples here: the next loss), and what became of the loss."""
    situation = trained(tmp_path, lr="64.0")
    loss = situation.course.loss
    finding = learning_rate_too_large(situation)
    assert finding is not None
    assert finding.numbers == (
        "Largest eigenvalue of the Hessian at the start: 0.541, so that steps grow with rates "
        "above 3.7. The rate is 64, 17.3 times that.",
        "One step from the start lowers the loss of its own batch at rates up to 8; at 64 it goes "
        f"from {loss[0]:.4g} to {loss[1]:.4g}.",
        f"The loss ends at {loss[-1]:.4g}, above the {loss[0]:.4g} it began with.",
    )
    assert finding.change == "Choose a rate well below the limit: lr = 2."
