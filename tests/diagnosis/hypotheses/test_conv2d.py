"""Hypotheses about convolutions find themselves, and nothing else.

The rules make the traces here: that shows that each runs, keeps the options of the layer and is
told apart from all others. Programs that make the mistakes on their own are in tests/mutants.
"""

from __future__ import annotations

import numpy as np
import pytest

from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.table import HYPOTHESES, hypothesis
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence, made

CONVOLUTIONS = tuple(one for one in HYPOTHESES if one.area == "conv2d")
NAMES = {one.name for one in CONVOLUTIONS}

NAMED_BY = {
    "axes_differ": """
        kernel.rotated kernel.rows_reversed kernel.columns_reversed kernel.transposed kernel.hwio
        kernel.ohwi kernel.column_major kernel.in_out_reshaped columns.weights_order
        channels.reversed channels.first_only channels.last_only channels.averaged
        filters.reversed filters.first_for_all
        bias.missing bias.per_tap bias.reversed bias.first_for_all bias.summed bias.subtracted
        stride.axes_swapped stride.rows_for_both stride.missing_in_windows
        padding.axes_swapped padding.top_left padding.bottom_right padding.ignored
        padding.replicate padding.reflect padding.circular
        output.one_row_short output.one_short output.last_row_missing output.last_column_missing
        output.last_row_and_column_missing window.offset image.transposed activation.fused_relu
        output.reshaped output.reshaped_rows output.samples_mixed output.transposed
        output.transposed_reshaped output.rotated output.channels_reversed
        batch.first_only batch.first_for_all
        grad_weight.rotated grad_weight.transposed grad_weight.grad_output_transposed
        grad_weight.unpadded grad_weight.stride_missing
        grad_weight.mean_over_batch grad_weight.times_batch grad_weight.mean_over_positions
        grad_weight.mean_over_batch_and_positions grad_weight.sign grad_weight.zero
        grad_weight.last_output_row_missing grad_weight.last_output_column_missing
        grad_weight.last_sample_only grad_weight.first_sample_only grad_weight.last_sample_missing
        grad_weight.overwritten grad_weight.overwritten_by_last_sample
        grad_weight.first_channel_only grad_weight.first_channel_for_all
        grad_bias.mean grad_bias.mean_over_batch grad_bias.mean_over_positions
        grad_bias.last_sample_missing grad_bias.one_sample grad_bias.first_sample_only
        grad_bias.first_position grad_bias.last_position grad_bias.overwritten
        grad_bias.summed_over_filters grad_bias.axes_of_nhwc grad_bias.sign grad_bias.zero
        grad_input.kernel_not_rotated grad_input.not_cropped grad_input.stride_missing
        grad_input.repeated_over_stride grad_input.overwritten grad_input.overwritten_by_taps
        grad_input.overwritten_per_filter grad_input.first_filter_only grad_input.last_filter_only
        grad_input.divided_by_filters grad_input.mean_over_batch grad_input.channels_reversed
        grad_input.last_row_zero grad_input.last_column_zero grad_input.sign grad_input.zero
    """,
    "dilation_per_axis": """
        bias.twice bias.per_channel dilation.ignored dilation.axes_swapped
        dilation.missing_in_windows output.size_without_dilation padding.tensorflow_same
        grad_weight.dilation_missing grad_input.dilation_missing
    """,
    "remainder_one": """
        stride.ignored output.rounded_up grad_weight.remainder_dropped
        grad_weight.remainder_as_padding grad_input.kernel_rotated_90 grad_input.kernel_transposed
    """,
    "groups": """
        channels.reversed_in_groups groups.ignored groups.first_only groups.first_only_before_bias
        groups.interleaved groups.interleaved_before_bias groups.modulo groups.input_interleaved
        grad_weight.groups_first_only grad_weight.cut_from_end grad_input.groups_first_only
        grad_input.remainder_shifted
    """,
    "coincidence": """
        kernel.in_out_swapped grad_input.in_out_swapped grad_input.negative_zero
    """,
    "same_even_kernel": "padding.same_at_start output.size_with_dilation",
    "strided_generic": "stride.columns_for_both",
}
"""A bundled case for each, on which no other one predicts the same numbers."""

ROWS = [(f"conv2d.{name}", case) for case, names in NAMED_BY.items() for name in names.split()]

TIED = {"conv2d.grad_bias.summed_over_filters"}
"""A bias that is summed over the filters has this gradient as well, where there are no groups."""

EVERYWHERE = """
        activation.fused_relu bias.missing bias.subtracted bias.twice channels.reversed_in_groups
        grad_bias.last_sample_missing grad_bias.sign grad_bias.zero grad_input.last_column_zero
        grad_input.last_row_zero grad_input.negative_zero grad_input.sign grad_input.zero
        grad_weight.last_output_column_missing grad_weight.last_output_row_missing
        grad_weight.last_sample_missing grad_weight.sign grad_weight.zero
        groups.first_only_before_bias groups.interleaved_before_bias kernel.in_out_reshaped
        output.last_column_missing output.last_row_and_column_missing output.last_row_missing
        output.one_row_short output.one_short output.transposed_reshaped window.offset
    """
"""What goes wrong, or is not tried, where there is one of everything."""


def test_every_hypothesis_has_its_case() -> None:
    """None is without a row in the table, and the table has no other names."""
    assert sorted(name for name, _ in ROWS) == sorted(NAMES)


@pytest.mark.parametrize(("name", "case"), ROWS, ids=[name for name, _ in ROWS])
def test_a_mistake_is_named(name: str, case: str) -> None:
    """Who makes this mistake reads its name, and no other."""
    drawn = definition(f"conv2d/{case}").draw("float32")
    found = diagnose(evidence(drawn, made(drawn, hypothesis(name))), CONVOLUTIONS)
    assert [(one.cause, one.certainty, one.variant) for one in found.causes] == [
        (name, "likely" if name in TIED else "certain", "")
    ]
    assert found.faults == ()


@pytest.mark.parametrize("name", sorted(NAMES - {f"conv2d.{name}" for name in EVERYWHERE.split()}))
def test_what_has_no_effect_changes_no_bit(name: str) -> None:
    """One sample, channel, filter, pixel and weight: nothing to exchange, divide or leave out."""
    drawn = definition("conv2d/one_pixel").draw("float64")
    trace, right = made(drawn, hypothesis(name)), evaluate(drawn)
    assert [entry for entry in right if not np.array_equal(trace[entry], right[entry])] == []


@pytest.mark.parametrize("name", sorted(name for name in NAMES if ".bias." in name))
def test_a_layer_without_bias_has_no_mistake_in_it(name: str) -> None:
    """Every rule about biases leaves it alone."""
    drawn = definition("conv2d/no_bias").draw("float64")
    trace, right = made(drawn, hypothesis(name)), evaluate(drawn)
    assert [entry for entry in right if not np.array_equal(trace[entry], right[entry])] == []


@pytest.mark.parametrize(
    "case",
    ["same_even_kernel", "valid", "groups", "padding_above_kernel", "dilation_with_stride"],
)
def test_options_of_the_layer_are_kept(case: str) -> None:
    """Padding in words and above the kernel, stride, dilation and groups are the layer's own: a
    rule that leaves out the bias changes the output by it, and no other gradient."""
    drawn = definition(f"conv2d/{case}").draw("float64")
    trace, right = made(drawn, hypothesis("conv2d.bias.missing")), evaluate(drawn)
    output, bias = "step0.forward.conv", drawn.parameters()["conv.bias"]
    without = right[output] - bias.reshape(-1, 1, 1)
    np.testing.assert_allclose(trace[output], without, rtol=0, atol=1e-12)
    for_weight, for_input = "step0.gradient.conv.weight", "step0.backward.conv"
    np.testing.assert_array_equal(trace[for_weight], right[for_weight])
    np.testing.assert_array_equal(trace[for_input], right[for_input])


REPORTS = [
    (
        "conv2d.output.rotated",
        "discuss_pytorch_170134",
        [-5, -4, -3, -9, -17, -7, -4, -3, -2],
        0.0,
    ),
    ("conv2d.bias.missing", "discuss_pytorch_24978", [0.3640], 2e-4),
]
"""Numbers as published, in four digits where they have four."""


@pytest.mark.parametrize(
    ("name", "case", "observed", "near"), REPORTS, ids=[row[1] for row in REPORTS]
)
def test_a_report_is_reproduced(name: str, case: str, observed: list[float], near: float) -> None:
    """What somebody got by this mistake, and asked about, is what it predicts."""
    drawn = definition(f"reports/{case}").draw("float64")
    predicted = made(drawn, hypothesis(name))["step0.forward.conv"]
    np.testing.assert_allclose(predicted.ravel(), observed, rtol=0, atol=near)
