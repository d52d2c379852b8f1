"""Batch norms written out in NumPy with a mistake are named by it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from oracles.contract.case import Array
from oracles.diagnosis.hypotheses.batch_norm2d import affine as batch_norm2d_affine
from oracles.diagnosis.hypotheses.batch_norm2d import backward as batch_norm2d_backward
from oracles.diagnosis.hypotheses.batch_norm2d import deviation as batch_norm2d_deviation
from oracles.diagnosis.hypotheses.batch_norm2d import running as batch_norm2d_running
from oracles.diagnosis.hypotheses.batch_norm2d import statistics as batch_norm2d_statistics
from oracles.diagnosis.hypotheses.course import modes, own_output
from oracles.judging.diagnosis import Variant
from tests.diagnosis.hypotheses.single_layers import Given, GradInput, GradParameters, Layer, named

ALL = (
    *batch_norm2d_deviation.HYPOTHESES,
    *batch_norm2d_statistics.HYPOTHESES,
    *batch_norm2d_affine.HYPOTHESES,
    *batch_norm2d_running.HYPOTHESES,
    *batch_norm2d_backward.HYPOTHESES,
    *modes.HYPOTHESES,
    *own_output.HYPOTHESES,
)

AXES = (0, 2, 3)


class ByHand:
    """Batch norm in train mode, each of its formulas in one place to be got wrong.

    spread   of the input around the mean: what is divided by
    """

    def mean(self, given: Given) -> Array:
        return np.asarray(given.x.mean(axis=AXES, keepdims=True))

    def spread(self, given: Given) -> Array:
        variance = given.x.var(axis=AXES, keepdims=True)
        return np.asarray(np.sqrt(variance + given.attributes["eps"]))

    def normalised(self, given: Given) -> Array:
        return np.asarray((given.x - self.mean(given)) / self.spread(given))

    def output(self, given: Given) -> Array:
        for name, array in self.remembered(given).items():
            given.buffers[name] = array
        weight, bias = (given.parameters[p].reshape(-1, 1, 1) for p in ("weight", "bias"))
        return np.asarray(self.normalised(given) * weight + bias)

    def remembered(self, given: Given) -> Mapping[str, Array]:
        part, old = given.attributes["momentum"], given.buffers
        batch = {"running_mean": given.x.mean(AXES), "running_var": given.x.var(AXES, ddof=1)}
        return {name: (1 - part) * old[name] + part * batch[name] for name in batch}

    def grad_input(self, given: Given, y: Array, g: Array) -> Array:
        z = self.normalised(given)
        delta = g * given.parameters["weight"].reshape(-1, 1, 1)
        means = delta.mean(AXES, keepdims=True) + z * (delta * z).mean(AXES, keepdims=True)
        return np.asarray((delta - means) / self.spread(given))

    def grad_parameters(self, given: Given, y: Array, g: Array) -> Mapping[str, Array]:
        return {"weight": (g * self.normalised(given)).sum(AXES), "bias": g.sum(AXES)}

    def layer(self) -> Layer:
        return Layer(self.output, self.grad_input, self.grad_parameters)


class LargerEps(ByHand):
    """TensorFlow's eps."""

    def spread(self, given: Given) -> Array:
        return np.asarray(np.sqrt(given.x.var(AXES, keepdims=True) + 1e-3))


class PerSample(ByHand):
    """An instance norm throughout."""

    def mean(self, given: Given) -> Array:
        return np.asarray(given.x.mean((2, 3), keepdims=True))

    def spread(self, given: Given) -> Array:
        eps = given.attributes["eps"]
        return np.asarray(np.sqrt(given.x.var((2, 3), keepdims=True) + eps))

    def grad_input(self, given: Given, y: Array, g: Array) -> Array:
        z, axes = self.normalised(given), (2, 3)
        delta = g * given.parameters["weight"].reshape(-1, 1, 1)
        means = delta.mean(axes, keepdims=True) + z * (delta * z).mean(axes, keepdims=True)
        return np.asarray((delta - means) / self.spread(given))


class NoBias(ByHand):
    """No bias is added, and its gradient is as if it were."""

    def output(self, given: Given) -> Array:
        return super().output(given) - given.parameters["bias"].reshape(-1, 1, 1)


class MomentumInverted(ByHand):
    """Momentum is the part of the old statistics that is kept."""

    def remembered(self, given: Given) -> Mapping[str, Array]:
        part, old = given.attributes["momentum"], given.buffers
        batch = {"running_mean": given.x.mean(AXES), "running_var": given.x.var(AXES, ddof=1)}
        return {name: part * old[name] + (1 - part) * batch[name] for name in batch}


class BiasedVariance(ByHand):
    """One variance for all purposes."""

    def remembered(self, given: Given) -> Mapping[str, Array]:
        part, old = given.attributes["momentum"], given.buffers["running_var"]
        new = (1 - part) * old + part * given.x.var(AXES)
        return {**super().remembered(given), "running_var": new}


class Frozen(ByHand):
    """No running statistics."""

    def remembered(self, given: Given) -> Mapping[str, Array]:
        return {}


def _constant_statistics(given: Given, y: Array, g: Array) -> Array:
    return np.asarray(g * given.parameters["weight"].reshape(-1, 1, 1) / ByHand().spread(given))


def _without_weight(given: Given, y: Array, g: Array) -> Array:
    z = ByHand().normalised(given)
    m = g.size // g.shape[1]
    sums = g.sum(AXES, keepdims=True) + z * (g * z).sum(AXES, keepdims=True)
    return np.asarray((m * g - sums) / m / ByHand().spread(given))


def _with_raw_input(given: Given, y: Array, g: Array) -> Mapping[str, Array]:
    return {"weight": (g * given.x).sum(AXES), "bias": g.sum(AXES)}


def _with_means(given: Given, y: Array, g: Array) -> Mapping[str, Array]:
    right = ByHand().grad_parameters(given, y, g)
    return {"weight": right["weight"], "bias": g.mean(AXES)}


def _gradients(
    grad_input: GradInput | None = None, grad_parameters: GradParameters | None = None
) -> Layer:
    right = ByHand()
    return Layer(
        right.output, grad_input or right.grad_input, grad_parameters or right.grad_parameters
    )


IN_NUMPY: list[tuple[str, Variant, Layer]] = [
    ("eps.larger", "", LargerEps().layer()),
    ("statistics.per_sample", "", PerSample().layer()),
    ("bias.missing", "forward only", NoBias().layer()),
    ("running.momentum_inverted", "", MomentumInverted().layer()),
    ("running.variance_biased", "", BiasedVariance().layer()),
    ("running.frozen", "", Frozen().layer()),
    ("grad_input.constant_statistics", "", _gradients(_constant_statistics)),
    ("grad_input.weight_missing", "", _gradients(_without_weight)),
    ("grad_weight.of_raw_input", "", _gradients(grad_parameters=_with_raw_input)),
    ("grad_bias.mean", "", _gradients(grad_parameters=_with_means)),
]


@pytest.mark.parametrize(("name", "half", "layer"), IN_NUMPY, ids=[row[0] for row in IN_NUMPY])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_mistake_in_numpy_is_named(name: str, half: Variant, layer: Layer, dtype: str) -> None:
    """A mistake is recognised in code that was written without its rule."""
    found = named("batch_norm2d/three_train_steps", dtype, layer, ALL)
    assert found == [(f"batch_norm2d.{name}", half)]


class Unbiased(ByHand):
    """One variance for all purposes, the other one."""

    def spread(self, given: Given) -> Array:
        variance = given.x.var(axis=AXES, keepdims=True, ddof=1)
        return np.asarray(np.sqrt(variance + given.attributes["eps"]))


class OutsideRoot(ByHand):
    """Darknet's deviation."""

    def spread(self, given: Given) -> Array:
        return np.asarray(given.x.std(axis=AXES, keepdims=True) + given.attributes["eps"])


class NotRooted(ByHand):
    """The variance in the place of the deviation."""

    def spread(self, given: Given) -> Array:
        return np.asarray(given.x.var(axis=AXES, keepdims=True) + given.attributes["eps"])


@pytest.mark.parametrize(
    ("name", "case", "layer"),
    [
        ("variance.unbiased", "three_train_steps", Unbiased().layer()),
        ("variance.not_rooted", "three_train_steps", NotRooted().layer()),
        ("eps.outside_root", "large_eps", OutsideRoot().layer()),
    ],
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_gradient_that_follows_from_a_wrong_output_is_said_to(
    name: str, case: str, layer: Layer, dtype: str
) -> None:
    """The closed form of the gradient, given another deviation, is explained by the output in which
    that deviation is."""
    found = named(f"batch_norm2d/{case}", dtype, layer, ALL)
    assert {cause for cause, _ in found} == {
        f"batch_norm2d.{name}",
        "course.backward_of_own_output",
    }
    assert found[0][0] == f"batch_norm2d.{name}"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_layer_that_is_always_in_train_mode_is_named(dtype: str) -> None:
    """Evaluation that normalises by the batch and moves the running statistics has one cause."""
    found = named("batch_norm2d/train_eval_train", dtype, ByHand().layer(), ALL)
    assert found == [("batch_norm2d.statistics.always_train", "")]
