"""What the person reads at midnight whose adapter does not fit: what was found, what is expected,
and where."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles.contract.errors import Unsupported
from oracles.contract.trace import Trace
from oracles.implementations.errors import ImplementationError
from oracles.implementations.from_functions import from_functions
from oracles.implementations.from_layers import from_layers
from tests.implementations.networks import definition

_Array = NDArray[Any]

_DENSE = """
format = 1
title = "one dense layer"
why = "for messages"

[input]
shape = [2, 5]
fill = "uniform"

[[layers]]
type = "Linear"
name = "dense"
in_features = 5
out_features = 3

[loss]
type = "MSELoss"
target = { fill = "uniform", seed = 3 }

[optimizer]
type = "SGD"
lr = 0.05

[training]
steps = 1
batch_size = 2
"""

_CONV = """
format = 1
title = "one convolution and a ReLU"
why = "for messages"

[input]
shape = [1, 2, 6, 7]
fill = "uniform"

[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 2
out_channels = 5
kernel_size = [4, 3]

[[layers]]
type = "ReLU"
name = "relu"

[upstream]
fill = "uniform"
"""


class _Dense:
    """A dense layer that is right."""

    W: _Array = np.zeros(0)
    b: _Array = np.zeros(0)

    def forward(self, x: _Array) -> Any:
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, g: _Array) -> Any:
        self.dW, self.db = g.T @ self.x, g.sum(0)
        return g @ self.W


class _NoReturn(_Dense):
    def forward(self, x: _Array) -> Any:
        super().forward(x)


class _Text(_Dense):
    def forward(self, x: _Array) -> Any:
        return "y"


class _Swapped(_Dense):
    def forward(self, x: _Array) -> Any:
        return super().forward(x).T


class _NoInputGradient(_Dense):
    def backward(self, g: _Array) -> Any:
        super().backward(g)


class _TransposedGradient(_Dense):
    def backward(self, g: _Array) -> Any:
        grad_input = super().backward(g)
        self.dW = self.dW.T
        return grad_input


class _WeightsTheOtherWay(_Dense):
    def __init__(self) -> None:
        self.W = np.zeros((5, 3))


class _OtherNames:
    w = np.zeros(0)
    b = np.zeros(0)

    def forwards(self, x: _Array) -> _Array:
        return x


class _ReturnsUnknownGradient(_Dense):
    def backward(self, g: _Array) -> Any:
        return super().backward(g), {"Wt": self.dW}


class _NoRate(_Dense):
    pass


def _run(implementation: Any, folder: Path, text: str = _DENSE) -> None:
    case = definition(folder, text).draw("float64")
    implementation.run(case, Trace(case))


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        (_NoReturn, {}, r"forward of Linear 'dense' returned is None, expected .*\(2, 3\);"),
        (_Text, {}, r"forward of Linear 'dense' returned is a str .*expected an array of numbers"),
        (_Swapped, {}, r"has shape \(3, 2\), expected \(2, 3\) \(N F\); the layout 'FN' would fit"),
        (
            _TransposedGradient,
            {},
            r"gradient of weight of Linear 'dense' has shape \(5, 3\), expected \(3, 5\) \(O I\); "
            "the order 'IO' would fit",
        ),
        (
            _WeightsTheOtherWay,
            {},
            r"is \(3, 5\) in PyTorch's layout and \(3, 5\) in the declared one, but attribute "
            r"'W' of the _WeightsTheOtherWay object has shape \(5, 3\); "
            r"declare weights=\{'Linear': 'IO'\}",
        ),
        (_OtherNames, {}, r"_OtherNames object has no method 'forward'; did you mean 'forwards'"),
        (
            _OtherNames,
            {"forward": "forwards"},
            r"weight of Linear 'dense' is declared as parameters=\{'weight': 'W'\}: the "
            "_OtherNames object has no attribute 'W'; did you mean 'w'",
        ),
        (
            _Dense,
            {"gradients": {"weight": "dWeight", "bias": "db"}},
            r"the gradient of weight of Linear 'dense' is declared as 'dWeight': .* no attribute",
        ),
        (
            _Dense,
            {"gradients": "grads"},
            r"no attribute 'grads' \(of 'grads.W'\)",
        ),
        (
            _ReturnsUnknownGradient,
            {},
            "returned a gradient of 'Wt'; the parameters here: 'weight', 'bias', 'W', 'b'; "
            "did you mean 'W'",
        ),
        (_NoRate, {"update": "backward"}, r"takes no learning rate: make it backward\(grad_o"),
        (lambda: None, {}, "the factory for Linear 'dense' returned None"),
    ],
)  # fmt: skip
def test_a_layer_that_does_not_fit_is_told_how_it_would(
    layer: Any, options: Mapping[str, Any], message: str, tmp_path: Path
) -> None:
    """Both layouts where they differ, and the name or the order that was probably meant."""
    names = {"weight": "W", "bias": "b"}
    gradients = {"weight": "dW", "bias": "db"}
    implementation = from_layers(
        {"Linear": lambda view: layer()}, **{"parameters": names, "gradients": gradients, **options}
    )
    with pytest.raises(ImplementationError, match=message):
        _run(implementation, tmp_path)


def test_a_wrong_shape_is_told_in_both_layouts(tmp_path: Path) -> None:
    """What was expected, in the declared order and in PyTorch's."""

    class Conv:
        weight, bias = np.zeros(0), np.zeros(0)

        def forward(self, x: _Array) -> _Array:
            return np.zeros((1, 5, 3, 5))

    implementation = from_layers(
        {"Conv2d": lambda layer: Conv(), "ReLU": lambda layer: Conv()},
        layout="NHWC",
        weights={"Conv2d": "HWIO"},
    )
    message = (
        r"forward of Conv2d 'conv' returned has shape \(1, 5, 3, 5\), expected \(1, 3, 5, 5\) "
        r"\(N H W C\), which is \(1, 5, 3, 5\) \(N C H W\) in PyTorch's layout; "
        r"the layout 'NCHW' or 'NWHC' would fit"
    )
    with pytest.raises(ImplementationError, match=message):
        _run(implementation, tmp_path, _CONV)


@pytest.mark.parametrize(
    ("forward", "backward", "message"),
    [
        (lambda x, layer: x, None, r"forward of Linear 'dense' returned one array .*\(y, cache\)"),
        (lambda x, layer: None, None, r"returned None, expected \(y, cache\); is there a `return`"),
        (lambda x, layer: (x, 1, 2), None, r"returned 3 values, expected \(y, cache\)"),
        (None, lambda g, cache: g, r"returned one array .*\(grad_input, \{parameter: gradient\}\)"),
        (None, lambda g, cache: (g, g), r"parameters' gradients as a dict, .* got ndarray"),
        (None, lambda g, cache: (g, {"wieght": g}), "'wieght'; .*did you mean 'weight'"),
        (
            None,
            lambda g, cache: (np.zeros((2, 5)), {"weight": np.zeros((3, 5))}),
            "backward of Linear 'dense' returned no gradient of 'bias': the layer has .*'bias'",
        ),
    ],
)
def test_a_function_that_returns_something_else_is_told_what_to_return(
    forward: Any, backward: Any, message: str, tmp_path: Path
) -> None:
    """The signature, and what came instead."""

    def right(x: _Array, layer: Any) -> Any:
        return np.zeros((2, 3)), None

    implementation = from_functions({"Linear": (forward or right, backward or right)})
    with pytest.raises(ImplementationError, match=message):
        _run(implementation, tmp_path)


@pytest.mark.parametrize(
    ("implementation", "text", "why"),
    [
        (from_functions({}), _CONV, "nothing is plugged in for Conv2d, ReLU"),
        (from_layers({"Conv2d": lambda layer: None}), _CONV, "nothing is plugged in for ReLU"),
    ],
)
def test_all_types_left_out_are_named_at_once(
    implementation: Any, text: str, why: str, tmp_path: Path
) -> None:
    """Unsupported is no failure, and says what it would take."""
    with pytest.raises(Unsupported, match=why):
        _run(implementation, tmp_path, text)


def test_a_factory_may_say_that_it_does_not_do_something(tmp_path: Path) -> None:
    """Unsupported goes through."""

    def refuses(layer: Any) -> Any:
        raise Unsupported("no bias yet")

    with pytest.raises(Unsupported, match="no bias yet"):
        _run(from_layers({"Linear": refuses}), tmp_path)


def test_batch_norm_one_sample_at_a_time_is_unsupported(tmp_path: Path) -> None:
    """It needs the whole batch."""
    layer = '[[layers]]\ntype = "BatchNorm2d"\nname = "norm"\nnum_features = 2\n\n[[layers]]'
    text = _CONV.replace("[[layers]]", layer, 1)
    types = dict.fromkeys(("Conv2d", "BatchNorm2d", "ReLU"), lambda view: None)
    with pytest.raises(Unsupported, match="BatchNorm2d needs whole batches"):
        _run(from_layers(types, batched=False), tmp_path, text)


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        (from_functions, {"layers": {"ReLU": np.tanh}}, "'ReLU' must have two functions"),
        (from_layers, {"layers": {"ReLU": 3}}, "'ReLU' must have a factory"),
        (from_layers, {"layers": {}, "update": "step"}, "update must be .*'backward', got 'step'"),
    ],
)
def test_what_makes_no_sense_is_refused_when_the_adapter_is_made(
    make: Any, arguments: Mapping[str, Any], message: str
) -> None:
    """And not when the first case runs."""
    with pytest.raises(ImplementationError, match=message):
        make(**arguments)


def test_a_gradient_that_a_layer_before_needs_must_not_be_none(tmp_path: Path) -> None:
    """It is accepted at the first layer only."""

    class ReLU:
        def forward(self, x: _Array) -> _Array:
            return x * (x > 0)

        def backward(self, g: _Array) -> None:
            return None

    class Conv(ReLU):
        weight, bias = np.zeros(0), np.zeros(0)

        def forward(self, x: _Array) -> _Array:
            return np.zeros((1, 5, 3, 5))

    implementation = from_layers({"Conv2d": lambda layer: Conv(), "ReLU": lambda layer: ReLU()})
    with pytest.raises(ImplementationError, match="backward of ReLU 'relu' returned is None"):
        _run(implementation, tmp_path, _CONV)
