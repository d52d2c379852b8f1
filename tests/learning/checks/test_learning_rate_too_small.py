"""A rate that leads nowhere in the steps there are is found, and not one that is merely modest."""

from __future__ import annotations

from pathlib import Path

import pytest

from oracles.learning.checks.learning_rate_too_small import learning_rate_too_small
from tests.learning.small_cases import trained

SMALL = {
    "five in a million": {"lr": "5e-6"},
    "one in a hundred thousand": {"lr": "1e-5"},
    "with momentum": {"lr": "1e-4", "momentum": "0.9"},
}
NOT = {
    "learns": ({}, 20),
    "not many times too small": ({"lr": "0.1"}, 5),
    "momentum makes up for it": ({"lr": "0.008", "momentum": "0.99"}, 5),
    "too large": ({"lr": "64.0"}, 20),
    "no rate at all": ({"lr": "0.0"}, 20),
}


@pytest.mark.parametrize("name", SMALL)
def test_too_small(tmp_path: Path, name: str) -> None:
    """The rate that lowers the loss most is told, and with the remedy it learns in as many
    steps."""
    finding = learning_rate_too_small(trained(tmp_path, settings=SMALL[name]))
    assert finding is not None
    assert finding.prevents
    assert finding.figures["lr"] == float(SMALL[name]["lr"])
    assert 2.5 <= float(finding.figures["lowers_most"]) <= 10.0
    assert finding.remedy is not None
    assert trained(tmp_path, 20, (finding.remedy.change,), settings=SMALL[name]).learns


@pytest.mark.parametrize("name", NOT)
def test_not_too_small(tmp_path: Path, name: str) -> None:
    """Nothing is said of rates that are right, too large, or within a factor of 30 of use."""
    settings, steps = NOT[name]
    assert learning_rate_too_small(trained(tmp_path, steps, settings=settings)) is None


def test_sentences(tmp_path: Path) -> None:
    """What is read: how little the loss moved, and how much further one step could go: as far as
    the first step of a training with that rate goes."""
    best = trained(tmp_path, 2, lr=str(1e-5 * 2**19)).course.loss
    situation = trained(tmp_path, lr="1e-5")
    finding = learning_rate_too_small(situation)
    assert finding is not None
    first, last = situation.course.loss[0], situation.course.loss[-1]
    assert finding.numbers == (
        f"In 20 steps at 1e-05 the loss goes from {first:.4g} to {last:.4g}, and still falls.",
        f"One step from the start lowers it most at 5.2, from {best[0]:.4g} to {best[1]:.4g}, and "
        "steps are stable up to 3.7: 1.85e+05 times the rate is of use.",
    )
    assert finding.change == "Choose a larger rate, lr = 2, or train for many more steps."
