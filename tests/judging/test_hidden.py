"""Correct programs that show little: what rounding, ties and overflow do behind hidden entries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.judging.bounds import FLOAT32, FLOAT64, is_exact
from oracles.judging.judgement import Judgement
from oracles.judging.measured import Measured, Size
from oracles.judging.noise import Sample, Tube, noisy
from oracles.judging.rules import MeasuredRules
from oracles.references.pytorch import PyTorch
from oracles.trial import judge
from tests.judging.replay import Replay

HEAD = 'format = 1\ntitle = "t"\nwhy = "w"\n'


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Definition]:
    """Makes a case of its text."""

    def write(text: str) -> Definition:
        path = tmp_path / "one.case.toml"
        path.write_text(HEAD + text)
        return read_case(path)

    return write


def hiding(*parts: str) -> Callable[[str], bool]:
    """Hides the entries with one of these in their names."""
    return lambda entry: any(part in entry for part in parts)


def verdict(judgement: Judgement, entry: str) -> str:
    """The verdict on one entry."""
    return next(one.verdict for one in judgement.entries if one.entry == entry)


EXPLODED = """
[input]
values = [1e30, 2e30, 1.0, 3.0]
shape = [2, 2]
[[layers]]
type = "Linear"
name = "a"
in_features = 2
out_features = 2
weight = [[1e30, 1.0], [0.3, 0.7]]
[[layers]]
type = "Linear"
name = "b"
in_features = 2
out_features = 2
weight = [[0.0, 0.1], [0.2, 0.4]]
[[layers]]
type = "ReLU"
name = "relu"
[upstream]
values = [1.0, 1.0, 1.0, 1.0]
shape = [2, 2]
"""


def nan_for_zero_times_infinity(y: Any) -> Any:
    """What 0 * infinity + ... is in float32."""
    y = y.copy()
    y[0, 0] = np.nan
    return y


@pytest.mark.parametrize("hide", [hiding(), hiding("forward.a")], ids=["shown", "hidden"])
def test_zero_times_an_overflow_is_inherited(
    written: Callable[[str], Definition], hide: Callable[[str], bool]
) -> None:
    """The infinity before it was unavoidable, and NaN is what float32 makes of it."""
    program = Replay({"step0.forward.b": nan_for_zero_times_infinity}, hide=hide)
    judgement = judge(program, written(EXPLODED), "float32")
    assert judgement.outcome == "passed", judgement.message
    assert verdict(judgement, "step0.forward.b") == "inherited"


def test_nan_elsewhere_is_a_fault_of_its_own(written: Callable[[str], Definition]) -> None:
    """What is computed from finite numbers is not excused by an infinity in another layer."""
    program = Replay({"step0.backward.relu": nan_for_zero_times_infinity}, hide=hiding("forward.b"))
    definition = written(EXPLODED.replace("1e30, 2e30", "1.5, 2.5"))
    judgement = judge(program, definition, "float32")
    assert [d.entry for d in judgement.divergences] == ["step0.backward.relu"]


def test_infinite_own_values_excuse_what_follows(written: Callable[[str], Definition]) -> None:
    """An implementation's own infinity is wrong once, and every NaN behind it is inherited."""
    program = Replay(
        {
            "step0.forward.a": lambda y: y * np.inf,
            "step0.forward.relu": lambda y: y * np.nan,
        }
    )
    definition = written(EXPLODED.replace("1e30, 2e30", "1.5, 2.5"))
    judgement = judge(program, definition, "float32")
    assert [d.entry for d in judgement.divergences] == ["step0.forward.a"]


SATURATED = """
[input]
shape = [8, 4]
fill = "normal"
std = 8.0
[[layers]]
type = "Linear"
name = "fc"
in_features = 4
out_features = 64
[[layers]]
type = "Sigmoid"
name = "sigmoid"
[loss]
type = "BCELoss"
target = { fill = "bernoulli", p = 0.5, seed = 1 }
"""


@pytest.mark.parametrize(
    "hide",
    [hiding("forward.sigmoid"), hiding("forward.sigmoid", "backward.loss")],
    ids=["prediction", "prediction and its gradient"],
)
def test_predictions_that_round_to_one(
    written: Callable[[str], Definition], hide: Callable[[str], bool]
) -> None:
    """The floor of the loss is reached in float32 and not in the oracle: nobody's fault."""
    judgement = judge(Replay(hide=hide), written(SATURATED), "float32")
    assert judgement.outcome == "passed", judgement.message
    assert "undecided" in {entry.verdict for entry in judgement.entries}


TIED = """
[input]
shape = [4, 2, 9, 9]
fill = "normal"
std = {std}
seed = {seed}
[[layers]]
type = "Tanh"
name = "tanh"
[[layers]]
type = "MaxPool2d"
name = "pool"
kernel_size = 3
[upstream]
fill = "uniform"
"""


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("dtype", "std"), [("float32", 8.0), ("float64", 16.0)])
def test_maxima_that_saturation_makes_equal(
    written: Callable[[str], Definition], dtype: str, std: float, seed: int
) -> None:
    """Any of nine numbers that are 1 in this dtype may be taken for the largest."""
    definition = written(TIED.format(std=std, seed=seed))
    last = Replay({"step0.backward.pool": _last_of_equals(definition, dtype)}, hide=hiding(".tanh"))
    judgement = judge(last, definition, dtype)
    assert judgement.outcome == "passed", judgement.message


def _last_of_equals(definition: Definition, dtype: str) -> Callable[[Any], Any]:
    """A max pool that takes the last of numbers that are equal in the dtype."""
    case = definition.draw(dtype)
    upstream = case.steps[0].upstream
    y = np.tanh(np.asarray(case.steps[0].input, np.float64)).astype(dtype)
    windows = y.reshape(4, 2, 3, 3, 3, 3).swapaxes(3, 4).reshape(4, 2, 3, 3, 9)
    chosen = np.eye(9)[8 - np.argmax(windows[..., ::-1], axis=-1)]
    spread = chosen * np.asarray(upstream)[..., None]
    back = spread.reshape(4, 2, 3, 3, 3, 3).swapaxes(3, 4).reshape(4, 2, 9, 9)
    return lambda _: back


def test_each_of_nine_equal_numbers_is_the_largest_once() -> None:
    """In a window of three by three, whatever the noise: no tie is left out."""
    value = 1.0 - 1e-12 * np.arange(81.0).reshape(1, 1, 9, 9)
    measured = Measured(value, Size(np.ones(value.shape), 1.0))
    runs = [
        noisy(measured, FLOAT32, np.random.default_rng(j), drawn=True, favoured=j) for j in range(9)
    ]
    windows = np.array(runs).reshape(9, 3, 3, 3, 3).swapaxes(2, 3).reshape(9, 9, 9)
    assert np.all(np.sort(np.argmax(windows, axis=-1), axis=0) == np.arange(9)[:, None])


def sampled(values: list[float], *, turned: bool) -> Sample:
    """A run through a hidden ReLU, and what the gradient behind it came out as."""
    return Sample(
        {"step0.forward.relu": np.ones(1), "step0.backward.fc": np.array(values)},
        {"step0.forward.relu": np.array([turned])},
    )


def test_rounding_is_carried_where_every_run_turned_a_choice() -> None:
    """Elements that the choice does not reach keep their allowance, and the others are open."""
    base = sampled([1.0, 2.0], turned=False)
    runs = tuple(sampled([1.0 + 1e-7 * i, 5.0], turned=True) for i in (-2, -1, 1, 2))
    tube = Tube(base, runs, FLOAT32)
    local = np.full(2, 1e-6)
    carried = tube.carried("step0.backward.fc", local)
    assert carried is not None
    assert 5e-7 < carried[0] < 2e-6
    undecided = tube.undecided("step0.backward.fc", local + carried)
    assert undecided is not None
    assert undecided.tolist() == [False, True]


CONSTANT = """
[input]
shape = [2, 2, 5, 5]
values = [{numbers}]
[[layers]]
type = "BatchNorm2d"
name = "first"
num_features = 2
affine = false
[[layers]]
type = "BatchNorm2d"
name = "second"
num_features = 2
affine = false
[upstream]
fill = "uniform"
"""


def test_sizes_behind_a_gap_are_those_of_what_rounding_leaves(
    written: Callable[[str], Definition],
) -> None:
    """The oracle has nearly nothing left of equal numbers minus their mean; float32 has more."""
    definition = written(CONSTANT.format(numbers=", ".join(["0.1"] * 100)))
    left = {
        "step0.forward.first": lambda y: y + np.float32(3e-6),
        "step0.forward.second": lambda y: y + np.float32(2e-10),  # the mean of 3e-6, rounded
    }
    judgement = judge(Replay(left, hide=hiding("forward.first")), definition, "float32")
    assert judgement.outcome == "passed", judgement.message


def test_equal_sums_of_a_transform_are_moved_apart() -> None:
    """An FFT rounds them in different ways: choices between them are open."""
    size = Size(np.ones(9), 4.0, 0, norms=np.ones(9))
    moved = noisy(Measured(np.ones(9), size), FLOAT32, np.random.default_rng(0), drawn=True)
    assert np.unique(moved).size > 3


CLIPPED = """
[input]
shape = [5, 3]
fill = "uniform"
[[layers]]
type = "Linear"
name = "fc"
in_features = 3
out_features = 4
[upstream]
fill = "uniform"
[optimizer]
type = "SGD"
lr = 0.5
clip_grad_norm = {limit}
"""


def total_norm(definition: Definition) -> float:
    """The norm of all gradients of the case."""
    found: dict[str, Any] = {}
    case = definition.draw("float64")

    class Keep:
        def __setitem__(self, name: str, value: Any) -> None:
            found[name] = value

    Replay(hide=lambda entry: ".gradient." not in entry).run(case, Keep())  # type: ignore[arg-type]
    return float(np.sqrt(sum(np.sum(np.square(g)) for g in found.values())))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_norm_at_the_limit_of_clipping(written: Callable[[str], Definition], dtype: str) -> None:
    """Clipping has no jump at its limit: hidden gradients leave nothing undecided."""
    limit = total_norm(written(CLIPPED.format(limit=1.0)))
    definition = written(CLIPPED.format(limit=repr(limit)))
    judgement = judge(Replay(hide=hiding(".gradient.")), definition, dtype)
    assert judgement.outcome == "passed", judgement.message
    assert "undecided" not in {entry.verdict for entry in judgement.entries}


def test_squares_that_overflow(written: Callable[[str], Definition]) -> None:
    """Where float32 cannot hold the sum of squares, a norm of infinity clips everything to zero."""
    text = CLIPPED.format(limit=1.0).replace(
        'fill = "uniform"', 'fill = "normal"\nstd = 1152921504606846976.0'
    )
    zero = {f"step0.clipped.fc.{p}": lambda g: g * 0 for p in ("weight", "bias")}
    assert judge(Replay(zero), written(text), "float32").outcome == "passed"
    assert judge(Replay(zero), written(text), "float64").outcome == "diverged"


EQUAL = """
[input]
values = [{many}]
shape = [1, 3000]
[[layers]]
type = "Linear"
name = "long"
in_features = 3000
out_features = 2
bias = false
weight = {{ values = [{weights}] }}
[[layers]]
type = "Linear"
name = "short"
in_features = 2
out_features = 2
bias = false
weight = [[0.3, 0.7], [0.9, 0.1]]
[upstream]
values = [1.0, 1.0]
shape = [1, 2]
"""


def one_after_the_other(definition: Definition) -> Callable[[Any], Any]:
    """The long sum in float32, term by term, which drifts."""
    case = definition.draw("float32")
    products = case.steps[0].input * case.layers[0].parameters["weight"]
    return lambda _: np.add.accumulate(products, axis=1, dtype=np.float32)[:, -1][None]


def test_drift_of_equal_numbers_is_carried(written: Callable[[str], Definition]) -> None:
    """Roundings that all point the same way grow with n, also where nobody sees the sum."""
    text = EQUAL.format(many=", ".join(["0.1"] * 3000), weights=", ".join(["0.1"] * 6000))
    definition = written(text)
    drifting = {"step0.forward.long": one_after_the_other(definition)}
    program = Replay(drifting, hide=hiding("forward.long"))
    assert judge(program, definition, "float32").outcome == "passed"


@pytest.mark.parametrize("drawn", [True, False])
def test_noise_of_what_repeats_has_a_common_part(drawn: bool) -> None:
    """Literal data, and drawn data whose terms are equal, drift together."""
    value = np.linspace(1.0, 2.0, 50)
    size = Size(np.ones(50), 10_000.0, repeated=1.0 if drawn else 0.0)
    moves = [
        noisy(Measured(value, size), FLOAT64, np.random.default_rng(seed), drawn=drawn) - value
        for seed in range(20)
    ]
    common = np.std([np.mean(move) for move in moves])
    assert common > 0.1 * 10_000 * 2.0**-53


def test_penalties_that_cancel_are_as_large_as_each_is() -> None:
    """M is the sum of the absolute parts, not the absolute value of their sum."""
    definition = read_case(Path(__file__).parent / "opposite_penalties.case.toml")
    case: Case = definition.draw("float64")
    rules = MeasuredRules(PyTorch())
    step = case.steps[0]
    weight = case.layers[0].parameters["weight"]
    alone = rules.loss(case, step, np.zeros((2, 2)), {"fc.weight": np.zeros((2, 3))})
    both = rules.loss(case, step, np.zeros((2, 2)), {"fc.weight": weight})
    assert np.allclose(both.value, alone.value)
    assert both.size.magnitude >= alone.size.magnitude + 2 * np.sum(np.square(weight))
    none = {"fc.weight": Measured(np.zeros((2, 3)), Size(np.zeros((2, 3)), 1.0))}
    penalised = rules.penalise(case, step, {"fc.weight": weight}, none)["fc.weight"]
    assert np.all(penalised.size.magnitude >= 4 * np.abs(weight) * (1 - 1e-12))


@pytest.mark.parametrize(
    ("grid", "exact"),
    [
        pytest.param(-126, True, id="the smallest normal number"),
        pytest.param(-127, False, id="below it, where some machines have only zero"),
    ],
)
def test_subnormal_numbers_are_not_exact(grid: int, exact: bool) -> None:
    """Results below the smallest normal number may be flushed to zero."""
    assert is_exact(Size(np.full(3, 2.0**-120), 4.0, grid), FLOAT32) is exact
