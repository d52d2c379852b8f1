"""Who stands alone, from who objects to what."""

from __future__ import annotations

import pytest

from oracles.judging.judgement import Divergence
from oracles.judging.votes import split


def objection(oracle: str, expected: float, index: tuple[int, ...] = (0, 1)) -> Divergence:
    """PyTorch has 1.0 there, and this oracle another number."""
    return Divergence(
        entry="step0.backward.pool",
        index=index,
        actual=1.0,
        expected=expected,
        error=abs(1.0 - expected),
        bound=1e-15,
        ratio=1e12,
        rule="expected",
        n=1.0,
        magnitude=1.0,
        unit=2.0**-53,
        carried=0.0,
        wrong=1,
        total=4,
        oracle=oracle,
    )


@pytest.mark.parametrize(
    ("objections", "agreeing", "camps", "alone"),
    [
        pytest.param(
            {"loops": 0.5},
            {"dot2"},
            (("pytorch", "dot2"), ("loops",)),
            "loops",
            id="one against two",
        ),
        pytest.param(
            {"loops": 0.5, "dot2": 0.5},
            set(),
            (("loops", "dot2"), ("pytorch",)),
            "pytorch",
            id="two against one",
        ),
        pytest.param(
            {"loops": 0.5},
            set(),
            (("pytorch",), ("loops",)),
            "",
            id="one against one",
        ),
        pytest.param(
            {"loops": 0.5, "dot2": 0.25},
            {"published"},
            (("pytorch", "published"), ("loops",), ("dot2",)),
            "",
            id="everybody something else",
        ),
    ],
)
def test_camps(
    objections: dict[str, float],
    agreeing: set[str],
    camps: tuple[tuple[str, ...], ...],
    alone: str,
) -> None:
    """An oracle stands alone if all others agree with each other."""
    held = {oracle: objection(oracle, number) for oracle, number in objections.items()}
    found = split("pytorch", held, agreeing)
    assert (found.camps, found.alone) == (camps, alone)


def test_message() -> None:
    """Who has which number, how far apart, who stands alone and what it is about."""
    held = {"loops": objection("loops", 0.5), "dot2": objection("dot2", 0.5)}
    assert split("pytorch", held, set(), "max_pool.ties").message == (
        "the oracles disagree on step0.backward.pool[0, 1]: loops and dot2 have 0.5, pytorch has "
        "1.0; apart by 0.5 where rounding can explain 1e-15. pytorch stands alone, on max_pool.ties"
    )


def test_derivatives_have_no_element() -> None:
    """Whoever compares derivatives objects without a number that the others could have."""
    held = {
        "loops": objection("loops", 0.5),
        "differences": objection("differences", 3.0, index=()),
    }
    found = split("pytorch", held, set())
    assert (found.index, found.alone) == ((0, 1), "pytorch")
    assert found.numbers == {"pytorch": 1.0, "loops": 0.5}
