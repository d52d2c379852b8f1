"""A case over more or fewer steps than its file has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oracles.contract.longer import with_steps
from tests.lockstep.small_case import SMALL, small_case

WRITTEN = SMALL.replace("[training]\nsteps = 5\nbatch_size = 5\n", "[[steps]]\n[[steps]]\n")
ONE = SMALL.replace("[training]\nsteps = 5\nbatch_size = 5\n", "")


def test_batches_start_again_and_schedules_go_on(tmp_path: Path) -> None:
    """Twelve samples in batches of 5, 5 and 2, and a rate that halves after 30 steps."""
    case = with_steps(small_case(tmp_path), 61).draw("float64")
    assert [step.index for step in case.steps] == list(range(61))
    assert [len(step.samples) for step in case.steps[:4]] == [5, 5, 2, 5]
    assert [case.steps[k].lr for k in (29, 30, 60)] == [0.0625, 0.03125, 0.015625]


def test_the_operands_stay_what_they_are(tmp_path: Path) -> None:
    """More steps draw no other numbers."""
    definition = small_case(tmp_path)
    longer, as_it_is = with_steps(definition, 7).draw("float32"), definition.draw("float32")
    assert np.array_equal(longer.steps[0].input, as_it_is.steps[0].input)
    assert np.array_equal(
        longer.layers[0].parameters["bias"], as_it_is.layers[0].parameters["bias"]
    )


@pytest.mark.parametrize(
    ("text", "steps"),
    [pytest.param(WRITTEN, 1, id="written out"), pytest.param(ONE, 4, id="one step of everything")],
)
def test_other_files_than_those_with_training(tmp_path: Path, text: str, steps: int) -> None:
    """Steps that are written out can be cut off; all samples can be shown again."""
    assert len(with_steps(small_case(tmp_path, text), steps).draw("float64").steps) == steps


def test_steps_that_are_written_out_cannot_be_added_to(tmp_path: Path) -> None:
    """Nobody knows what they would be."""
    with pytest.raises(ValueError, match="writes out 2 steps, and cannot have 3"):
        with_steps(small_case(tmp_path, WRITTEN), 3)


def test_too_many_numbers_are_refused(tmp_path: Path) -> None:
    """As in a file."""
    with pytest.raises(ValueError, match=r"training\.steps: must be between 1 and 10,000"):
        with_steps(small_case(tmp_path), 10_001)
