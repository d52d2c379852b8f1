"""How far a step may go: the curvature of the loss where the step begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import eigh_tridiagonal

from oracles.contract.case import Case, Step
from oracles.contract.reference import Parameters
from oracles.learning.objective import Flat, Objective

_PRODUCTS = 25
"""Products with the Hessian, at most."""

_ACCURACY = 0.01
"""Of an eigenvalue, relative."""


def largest_eigenvalue(objective: Objective, flat: Flat) -> float:
    """The largest eigenvalue of the Hessian of the loss at `flat`, within about a hundredth; NaN
    where the Hessian is not finite.

    Its Gauss-Newton part, which leaves out the curvature of the network itself, has nearly the same
    at the start of a training with squared errors.
    """
    return _lanczos(lambda vector: objective.hessian_times(flat, vector), len(flat))


@dataclass(frozen=True)
class Stability:
    """How large a rate the curvature allows.

    lr          learning rate that is set, the largest of any parameter
    eigenvalue  largest one of the Hessian, each parameter scaled by its rate relative to `lr`;
                weight decay, which is no part of the loss, included
    limit       rate above which steps grow along that direction; infinite where nothing curves up
    sum         what all steps together make of one gradient, as a multiple of the rate:
                (1 - dampening) / (1 - momentum), the largest of any parameter
    """

    lr: float
    eigenvalue: float
    limit: float
    sum: float

    @property
    def sound(self) -> float:
        """The rate with which a gradient moves the parameters by 1 / eigenvalue in the sum of all
        steps. Without momentum that is half the limit. With it the limit is nearly twice as high,
        but batches that differ are added up before they cancel."""
        return 1.0 / self.eigenvalue / self.sum if not self.eigenvalue <= 0.0 else float("inf")

    @property
    def over(self) -> float:
        """The rate as a multiple of the limit."""
        return self.lr / self.limit


def stability(case: Case, step: Step, parameters: Parameters) -> Stability:
    """The limit of SGD at these parameters, for the loss of `step` taken as a quadratic.

    Formula:
        limit = factor / lambda
        lambda   largest eigenvalue of D^(1/2) (H + W) D^(1/2), D the rates relative to the largest,
                 W the weight decay, both diagonal
        factor   2 (1 + momentum) / (1 - dampening), with nesterov 2 (1 + momentum) / (1 + 2
                 momentum); the smallest of all parameters, where groups differ

    Clipping is left out: it makes steps shorter, and keeps none from going to and fro.

    Source:
        Characteristic polynomials of the heavy ball and of torch.optim.SGD's Nesterov momentum.
    """
    assert case.optimizer is not None
    objective, options = Objective(case, step), case.optimizer["parameters"]
    lr = max(step.learning_rates.values(), default=0.0)
    if not 0.0 < lr * lr < np.inf:
        return Stability(lr, float("nan"), float("inf"), 1.0)
    relative = {name: rate / lr for name, rate in step.learning_rates.items()}
    roots = np.sqrt(_spread(objective, relative))
    decay = _spread(objective, {name: own["weight_decay"] for name, own in options.items()})
    flat = objective.flat(parameters)

    def times(vector: Flat) -> Flat:
        scaled = roots * vector
        return roots * (objective.hessian_times(flat, scaled) + decay * scaled)

    eigenvalue = _lanczos(times, len(flat))
    moved = [own for name, own in options.items() if relative[name] > 0.0]
    limit = min(map(_factor, moved)) / eigenvalue if not eigenvalue <= 0.0 else float("inf")
    return Stability(lr, eigenvalue, limit, max(map(_sum, moved)))


def _factor(options: Mapping[str, Any]) -> float:
    """lr * eigenvalue at which a step along one direction begins to grow."""
    momentum = options["momentum"]
    if options["nesterov"]:
        return float(2.0 * (1.0 + momentum) / (1.0 + 2.0 * momentum))
    return float(2.0 * (1.0 + momentum) / _first(options))


def _sum(options: Mapping[str, Any]) -> float:
    """What becomes of a gradient over all steps; as if momentum ended short of 1."""
    return float(_first(options) / max(1.0 - options["momentum"], 1e-3))


def _first(options: Mapping[str, Any]) -> float:
    """The share of a gradient that enters the momentum."""
    return max(1.0 - options["dampening"], 1e-3) if options["momentum"] else 1.0


def _spread(objective: Objective, numbers: Mapping[str, float]) -> Flat:
    """A number for each parameter, as one for each of its entries."""
    return objective.flat({n: np.full(shape, numbers[n]) for n, shape in objective.shapes.items()})


def _lanczos(times: Callable[[Flat], Flat], count: int) -> float:
    """The largest eigenvalue of a symmetric matrix of which only products are known: Lanczos with
    full orthogonalisation, until the residual says that it is near. It never says too much."""
    vector = np.random.default_rng(0).standard_normal(count)
    basis = (vector / np.linalg.norm(vector))[None]
    diagonal: list[float] = []
    beside: list[float] = []
    largest = float("nan")
    for _ in range(min(_PRODUCTS, count)):
        product = times(basis[-1])
        if not np.all(np.isfinite(product)):
            return float("nan")
        diagonal.append(float(basis[-1] @ product))
        for _ in range(2):
            product = product - basis.T @ (basis @ product)
        length = float(np.linalg.norm(product))
        values, vectors = eigh_tridiagonal(np.array(diagonal), np.array(beside))
        largest, scale = float(values[-1]), float(np.abs(values).max())
        if length * abs(vectors[-1, -1]) <= _ACCURACY * abs(largest) or length <= 1e-12 * scale:
            break
        beside.append(length)
        basis = np.concatenate([basis, product[None] / length])
    return largest
