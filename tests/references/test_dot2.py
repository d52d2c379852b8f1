"""Double-double sums of products: exact where that can be known, and right for every geometry."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oracles.contract.errors import Unsupported
from oracles.contract.reference import Call
from oracles.judging.bounds import FLOAT64, guaranteed
from oracles.judging.measured import Measured
from oracles.judging.rules import MeasuredRun
from oracles.references.dot2.error_free import Pair, quotient, sums, two_product, two_sum
from oracles.references.dot2.reference import LIMIT, DoubleDouble
from oracles.references.pytorch import PyTorch
from tests.judging.building import layer, loss_case, sgd_case

Array = NDArray[Any]

UNIT = Fraction(1, 2**53)


def generator(seed: int) -> np.random.Generator:
    """Numbers of a test."""
    return np.random.default_rng(seed)


def spread_out(seed: int, exponent: int) -> Array:
    """Numbers of both signs and of sizes between 2**-exponent and 2**exponent."""
    draw = generator(seed)
    return np.ldexp(draw.uniform(-1, 1, 200), draw.integers(-exponent, exponent, 200))


def fractions(pair: Pair) -> list[Fraction]:
    """What the pairs mean, exactly."""
    return [Fraction(h) + Fraction(low) for h, low in zip(pair.high, pair.low, strict=True)]


SIZES = [
    pytest.param(0, id="of one size"),
    pytest.param(30, id="of many sizes"),
    pytest.param(400, id="up to 2 to the 400"),
]


@pytest.mark.parametrize("exponent", SIZES)
def test_two_sum_is_exact(exponent: int) -> None:
    """high + low is the sum."""
    a, b = spread_out(1, exponent + 1), spread_out(2, exponent + 1)
    exact = [Fraction(x) + Fraction(y) for x, y in zip(a, b, strict=True)]
    assert fractions(two_sum(a, b)) == exact


@pytest.mark.parametrize("exponent", SIZES)
def test_two_product_is_exact(exponent: int) -> None:
    """high + low is the product."""
    a, b = spread_out(3, exponent + 1), spread_out(4, exponent + 1)
    exact = [Fraction(x) * Fraction(y) for x, y in zip(a, b, strict=True)]
    assert fractions(two_product(a, b)) == exact


def test_two_product_of_a_number_too_large_to_split() -> None:
    """Above 2**995 the splitting would overflow; the product with a small number does not."""
    a = np.ldexp(generator(5).uniform(0.5, 1, 100), 1020)
    b = np.ldexp(generator(6).uniform(0.5, 1, 100), -600)
    exact = [Fraction(x) * Fraction(y) for x, y in zip(a, b, strict=True)]
    assert fractions(two_product(a, b)) == exact
    assert fractions(two_product(b, a)) == exact


def test_what_overflows_is_infinite() -> None:
    """Never NaN in the place of an infinity, however the error terms come out."""
    huge, infinite = np.array([1e300, -1e308, 1.5e308]), np.array([np.inf])
    assert np.array_equal(two_product(huge, huge).rounded(), [np.inf] * 3)
    assert np.array_equal(two_sum(huge[2:], huge[2:]).rounded(), infinite)
    assert np.array_equal(two_product(infinite, -huge[:1]).rounded(), -infinite)
    largest = np.array([np.finfo(np.float64).max])
    assert np.array_equal(two_product(largest, np.ones(1)).rounded(), largest)


def test_a_quotient_has_twice_the_digits() -> None:
    """high + low is the quotient up to 2**-100 of it."""
    a, b = spread_out(7, 30), spread_out(8, 30)
    pairs = fractions(quotient(Pair(a, np.zeros_like(a)), b))
    apart = [
        abs(pair * Fraction(y) / Fraction(x) - 1) for pair, x, y in zip(pairs, a, b, strict=True)
    ]
    assert max(apart) < Fraction(1, 2**100)


def ill_conditioned(seed: int, exponent: int, terms: int = 60) -> tuple[Array, Array]:
    """Two vectors whose product cancels all but about 2**-exponent of its terms: the second half is
    chosen so that the exact sum goes down step by step (Ogita, Rump and Oishi, algorithm 6.1)."""
    draw = generator(seed)
    half = terms // 2
    sizes = draw.integers(0, exponent // 2 + 1, half)
    x = np.ldexp(draw.uniform(-1, 1, terms), np.append(sizes, np.zeros(terms - half, dtype=int)))
    y = np.ldexp(draw.uniform(-1, 1, terms), np.append(sizes, np.zeros(terms - half, dtype=int)))
    for i, size in enumerate(np.linspace(exponent // 2, 0, terms - half).astype(int), start=half):
        x[i] = np.ldexp(draw.uniform(0.5, 1), size)
        rest = Fraction(np.ldexp(draw.uniform(-1, 1), size)) - exact_product(x[:i], y[:i])
        y[i] = float(rest / Fraction(x[i]))
    order = draw.permutation(terms)
    return x[order], y[order]


def exact_product(x: Array, y: Array) -> Fraction:
    """The dot product without rounding."""
    products = (Fraction(a) * Fraction(b) for a, b in zip(x, y, strict=True))
    return sum(products, Fraction(0))


def condition(x: Array, y: Array) -> float:
    """How many times larger the terms are than their sum."""
    return float(exact_product(np.abs(x), np.abs(y)) / abs(exact_product(x, y)))


def linear(x: Array, weight: Array, bias: Array | None = None) -> Call:
    """A call of a Linear layer."""
    parameters = {"weight": weight} if bias is None else {"weight": weight, "bias": bias}
    return Call(layer("Linear"), (x,), parameters, {}, "train")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("exponent", [0, 20, 40])
def test_a_sum_is_right_to_the_last_place(exponent: int, seed: int) -> None:
    """Cancellation of 40 bits costs nothing: within one unit in the last place."""
    x, y = ill_conditioned(seed, exponent)
    found = float(DoubleDouble().run(linear(x[None], y[None])).output[0, 0])
    assert abs(Fraction(found) - exact_product(x, y)) <= Fraction(float(np.spacing(abs(found))))


@pytest.mark.parametrize("seed", range(5))
def test_a_sum_that_cancels_20_digits(seed: int) -> None:
    """Float64 has no digit of it; twice the precision has u * |exact| + gamma(n)**2 * M."""
    x, y = ill_conditioned(seed, 74)
    exact, magnitude = exact_product(x, y), exact_product(np.abs(x), np.abs(y))
    gamma = len(x) * UNIT / (1 - len(x) * UNIT)
    found = float(DoubleDouble().run(linear(x[None], y[None])).output[0, 0])
    assert condition(x, y) > 1e20
    assert abs(Fraction(float(x @ y)) - exact) > abs(exact)
    assert abs(Fraction(found) - exact) <= UNIT * abs(exact) + gamma**2 * magnitude


def test_groups_of_any_length() -> None:
    """Groups out of order, of no terms, of one and of many."""
    group = np.array([4, 0, 2, 2, 4, 2, 4, 4, 2])
    high = np.array([1e16, 3.0, 1.0, 1e100, 1.0, -1e100, -1e16, 0.5, 1.0])
    total = sums(Pair(high, np.zeros(9)), group, 6).rounded()
    assert np.array_equal(total, [3.0, 0.0, 2.0, 0.0, 1.5, 0.0])


@st.composite
def convolutions(draw: st.DrawFn) -> Call:
    """Any geometry of a Conv2d."""
    groups = draw(st.integers(1, 3))
    inner, outer = draw(st.integers(1, 2)), draw(st.integers(1, 2))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding: Any = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    padding = draw(st.sampled_from([padding, padding, "valid", "same"]))
    stride = (1, 1) if padding == "same" else stride
    least = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    height, width = (size + draw(st.integers(0, 6)) for size in least)
    numbers = generator(draw(st.integers(0, 1000)))
    attributes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    attributes |= {"in_channels": groups * inner, "out_channels": groups * outer}
    bias = draw(st.booleans())
    parameters = {"weight": numbers.standard_normal((groups * outer, inner, *kernel))}
    parameters |= {"bias": numbers.standard_normal(groups * outer)} if bias else {}
    x = numbers.standard_normal((draw(st.integers(1, 3)), groups * inner, height, width))
    one = layer("Conv2d", **attributes, kernel_size=kernel, bias=bias)
    return Call(one, (x,), parameters, {}, "train")


@st.composite
def averages(draw: st.DrawFn) -> Call:
    """Any geometry of an AvgPool2d."""
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    attributes = {
        "kernel_size": kernel,
        "stride": draw(st.tuples(st.integers(1, 5), st.integers(1, 5))),
        "padding": tuple(draw(st.integers(0, k // 2)) for k in kernel),
        "ceil_mode": draw(st.booleans()),
        "count_include_pad": draw(st.booleans()),
        "divisor_override": draw(st.sampled_from([None, 3, -7])),
    }
    shape = (draw(st.integers(1, 2)), 3, *(k + draw(st.integers(0, 6)) for k in kernel))
    x = generator(draw(st.integers(0, 1000))).standard_normal(shape)
    return Call(layer("AvgPool2d", **attributes), (x,), {}, {}, "train")


@st.composite
def matrices(draw: st.DrawFn) -> Call:
    """Any Linear, with axes between samples and features, and with or without a bias."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    inner, outer = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    numbers = generator(draw(st.integers(0, 1000)))
    bias = numbers.standard_normal(outer) if draw(st.booleans()) else None
    weight = numbers.standard_normal((outer, inner))
    call = linear(numbers.standard_normal((*shape, inner)), weight, bias)
    attributes = {"in_features": inner, "out_features": outer, "bias": bias is not None}
    return Call(layer("Linear", **attributes), call.inputs, call.parameters, {}, "train")


@st.composite
def additions(draw: st.DrawFn) -> Call:
    """Sums of two inputs and more."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    numbers = generator(draw(st.integers(0, 1000)))
    inputs = [numbers.standard_normal(shape) for _ in range(draw(st.integers(2, 4)))]
    return Call(layer("Add"), tuple(inputs), {}, {}, "train")


def within_the_bound(actual: Array, expected: Measured) -> bool:
    """The same shape, and no farther apart than float64 can be."""
    bound = guaranteed(expected.size, FLOAT64)
    near = np.abs(actual - expected.value) <= bound
    return actual.shape == expected.value.shape and bool(np.all(near))


OVERHANG = {
    "kernel_size": (4, 3),
    "stride": (3, 2),
    "padding": (1, 1),
    "ceil_mode": True,
    "count_include_pad": True,
    "divisor_override": None,
}
"""The last windows reach beyond the padding, which a divisor must not count."""


@example(
    call=Call(
        layer("AvgPool2d", **OVERHANG),
        (spread_out(9, 1)[:72].reshape(1, 1, 9, 8),),
        {},
        {},
        "train",
    )
)
@given(call=st.one_of(convolutions(), averages(), matrices(), additions()))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_geometry_is_that_of_pytorch(call: Call) -> None:
    """Output and all gradients are within the guaranteed bound of PyTorch's in float64."""
    run, other = DoubleDouble().run(call), MeasuredRun(PyTorch(), call)
    grad_output = generator(9).standard_normal(other.output.value.shape)
    inputs, parameters = run.backward(grad_output)
    right_inputs, right = other.backward(grad_output, np.abs(grad_output))
    assert within_the_bound(run.output, other.output)
    assert len(inputs) == len(right_inputs)
    assert all(within_the_bound(g, h) for g, h in zip(inputs, right_inputs, strict=True))
    assert parameters.keys() == right.keys()
    assert all(within_the_bound(parameters[p], right[p]) for p in right)
    assert run.buffers == {}


def test_nobodys_arrays_are_changed_or_shared() -> None:
    """The operands stay, and the results are no views of them."""
    x, weight, bias = (
        generator(i).standard_normal(s) for i, s in enumerate([(3, 4), (2, 4), (2,)])
    )
    before = [x.copy(), weight.copy(), bias.copy()]
    run = DoubleDouble().run(linear(x, weight, bias))
    inputs, parameters = run.backward(run.output)
    assert not any(np.shares_memory(inputs[0], a) for a in (x, weight, bias, run.output))
    assert parameters.keys() == {"weight", "bias"}
    assert all(np.array_equal(a, b) for a, b in zip((x, weight, bias), before, strict=True))


BIG = np.broadcast_to(np.float64(1.0), (10**5, 1, 500, 500))
"""Of 200 GB, and without memory: whoever copied it would run out."""

POOL = {
    "kernel_size": (1, 1),
    "stride": (1, 1),
    "padding": (0, 0),
    "ceil_mode": False,
    "count_include_pad": True,
    "divisor_override": None,
}
CONV = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}


@pytest.mark.parametrize(
    ("call", "count"),
    [
        pytest.param(linear(BIG, np.ones((2, 500))), 2 * BIG.size, id="Linear"),
        pytest.param(Call(layer("Add"), (BIG, BIG), {}, {}, "train"), 2 * BIG.size, id="Add"),
        pytest.param(
            Call(layer("AvgPool2d", **POOL), (BIG,), {}, {}, "train"), BIG.size, id="AvgPool2d"
        ),
        pytest.param(
            Call(layer("Conv2d", **CONV), (BIG,), {"weight": np.ones((3, 1, 1, 1))}, {}, "train"),
            3 * BIG.size,
            id="Conv2d",
        ),
    ],
)
def test_too_many_products_are_declined(call: Call, count: int) -> None:
    """Before any memory is taken."""
    with pytest.raises(Unsupported, match=f"up to {LIMIT} products, layer has {count}"):
        DoubleDouble().run(call)


CASE = loss_case("MSELoss", np.zeros((2, 3)))
UPDATED = sgd_case(0.1, {"fc.weight": np.ones(2)})


@pytest.mark.parametrize(
    ("what", "ask"),
    [
        pytest.param(
            "Tanh",
            lambda one: one.run(Call(layer("Tanh"), (np.ones((1, 1)),), {}, {}, "train")),
            id="a layer that is no sum of products",
        ),
        pytest.param(
            "complex numbers",
            lambda one: one.run(linear(np.ones((1, 1)) * 1j, np.ones((1, 1)))),
            id="complex operands",
        ),
        pytest.param(
            "losses", lambda one: one.loss(CASE, CASE.steps[0], np.ones((2, 3))), id="a loss"
        ),
        pytest.param(
            "losses",
            lambda one: one.loss_gradient(CASE, CASE.steps[0], np.ones((2, 3))),
            id="its gradient",
        ),
        pytest.param("penalties", lambda one: one.penalty(CASE, CASE.steps[0], {}), id="a penalty"),
        pytest.param(
            "penalties",
            lambda one: one.penalty_gradients(CASE, CASE.steps[0], {}),
            id="its gradients",
        ),
        pytest.param("clipping", lambda one: one.clip(UPDATED, {}), id="clipping"),
        pytest.param(
            "optimizers",
            lambda one: one.update(UPDATED, UPDATED.steps[0], {}, {}, {}),
            id="an update",
        ),
    ],
)
def test_everything_else_is_declined(what: str, ask: Callable[[DoubleDouble], Any]) -> None:
    """It says what it does not do."""
    with pytest.raises(Unsupported, match=f"dot2 does sums of products, and no {what}"):
        ask(DoubleDouble())
