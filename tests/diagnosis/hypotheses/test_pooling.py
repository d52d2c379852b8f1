"""What the hypotheses about pooling are made of is right on every option, and none sees a mistake
where there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from torch import Tensor

from oracles.contract.case import Case
from oracles.contract.reference import Call
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.pooling.shares import added, positions, shares
from oracles.diagnosis.hypotheses.pooling.windows import pooled, windows_of
from oracles.diagnosis.hypotheses.table import hypothesis
from oracles.diagnosis.site import Site
from oracles.judging.diagnosis import Variant
from oracles.references.pytorch import Replacement, TorchRun, evaluate
from tests.diagnosis.self_made import CASES, definition, evidence, made

ONE_LAYER = sorted(
    f"{folder}/{path.name.removesuffix('.case.toml')}"
    for folder in ("avg_pool2d", "max_pool2d")
    for path in (CASES / folder).glob("*.case.toml")
)


def spelled_out(case: Case) -> Replacement:
    """The altered rules' own pooling with nothing altered, in the place of torch's."""

    def forward(call: Call, inputs: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
        site = Site(case, case.steps[0], call)
        return pooled(site, inputs[0], windows_of(site))

    return Replacement(forward={layer.name: forward for layer in case.layers})


def by_shares(case: Case) -> Replacement:
    """The gradient put together from the shares of windows."""

    def backward(run: TorchRun, grad_output: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
        site, x = Site(case, case.steps[0], run.call), run.inputs[0]
        return [added(x, shares(site, x, grad_output), *positions(x, windows_of(site)))], {}

    return Replacement(backward={layer.name: backward for layer in case.layers})


@pytest.mark.parametrize("replaced", [spelled_out, by_shares])
@pytest.mark.parametrize("name", ONE_LAYER)
def test_pooling_spelled_out_is_that_of_pytorch(
    name: str, replaced: Callable[[Case], Replacement]
) -> None:
    """Output and gradient, with every option of the cases: a rule alters one thing and keeps the
    rest."""
    case = definition(name).draw("float64")
    actual, expected = evaluate(case, replaced(case)), evaluate(case)
    layer = case.layers[0].name
    for entry in (f"step0.forward.{layer}", f"step0.backward.{layer}"):
        np.testing.assert_allclose(actual[entry], expected[entry], rtol=1e-14, atol=1e-14)


VARIANTS: tuple[Variant, ...] = ("", "backward only")
CONSISTENT = [
    ("max_pool2d.type.average", "padding"),
    ("max_pool2d.type.minimum", "padding"),
    ("max_pool2d.type.absolute", "overlap"),
    ("max_pool2d.padding.zeros", "padding_negative"),
    ("max_pool2d.window.offset", "overlap"),
    ("max_pool2d.reshape.wrong_axes", "textbook_remainder"),
    ("max_pool2d.output.last_window_missing", "overlap"),
    ("avg_pool2d.type.maximum", "padding_counted"),
    ("avg_pool2d.window.offset", "axes_differ"),
    ("avg_pool2d.reshape.wrong_axes", "textbook_remainder"),
    ("avg_pool2d.output.last_window_missing", "overlap"),
    ("avg_pool2d.divisor.missing", "overlap"),
    ("avg_pool2d.divisor.padding_flipped", "padding_not_counted"),
    ("avg_pool2d.divisor.overhang_counted", "ceil_mode"),
    ("avg_pool2d.divisor.override_ignored", "ceil_mode_divisor_override"),
    ("avg_pool2d.divisor.rows_only", "axes_differ"),
    ("avg_pool2d.divisor.height_squared", "axes_differ"),
    ("avg_pool2d.divisor.width_squared", "axes_differ"),
]


@pytest.mark.parametrize(("cause", "case"), CONSISTENT, ids=[cause for cause, _ in CONSISTENT])
@pytest.mark.parametrize("variant", VARIANTS)
def test_forward_and_backward_are_told_apart(cause: str, case: str, variant: Variant) -> None:
    """A mistake that is made in both passes is one cause, and so is one in the backward pass. The
    trace is the rule's own: that people do this is shown in the tests beside this one."""
    drawn = definition(f"{cause.partition('.')[0]}/{case}").draw("float32")
    found = diagnose(evidence(drawn, made(drawn, hypothesis(cause), variant)))
    assert [(one.cause, one.variant, one.certainty) for one in found.causes] == [
        (cause, variant, "certain")
    ]


WITHOUT_EFFECT = [
    ("max_pool2d.ceil_mode.flipped", "max_pool2d/textbook_ties"),
    ("max_pool2d.ceil_mode.window_in_padding", "max_pool2d/ceil_mode"),
    ("max_pool2d.output.last_window_missing", "max_pool2d/textbook_remainder"),
    ("max_pool2d.padding.zeros", "max_pool2d/overlap"),
    ("max_pool2d.initial.zero", "max_pool2d/textbook_ties"),
    ("max_pool2d.grad_input.overwritten", "max_pool2d/textbook_remainder"),
    ("max_pool2d.grad_input.windows_overwritten", "max_pool2d/gaps"),
    ("max_pool2d.grad_input.overwritten_by_taps", "max_pool2d/gaps"),
    ("max_pool2d.grad_input.ties_all", "max_pool2d/padding_negative"),
    ("max_pool2d.grad_input.ties_last", "max_pool2d/ceil_mode_padding"),
    ("max_pool2d.grad_input.ties_shared", "max_pool2d/dilation_ceil_mode"),
    ("max_pool2d.grad_input.ties_columns_first", "max_pool2d/dilation"),
    ("avg_pool2d.ceil_mode.flipped", "avg_pool2d/overlap"),
    ("avg_pool2d.divisor.missing", "avg_pool2d/ceil_mode_divisor_override"),
    ("avg_pool2d.divisor.padding_flipped", "avg_pool2d/ceil_mode"),
    ("avg_pool2d.divisor.overhang_counted", "avg_pool2d/padding_not_counted"),
    ("avg_pool2d.grad_input.overwritten", "avg_pool2d/textbook_remainder"),
    ("avg_pool2d.grad_input.overwritten_by_taps", "avg_pool2d/textbook_remainder"),
]


@pytest.mark.parametrize(
    ("cause", "case"), WITHOUT_EFFECT, ids=[f"{cause}-{case}" for cause, case in WITHOUT_EFFECT]
)
def test_where_a_mistake_has_no_effect_none_is_predicted(cause: str, case: str) -> None:
    """Otherwise it would be held against those who make it elsewhere."""
    drawn = definition(case).draw("float64")
    trace, right = made(drawn, hypothesis(cause)), evaluate(drawn)
    for name, expected in right.items():
        np.testing.assert_allclose(trace[name], expected, rtol=1e-14, atol=1e-14)
