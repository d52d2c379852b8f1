"""Correct programs that were once called wrong, and wrong ones that once passed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Case, Layer
from oracles.contract.definition import Definition
from oracles.contract.evaluation import PlainRules
from oracles.contract.reading import read_case
from oracles.contract.reference import Call
from oracles.contract.trace import Trace
from oracles.contract.training import walk
from oracles.judging.bounds import FLOAT32, expected, root_mean_square
from oracles.judging.measured import Size
from oracles.judging.repetition import repetition, repetition_of_channels
from oracles.judging.rules import MeasuredRules
from oracles.references.pytorch import PyTorch
from oracles.trial import judge
from refcnn import implementation as refcnn
from tests.judging.replay import Replay

CASES = Path(__file__).parents[2] / "cases"
HEAD = 'format = 1\ntitle = "t"\nwhy = "w"\n'


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Definition]:
    """Makes a case of its text."""

    def write(text: str) -> Definition:
        path = tmp_path / "one.case.toml"
        path.write_text(HEAD + text)
        return read_case(path)

    return write


class Sequentially:
    """refcnn, but the gradient of a bias is summed one number after the other."""

    name = "sequentially"

    def run(self, case: Case, trace: Trace) -> None:
        recorded = Trace(case)
        refcnn.run(case, recorded)
        for entry in recorded:
            array = recorded[entry]
            if entry.endswith("gradient.conv.bias"):
                grad = np.moveaxis(recorded["step0.backward.relu"], 1, 0).reshape(len(array), -1)
                array = np.cumsum(grad, axis=1, dtype=grad.dtype)[:, -1]
            trace[entry] = array


def test_equal_gradients_behind_a_global_pool(written: Callable[[str], Definition]) -> None:
    """A thousand equal numbers drift as they are added up, in a case drawn at random."""
    definition = written("""
        [input]
        shape = [1, 1, 129, 129]
        fill = "uniform"
        [[layers]]
        type = "Conv2d"
        name = "conv"
        in_channels = 1
        out_channels = 16
        kernel_size = 2
        [[layers]]
        type = "ReLU"
        name = "relu"
        [[layers]]
        type = "AvgPool2d"
        kernel_size = 128
        [upstream]
        fill = "uniform"
    """)
    judgement = judge(Sequentially(), definition, "float32")
    assert judgement.outcome == "passed", judgement.message


def test_bound_grows_with_repetition() -> None:
    """From the root of n to n, as more terms repeat others; and no rms where many do."""
    ones = np.ones(1)
    random, equal = (
        float(expected(Size(ones, 10_000.0, repeated=r), FLOAT32)[0]) for r in (0.0, 1.0)
    )
    assert equal == pytest.approx(random * 10_002 / 404, rel=1e-3)
    many = Size(np.ones(20), 10_000.0, repeated=0.5)
    assert root_mean_square(np.ones(20), many, FLOAT32) is None


@pytest.mark.parametrize(
    ("factors", "terms", "share"),
    [
        pytest.param([np.arange(1.0, 101.0)], 100.0, 0.0, id="all different"),
        pytest.param([np.full(100, 0.1)], 100.0, 1.0, id="all equal"),
        pytest.param([np.full(100, 0.1), np.arange(1.0, 9.0)], 100.0, 0.0, id="other factor"),
        pytest.param([np.arange(100.0) // 2 + 1], 100.0, 1 / 99, id="each number twice"),
        pytest.param(
            [np.full(100, 0.1), np.repeat([1.0, 2.0], 2)], 100.0, 1 / 3, id="both factors"
        ),
        pytest.param([np.full(100, 0.1)], 20.0, 0.0, id="too few terms to drift"),
        pytest.param([np.zeros(100)], 100.0, 0.0, id="zeros are not rounded"),
    ],
)
def test_repetition(factors: list[Any], terms: float, share: float) -> None:
    """How likely two products are equal."""
    assert repetition(*factors, terms=terms) == pytest.approx(share)


def test_repetition_of_channels() -> None:
    """Behind a pool over each image, a channel repeats one number for each sample, however many
    different ones there are in all channels together."""
    array = np.repeat(np.arange(1.0, 13.0), 50).reshape(2, 6, 50)
    assert repetition(array, terms=100.0) == pytest.approx(49 / 599)
    assert repetition_of_channels(array, terms=100.0) == pytest.approx(49 / 99)
    assert repetition_of_channels(array, terms=20.0) == 0.0


class Spying(PlainRules):
    """The plain rules, and what each layer's backward pass is called with."""

    def __init__(self) -> None:
        super().__init__(PyTorch())
        self.called: dict[str, tuple[Any, Any]] = {}

    def run(self, call: Call) -> Any:
        inner = super().run(call)

        def backward(grad_output: Any, spread: Any) -> Any:
            self.called[call.layer.name] = grad_output, spread
            return inner.backward(grad_output, spread)

        return SimpleNamespace(output=inner.output, buffers=inner.buffers, backward=backward)


def test_gradients_of_several_readers_are_measured_before_they_cancel(
    written: Callable[[str], Definition],
) -> None:
    """What is a sum of large numbers is rounded as such, however small it comes out."""
    definition = written("""
        [input]
        shape = [4, 3]
        fill = "uniform"
        [[layers]]
        type = "Linear"
        name = "stem"
        in_features = 3
        out_features = 5
        [[layers]]
        type = "Tanh"
        name = "first"
        inputs = ["stem"]
        [[layers]]
        type = "Sigmoid"
        name = "second"
        inputs = ["stem"]
        [[layers]]
        type = "Softmax"
        name = "third"
        inputs = ["stem"]
        [[layers]]
        type = "Cat"
        inputs = ["first", "second", "third"]
        [upstream]
        fill = "uniform"
    """)
    rules, values = Spying(), dict[str, Any]()
    walk(definition.draw("float64"), rules, values.setdefault)
    parts = [values[f"step0.backward.{name}"] for name in ("first", "second", "third")]
    grad_output, spread = rules.called["stem"]
    np.testing.assert_allclose(grad_output, sum(parts), rtol=1e-14)
    np.testing.assert_allclose(spread, sum(np.abs(part) for part in parts), rtol=1e-14)


def test_size_follows_the_terms_of_a_gradient() -> None:
    """A gradient that has cancelled to nothing still has the error of its terms."""
    generator = np.random.default_rng(1)
    x, weight = generator.standard_normal((3, 4)), generator.standard_normal((2, 4))
    linear = Layer(
        "Linear", "fc", {"in_features": 4, "out_features": 2, "bias": False}, {}, {}, (), (), ()
    )
    run = MeasuredRules(PyTorch()).run(Call(linear, (x,), {"weight": weight}, {}, "train"))
    (grad_input,), gradients = run.backward(np.zeros((3, 2)), np.ones((3, 2)))
    assert np.all(grad_input.size.magnitude > 0.1)
    assert np.all(gradients["weight"].size.magnitude > 0.1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", ["training/lattice_net", "training/lattice_max_pool"])
def test_exact_nets_stay_exact_where_they_are_hidden(case: str, dtype: str) -> None:
    """No rounding is made up for sums that are not rounded: choices behind them are decided."""
    definition = read_case(CASES / f"{case}.case.toml")
    output = f".forward.{definition.draw(dtype).output.name}"
    shown = (".update.", output)
    hide = Replay(hide=lambda entry: not any(part in entry for part in shown))
    judgement = judge(hide, definition, dtype)
    assert judgement.outcome == "passed", judgement.message


BINARY = """
    [input]
    shape = [3, 2]
    fill = "uniform"
    [[layers]]
    type = "Sigmoid"
    name = "sigmoid"
    [loss]
    type = "BCELoss"
    target = [[1, 0], [0, 1], [1, 1]]
"""


def test_a_prediction_of_nan_is_blamed_once(written: Callable[[str], Definition]) -> None:
    """PyTorch refuses NaN in this loss; the harness says where it came from."""

    def broken(array: Any) -> Any:
        array = array.copy()
        array[0, 0] = np.nan
        return array

    judgement = judge(Replay({"step0.forward.sigmoid": broken}), written(BINARY))
    assert [d.entry for d in judgement.divergences] == ["step0.forward.sigmoid"]


def test_no_divisor_makes_everything_right(written: Callable[[str], Definition]) -> None:
    """A negative divisor turns signs, not bounds."""
    definition = written("""
        [input]
        shape = [2, 1, 4, 6]
        fill = "uniform"
        [[layers]]
        type = "AvgPool2d"
        name = "pool"
        kernel_size = 2
        divisor_override = -5
        [upstream]
        fill = "uniform"
    """)
    assert judge(Replay(), definition).outcome == "passed"
    wrong = Replay({"step0.forward.pool": lambda y: y + 1e-6})
    assert judge(wrong, definition).outcome == "diverged"


def test_choices_of_later_steps_say_nothing_of_earlier_ones(
    written: Callable[[str], Definition],
) -> None:
    """Sums that are zero but for rounding, from the second step on: the first one is judged, and
    what rounding carried into it is known."""
    definition = written("""
        [input]
        values = [[0.3, 0.2], [0.5, 0.7], [0.1, -0.1], [0.3, -0.3], [0.7, -0.7], [0.9, -0.9]]
        shape = [6, 2]
        [[layers]]
        type = "Linear"
        name = "fc1"
        in_features = 2
        out_features = 2
        weight = [[0.7, 0.7], [0.3, 0.3]]
        bias = false
        [[layers]]
        type = "ReLU"
        name = "relu"
        [[layers]]
        type = "Linear"
        name = "fc2"
        in_features = 2
        out_features = 2
        [upstream]
        fill = "uniform"
        [training]
        steps = 30
        batch_size = 2
    """)

    def wrong(y: Any) -> Any:
        y = y.copy()
        y[0, 0] += 100
        return y

    hide = lambda entry: "forward.fc2" not in entry and "gradient" not in entry  # noqa: E731
    judgement = judge(Replay({"step0.forward.fc2": wrong}, hide=hide), definition, "float32")
    assert judgement.first_divergence is not None
    assert judgement.first_divergence.entry == "step0.forward.fc2"
    assert judgement.first_divergence.carried > 0


def test_a_program_that_computes_in_float64_and_hands_out_float32(
    written: Callable[[str], Definition],
) -> None:
    """Its prediction is rounded where it is stored, and its loss knows the one that was not."""

    class Wide:
        name = "wide"

        def run(self, case: Case, trace: Trace) -> None:
            prediction = np.asarray(case.layers[0].parameters["weight"], np.float64)
            prediction = np.asarray(case.steps[0].input, np.float64) @ prediction.T
            difference = prediction - np.asarray(case.steps[0].target, np.float64)
            trace["step0.forward.fc"] = prediction.astype(np.float32)
            trace["step0.loss"] = np.float32((difference**2).mean())
            gradient = 2 * difference / difference.size
            trace["step0.backward.loss"] = gradient.astype(np.float32)
            trace["step0.gradient.fc.weight"] = (gradient.T @ case.steps[0].input).astype(
                np.float32
            )

    definition = written("""
        [input]
        values = [[0.1, 0.2, 0.3], [0.4, 0.5, 0.9], [0.9, 0.1, 0.7]]
        shape = [3, 3]
        [[layers]]
        type = "Linear"
        name = "fc"
        in_features = 3
        out_features = 1
        bias = false
        weight = [[0.7, 0.3, 0.1]]
        [loss]
        type = "MSELoss"
        target = [[0.160001], [0.520001], [0.730002]]
    """)
    judgement = judge(Wide(), definition, "float32")
    assert judgement.outcome == "passed", judgement.message
