"""Which convention a disagreement on an entry is about."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from oracles.contract.conventions import CONVENTIONS, convention_of


@dataclass(frozen=True)
class Wrong:
    """What has to be known of an entry."""

    entry: str
    kind: str
    operation: str


POOLED = Wrong("step0.backward.pool", "backward", "MaxPool2d")
VARIANCE = Wrong("step1.state.norm.running_var", "state", "BatchNorm2d")
MEAN = Wrong("step1.state.norm.running_mean", "state", "BatchNorm2d")
STATISTICS = ("batch_norm.running_variance", "batch_norm.momentum")


@pytest.mark.parametrize(
    ("entry", "named", "about"),
    [
        pytest.param(POOLED, ("max_pool.ties",), "max_pool.ties", id="the only one"),
        pytest.param(POOLED, (), None, id="none named"),
        pytest.param(POOLED, ("relu.gradient_at_zero",), None, id="of another operation"),
        pytest.param(
            Wrong("step0.forward.pool", "forward", "MaxPool2d"),
            ("max_pool.ties",),
            None,
            id="of another kind: ties have no influence on the output",
        ),
        pytest.param(
            POOLED, ("relu.gradient_at_zero", "max_pool.ties"), "max_pool.ties", id="one of two"
        ),
        pytest.param(VARIANCE, STATISTICS, "batch_norm.running_variance", id="the variance"),
        pytest.param(MEAN, STATISTICS, "batch_norm.momentum", id="the mean"),
        pytest.param(MEAN, STATISTICS[:1], None, id="the mean has one way to be taken"),
    ],
)
def test_convention_of(entry: Wrong, named: tuple[str, ...], about: str | None) -> None:
    """By kind, operation, and name where a kind has several."""
    assert convention_of(entry, named) == about


def test_conventions_are_in_alphabetical_order() -> None:
    """As they stand on the page."""
    assert list(CONVENTIONS) == sorted(CONVENTIONS)
