"""Images flattened in another order, in NumPy, are named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.structure.flatten import HYPOTHESES
from oracles.diagnosis.site import Inapplicable
from oracles.references.pytorch import evaluate
from tests.diagnosis.hypotheses.by_hand import named, run
from tests.diagnosis.self_made import definition, evidence, made

BY_NAME = {one.name: one for one in HYPOTHESES}

Order = Callable[[Array], Array]

ORDERS: list[tuple[str, str, Order, set[str]]] = [
    ("channels_last", "channels_first", lambda x: x.transpose(0, 2, 3, 1).reshape(5, -1), set()),
    ("column_major", "channels_first", lambda x: x.reshape(5, -1, order="F"), set()),
    ("rows_columns_swapped", "channels_first", lambda x: x.swapaxes(2, 3).reshape(5, -1), set()),
    ("samples_mixed", "channels_first", lambda x: x.reshape(-1, 5).T, set()),
    ("samples_mixed_order_f", "channels_first", lambda x: x.reshape(-1, 5, order="F").T, set()),
    (
        "rows_columns_swapped",
        "rows_only",
        lambda x: x.swapaxes(2, 3).reshape(2, 3, -1),
        {"column_major"},
    ),
    (
        "channels_last",
        "channels_and_rows",
        lambda x: x.swapaxes(1, 2).reshape(2, -1, 5),
        {"column_major"},
    ),
]
"""(mistake, case, rows from images, what it cannot be told apart from there)"""

IDS = [f"{name} in {case}" for name, case, _, _ in ORDERS]


@pytest.mark.parametrize(("name", "case", "flattened", "ties"), ORDERS, ids=IDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_another_order_is_named(
    name: str, case: str, flattened: Order, ties: set[str], dtype: str
) -> None:
    """Who flattens in another order reads which; what comes behind is not accused."""
    drawn = definition(f"flatten/{case}").draw(dtype)
    x = drawn.steps[0].input.astype(np.float64)
    hidden = ("step0.forward.fc", "gradient", "backward")
    found = run(drawn, {"step0.forward.flat": flattened(x)}, hidden)
    assert found.failing == ("step0.forward.flat",)
    assert named(found, HYPOTHESES) == [{f"flatten.order.{one}" for one in (name, *ties)}]


GRADIENTS: list[tuple[str, Order]] = [
    ("channels_last", lambda g: g.reshape(5, 3, 4, 2).transpose(0, 3, 1, 2)),
    ("column_major", lambda g: g.reshape(5, 2, 3, 4, order="F")),
    ("rows_columns_swapped", lambda g: g.reshape(5, 2, 4, 3).swapaxes(2, 3)),
    ("samples_mixed", lambda g: g.T.reshape(5, 2, 3, 4)),
    ("samples_mixed_order_f", lambda g: g.T.reshape(5, 2, 3, 4, order="F")),
]
"""(mistake, images of gradients from rows of them)"""


@pytest.mark.parametrize(("name", "images"), GRADIENTS, ids=[row[0] for row in GRADIENTS])
def test_the_way_back_alone_is_named(name: str, images: Order) -> None:
    """Who flattens well, and brings the gradient back in another order, reads that it is the
    backward pass."""
    drawn = definition("flatten/channels_first").draw("float64")
    upstream, weight = drawn.steps[0].upstream, drawn.layers[1].parameters["weight"]
    assert upstream is not None
    found = run(drawn, {"step0.backward.flat": images(upstream @ weight)})
    (cause,) = diagnose(found, HYPOTHESES).causes
    assert (cause.cause, cause.variant, cause.certainty) == (
        f"flatten.order.{name}",
        "backward only",
        "certain",
    )


def test_a_gradient_left_in_rows_is_named() -> None:
    """Who hands the gradient back as it came reads that, although its shape is refused."""
    drawn = definition("flatten/rows_only").draw("float64")
    upstream = drawn.steps[0].upstream
    assert upstream is not None
    found = run(drawn, {"step0.backward.flat": upstream})
    assert named(found, HYPOTHESES) == [{"flatten.grad_input.not_reshaped"}]


@pytest.mark.parametrize(
    ("case", "dtype"),
    [("flatten/channels_first", "float64"), ("posts/002_tiny", "float32")],
    ids=["first layer", "behind a convolution"],
)
def test_the_derivative_of_a_sigmoid_that_is_not_there_is_named(case: str, dtype: str) -> None:
    """Who multiplies by x * (1 - x) where no sigmoid has made x reads that."""
    drawn = definition(case).draw(dtype)
    right = evaluate(drawn)
    x = right.get("step0.forward.conv", drawn.steps[0].input)
    wrong = right["step0.backward.flat"] * x * (1 - x)
    found = run(drawn, {"step0.backward.flat": wrong}, hidden=("update",))
    assert found.failing[0] == "step0.backward.flat"
    assert named(found, HYPOTHESES)[0] == {"flatten.grad_input.sigmoid_derivative"}


def test_behind_a_sigmoid_its_derivative_is_no_stranger() -> None:
    """Where a sigmoid has made x, x * (1 - x) is its derivative: nobody is told there is none."""
    drawn = definition("posts/001_tiny").draw("float64")
    layers = [replace(one, type="Sigmoid") if one.type == "Tanh" else one for one in drawn.layers]
    with pytest.raises(Inapplicable):
        made(replace(drawn, layers=tuple(layers)), BY_NAME["flatten.grad_input.sigmoid_derivative"])


@pytest.mark.parametrize("name", [row[0] for row in GRADIENTS])
@pytest.mark.parametrize("case", ["training/small_lenet", "training/eval_between"])
def test_it_is_found_inside_a_network(name: str, case: str) -> None:
    """Behind convolutions and in front of dense layers the order is told as well. The rule makes
    the run itself."""
    drawn = definition(case).draw("float32")
    found = evidence(drawn, made(drawn, BY_NAME[f"flatten.order.{name}"]))
    assert named(found, HYPOTHESES) == [{f"flatten.order.{name}"}]


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("order.channels_last", "flatten/rows_only"),
        ("order.column_major", "flatten/nothing_to_do"),
        ("order.rows_columns_swapped", "flatten/channels_and_rows"),
        ("order.samples_mixed", "flatten/rows_only"),
    ],
)
def test_axes_that_are_kept_are_in_no_order(name: str, case: str) -> None:
    """An axis that is not flattened cannot come in the wrong order."""
    drawn = definition(case).draw("float64")
    with pytest.raises(Inapplicable):
        made(drawn, BY_NAME[f"flatten.{name}"])
