"""Mistakes in zero padding are named. Each is written here as somebody would write it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.table import hypothesis
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence, made


def padded(x: Array, top: int, bottom: int, left: int, right: int) -> Array:
    """NumPy's order."""
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))


# four_sides: 1 on the left, 2 on the right, 3 at the top, 0 at the bottom, of (2, 3, 4, 5).
# one_side: 2 on the left, of (2, 3, 4, 5).
ROWS: list[tuple[str, str, str, Callable[[Array], Array]]] = [
    ("sides.order_tlbr", "four_sides", "forward", lambda x: padded(x, 1, 3, 2, 0)),
    ("sides.order_tblr", "four_sides", "forward", lambda x: padded(x, 1, 2, 3, 0)),
    ("sides.mirrored", "four_sides", "forward", lambda x: padded(x, 0, 3, 2, 1)),
    (
        "value.edge",
        "four_sides",
        "forward",
        lambda x: np.pad(x, ((0, 0), (0, 0), (3, 0), (1, 2)), mode="edge"),
    ),
    ("sides.mirrored", "four_sides", "backward", lambda g: g[:, :, :4, 2:7]),
    ("grad_input.not_cropped", "four_sides", "backward", lambda g: g[:, :, :4, :5]),
    ("grad_input.negative_zero", "one_side", "backward", lambda g: g[:, :, 0:-0, 2:-0]),
    ("grad_input.negative_zero", "four_sides", "backward", lambda g: g[:, :, 3:-0, 1:-2]),
]
"""Cause, case, pass, what the program makes of the input or of grad_output."""


@pytest.mark.parametrize(
    ("cause", "case", "kind", "program"),
    ROWS,
    ids=[f"{cause}-{case}-{kind}" for cause, case, kind, _ in ROWS],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_is_named(
    cause: str, case: str, kind: str, program: Callable[[Array], Array], dtype: str
) -> None:
    """Who pads or crops like this reads its name, and nothing else."""
    drawn = definition(f"zero_pad2d/{case}").draw(dtype)
    right, upstream, trace = evaluate(drawn), drawn.steps[0].upstream, Trace(drawn)
    assert upstream is not None
    operand = {"forward": right["step0.input"], "backward": upstream}[kind]
    wrong = f"step0.{kind}.pad"
    arrays = right | {wrong: program(operand)}
    shapes = {name: entry.shape for name, entry in trace.entries.items()}
    for name in [one for one in arrays if arrays[one].shape == shapes[one]]:
        trace[name] = arrays[name].astype(drawn.dtype)
    trace.refused.update({n: a for n, a in arrays.items() if a.shape != shapes[n]})
    found = diagnose(evidence(drawn, trace))
    expected = [(f"zero_pad2d.{cause}", "certain")]
    assert [(one.cause, one.certainty) for one in found.causes] == expected


@pytest.mark.parametrize(
    "cause", ["zero_pad2d.sides.order_tlbr", "zero_pad2d.sides.mirrored", "zero_pad2d.value.edge"]
)
def test_without_padding_there_is_no_mistake(cause: str) -> None:
    """Where nothing is padded every order is right."""
    drawn = definition("zero_pad2d/none").draw("float64")
    trace, right = made(drawn, hypothesis(cause)), evaluate(drawn)
    assert {name for name in right if not np.array_equal(trace[name], right[name])} == set()
