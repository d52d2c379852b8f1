"""Each property has a mistake that it sees, and that no other property is blamed for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oracles import judge_properties
from oracles.judging.judgement import Judgement
from tests.cases.files import definition
from tests.properties import mistakes

LINEAR, RELU = "linear/generic", "activations/relu_between_layers"
CONV, NORM, SGD = "conv2d/strided_generic", "batch_norm2d/after_conv", "sgd/momentum_decay"
DROPOUT, NETWORK, MSE = "dropout/keeps_three_of_four", "training/eval_between", "losses/mse/mean"

FAILING = [
    (mistakes.draws_from_one_generator, LINEAR, "state.not_repeatable"),
    (mistakes.draws_masks_it_does_not_record, DROPOUT, "state.not_repeatable"),
    (mistakes.remembers_momentum_of_the_run_before, SGD, "state.not_repeatable"),
    (mistakes.caches_columns_by_shape, CONV, "state.leaks_between_cases"),
    (mistakes.sums_a_buffer_that_only_grows, LINEAR, "state.leaks_between_cases"),
    (mistakes.takes_the_first_batch_for_the_size_of_all, LINEAR, "state.leaks_between_cases"),
    (mistakes.takes_the_mean_over_the_batch, LINEAR, "batch.samples_mixed"),
    (mistakes.mixes_gradients_of_samples, RELU, "batch.samples_mixed"),
    (mistakes.divides_by_a_batch_of_its_own, MSE, "batch.samples_mixed"),
    (mistakes.evaluates_with_the_statistics_of_the_batch, NORM, "batch.samples_mixed"),
    (mistakes.squeezes, LINEAR, "batch.single_sample_fails"),
    (mistakes.reads_memory_in_its_order, CONV, "layout.needs_contiguous"),
    (mistakes.works_out_strides, LINEAR, "layout.needs_contiguous"),
    (mistakes.casts_memory, LINEAR, "layout.needs_contiguous"),
    (mistakes.updates_statistics_in_eval_mode, NORM, "state.changed_by_eval"),
    (mistakes.forgets_momentum_by_evaluating, SGD, "state.changed_by_eval"),
    (mistakes.StaysInEvalMode, DROPOUT, "state.changed_by_eval"),
    (mistakes.StaysInEvalMode, NETWORK, "state.changed_by_eval"),
    (mistakes.KeepsRowsOfTheLargestBatch, LINEAR, "batch.remembers_larger_batch"),
    (mistakes.CountsSamplesOnce, LINEAR, "batch.remembers_larger_batch"),
]

REMARKED = [
    (mistakes.rounds_now_up_now_down, RELU, "state.not_repeatable"),
    (mistakes.works_in_place, RELU, "state.output_overwritten"),
    (mistakes.uses_one_array_for_all_outputs, LINEAR, "state.output_overwritten"),
]


def _named(rows: list[tuple[Callable[[], Any], str, str]]) -> list[Any]:
    return [pytest.param(*row, id=f"{row[0].__name__}-{row[1]}") for row in rows]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("mistake", "case", "finding"), _named(FAILING))
def test_a_mistake_is_named_by_its_finding_alone(
    mistake: Callable[[], Any], case: str, finding: str, dtype: str
) -> None:
    """One mistake, one finding: what it is called is where one looks."""
    judgement = _judged(mistake, case, dtype)
    assert judgement.outcome == "diverged"
    assert [(one.finding, one.fails) for one in judgement.findings] == [(finding, True)]
    assert judgement.message.startswith(f"{finding}: ")


@pytest.mark.parametrize(
    ("mistake", "case", "says"),
    [
        pytest.param(mistake, case, says, id=mistake.__name__)
        for mistake, case, says in (
            (mistakes.draws_from_one_generator, LINEAR, "run twice, gives two results"),
            (mistakes.caches_columns_by_shape, CONV, "another one that runs after it"),
            (mistakes.sums_a_buffer_that_only_grows, LINEAR, "after another case has run"),
            (mistakes.updates_statistics_in_eval_mode, NORM, "changes the running statistics"),
            (mistakes.StaysInEvalMode, DROPOUT, "where an evaluation comes before it"),
            (mistakes.KeepsRowsOfTheLargestBatch, LINEAR, "where a larger one comes before it"),
            (mistakes.CountsSamplesOnce, LINEAR, "where a smaller one comes before it"),
            (mistakes.squeezes, LINEAR, "a single sample ends with an error"),
            (mistakes.divides_by_a_batch_of_its_own, MSE, "in the batch (times 5, for the mean)"),
            (mistakes.casts_memory, LINEAR, "casts are restricted to C-contiguous"),
        )
    ],
)
def test_the_finding_says_what_was_seen(mistake: Callable[[], Any], case: str, says: str) -> None:
    """In words, with where it was seen."""
    assert says in _judged(mistake, case, "float32").findings[0].message


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("habit", "case", "finding"), _named(REMARKED))
def test_a_habit_with_right_numbers_is_a_remark(
    habit: Callable[[], Any], case: str, finding: str, dtype: str
) -> None:
    """Told, and not failed."""
    judgement = _judged(habit, case, dtype)
    assert judgement.outcome == "passed"
    assert [(one.finding, one.fails) for one in judgement.findings] == [(finding, False)]


def _judged(mistake: Callable[[], Any], case: str, dtype: str) -> Judgement:
    made = mistakes.layers(mistake) if hasattr(mistake, "forward") else mistake()
    return judge_properties(made, definition(case), dtype, timeout=60)
