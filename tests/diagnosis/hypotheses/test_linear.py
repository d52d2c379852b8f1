"""Mistakes in dense layers, made in NumPy, are named."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.linear import forward as linear_forward
from oracles.diagnosis.hypotheses.linear import grad_bias as linear_grad_bias
from oracles.diagnosis.hypotheses.linear import grad_input as linear_grad_input
from oracles.diagnosis.hypotheses.linear import grad_weight as linear_grad_weight
from oracles.diagnosis.site import Inapplicable
from tests.diagnosis.hypotheses.by_hand import named, run
from tests.diagnosis.self_made import definition, evidence, made

ALL = (
    *linear_forward.HYPOTHESES,
    *linear_grad_weight.HYPOTHESES,
    *linear_grad_bias.HYPOTHESES,
    *linear_grad_input.HYPOTHESES,
)
BY_NAME = {one.name: one for one in ALL}

FORWARD: list[tuple[str, str, Callable[[Array, Array, Array], Array], set[str]]] = [
    (
        "weight.transposed",
        "square",
        lambda x, w, b: x @ w + b,
        {"weight.reshaped", "weight.column_major"},
    ),
    ("weight.reshaped", "generic", lambda x, w, b: x @ w.reshape(5, 4) + b, set()),
    (
        "weight.column_major",
        "generic",
        lambda x, w, b: x @ w.reshape((5, 4), order="F") + b,
        set(),
    ),
    ("weight.rows_reversed", "generic", lambda x, w, b: x @ w[::-1].T + b, set()),
    ("weight.columns_reversed", "generic", lambda x, w, b: x @ w[:, ::-1].T + b, set()),
    ("bias.missing", "generic", lambda x, w, b: x @ w.T, set()),
    ("bias.twice", "several_axes", lambda x, w, b: x @ w.T + b + b, set()),
    ("bias.subtracted", "generic", lambda x, w, b: x @ w.T - b, set()),
    ("bias.first_for_all", "generic", lambda x, w, b: x @ w.T + b[0], set()),
    ("bias.reversed", "generic", lambda x, w, b: x @ w.T + b[::-1], set()),
]
"""(mistake, case, output from x, weight, bias, what it cannot be told apart from there)"""

BACKWARD: list[tuple[str, str, Callable[[Array, Array, Array], Array], set[str]]] = [
    ("grad_weight.transposed", "square", lambda g, x, w: x.T @ g, {"grad_weight.reshaped"}),
    ("grad_weight.transposed", "generic", lambda g, x, w: x.T @ g, set()),
    ("grad_weight.reshaped", "generic", lambda g, x, w: (x.T @ g).reshape(4, 5), set()),
    ("grad_weight.mean_over_batch", "generic", lambda g, x, w: g.T @ x / 3, set()),
    ("grad_weight.times_batch", "generic", lambda g, x, w: g.T @ x * 3, set()),
    ("grad_weight.sign", "generic", lambda g, x, w: -g.T @ x, set()),
    ("grad_weight.last_sample_only", "generic", lambda g, x, w: np.outer(g[2], x[2]), set()),
    ("grad_weight.first_sample_only", "generic", lambda g, x, w: np.outer(g[0], x[0]), set()),
    ("grad_weight.last_sample_missing", "generic", lambda g, x, w: g[:2].T @ x[:2], set()),
    ("grad_weight.zero", "no_bias", lambda g, x, w: 0 * w, set()),
    (
        "grad_weight.samples_alone",
        "several_axes",
        lambda g, x, w: (g[..., None] * x[..., None, :]).sum(0),
        set(),
    ),
    ("grad_bias.mean_over_batch", "several_axes", lambda g, x, w: g.sum((0, 1, 2)) / 3, set()),
    ("grad_bias.first_sample_only", "generic", lambda g, x, w: g[0], set()),
    ("grad_bias.last_sample_only", "generic", lambda g, x, w: g[2], set()),
    ("grad_bias.last_sample_missing", "generic", lambda g, x, w: g[0] + g[1], set()),
    ("grad_bias.summed", "generic", lambda g, x, w: np.full(4, g.sum()), set()),
    ("grad_bias.zero", "generic", lambda g, x, w: np.zeros(4), set()),
    ("grad_bias.sign", "generic", lambda g, x, w: -g.sum(0), set()),
    ("grad_bias.samples_alone", "several_axes", lambda g, x, w: g.sum(0), set()),
    ("grad_input.weight_not_transposed", "square", lambda g, x, w: g @ w.T, set()),
    ("grad_input.sign", "several_axes", lambda g, x, w: -(g @ w), set()),
    ("grad_input.zero", "generic", lambda g, x, w: 0 * x, set()),
    ("grad_input.mean_over_batch", "generic", lambda g, x, w: g @ w / 3, set()),
]
"""(mistake, case, gradient from grad_output, x, weight, what it cannot be told apart from there)"""

ENTRIES = {
    "grad_weight": "step0.gradient.fc.weight",
    "grad_bias": "step0.gradient.fc.bias",
    "grad_input": "step0.backward.fc",
}


@pytest.mark.parametrize(
    ("name", "case", "output", "ties"), FORWARD, ids=[row[0] for row in FORWARD]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_output_is_named(
    name: str, case: str, output: Callable[..., Array], ties: set[str], dtype: str
) -> None:
    """Who computes another output reads which, whatever its gradients are."""
    drawn = definition(f"linear/{case}").draw(dtype)
    layer, x = drawn.layers[0], drawn.steps[0].input.astype(np.float64)
    w, b = (layer.parameters[p].astype(np.float64) for p in ("weight", "bias"))
    found = run(drawn, {"step0.forward.fc": output(x, w, b)})
    assert found.failing == ("step0.forward.fc",)
    assert named(found, ALL) == [{f"linear.{one}" for one in (name, *ties)}]


@pytest.mark.parametrize(
    ("name", "case", "gradient", "ties"),
    BACKWARD,
    ids=[f"{row[0]} in {row[1]}" for row in BACKWARD],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_wrong_gradient_is_named(
    name: str, case: str, gradient: Callable[..., Array], ties: set[str], dtype: str
) -> None:
    """Who computes another gradient reads which, and that the output is right."""
    drawn = definition(f"linear/{case}").draw(dtype)
    step, w = drawn.steps[0], drawn.layers[0].parameters["weight"].astype(np.float64)
    assert step.upstream is not None
    entry = ENTRIES[name.partition(".")[0]]
    wrong = gradient(step.upstream.astype(np.float64), step.input.astype(np.float64), w)
    found = run(drawn, {entry: wrong})
    assert found.failing == (entry,)
    assert named(found, ALL) == [{f"linear.{one}" for one in (name, *ties)}]


CONSISTENT = [
    ("weight.transposed", "linear/square"),
    *((f"weight.{one}", "linear/several_axes") for one in ("reshaped", "column_major")),
    *((f"bias.{one}", "linear/several_axes") for one in ("missing", "twice", "first_for_all")),
    ("weight.rows_reversed", "training/shrinking_batch"),
    ("weight.columns_reversed", "training/small_lenet"),
]


@pytest.mark.parametrize(("name", "case"), CONSISTENT)
def test_a_consistent_pair_is_one_cause(name: str, case: str) -> None:
    """Forward and backward pass with the same mistake are one cause, in all layers at once. The
    rule makes the run itself."""
    drawn = definition(case).draw("float32")
    found = diagnose(evidence(drawn, made(drawn, BY_NAME[f"linear.{name}"])), ALL)
    ties = {tie.cause for cause in found.causes for tie in cause.ties}
    assert len(found.causes) == 1
    assert found.causes[0].variant == ""
    assert f"linear.{name}" in {found.causes[0].cause, *ties}


HARMLESS = [
    ("grad_weight.mean_over_batch", "one_sample"),
    ("grad_weight.last_sample_only", "one_sample"),
    ("grad_bias.first_sample_only", "one_sample"),
    ("grad_input.mean_over_batch", "one_sample"),
    ("grad_bias.mean_over_batch", "no_bias"),
]


@pytest.mark.parametrize(("name", "case"), HARMLESS)
def test_a_mistake_without_effect_changes_nothing(name: str, case: str) -> None:
    """Where one sample is all there is, its gradient is that of the batch; where there is no bias,
    none has a wrong gradient."""
    drawn = definition(f"linear/{case}").draw("float64")
    assert evidence(drawn, made(drawn, BY_NAME[f"linear.{name}"])).failing == ()


IMPOSSIBLE = [
    ("weight.transposed", "generic"),
    ("weight.reshaped", "one_output"),
    ("bias.missing", "no_bias"),
    ("bias.reversed", "one_output"),
    ("grad_input.weight_not_transposed", "generic"),
    ("grad_bias.samples_alone", "generic"),
]


@pytest.mark.parametrize(("name", "case"), IMPOSSIBLE)
def test_a_mistake_that_cannot_be_made_is_not_tried(name: str, case: str) -> None:
    """Only a square weight can be transposed unnoticed, and only a bias can be forgotten."""
    drawn = definition(f"linear/{case}").draw("float64")
    with pytest.raises(Inapplicable):
        made(drawn, BY_NAME[f"linear.{name}"])
