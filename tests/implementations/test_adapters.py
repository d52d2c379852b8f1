"""What the adapters record, supply and pass through."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from oracles import judge
from oracles.contract.trace import Trace
from oracles.implementations.errors import ImplementationError
from oracles.implementations.from_functions import from_functions
from oracles.implementations.from_layers import from_layers
from tests.implementations.networks import definition

_Array = NDArray[Any]

_RELU = """
format = 1
title = "a ReLU"
why = "one layer on images"

[input]
shape = [2, 3, 4, 5]
fill = "uniform"

[[layers]]
type = "ReLU"
name = "relu"

[upstream]
fill = "uniform"
seed = 8
"""

_POOLING = """
format = 1
title = "more padding than half a kernel"
why = "windows of nothing but padding"

[input]
shape = [2, 3, 4, 5]
fill = "uniform"

[[layers]]
type = "MaxPool2d"
name = "pool"
kernel_size = 2
padding = 2

[upstream]
fill = "uniform"

[raises]
match = "padding"
"""

_LOSS = """
format = 1
title = "a loss alone"
why = "nothing else to judge"

[input]
shape = [2, 3]
fill = "uniform"

[[layers]]
type = "Identity"

[loss]
type = "CrossEntropyLoss"
target = { classes = [2, 1] }
"""

_DENSE = """
format = 1
title = "one dense layer, small integers"
why = "gradients read off an update must be exact"

[input]
shape = [3, 5]
fill = "integers"
low = -3
high = 3

[[layers]]
type = "Linear"
name = "dense"
in_features = 5
out_features = 2
weight = { fill = "uniform", seed = 2 }

[upstream]
fill = "integers"
low = -3
high = 3
seed = 4
"""

_SGD = '\n[optimizer]\ntype = "SGD"\nlr = 0.1\n[training]\nsteps = 2\nbatch_size = 3\n'


class _Updating:
    """A dense layer that updates in its backward pass."""

    weight: _Array = np.zeros(0)
    bias: _Array = np.zeros(0)
    rate = 0.0

    def forward(self, x: _Array) -> _Array:
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, g: _Array) -> _Array:
        grad_input = g @ self.weight
        self.weight = self.weight - self.rate * (g.T @ self.x)
        self.bias = self.bias - self.rate * g.sum(0)
        return grad_input


def _updating() -> Any:
    return from_layers(
        {"Linear": lambda layer: _Updating()}, parameters={"lr": "rate"}, update="backward"
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_gradients_read_off_an_update_are_exact(dtype: str, tmp_path: Path) -> None:
    """On small integers exact means equal, also where parameters are no integers."""
    judgement = judge(_updating(), definition(tmp_path, _DENSE), dtype)
    verdicts = {entry.entry: entry.verdict for entry in judgement.entries}
    assert judgement.outcome == "passed"
    assert verdicts["step0.gradient.dense.weight"] == "exact"
    assert verdicts["step0.gradient.dense.bias"] == "exact"


@pytest.mark.parametrize(
    ("options", "gradient", "update"),
    [
        ("", "not-exposed", "judged"),
        ("momentum = 0.9\n", "judged", "supplied"),
        ("weight_decay = 0.1\n", "judged", "supplied"),
        ("clip_grad_norm = 0.1\n", "judged", "supplied"),
    ],
)
def test_an_updating_backward_exposes_updates_where_they_are_the_cases(
    options: str, gradient: str, update: str, tmp_path: Path
) -> None:
    """Plain SGD: the updated parameters. Anything else: gradients, and the update is supplied."""
    text = _DENSE + _SGD.replace("lr = 0.1\n", f"lr = 0.1\n{options}")
    judgement = judge(_updating(), definition(tmp_path, text))
    verdicts = {entry.entry: entry.verdict for entry in judgement.entries}
    said = {"exact": "judged", "same": "judged"}
    first, second = verdicts["step1.gradient.dense.weight"], verdicts["step1.update.dense.weight"]
    assert judgement.outcome == "passed"
    assert (said.get(first, first), said.get(second, second)) == (gradient, update)


def test_one_rate_cannot_be_two(tmp_path: Path) -> None:
    """Groups with rates of their own are unsupported where backward updates with one."""
    group = '[[optimizer.groups]]\nparameters = ["*.bias"]\nlr = 0.0\n'
    text = _DENSE + _SGD.replace("[training]", f"{group}[training]")
    judgement = judge(_updating(), definition(tmp_path, text))
    assert judgement.outcome == "unsupported"
    assert "learning rates [0.0, 0.1]" in judgement.message


def _changes(index: int) -> Callable[[_Array], None]:
    def change(x: _Array) -> None:
        x.flat[index] = 77.0

    return change


@pytest.mark.parametrize("layout", ["NCHW", "NHWC", "HWCN"])
@pytest.mark.parametrize("what", ["input", "upstream"])
def test_an_overwritten_input_is_found_in_every_layout(
    what: str, layout: str, tmp_path: Path
) -> None:
    """The case's own array shows what was done to the converted copy, and where."""

    class Spoils:
        def forward(self, x: _Array) -> _Array:
            y = x * (x > 0)
            if what == "input":
                _changes(5)(x)
            return y

        def backward(self, g: _Array) -> _Array:
            _changes(5)(g)
            return g

    case = definition(tmp_path, _RELU).draw("float64")
    implementation = from_layers({"ReLU": lambda layer: Spoils()}, layout=layout)
    implementation.run(case, Trace(case))
    array = case.steps[0].input if what == "input" else case.steps[0].upstream
    assert array is not None
    assert np.count_nonzero(array == 77.0) == 1
    order = [layout.index(letter) for letter in "NCHW"]
    sizes = [array.shape["NCHW".index(letter)] for letter in layout]
    position = np.unravel_index(5, sizes)
    assert array[tuple(position[axis] for axis in order)] == 77.0


def _relu(x: _Array, layer: Any) -> tuple[_Array, _Array]:
    return x * (x > 0), x > 0


def _relu_backward(g: _Array, mask: _Array) -> tuple[_Array, dict[str, _Array]]:
    return g * mask, {}


_ONLY_RELU = from_functions({"ReLU": (_relu, _relu_backward)})


@pytest.mark.parametrize(
    ("text", "outcome", "message"),
    [
        (_RELU, "passed", "judged 2 of 3"),
        (_LOSS, "unsupported", "this case is about Identity, CrossEntropyLoss: nothing is plugged"),
        (
            _LOSS.replace("Identity", "ReLU").replace("[2, 1]", "[3, -1]") + "[raises]\n",
            "unsupported",
            "wants to be refused, and nothing is plugged in for CrossEntropyLoss",
        ),
    ],
)
def test_what_is_left_out_decides_what_an_item_is_worth(
    text: str, outcome: str, message: str, tmp_path: Path
) -> None:
    """A case of which everything that counts would be supplied is no failure and no success."""
    judgement = judge(_ONLY_RELU, definition(tmp_path, text))
    assert judgement.outcome == outcome
    assert message in judgement.message


@pytest.mark.parametrize(
    ("refuses", "outcome", "message"),
    [
        (True, "passed", "refused: ValueError: more padding than kernel"),
        (False, "unsupported", "accepted what makes no sense"),
    ],
)
def test_only_the_implementation_itself_can_refuse(
    refuses: bool, outcome: str, message: str, tmp_path: Path
) -> None:
    """An error of the adapter about shapes that fit nothing is no refusal."""

    def pool(x: _Array, layer: Any) -> tuple[_Array, None]:
        if refuses:
            raise ValueError("more padding than kernel")
        return np.zeros((9, 9, 9, 9)), None

    def backward(g: _Array, cache: None) -> tuple[_Array, dict[str, _Array]]:
        return g, {}

    implementation = from_functions({"MaxPool2d": (pool, backward)})
    judgement = judge(implementation, definition(tmp_path, _POOLING))
    assert judgement.outcome == outcome
    assert message in judgement.message


def test_layers_that_add_to_their_gradients_are_right(tmp_path: Path) -> None:
    """Their gradients are set to zero first, which their author's training loop does."""

    class Adding(_Updating):
        def __init__(self) -> None:
            self.grad_weight, self.grad_bias = np.zeros((2, 5)), np.zeros(2)

        def backward(self, g: _Array) -> _Array:
            self.grad_weight += g.T @ self.x
            self.grad_bias += g.sum(0)
            return g @ self.weight

    implementation = from_layers({"Linear": lambda layer: Adding()})
    judgement = judge(implementation, definition(tmp_path, _DENSE + _SGD))
    assert judgement.outcome == "passed"


def test_a_layer_is_handed_what_the_layer_before_returned(tmp_path: Path) -> None:
    """The very array: who writes into its input spoils here what it would spoil at home."""
    seen: list[_Array] = []

    class ReLU:
        def forward(self, x: _Array) -> _Array:
            seen.append(x)
            self.y: _Array = x * (x > 0)
            seen.append(self.y)
            return self.y

        def backward(self, g: _Array) -> _Array:
            return g * (self.y > 0)

    class Identity:
        def forward(self, x: _Array) -> _Array:
            seen.append(x)
            return x

        def backward(self, g: _Array) -> _Array:
            return g

    more = '[[layers]]\ntype = "Identity"\nname = "same"\n\n[upstream]'
    case = definition(tmp_path, _RELU.replace("[upstream]", more)).draw("float64")
    layers = {"ReLU": lambda layer: ReLU(), "Identity": lambda layer: Identity()}
    from_layers(layers, layout="NHWC").run(case, Trace(case))
    assert seen[2] is seen[1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"layers": {"Maxpool2D": 0}}, "no type of layer 'Maxpool2D'; did you mean 'MaxPool2d'"),
        ({"layers": {"Maxpol2d": 0}}, "no type of layer 'Maxpol2d'; did you mean 'MaxPool2d'"),
        ({"layers": {"conv2d": 0}}, "no type of layer 'conv2d'; did you mean 'Conv2d'"),
        ({"loss": {"CrossEntropy": 0}}, "no loss 'CrossEntropy'; did you mean 'CrossEntropyLoss'"),
        ({"optimizer": {"sgd": 0}}, "no optimizer 'sgd'; did you mean 'SGD'"),
    ],
)
@pytest.mark.parametrize("adapter", [from_functions, from_layers])
def test_misspelt_names(adapter: Any, given: Any, message: str) -> None:
    """What is plugged in under a wrong name would never be run."""
    options = {"layers": {}, **given}
    options["layers"] = dict.fromkeys(options["layers"], _PLUG[adapter])
    with pytest.raises(ImplementationError, match=message):
        adapter(**options)


def test_a_name_of_an_operation_that_no_case_has_yet() -> None:
    """Whoever has more than the cases ask for is not in anybody's way."""
    names = ("LeakyReLU", "GELU", "Conv3d", "BatchNorm1d", "MaxPool3d")
    assert from_functions(dict.fromkeys(names, (print, print))).name


_PLUG: dict[Any, Any] = {from_functions: (print, print), from_layers: print}
