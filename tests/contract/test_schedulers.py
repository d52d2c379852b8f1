"""Closed forms of the learning rate against torch.optim.lr_scheduler, stepped after every step."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from oracles.contract.schedulers import SCHEDULERS

TABLE: dict[str, tuple[str, dict[str, Any]]] = {
    "every second step": ("StepLR", {"step_size": 2, "gamma": 0.5}),
    "the default gamma": ("StepLR", {"step_size": 3}),
    "milestones": ("MultiStepLR", {"milestones": [2, 5], "gamma": 0.3}),
    "a milestone twice": ("MultiStepLR", {"milestones": [5, 2, 2]}),
    "every step": ("ExponentialLR", {"gamma": 0.9}),
    "half a cosine": ("CosineAnnealingLR", {"T_max": 4}),
    "down to eta_min, and up again": ("CosineAnnealingLR", {"T_max": 5, "eta_min": 0.01}),
}


@pytest.mark.parametrize(("name", "options"), TABLE.values(), ids=TABLE)
def test_closed_form(name: str, options: dict[str, Any]) -> None:
    """Twelve steps, past the end of the cosine."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.4)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **options)
    expected = []
    for _ in range(12):
        expected.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    closed = SCHEDULERS[name].model_validate({"scheduler": name, "lr": 0.4, **options})
    assert [closed.at(t) for t in range(12)] == pytest.approx(expected, rel=1e-12, abs=1e-15)
