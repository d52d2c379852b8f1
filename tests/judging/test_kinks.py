"""Which choices rounding can turn, and which are equal for good."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oracles.contract.evaluation import evaluate
from oracles.contract.reading import read_case
from oracles.contract.reference import Call
from oracles.judging import margins
from oracles.judging.kinks import Examination, examine
from oracles.judging.magnitudes.rule import NoState
from oracles.judging.rules import LAYER_RULES
from oracles.references.pytorch import PyTorch, TorchRun
from tests.cases.files import IDS, definition

HEAD = 'format = 1\ntitle = "t"\nwhy = "w"\n'
RELU = '[[layers]]\ntype = "ReLU"\nname = "relu"\n'
POOL = '[[layers]]\ntype = "MaxPool2d"\nname = "pool"\nkernel_size = 2\n'


def dense(weight: str, *, rest: str = "", given: str = "[[1, 1, 1]]") -> str:
    """A dense layer from three numbers to one."""
    return (
        f'{HEAD}input = {given}\n[[layers]]\ntype = "Linear"\nname = "fc"\nin_features = 3\n'
        f"out_features = 1\nbias = false\nweight = {weight}\n{rest}"
    )


def mixed(given: str, weight: str) -> str:
    """A 1x1 convolution over two channels before a max pooling of one window."""
    return (
        f'{HEAD}input = {given}\n[[layers]]\ntype = "Conv2d"\nname = "conv"\nin_channels = 2\n'
        f"out_channels = 1\nkernel_size = 1\nbias = false\nweight = {weight}\n{POOL}"
        "[upstream]\nvalues = [[[[1]]]]\n"
    )


def trained(clip: str) -> str:
    """A weight whose gradient is 0.1 + 0.2 at the first step."""
    return (
        dense("[[1, 2, 3]]", given="[[0.1, 0, 0], [0.2, 0, 0]]")
        + f'[upstream]\nvalues = [[1], [1]]\n[optimizer]\ntype = "SGD"\nlr = 0.1\n{clip}\n'
    )


PENALISED = (
    f'{HEAD}input = [[1]]\n[[layers]]\ntype = "Linear"\nname = "fc"\nin_features = 1\n'
    "out_features = 1\nbias = false\nweight = [[0.3]]\n"
    '[loss]\ntype = "MSELoss"\nreduction = "sum"\nfactor = 0.5\ntarget = [[{target}]]\n'
    'penalty = [{{ type = "L1", factor = 0.1, parameters = ["fc.weight"] }}]\n'
    '[optimizer]\ntype = "SGD"\nlr = 0.1\n[training]\nsteps = 2\n'
)
"""A weight that the first step takes to 0 if the target is -2.6."""

NEVER = ("BatchNorm2d",)
"""Layers with a rule of their own that says that they choose nothing."""

UPSTREAM = "[upstream]\nvalues = [[1]]\n"
NEARLY = "[[0.1, 0.2, -0.3]]"


def examined(folder: Path, text: str, dtype: str) -> Examination:
    """What is found in a case."""
    path = folder / "a.case.toml"
    path.write_text(text, encoding="utf-8")
    return examine(read_case(path).draw(dtype), PyTorch())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            dense(NEARLY, rest=RELU + UPSTREAM),
            [("ReLU", False)],
            id="ReLU of a rounded sum near 0",
        ),
        pytest.param(dense("[[0.1, 0.2, -0.2]]", rest=RELU + UPSTREAM), [], id="ReLU of 0.1"),
        pytest.param(
            dense("[[1, 2, -3]]", rest=RELU + UPSTREAM), [("ReLU", True)], id="ReLU of an exact 0"
        ),
        pytest.param(
            f"{HEAD}input = [[1e-30, 1]]\n{RELU}[upstream]\nvalues = [[1, 1]]\n",
            [],
            id="ReLU of a given number near 0",
        ),
        pytest.param(
            dense(NEARLY, rest=RELU + UPSTREAM.replace("1", "0")), [], id="nothing flows back"
        ),
        pytest.param(
            dense(NEARLY, rest=RELU + '[[steps]]\nmode = "eval"\n'), [], id="no backward pass"
        ),
        pytest.param(
            mixed("[[[[0.1, 0.3], [0.0, 0.1]], [[0.2, 0.0], [0.1, 0.0]]]]", "[[[[1]], [[1]]]]"),
            [("MaxPool2d", False)],
            id="maximum of rounded sums that are close",
        ),
        pytest.param(
            mixed("[[[[1, 3], [0, 1]], [[2, 0], [1, 0]]]]", "[[[[1]], [[1]]]]"),
            [("MaxPool2d", True)],
            id="maximum of equal integers",
        ),
        pytest.param(
            mixed("[[[[0.1, 0.4], [0.0, 0.1]], [[0.2, 0.0], [0.1, 0.0]]]]", "[[[[1]], [[1]]]]"),
            [],
            id="maximum that is far ahead",
        ),
        pytest.param(
            trained("clip_grad_value = 0.3"), [("clip_grad_value", False)], id="value at the limit"
        ),
        pytest.param(trained("clip_grad_value = 0.2"), [], id="value above the limit"),
        pytest.param(
            trained("clip_grad_norm = 0.3"), [("clip_grad_norm", False)], id="norm at the limit"
        ),
        pytest.param(trained("clip_grad_norm = 0.2"), [], id="norm above the limit"),
        pytest.param(PENALISED.format(target=-2.6), [("L1", False)], id="weight near 0"),
        pytest.param(PENALISED.format(target=-2.5), [], id="weight away from 0"),
    ],
)
def test_choices_that_hang(
    tmp_path: Path, text: str, found: list[tuple[str, bool]], dtype: str
) -> None:
    """Those that rounding turns, and ties; not those of given numbers, and not those that turn
    nothing."""
    kinks = examined(tmp_path, text, dtype).kinks
    assert [(kink.choice, kink.tie) for kink in kinks] == found


def test_kink_names_element_and_numbers(tmp_path: Path) -> None:
    """Where it is, which two numbers are close, and how much rounding moves them."""
    rest = RELU + "[upstream]\nvalues = [[1], [1], [1]]\n"
    text = dense(NEARLY, rest=rest, given="[[1, 2, 3], [1, 1, 1], [3, 2, 1]]")
    (kink,) = examined(tmp_path, text, "float64").kinks
    assert (kink.entry, kink.index, kink.elements) == ("step0.forward.relu", (1, 0), 1)
    assert kink.other == 0.0
    assert 0.0 < kink.winner < 1e-16 < 10 * kink.deviation < 1e-14


@pytest.mark.parametrize(("rate", "explodes"), [(1.9, True), (0.25, False)])
def test_a_chaotic_training_is_found(tmp_path: Path, rate: float, explodes: bool) -> None:
    """a' = a - lr * (a^2 - 1) * a doubles every error for lr = 1.9, and converges for 0.25."""
    layer = '[[layers]]\ntype = "Linear"\nin_features = 1\nout_features = 1\nbias = false\n'
    text = (
        f"{HEAD}input = [[1]]\n{layer}weight = [[0.6]]\n{layer}weight = [[0.6]]\n"
        '[loss]\ntype = "MSELoss"\nreduction = "sum"\nfactor = 0.5\ntarget = [[1]]\n'
        f'[optimizer]\ntype = "SGD"\nlr = {rate}\n[training]\nsteps = 40\n'
    )
    wide = examined(tmp_path, text, "float32").wide
    assert (wide is not None) == explodes


def test_every_layer_that_chooses_has_candidates() -> None:
    """A magnitude rule with a branch needs its candidates in judging/margins.py."""
    own = {name for name, rule in LAYER_RULES.items() if _where_branch_is(type(rule)) != NoState}
    assert set(margins.LAYERS) == own - {*NEVER}


def _where_branch_is(rule: type) -> type:
    return next(kind for kind in rule.__mro__ if "branch" in vars(kind))


class _Maxima(PyTorch):
    """Compares the largest candidate of each pooling with its output."""

    compared = 0

    def run(self, call: Call) -> TorchRun:
        run = super().run(call)
        if call.layer.type == "MaxPool2d":
            np.testing.assert_array_equal(np.max(margins.window(call, run), axis=-1), run.output)
            self.compared += 1
        return run


@pytest.mark.parametrize("name", [name for name in IDS if name.startswith("max_pool2d/")])
def test_the_candidates_of_a_window_are_its_numbers(name: str) -> None:
    """Stride, padding, dilation and ceil_mode: the largest of them is the maximum."""
    maxima = _Maxima()
    evaluate(definition(name).draw("float64"), maxima)
    assert maxima.compared
