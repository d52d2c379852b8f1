"""Mistakes in batch norms are named."""

from __future__ import annotations

import pytest

from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.batch_norm2d import affine as batch_norm2d_affine
from oracles.diagnosis.hypotheses.batch_norm2d import backward as batch_norm2d_backward
from oracles.diagnosis.hypotheses.batch_norm2d import deviation as batch_norm2d_deviation
from oracles.diagnosis.hypotheses.batch_norm2d import running as batch_norm2d_running
from oracles.diagnosis.hypotheses.batch_norm2d import statistics as batch_norm2d_statistics
from oracles.diagnosis.hypotheses.course import modes, own_output
from oracles.diagnosis.site import Inapplicable
from tests.diagnosis.self_made import definition, evidence, made

OWN = (
    *batch_norm2d_deviation.HYPOTHESES,
    *batch_norm2d_statistics.HYPOTHESES,
    *batch_norm2d_affine.HYPOTHESES,
    *batch_norm2d_running.HYPOTHESES,
    *batch_norm2d_backward.HYPOTHESES,
    *(one for one in modes.HYPOTHESES if one.area == "batch_norm2d"),
)
ALL = (*OWN, *own_output.HYPOTHESES)
NAMED = {one.name.removeprefix("batch_norm2d."): one for one in OWN}

CASES = {
    "eps.default": "large_eps",
    "eps.smaller": "constant_channel",
    "eps.tiny": "constant_channel",
    "eps.zero": "constant_channel",
    "eps.outside_root": "large_eps",
    "statistics.batch_in_eval": "eval",
    "running.momentum_none_ignored": "cumulative",
    "running.cumulative_late": "cumulative",
    "running.moved_in_eval": "train_eval_train",
    "statistics.always_train": "train_eval_train",
    "grad_input.batch_terms_in_eval": "eval",
}
"""The cases on which these mistakes are made; the others over three steps."""

ONLY_FLOAT64 = ("eps.default",)
"""In float32 an eps of 1e-5 in place of 0.5 is no other number than one of 1e-6."""


@pytest.mark.parametrize("name", [name for name in NAMED if name != "grad_bias.zero"])
def test_a_mistake_is_named(name: str) -> None:
    """Who makes this mistake reads its name, and nothing else."""
    assert _found(name, "float64") == [(f"batch_norm2d.{name}", "certain")]


@pytest.mark.parametrize(
    "name", [name for name in NAMED if name not in ("grad_bias.zero", *ONLY_FLOAT64)]
)
def test_a_mistake_is_named_in_float32(name: str) -> None:
    """Rounding to float32 hides none of them."""
    assert _found(name, "float32") == [(f"batch_norm2d.{name}", "certain")]


def _found(name: str, dtype: str) -> list[tuple[str, str]]:
    drawn = definition(f"batch_norm2d/{CASES.get(name, 'three_train_steps')}").draw(dtype)
    found = diagnose(evidence(drawn, made(drawn, NAMED[name])), ALL)
    assert found.faults == ()
    return [(cause.cause, cause.certainty) for cause in found.causes]


def test_a_bias_without_gradient_is_named_before_half_of_a_layer() -> None:
    """The gradient of a bias that is not there is zero as well: it stands beside the cause."""
    drawn = definition("batch_norm2d/train").draw("float64")
    found = diagnose(evidence(drawn, made(drawn, NAMED["grad_bias.zero"])), ALL)
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [
        ("batch_norm2d.grad_bias.zero", "likely")
    ]
    assert [tie.cause for tie in found.causes[0].ties] == ["batch_norm2d.bias.missing"]


OF_TRAINING = (
    "variance.unbiased",
    "variance.around_zero",
    "statistics.per_pixel",
    "statistics.per_sample",
    "statistics.over_channels",
    "statistics.over_everything",
    "statistics.running_in_train",
    "statistics.running_updated_in_train",
    "grad_input.constant_statistics",
    "grad_input.mean_term_missing",
    "grad_input.variance_term_missing",
    "grad_input.terms_summed",
    "running.frozen",
    "running.replaced",
    "running.variance_biased",
    "running.eps_added",
)


@pytest.mark.parametrize("name", OF_TRAINING)
@pytest.mark.parametrize("case", ["eval", "given_statistics"])
def test_frozen_statistics_are_not_touched(name: str, case: str) -> None:
    """In eval mode, statistics are constants and stay as they are: what is wrong with those of a
    batch has no effect."""
    drawn = definition(f"batch_norm2d/{case}").draw("float64")
    assert evidence(drawn, made(drawn, NAMED[name])).failing == ()


@pytest.mark.parametrize(
    "name",
    [
        "statistics.always_train",
        "statistics.batch_in_eval",
        "grad_input.batch_terms_in_eval",
        "running.moved_in_eval",
    ],
)
def test_training_is_not_touched(name: str) -> None:
    """What is wrong in evaluation has no effect in train mode."""
    drawn = definition("batch_norm2d/three_train_steps").draw("float64")
    assert evidence(drawn, made(drawn, NAMED[name])).failing == ()


@pytest.mark.parametrize(
    "name", ["variance.unbiased", "statistics.per_sample", "grad_input.constant_statistics"]
)
def test_without_running_statistics_evaluation_is_wrong_as_well(name: str) -> None:
    """With track_running_stats = false an eval step uses the batch, and its mistakes show there."""
    drawn = definition("batch_norm2d/not_tracking").draw("float64")
    wrong = evidence(drawn, made(drawn, NAMED[name])).failing
    assert {entry.partition(".")[0] for entry in wrong} == {"step0", "step1"}


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("eps.default", "train"),
        ("weight.missing", "not_affine"),
        ("bias.missing", "not_affine"),
        ("grad_weight.zero", "not_affine"),
        ("grad_input.weight_missing", "not_affine"),
        ("statistics.running_in_train", "not_tracking"),
        ("statistics.batch_in_eval", "not_tracking"),
        ("running.frozen", "not_tracking"),
        ("running.variance_biased", "not_tracking"),
        ("running.momentum_inverted", "cumulative"),
        ("running.cumulative", "cumulative"),
        ("running.momentum_none_ignored", "train"),
        ("running.momentum_default", "train"),
    ],
)
def test_what_a_layer_does_not_have_is_not_mistaken(name: str, case: str) -> None:
    """A mistake is not tried on a layer that has no weight, no statistics or no momentum."""
    drawn = definition(f"batch_norm2d/{case}").draw("float64")
    with pytest.raises(Inapplicable):
        made(drawn, NAMED[name])


@pytest.mark.parametrize("name", ["variance.not_rooted", "mean.not_subtracted", "eps.larger"])
def test_a_layer_without_weight_is_diagnosed_all_the_same(name: str) -> None:
    """affine = false leaves out weight and bias, not the mistake."""
    drawn = definition("batch_norm2d/not_affine").draw("float64")
    found = diagnose(evidence(drawn, made(drawn, NAMED[name])), ALL)
    assert [(one.cause, one.certainty) for one in found.causes] == [
        (f"batch_norm2d.{name}", "certain")
    ]


@pytest.mark.parametrize("name", ["running.variance_biased", "running.standard_deviation"])
def test_a_cumulative_mean_is_kept(name: str) -> None:
    """Without a momentum what is remembered may be wrong while it is still averaged over all
    batches."""
    drawn = definition("batch_norm2d/cumulative").draw("float64")
    found = diagnose(evidence(drawn, made(drawn, NAMED[name])), ALL)
    assert [(one.cause, one.certainty) for one in found.causes] == [
        (f"batch_norm2d.{name}", "certain")
    ]
