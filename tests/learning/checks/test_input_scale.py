"""Inputs far from the scale that networks are made for are seen, with both ranges."""

from pathlib import Path

import pytest

from oracles.learning.checks.input_scale import input_scale
from tests.learning.checks.cases_of_data import DIGITS, handwritten, of, situation

_DATA = handwritten(100)
_BY_255 = "preparation = [{ divide = 255 }]"
_BY_16 = "preparation = [{ divide = 16 }]"


def test_digits_divided_by_255_are_too_small(tmp_path: Path) -> None:
    """Grey levels of 0 .. 16 are prepared as if they went to 255."""
    first = situation(tmp_path, _BY_255, DIGITS, steps=1, data=_DATA, batch_size=100)
    found = input_scale(first)
    assert found is not None
    assert found.figures["scale"] == pytest.approx(0.016, rel=0.1)
    assert found.figures["largest"] == pytest.approx(16 / 255)
    assert "from 0 to 16" in found.numbers[1]
    assert "divide 255" in found.numbers[1]
    assert found.prevents


def test_the_remedy_fills_0_to_1(tmp_path: Path) -> None:
    """What the first layer sees afterwards is within rounding of the usual range."""
    first = situation(tmp_path, _BY_255, DIGITS, steps=1, data=_DATA, batch_size=100)
    found = input_scale(first)
    assert found is not None
    assert found.remedy is not None
    assert found.remedy.change(first.case).steps[0].input.max() == pytest.approx(1.0, rel=5e-3)


def test_bytes_as_they_are_are_too_large(tmp_path: Path) -> None:
    """Pixels of 0 .. 240 without any preparation."""
    bytes_ = of(_DATA.x.astype("uint8") * 15, _DATA.target)
    found = input_scale(situation(tmp_path, DIGITS, steps=1, data=bytes_, batch_size=100))
    assert found is not None
    assert float(found.figures["scale"]) > 50
    assert found.figures["factor"] == pytest.approx(1 / 240, rel=5e-3)
    assert "preparation: none" in found.numbers[1]


@pytest.mark.parametrize(
    "preparation", [pytest.param(_BY_16, id="0 .. 1"), pytest.param("", id="0 .. 16")]
)
def test_usual_inputs_are_left_alone(tmp_path: Path, preparation: str) -> None:
    """Digits in 0 .. 1, and those of 0 .. 16 as they are, can be learned."""
    assert input_scale(situation(tmp_path, preparation, DIGITS, steps=1, data=_DATA)) is None
