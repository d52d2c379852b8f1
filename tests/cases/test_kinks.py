"""The verdict on no case hangs on a rounding."""

from __future__ import annotations

import pytest

from oracles.hanging import hanging
from tests.cases.files import IDS, definition


@pytest.mark.parametrize("name", IDS)
def test_no_case_hangs_on_a_rounding(name: str) -> None:
    """No choice is closer than ten standard deviations, and equal numbers name the convention."""
    assert hanging(definition(name)) == ()
