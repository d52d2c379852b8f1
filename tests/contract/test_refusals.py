"""Cases that have to be refused: values and shapes are not checked, types and names are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oracles.contract.definition import Definition
from tests.contract.snippets import CONV, FLATTEN, HEAD, INPUT, RELU, UPSTREAM, dense, linear

Complaint = Callable[[str | bytes], str]
Read = Callable[[str], Definition]

RAISES = '[raises]\nmatch = "kernel"\n'
SGD = '[optimizer]\ntype = "SGD"\n'
CLASSES = '[loss]\ntype = "CrossEntropyLoss"\ntarget = { classes = [0, 7, 1] }\n'

SENSELESS: dict[str, str] = {
    "channels that do not fit": HEAD + INPUT + CONV.replace("= 3", "= 5", 1) + UPSTREAM,
    "a kernel of 0": HEAD + INPUT + CONV.replace("size = 3", "size = 0") + UPSTREAM,
    "no groups": HEAD + INPUT + CONV + "groups = 0\n" + UPSTREAM,
    "negative channels": HEAD + INPUT + CONV.replace("= 4", "= -4") + UPSTREAM,
    "a weight of another shape": HEAD + INPUT + CONV + "bias = [1, 2]\n" + UPSTREAM,
    "no Flatten": HEAD + INPUT + linear(144) + UPSTREAM,
    "nothing after it makes sense": HEAD + INPUT + linear(144) + RELU + FLATTEN + linear(2, 2, "b"),
    "labels out of range": dense() + linear() + CLASSES,
    "too few labels": dense(5) + linear() + CLASSES,
    "nesterov without momentum": dense() + linear() + UPSTREAM + SGD + "nesterov = true\n",
    "a negative learning rate": dense() + linear() + UPSTREAM + SGD + "lr = -1\n",
    "a scheduler of step 0": dense()
    + linear()
    + UPSTREAM
    + SGD
    + 'lr = { scheduler = "StepLR", lr = 1, step_size = 0 }\n',
    "Dropout of more than everything": dense()
    + '[[layers]]\ntype = "Dropout"\np = 1.5\n'
    + UPSTREAM,
    "an impossible reshape": HEAD
    + "preparation = [{ reshape = [7] }, { divide = 0 }]\n"
    + INPUT
    + CONV
    + UPSTREAM,
    "one number for each channel": HEAD
    + '[input]\nfill = "uniform"\nshape = [1, 3, 1, 1]\n'
    + '[[layers]]\ntype = "BatchNorm2d"\nnum_features = 3\n'
    + UPSTREAM,
}


@pytest.mark.parametrize("text", SENSELESS.values(), ids=SENSELESS)
def test_what_makes_no_sense_is_drawn_all_the_same(read: Read, text: str) -> None:
    """With raises it is a case, as far as its shapes go."""
    definition = read(text + RAISES)
    assert definition.raises is not None
    assert definition.raises.match == "kernel"
    case = definition.draw("float32")
    assert case.refused
    assert case.steps[0].input.size > 0


@pytest.mark.parametrize("text", SENSELESS.values(), ids=SENSELESS)
def test_what_makes_no_sense_is_a_problem_otherwise(complaint: Complaint, text: str) -> None:
    """Without raises none of them is a case."""
    assert complaint(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + INPUT + CONV + "strid = 1\n" + RAISES, "a:12: layers[0].strid: unknown key"),
        (HEAD + INPUT + CONV + "stride = 1.5\n" + RAISES, "a:12: layers[0].stride: must be an"),
        (HEAD + INPUT + CONV + 'inputs = ["x"]\n' + RAISES, "a:12: layers[0].inputs[0]: there is"),
        (
            HEAD + INPUT + CONV + "bias = [nan, 1, 1, 1]\n" + RAISES,
            "a:12: layers[0].bias: operands",
        ),
        (
            HEAD + INPUT + CONV + "weight = { fill = 'normal', std = 3 }\n" + RAISES,
            "a:12: layers[0]",
        ),
    ],
    ids=["unknown key", "wrong type", "unknown layer", "NaN", "a fill out of range"],
)
def test_types_and_names_are_checked_all_the_same(
    complaint: Complaint, text: str, message: str
) -> None:
    """No implementation can refuse what it never gets."""
    assert complaint(text).startswith(message)
