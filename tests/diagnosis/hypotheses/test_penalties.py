"""Mistakes in penalties and in clipping are named, in a dense layer written down in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Array, Case
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypotheses.losses import penalty
from oracles.diagnosis.hypotheses.sgd import clip, clip_norms
from oracles.diagnosis.hypotheses.sgd import parameters as sgd_parameters
from oracles.diagnosis.hypotheses.sgd import rate as sgd_rate
from oracles.references.pytorch import evaluate
from tests.diagnosis.self_made import definition, evidence, made

HYPOTHESES = (
    *penalty.HYPOTHESES,
    *clip.HYPOTHESES,
    *clip_norms.HYPOTHESES,
    *sgd_parameters.HYPOTHESES,
    *sgd_rate.HYPOTHESES,
)
BY_NAME = {one.name: one for one in HYPOTHESES}

Penalty = Callable[[Array, Array, int], tuple[Any, Any, Any]]
"""(weight, bias, samples) -> what is added to the loss, to grad_weight, to grad_bias."""

Clip = Callable[[Array, Array], tuple[Array, Array]]
"""(grad_weight, grad_bias) -> both after clipping."""


def dense(case: Case, penalise: Penalty, clipped: Clip | None) -> Trace:
    """What one dense layer records: squared errors with a penalty, or an upstream gradient that is
    clipped; plain descent."""
    trace, layer = Trace(case), case.layers[0]
    w, b = layer.parameters["weight"], layer.parameters["bias"]
    for k, step in enumerate(case.steps):
        x, n = step.input, len(step.samples)
        y = trace[f"step{k}.forward.fc"] = x @ w.T + b
        added, on_w, on_b = penalise(w, b, n)
        g = step.upstream
        if case.loss is not None:
            divisor = {"sum": 1, "batchmean": n, "mean": y.size}[case.loss["reduction"]]
            trace[f"step{k}.loss"] = ((y - step.target) ** 2).sum() / divisor + added
            g = trace[f"step{k}.backward.loss"] = 2 * (y - step.target) / divisor
        assert g is not None
        trace[f"step{k}.backward.fc"] = g @ w
        grad_w, grad_b = g.T @ x + on_w, g.sum(0) + on_b
        trace[f"step{k}.gradient.fc.weight"], trace[f"step{k}.gradient.fc.bias"] = grad_w, grad_b
        if clipped is not None:
            grad_w, grad_b = clipped(grad_w, grad_b)
            trace[f"step{k}.clipped.fc.weight"], trace[f"step{k}.clipped.fc.bias"] = grad_w, grad_b
        if step.lr is not None:
            w, b = w - step.lr * grad_w, b - step.lr * grad_b
            trace[f"step{k}.update.fc.weight"], trace[f"step{k}.update.fc.bias"] = w, b
    return trace


def squares(value: float, slope: float) -> Penalty:
    """The squares of the weights."""
    return lambda w, b, n: (value * (w**2).sum(), slope * w, 0.0)


def norm(w: Array, b: Array, n: int) -> tuple[Any, Any, Any]:
    """The root of the sum of squares."""
    length = np.sqrt((w**2).sum())
    return 0.125 * length, 0.125 * w / length, 0.0


PENALTIES: tuple[tuple[str, str, Penalty], ...] = (
    ("penalty.missing", "penalty_l2", lambda w, b, n: (0.0, 0.0, 0.0)),
    ("penalty.half", "penalty_l2", squares(0.0625, 0.125)),
    ("penalty.double", "penalty_l2", squares(0.25, 0.5)),
    ("penalty.sign", "penalty_l2", squares(-0.125, -0.25)),
    (
        "penalty.on_biases",
        "penalty_l2",
        lambda w, b, n: (0.125 * ((w**2).sum() + (b**2).sum()), 0.25 * w, 0.25 * b),
    ),
    (
        "penalty.absolute",
        "penalty_l2",
        lambda w, b, n: (0.125 * np.abs(w).sum(), 0.125 * np.sign(w), 0.0),
    ),
    ("penalty.root", "penalty_l2", norm),
    (
        "penalty.squared",
        "penalty_l1",
        lambda w, b, n: (0.25 * ((w**2).sum() + (b**2).sum()), 0.5 * w, 0.5 * b),
    ),
    (
        "penalty.not_on_biases",
        "penalty_l1",
        lambda w, b, n: (0.25 * np.abs(w).sum(), 0.25 * np.sign(w), 0.0),
    ),
    ("penalty.not_divided", "penalty_per_batch", squares(0.5, 1.0)),
    ("penalty.divided_by_dataset", "penalty_per_batch", squares(0.1, 0.2)),
    (
        "penalty.divided_by_batch",
        "penalty_per_dataset",
        lambda w, b, n: (0.5 / n * (w**2).sum(), w / n, 0.0),
    ),
)


@pytest.mark.parametrize(
    ("name", "case", "penalise"), PENALTIES, ids=[f"{n} {c}" for n, c, _ in PENALTIES]
)
def test_a_penalty_with_the_mistake_is_named(name: str, case: str, penalise: Penalty) -> None:
    """Who adds a penalty with this mistake reads its name, and nothing else."""
    drawn = definition(f"losses/{case}").draw("float64")
    assert _causes(drawn, dense(drawn, penalise, None)) == [(name, "", "certain", ())]


def test_half_of_the_gradient_of_a_penalty_is_also_half_of_the_penalty_backward_only() -> None:
    """With squares alone both say the same."""
    drawn = definition("losses/penalty_l2").draw("float64")
    (cause,) = _causes(drawn, dense(drawn, squares(0.125, 0.125), None))
    assert cause[0] == "penalty.gradient_halved"
    assert cause[3] in ((), ("penalty.half",))


def by_norm(
    length: Callable[[Array, Array], float], most: float = 1.0, added: float = 1e-6
) -> Clip:
    """Both gradients times 0.5 / a length."""

    def clipped(w: Array, b: Array) -> tuple[Array, Array]:
        scale = min(most, 0.5 / (length(w, b) + added))
        return scale * w, scale * b

    return clipped


def both(change: Callable[[Array], Array]) -> Clip:
    """Each gradient by itself."""
    return lambda w, b: (change(w), change(b))


def length(w: Array, b: Array) -> float:
    """The norm of both together."""
    return float(np.sqrt((w**2).sum() + (b**2).sum()))


CLIPS: tuple[tuple[str, str, Clip], ...] = (
    ("sgd.clip.missing", "clip_norm_above", lambda w, b: (w, b)),
    (
        "sgd.clip.per_parameter",
        "clip_norm_above",
        both(lambda g: g * min(1.0, 0.5 / (np.linalg.norm(g) + 1e-6))),
    ),
    (
        "sgd.clip.squared_norm",
        "clip_norm_above",
        by_norm(lambda w, b: float((w**2).sum() + (b**2).sum())),
    ),
    (
        "sgd.clip.mean_norm",
        "clip_norm_above",
        by_norm(lambda w, b: length(w, b) / np.sqrt(w.size + b.size)),
    ),
    (
        "sgd.clip.absolute_norm",
        "clip_norm_above",
        by_norm(lambda w, b: float(np.abs(w).sum() + np.abs(b).sum())),
    ),
    (
        "sgd.clip.largest_for_norm",
        "clip_norm_above",
        by_norm(lambda w, b: float(max(np.abs(w).max(), np.abs(b).max()))),
    ),
    (
        "sgd.clip.norms_summed",
        "clip_norm_above",
        by_norm(lambda w, b: float(np.linalg.norm(w) + np.linalg.norm(b))),
    ),
    (
        "sgd.clip.outside_zero",
        "clip_value",
        both(lambda g: np.where(np.abs(g) > 0.5, 0.0, g)),
    ),
    ("sgd.clip.epsilon_missing", "clip_norm_above", by_norm(length, added=0.0)),
    ("sgd.clip.by_value_for_norm", "clip_norm_above", both(lambda g: np.clip(g, -0.5, 0.5))),
    ("sgd.clip.by_norm_for_value", "clip_value", by_norm(length)),
    ("sgd.clip.upper_only", "clip_value", both(lambda g: np.minimum(g, 0.5))),
    ("sgd.clip.half_range", "clip_value", both(lambda g: np.clip(g, -0.25, 0.25))),
    (
        "sgd.clip.always",
        "clip_norm_below",
        lambda w, b: (64 / (length(w, b) + 1e-6) * w, 64 / (length(w, b) + 1e-6) * b),
    ),
)


@pytest.mark.parametrize(("name", "case", "clipped"), CLIPS, ids=[f"{n} {c}" for n, c, _ in CLIPS])
def test_clipping_with_the_mistake_is_named(name: str, case: str, clipped: Clip) -> None:
    """Who clips gradients with this mistake reads its name, and nothing else."""
    drawn = definition(f"sgd/{case}").draw("float64")
    trace = dense(drawn, lambda w, b, n: (0.0, 0.0, 0.0), clipped)
    assert _causes(drawn, trace) == [(name, "", "certain", ())]


def test_clipping_layer_by_layer_shows_with_two_layers() -> None:
    """The rule finds its own numbers where there are two layers: no more than that is proved."""
    drawn = definition("sgd/clip_norm_two_layers").draw("float32")
    trace = made(drawn, BY_NAME["sgd.clip.per_layer"])
    assert _causes(drawn, trace) == [("sgd.clip.per_layer", "", "certain", ())]


WITHOUT_EFFECT = (
    ("penalty.on_biases", "losses/penalty_l1"),
    ("penalty.divided_by_batch", "losses/penalty_per_batch"),
    ("penalty.divided_by_dataset", "losses/penalty_per_dataset"),
    ("sgd.clip.per_layer", "sgd/clip_norm_momentum_decay"),
    ("sgd.clip.missing", "sgd/clip_norm_below"),
    ("sgd.clip.mean_norm", "sgd/clip_norm_below"),
    ("sgd.clip.always", "sgd/clip_norm_above"),
)


@pytest.mark.parametrize(("name", "case"), WITHOUT_EFFECT, ids=str)
def test_what_has_no_effect_changes_no_number(name: str, case: str) -> None:
    """Penalties and limits are those of the case."""
    drawn = definition(case).draw("float64")
    right, altered = evaluate(drawn), made(drawn, BY_NAME[name])
    assert set(altered) == set(right)
    for entry, expected in right.items():
        np.testing.assert_allclose(altered[entry], expected, rtol=1e-12, atol=1e-15)


def _causes(case: Case, trace: Trace) -> list[tuple[str, str, str, tuple[str, ...]]]:
    found = diagnose(evidence(case, trace), HYPOTHESES)
    assert not found.unexplained
    return [
        (one.cause, one.variant, one.certainty, tuple(tie.cause for tie in one.ties))
        for one in found.causes
    ]
