"""Sums of products by a declared fast algorithm: judged by norms, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import fftconvolve

from oracles.contract.case import Case, Layer
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.contract.reference import Call
from oracles.contract.trace import Trace
from oracles.implementations.loading import ImplementationError, load
from oracles.judging.rules import MeasuredRun
from oracles.references.pytorch import PyTorch
from oracles.trial import judge
from tests.judging.building import Array
from tests.judging.replay import Replay

U32 = 2.0**-24
HEAD = 'format = 1\ntitle = "t"\nwhy = "w"\n'
NET = """
[input]
shape = [2, 3, 9, 8]
fill = "normal"
[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 3
out_channels = 4
kernel_size = [3, 2]
[[layers]]
type = "Tanh"
name = "tanh"
[[layers]]
type = "Flatten"
name = "flatten"
[[layers]]
type = "Linear"
name = "fc"
in_features = 196
out_features = 5
[upstream]
fill = "normal"
"""


@dataclass(frozen=True)
class Declared:
    """An implementation that declares an algorithm."""

    inner: Any
    algorithm: Any = "normwise"
    name: str = "declared"

    def run(self, case: Case, trace: Trace) -> None:
        self.inner.run(case, trace)


@pytest.fixture
def net(tmp_path: Path) -> Definition:
    """A convolution, an activation, a dense layer."""
    path = tmp_path / "net.case.toml"
    path.write_text(HEAD + NET)
    return read_case(path)


def norms(definition: Definition, entry: str) -> Array:
    """|x| * |w| + |b| of every element, written out for this net."""
    values: dict[str, Array] = {}
    case = definition.draw("float32")
    trace = Trace(case)
    Replay().run(case, trace)
    conv, _, _, fc = case.layers
    x, w, b = case.steps[0].input, conv.parameters["weight"], conv.parameters["bias"]
    flat, g = trace["step0.forward.flatten"], case.steps[0].upstream
    gc = trace["step0.backward.tanh"]
    v, c = fc.parameters["weight"], fc.parameters["bias"]
    assert g is not None

    def n(array: Array) -> float:
        return float(np.linalg.norm(np.asarray(array, np.float64)))

    values = {
        "step0.forward.conv": np.array(
            [[n(x[i]) * n(w[k]) + abs(b[k]) for k in range(4)] for i in range(2)]
        )[:, :, None, None],
        "step0.backward.conv": np.array(
            [[n(gc[i]) * n(w[:, k]) for k in range(3)] for i in range(2)]
        )[:, :, None, None],
        "step0.gradient.conv.weight": np.array(
            [[n(gc[:, o]) * n(x[:, k]) for k in range(3)] for o in range(4)]
        )[:, :, None, None],
        "step0.forward.fc": np.array(
            [[n(flat[i]) * n(v[k]) + abs(c[k]) for k in range(5)] for i in range(2)]
        ),
        "step0.backward.fc": np.array(
            [[n(g[i]) * n(v[:, k]) for k in range(196)] for i in range(2)]
        ),
        "step0.gradient.fc.weight": np.array(
            [[n(g[:, o]) * n(flat[:, k]) for k in range(196)] for o in range(5)]
        ),
    }
    return values[entry]


PRODUCTS = [
    "step0.forward.conv",
    "step0.backward.conv",
    "step0.gradient.conv.weight",
    "step0.forward.fc",
    "step0.backward.fc",
    "step0.gradient.fc.weight",
]


@pytest.mark.parametrize("entry", PRODUCTS)
@pytest.mark.parametrize(
    ("units", "algorithm", "wrong"),
    [
        pytest.param(60.0, "normwise", [], id="60 units of the norms are allowed"),
        pytest.param(70.0, "normwise", ["normwise"], id="70 are not"),
        pytest.param(60.0, None, ["expected"], id="and none by somebody who declares nothing"),
    ],
)
def test_products(
    net: Definition, entry: str, units: float, algorithm: str | None, wrong: list[str]
) -> None:
    """Outputs and gradients of both layers are held to the norms of what is combined in them."""
    moved = Replay({entry: lambda y: y + np.float32(units * U32) * norms(net, entry)})
    judgement = judge(Declared(moved, algorithm), net, "float32")
    assert judgement.outcome == ("diverged" if wrong else "passed")
    assert [divergence.rule for divergence in judgement.divergences] == wrong


@pytest.mark.parametrize("entry", ["step0.forward.tanh", "step0.gradient.conv.bias"])
def test_everything_else_is_judged_element_by_element(net: Definition, entry: str) -> None:
    """A declaration covers sums of products, not what comes before, behind or beside them."""
    moved = Replay({entry: lambda y: y + np.float32(3e-5)})
    judgement = judge(Declared(moved), net, "float32")
    assert [divergence.entry for divergence in judgement.divergences] == [entry]


def test_what_it_means_is_said_once(net: Definition) -> None:
    """A finding that does not fail, and not one for each entry."""
    judgement = judge(Declared(Replay()), net, "float32")
    assert judgement.outcome == "passed"
    assert [finding.finding for finding in judgement.findings] == ["accuracy.normwise"]
    assert "Small elements next to large ones are not checked" in judgement.findings[0].message


def test_nothing_is_said_where_there_are_no_products(tmp_path: Path) -> None:
    """An activation alone is judged as always."""
    path = tmp_path / "one.case.toml"
    path.write_text(
        f'{HEAD}[input]\nshape = [2, 3]\nfill = "normal"\n[[layers]]\ntype = "Tanh"\n'
        '[upstream]\nfill = "normal"\n'
    )
    assert not judge(Declared(Replay()), read_case(path), "float32").findings


@pytest.mark.parametrize("algorithm", ["fft", "Normwise", True, 64])
def test_other_algorithms_are_refused(net: Definition, algorithm: Any) -> None:
    """A declaration that nobody reads would promise something."""
    judgement = judge(Declared(Replay(), algorithm), net, "float32")
    assert judgement.outcome == "error"
    assert judgement.message.startswith(
        f'`algorithm` must be "normwise" or left out, got {algorithm!r}'
    )


def test_other_algorithms_are_refused_when_the_file_is_loaded(tmp_path: Path) -> None:
    """Before the first case runs."""
    path = tmp_path / "mine.py"
    path.write_text(
        "class Mine:\n    name, algorithm = 'mine', 'winograd'\n"
        "    def run(self, case, trace): ...\nimplementation = Mine()\n"
    )
    with pytest.raises(ImplementationError, match="got 'winograd'"):
        load(str(path))


def by_fft(x: Array, weight: Array) -> Array:
    """A convolution in float32 by scipy's FFT."""
    turned = weight[:, :, ::-1, ::-1]
    samples = [
        [
            sum(fftconvolve(one[c], kernel[c], mode="valid") for c in range(len(one)))
            for kernel in turned
        ]
        for one in x
    ]
    return np.array(samples, dtype=x.dtype)


LARGE_NEXT_TO_SMALL = """
[input]
shape = [1, 2, 12, 12]
values = [{}]
[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 2
out_channels = 3
kernel_size = 3
bias = false
[upstream]
fill = "normal"
"""


@pytest.mark.parametrize(("algorithm", "outcome"), [("normwise", "passed"), (None, "diverged")])
def test_small_elements_next_to_large_ones(
    tmp_path: Path, algorithm: str | None, outcome: str
) -> None:
    """What an FFT does to the small elements is the reason for the rule."""
    x = np.random.default_rng(2).standard_normal((2, 12, 12))
    x[:, :3, :3] *= 1e4
    numbers = ", ".join(repr(float(v)) for v in np.float32(x).ravel())
    path = tmp_path / "uneven.case.toml"
    path.write_text(HEAD + LARGE_NEXT_TO_SMALL.format(numbers))
    definition = read_case(path)
    case = definition.draw("float32")
    y = by_fft(case.steps[0].input, case.layers[0].parameters["weight"])
    fast = Replay({"step0.forward.conv": lambda _: y})
    assert judge(Declared(fast, algorithm), definition, "float32").outcome == outcome


def test_hidden_sums_carry_as_much(net: Definition) -> None:
    """What a fast algorithm may do to a hidden output, it may do to what is computed from it."""
    entry = "step0.forward.conv"
    units = np.random.default_rng(3).standard_normal((2, 4, 7, 7)) * 10
    moved = Replay(
        {entry: lambda y: y + units * U32 * norms(net, entry)},
        hide=lambda name: name == entry,
    )
    assert judge(Declared(moved), net, "float32").outcome == "passed"
    assert judge(Declared(moved, None), net, "float32").outcome == "diverged"


def grouped(build: Callable[[Array], Array]) -> tuple[MeasuredRun, Array]:
    """A convolution of two groups, and a gradient for it."""
    generator = np.random.default_rng(5)
    x, weight = generator.standard_normal((3, 4, 5, 5)), generator.standard_normal((6, 2, 3, 3))
    attributes = {
        "in_channels": 4,
        "out_channels": 6,
        "kernel_size": (3, 3),
        "stride": (1, 1),
        "padding": (0, 0),
        "dilation": (1, 1),
        "groups": 2,
        "bias": False,
        "padding_mode": "zeros",
    }
    layer = Layer("Conv2d", "conv", attributes, {}, {}, ("input",), ((4, 5, 5),), (6, 3, 3))
    call = Call(layer, (build(x),), {"weight": weight}, {}, "train")
    return MeasuredRun(PyTorch(), call, normwise=True), generator.standard_normal((3, 6, 3, 3))


def only_second_group(x: Array) -> Array:
    """Nothing in the channels of the first group."""
    kept: Array = x * np.array([0.0, 0.0, 1.0, 1.0])[None, :, None, None]
    return kept


def test_groups_do_not_mix() -> None:
    """Where a group has nothing to add, its norms are zero."""
    run, g = grouped(only_second_group)
    _, gradients = run.backward(g, np.abs(g))
    of_output, of_weight = run.output.size.norms, gradients["weight"].size.norms
    assert of_output is not None
    assert of_weight is not None
    assert np.all(of_output[:, :3] == 0)
    assert np.all(of_output[:, 3:] > 0)
    assert np.all(of_weight[:3] == 0)
    assert np.all(of_weight[3:] > 0)
