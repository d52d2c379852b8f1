"""Mistakes in dropout layers are named."""

from __future__ import annotations

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.halves import SAME_BACKWARD
from oracles.diagnosis.hypotheses.dropout import dropout
from oracles.diagnosis.site import Inapplicable
from tests.diagnosis.hypotheses.single_layers import Given, GradInput, Layer, Output, named
from tests.diagnosis.self_made import definition, evidence, made

ALL = dropout.HYPOTHESES
NAMED = {one.name: one for one in ALL}

HALVES = {
    "dropout.grad_input.scale_missing": "dropout.scale.missing",
    "dropout.grad_input.scaled_twice": "dropout.scale.twice",
}
"""Gradients that are those of another mistake, made in the backward pass alone."""

CASES = {
    "dropout.scale.in_eval": "dropout/eval_between",
    "dropout.mask.first_step_again": "dropout/keeps_half",
    "dropout.eval.scaled": "dropout/eval_between",
    "dropout.eval.active": "dropout/eval_between",
    "dropout.eval.divided": "dropout/eval_between",
}
"""The cases on which these mistakes are made; the others with p = 0.25."""


@pytest.mark.parametrize("name", [name for name in NAMED if name not in HALVES])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_is_named(name: str, dtype: str) -> None:
    """Who makes this mistake reads its name, and nothing else."""
    drawn = definition(CASES.get(name, "dropout/keeps_three_of_four")).draw(dtype)
    found = diagnose(evidence(drawn, made(drawn, NAMED[name])), ALL)
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, "certain")]


@pytest.mark.parametrize("name", HALVES)
def test_a_gradient_is_named_before_half_of_a_layer(name: str) -> None:
    """A wrong gradient is named as such, although it is also that of another layer, made in the
    backward pass alone."""
    drawn = definition("dropout/keeps_three_of_four").draw("float64")
    seen = evidence(drawn, made(drawn, NAMED[name]))
    found = diagnose(seen, ALL)
    certainty = "certain" if name in SAME_BACKWARD else "likely"
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, certainty)]
    half = diagnose(seen, [NAMED[HALVES[name]]])
    assert [cause.variant for cause in half.causes] == ["backward only"]


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("dropout.scale.missing", "dropout/keeps_all"),
        ("dropout.scale.by_p", "dropout/keeps_half"),
        ("dropout.mask.ignored", "dropout/keeps_all"),
        ("dropout.mask.first_step_again", "dropout/given_mask"),
        ("dropout.eval.scaled", "dropout/keeps_half"),
        ("dropout.eval.active", "dropout/keeps_half"),
        ("dropout.grad_input.mask_missing", "dropout/keeps_all"),
    ],
)
def test_a_mistake_without_effect_changes_nothing(name: str, case: str) -> None:
    """Where a mistake has no effect, it predicts the right numbers."""
    drawn = definition(case).draw("float64")
    assert evidence(drawn, made(drawn, NAMED[name])).failing == ()


def test_what_cannot_be_told_is_not_tried() -> None:
    """Whether the convention of the paper is followed only evaluation can tell."""
    drawn = definition("dropout/keeps_half").draw("float64")
    with pytest.raises(Inapplicable):
        made(drawn, NAMED["dropout.scale.in_eval"])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_division_by_a_rate_of_zero_is_named(dtype: str) -> None:
    """With p = 0 a division by p is one by zero, and is named all the same."""
    with np.errstate(divide="ignore"):
        layer = Layer(
            lambda s: s.x * _mask(s) / np.asarray(s.attributes["p"]),
            lambda s, y, g: g * _mask(s) / np.asarray(s.attributes["p"]),
        )
        assert named("dropout/keeps_all", dtype, layer, ALL) == [("dropout.scale.by_p", "")]


@pytest.mark.parametrize("name", NAMED)
def test_evaluation_is_right_unless_the_mistake_is_there(name: str) -> None:
    """A mistake of training does not touch a step in eval mode."""
    drawn = definition("dropout/eval_between").draw("float64")
    wrong = evidence(drawn, made(drawn, NAMED[name])).failing
    in_eval = {
        "dropout.scale.in_eval",
        "dropout.eval.active",
        "dropout.eval.scaled",
        "dropout.eval.divided",
    }
    assert any(entry.startswith("step1.") for entry in wrong) == (name in in_eval)


def _mask(given: Given) -> Array:
    return np.ones_like(given.x) if given.mask is None else given.mask


def _right(given: Given) -> Array:
    keep = 1 - given.attributes["p"] if given.train else 1
    return np.asarray(given.x * _mask(given) / keep)


IN_NUMPY: list[tuple[str, str, Output, GradInput]] = [
    (
        "dropout.scale.missing",
        "keeps_three_of_four",
        lambda s: s.x * _mask(s),
        lambda s, y, g: g * _mask(s),
    ),
    (
        "dropout.scale.in_eval",
        "eval_between",
        lambda s: s.x * s.mask if s.mask is not None else s.x * (1 - s.attributes["p"]),
        lambda s, y, g: g * s.mask if s.mask is not None else g * (1 - s.attributes["p"]),
    ),
    (
        "dropout.scale.by_p",
        "keeps_three_of_four",
        lambda s: s.x * _mask(s) / s.attributes["p"],
        lambda s, y, g: g * _mask(s) / s.attributes["p"],
    ),
    (
        "dropout.mask.inverted",
        "keeps_three_of_four",
        lambda s: np.where(_mask(s), 0, s.x / (1 - s.attributes["p"])),
        lambda s, y, g: np.where(_mask(s), 0, g / (1 - s.attributes["p"])),
    ),
    ("dropout.mask.ignored", "keeps_three_of_four", lambda s: s.x, lambda s, y, g: g),
    (
        "dropout.eval.scaled",
        "eval_between",
        lambda s: _right(s) * (1 if s.train else 1 - s.attributes["p"]),
        lambda s, y, g: (
            g / (1 - s.attributes["p"]) * s.mask
            if s.mask is not None
            else g * (1 - s.attributes["p"])
        ),
    ),
    (
        "dropout.grad_input.mask_missing",
        "keeps_three_of_four",
        _right,
        lambda s, y, g: g / (1 - s.attributes["p"]),
    ),
    ("dropout.grad_input.zero", "keeps_three_of_four", _right, lambda s, y, g: 0 * g),
]


@pytest.mark.parametrize(("name", "case", "output", "grad_input"), IN_NUMPY)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_in_numpy_is_named(
    name: str, case: str, output: Output, grad_input: GradInput, dtype: str
) -> None:
    """A mistake is recognised in code that was written without its rule."""
    assert named(f"dropout/{case}", dtype, Layer(output, grad_input), ALL) == [(name, "")]
