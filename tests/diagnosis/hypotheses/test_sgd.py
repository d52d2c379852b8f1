"""Mistakes in SGD are named where the update with the mistake is written down in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

import oracles
from oracles.contract.case import Array
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.sgd import clip
from oracles.diagnosis.hypotheses.sgd import dampening as sgd_dampening
from oracles.diagnosis.hypotheses.sgd import momentum as sgd_momentum
from oracles.diagnosis.hypotheses.sgd import nesterov as sgd_nesterov
from oracles.diagnosis.hypotheses.sgd import parameters as sgd_parameters
from oracles.diagnosis.hypotheses.sgd import rate as sgd_rate
from oracles.diagnosis.hypotheses.sgd import weight_decay as sgd_weight_decay
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence, made

HYPOTHESES = (
    *clip.HYPOTHESES,
    *sgd_dampening.HYPOTHESES,
    *sgd_momentum.HYPOTHESES,
    *sgd_nesterov.HYPOTHESES,
    *sgd_parameters.HYPOTHESES,
    *sgd_rate.HYPOTHESES,
    *sgd_weight_decay.HYPOTHESES,
)
BY_NAME = {one.name: one for one in HYPOTHESES}

Options = Mapping[str, Any]
Optimizer = Callable[[Array, Array, dict[str, Any], Options], tuple[Array, dict[str, Any]]]
RATES = (0.1, 0.1, 0.01, 0.01)
SAMPLES = 3


def linear(x: Array, layer: Any) -> tuple[Array, tuple[Array, Array]]:
    """x W' + b."""
    weight = layer.parameters["weight"]
    return x @ weight.T + layer.parameters["bias"], (x, weight)


def linear_backward(g: Array, cache: tuple[Array, Array]) -> tuple[Array, dict[str, Array]]:
    """The gradients of x W' + b."""
    x, weight = cache
    return g @ weight, {"weight": g.T @ x, "bias": g.sum(0)}


def plain(change: Callable[[Array, Array, Options], Array]) -> Optimizer:
    """(p, g, options) -> p, with nothing remembered."""
    return lambda p, g, state, o: (change(p, g, o), {})


def at_step(rate: Callable[[int], float]) -> Optimizer:
    """Plain descent with a rate that depends on the number of the step."""

    def step(p: Array, g: Array, state: dict[str, Any], o: Options) -> tuple[Array, dict[str, Any]]:
        t = state.get("t", 0)
        return p - rate(t) * g, {"t": t + 1}

    return step


def with_momentum(
    first: Callable[[Array, Options], Array],
    later: Callable[[Array, Array, Options], Array],
    step: Callable[[Array, Array, Options], Array] = lambda g, v, o: o["lr"] * v,
) -> Optimizer:
    """first(g) and later(v, g) make the buffer, step(g, v) is what is taken off the parameter."""

    def move(p: Array, g: Array, state: dict[str, Any], o: Options) -> tuple[Array, dict[str, Any]]:
        g = g + o["weight_decay"] * p
        v = later(state["momentum_buffer"], g, o) if state else first(g, o)
        return p - step(g, v, o), {"momentum_buffer": v}

    return move


def decayed(change: Callable[[Array, Options], Array]) -> Optimizer:
    """Plain descent with something else added to the gradient."""
    return plain(lambda p, g, o: p - o["lr"] * (g + change(p, o)))


def decoupled(
    p: Array, g: Array, state: dict[str, Any], o: Options
) -> tuple[Array, dict[str, Any]]:
    """Decay beside the momentum."""
    v = o["momentum"] * state["momentum_buffer"] + g if state else g
    return p - o["lr"] * v - o["lr"] * o["weight_decay"] * p, {"momentum_buffer": v}


def as_gradient(g: Array, o: Options) -> Array:
    """The buffer starts as the gradient."""
    return g


def right(v: Array, g: Array, o: Options) -> Array:
    """momentum * v + g."""
    return np.asarray(o["momentum"] * v + (1 - o["dampening"]) * g)


def nesterov(g: Array, v: Array, o: Options) -> Array:
    """The step of Nesterov's momentum."""
    return np.asarray(o["lr"] * (g + o["momentum"] * v))


ROWS: tuple[tuple[str, str, Optimizer], ...] = (
    ("sgd.sign.ascent", "plain", plain(lambda p, g, o: p + o["lr"] * g)),
    ("sgd.maximize.ignored", "maximize", decayed(lambda p, o: o["weight_decay"] * p)),
    ("sgd.lr.divided_by_batch", "plain", plain(lambda p, g, o: p - o["lr"] / SAMPLES * g)),
    ("sgd.lr.times_batch", "plain", plain(lambda p, g, o: p - o["lr"] * SAMPLES * g)),
    ("sgd.lr.constant", "plain", at_step(lambda t: RATES[0])),
    ("sgd.lr.schedule_early", "plain", at_step(lambda t: RATES[min(t + 1, 3)])),
    ("sgd.lr.schedule_early", "step_lr", at_step(lambda t: 0.5 * 0.25 ** ((t + 1) // 2))),
    ("sgd.lr.schedule_early", "exponential_lr", at_step(lambda t: 0.5 * 0.8 ** (t + 1))),
    ("sgd.lr.schedule_late", "plain", at_step(lambda t: RATES[max(t - 1, 0)])),
    (
        "sgd.momentum.reset",
        "momentum",
        with_momentum(as_gradient, lambda v, g, o: g),
    ),
    (
        "sgd.momentum.dampened",
        "momentum",
        with_momentum(lambda g, o: 0.1 * g, lambda v, g, o: 0.9 * v + 0.1 * g),
    ),
    (
        "sgd.momentum.dampening_after_first",
        "momentum",
        with_momentum(as_gradient, lambda v, g, o: 0.9 * v + 0.1 * g),
    ),
    (
        "sgd.momentum.dampening_ignored",
        "dampening",
        with_momentum(as_gradient, lambda v, g, o: 0.9 * v + g),
    ),
    (
        "sgd.momentum.dampening_from_first",
        "dampening",
        with_momentum(lambda g, o: 0.5 * g, right),
    ),
    (
        "sgd.momentum.swapped",
        "momentum",
        with_momentum(lambda g, o: 0.9 * g, lambda v, g, o: v + 0.9 * g),
    ),
    (
        "sgd.momentum.swapped_average",
        "momentum",
        with_momentum(lambda g, o: 0.9 * g, lambda v, g, o: 0.1 * v + 0.9 * g),
    ),
    (
        "sgd.momentum.sign",
        "momentum",
        with_momentum(as_gradient, lambda v, g, o: g - 0.9 * v),
    ),
    (
        "sgd.momentum.holds_lr",
        "momentum",
        with_momentum(
            lambda g, o: o["lr"] * g, lambda v, g, o: 0.9 * v + o["lr"] * g, lambda g, v, o: v
        ),
    ),
    (
        "sgd.momentum.buffer_is_update",
        "momentum",
        with_momentum(
            lambda g, o: -o["lr"] * g, lambda v, g, o: 0.9 * v - o["lr"] * g, lambda g, v, o: -v
        ),
    ),
    ("sgd.nesterov.missing", "nesterov", with_momentum(as_gradient, right)),
    ("sgd.nesterov.unasked", "momentum", with_momentum(as_gradient, right, nesterov)),
    (
        "sgd.nesterov.rate_inside",
        "nesterov",
        with_momentum(
            lambda g, o: o["lr"] * g,
            lambda v, g, o: 0.9 * v + o["lr"] * g,
            lambda g, v, o: o["lr"] * g + 0.9 * v,
        ),
    ),
    ("sgd.weight_decay.missing", "decay", decayed(lambda p, o: 0 * p)),
    ("sgd.weight_decay.half", "decay", decayed(lambda p, o: 0.05 * p)),
    ("sgd.weight_decay.double", "decay", decayed(lambda p, o: 0.2 * p)),
    ("sgd.weight_decay.sign", "decay", decayed(lambda p, o: -0.1 * p)),
    ("sgd.weight_decay.l1", "decay", decayed(lambda p, o: 0.1 * np.sign(p))),
    (
        "sgd.weight_decay.not_on_biases",
        "decay",
        decayed(lambda p, o: 0.1 * p * (p.ndim > 1)),
    ),
    ("sgd.weight_decay.decoupled", "momentum_decay", decoupled),
    (
        "sgd.weight_decay.decoupled_without_lr",
        "decay",
        plain(lambda p, g, o: p - o["lr"] * g - o["weight_decay"] * p),
    ),
    ("sgd.update.missing", "plain", plain(lambda p, g, o: p)),
    ("sgd.update.biases_frozen", "plain", plain(lambda p, g, o: p - o["lr"] * g * (p.ndim > 1))),
    (
        "sgd.update.weights_of_last_layer_frozen",
        "plain",
        plain(lambda p, g, o: p - o["lr"] * g * (p.ndim == 1)),
    ),
    (
        "sgd.update.biases_twice",
        "plain",
        plain(lambda p, g, o: p - o["lr"] * g * (1 + (p.ndim == 1))),
    ),
    (
        "sgd.update.biases_by_value",
        "plain",
        plain(lambda p, g, o: p - o["lr"] * (p if p.ndim == 1 else g)),
    ),
    ("sgd.update.twice", "plain", plain(lambda p, g, o: p - o["lr"] * g - o["lr"] * g)),
    (
        "sgd.groups.ignored",
        "groups",
        lambda p, g, s, o: with_momentum(as_gradient, right)(
            p, g, s, {**o, "lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}
        ),
    ),
    (
        "sgd.lr.groups_ignored",
        "groups",
        lambda p, g, s, o: with_momentum(as_gradient, right)(p, g, s, {**o, "lr": 0.1}),
    ),
    (
        "sgd.weight_decay.on_biases_too",
        "groups",
        lambda p, g, s, o: with_momentum(as_gradient, right)(p, g, s, {**o, "weight_decay": 0.1}),
    ),
)


@pytest.mark.parametrize(("name", "case", "update"), ROWS, ids=[f"{n} {c}" for n, c, _ in ROWS])
def test_an_update_with_the_mistake_is_named(name: str, case: str, update: Optimizer) -> None:
    """Who updates parameters with this mistake reads its name, and nothing else."""
    assert _causes(case, update) == [(name, "certain", ())]


def test_no_momentum_and_one_that_is_forgotten_are_the_same_where_no_buffer_is_shown() -> None:
    """Without the buffer nobody can say whether there is none, or a new one each time."""
    forgets = plain(lambda p, g, o: p - o["lr"] * g)
    ((cause, certainty, ties),) = _causes("momentum", forgets)
    assert {cause, *ties} == {"sgd.momentum.missing", "sgd.momentum.reset"}
    assert certainty == "likely"


SELF_MADE = (
    ("sgd.sign.ascent_of_kernels", "training/two_convolutions"),
    ("sgd.update.first_layer_frozen", "training/shrinking_batch"),
    ("sgd.update.weights_of_last_layer_frozen", "training/shrinking_batch"),
    ("sgd.update.twice", "sgd/momentum_decay"),
)


@pytest.mark.parametrize(("name", "case"), SELF_MADE, ids=str)
def test_a_mistake_in_some_layers_is_named(name: str, case: str) -> None:
    """The rule finds its own numbers, and no other rule does: this proves no more than that it
    runs and is alone."""
    drawn = definition(case).draw("float32")
    found = diagnose(evidence(drawn, made(drawn, BY_NAME[name])), HYPOTHESES)
    assert [(cause.cause, cause.certainty) for cause in found.causes] == [(name, "certain")]


WITHOUT_EFFECT = (
    ("sgd.lr.constant", "groups"),
    ("sgd.lr.schedule_early", "frozen"),
    ("sgd.lr.schedule_late", "groups"),
    ("sgd.lr.groups_ignored", "nesterov_decay"),
    ("sgd.groups.ignored", "maximize_momentum"),
    ("sgd.nesterov.unasked", "nesterov_decay"),
    ("sgd.weight_decay.decoupled", "maximize"),
    ("sgd.weight_decay.decoupled", "dampening_without_momentum"),
    ("sgd.weight_decay.on_biases_too", "momentum_decay"),
    ("sgd.weight_decay.not_on_biases", "groups"),
)


@pytest.mark.parametrize(("name", "case"), WITHOUT_EFFECT, ids=str)
def test_what_has_no_effect_changes_no_number(name: str, case: str) -> None:
    """Momentum, dampening, decay, maximize, groups and schedules are those of the case."""
    drawn = definition(f"sgd/{case}").draw("float64")
    right_ones, altered = evaluate(drawn), made(drawn, BY_NAME[name])
    assert set(altered) == set(right_ones)
    for entry, expected in right_ones.items():
        np.testing.assert_allclose(altered[entry], expected, rtol=1e-12, atol=1e-15)


def _causes(case: str, update: Optimizer) -> list[tuple[str, str, tuple[str, ...]]]:
    drawn = definition(f"sgd/{case}").draw("float64")
    trace = Trace(drawn)
    layers = {"Linear": (linear, linear_backward)}
    oracles.from_functions(layers, optimizer={"SGD": update}).run(drawn, trace)
    found = diagnose(evidence(drawn, trace), HYPOTHESES)
    assert not found.unexplained
    return [
        (one.cause, one.certainty, tuple(tie.cause for tie in one.ties)) for one in found.causes
    ]
