"""Mistakes where branches meet are named. Each is written here as somebody would write it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from oracles.contract.case import Array, Case
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.table import hypothesis
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence, made

# In graph/inception the last layer puts 2, 4, 1 and 3 channels together.
FORWARD: list[tuple[str, str, Callable[[Sequence[Array]], Array]]] = [
    ("add.inputs.first_only", "add_of_three", lambda inputs: inputs[0]),
    ("add.inputs.last_only", "add_of_three", lambda inputs: inputs[2]),
    ("add.inputs.first_twice", "add_of_three", lambda inputs: inputs[0] + sum(inputs)),
    ("add.inputs.last_twice", "add_of_three", lambda inputs: sum(inputs) + inputs[2]),
    ("add.inputs.averaged", "add_of_three", lambda inputs: np.mean(inputs, axis=0)),
    ("cat.order.reversed", "inception", lambda inputs: np.concatenate(inputs[::-1], axis=1)),
]
"""Cause, case, what its last layer makes of its inputs. Gradients are right."""


def whole(g: Array, *factors: float) -> list[Array]:
    """The gradient of a sum, times what should be 1 for each input."""
    return [factor * g for factor in factors]


def pieces(g: Array, *sizes: int) -> list[Array]:
    """The gradient of a concatenation along the channels, cut by these sizes."""
    return np.split(g, np.cumsum(sizes)[:-1], axis=1)


BACKWARD: list[tuple[str, str, Callable[[Array], list[Array]]]] = [
    ("add.inputs.first_only", "add_of_three", lambda g: whole(g, 1, 0, 0)),
    ("add.inputs.last_only", "add_of_three", lambda g: whole(g, 0, 0, 1)),
    ("add.inputs.averaged", "add_of_three", lambda g: whole(g, 1 / 3, 1 / 3, 1 / 3)),
    ("cat.order.reversed", "inception", lambda g: pieces(g, 3, 1, 4, 2)[::-1]),
    ("cat.grad_input.swapped", "inception", lambda g: pieces(g, 2, 4, 1, 3)[::-1]),
    (
        "cat.grad_input.first_only",
        "inception",
        lambda g: [g[:, :2], *(0 * one for one in pieces(g, 2, 4, 1, 3)[1:])],
    ),
]
"""Cause, case, the gradients that its last layer hands back. Its output is right."""


def causes(case: Case, arrays: dict[str, Array]) -> list[tuple[str, str]]:
    """Causes and certainties for somebody who records these, as far as the first wrong shape."""
    trace = Trace(case)
    for name, value in arrays.items():
        if value.shape != trace.entries[name].shape:
            trace.refused[name] = value.astype(case.dtype)
            break
        trace[name] = value.astype(case.dtype)
    found = diagnose(evidence(case, trace))
    return [(one.cause, one.certainty) for one in found.causes]


@pytest.mark.parametrize(
    ("cause", "case", "program"), FORWARD, ids=[f"{cause}-{case}" for cause, case, _ in FORWARD]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_another_output_is_named(
    cause: str, case: str, program: Callable[[Sequence[Array]], Array], dtype: str
) -> None:
    """Who puts branches together like this reads its name, and nothing else."""
    drawn = definition(f"graph/{case}").draw(dtype)
    right, layer = evaluate(drawn), drawn.layers[-1]
    outputs = {one.name: right[f"step0.forward.{one.name}"] for one in drawn.layers}
    outputs["input"] = right["step0.input"]
    wrong = program([outputs[name] for name in layer.inputs])
    arrays = {**right, f"step0.forward.{layer.name}": wrong}
    assert causes(drawn, arrays) == [(cause, "certain")]


@pytest.mark.parametrize(
    ("cause", "case", "program"), BACKWARD, ids=[f"{cause}-{case}" for cause, case, _ in BACKWARD]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_other_gradients_are_named(
    cause: str, case: str, program: Callable[[Array], list[Array]], dtype: str
) -> None:
    """Who hands back such gradients reads its name, and nothing else."""
    drawn = definition(f"graph/{case}").draw(dtype)
    layer, upstream = drawn.layers[-1], drawn.steps[0].upstream
    assert upstream is not None
    found = program(upstream.astype(np.float64))
    entries = [f"step0.backward.{layer.name}.{index}" for index in range(len(found))]
    right = evaluate(drawn)
    wrong = dict(zip(entries, found, strict=True))
    arrays = {name: wrong.get(name, value) for name, value in right.items()}
    assert causes(drawn, up_to(entries[-1], arrays)) == [(cause, "certain")]


def up_to(last: str, arrays: dict[str, Array]) -> dict[str, Array]:
    """The entries up to this one: what a program shows that stops there."""
    names = list(arrays)
    return {name: arrays[name] for name in names[: names.index(last) + 1]}


CONSISTENT = [
    ("add.inputs.first_only", "residual"),
    ("add.inputs.last_only", "shortcut_with_projection"),
    ("add.inputs.last_twice", "residual"),
    ("add.inputs.averaged", "residual"),
    ("cat.order.reversed", "cat_rows"),
    ("cat.order.reversed", "inception"),
    ("cat.grad_input.first_only", "inception"),
]


@pytest.mark.parametrize(
    ("cause", "case"), CONSISTENT, ids=[f"{cause}-{case}" for cause, case in CONSISTENT]
)
def test_a_network_that_goes_on_from_there_has_one_cause(cause: str, case: str) -> None:
    """What the layers before and behind make of it is no mistake of theirs. The trace is the rule's
    own: that people do this is shown above."""
    drawn = definition(f"graph/{case}").draw("float32")
    found = diagnose(evidence(drawn, made(drawn, hypothesis(cause))))
    assert [(one.cause, one.certainty) for one in found.causes] == [(cause, "certain")]
