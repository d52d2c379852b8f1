"""A loss in its parts: one number for each element, and what they are divided by. What altered
losses are made of; every option of the case is honoured by what leaves it alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from oracles.diagnosis.site import Site, tensor

ALL = ("CrossEntropyLoss", "MSELoss", "BCELoss", "BCEWithLogitsLoss")

_BY_NAME: dict[str, tuple[Callable[..., Tensor], tuple[str, ...]]] = {
    "CrossEntropyLoss": (F.cross_entropy, ("weight", "ignore_index", "label_smoothing")),
    "MSELoss": (F.mse_loss, ()),
    "BCELoss": (F.binary_cross_entropy, ("weight",)),
    "BCEWithLogitsLoss": (F.binary_cross_entropy_with_logits, ("weight", "pos_weight")),
}


def option(site: Site, name: str) -> Any:
    """An option of the loss, as a tensor where it is an array."""
    value = site.loss[name]
    return tensor(value) if isinstance(value, np.ndarray) else value


def factor(site: Site) -> float:
    """What the loss is multiplied by."""
    return float(site.loss["factor"])


def unreduced(site: Site, prediction: Tensor, target: Tensor | None = None, **other: Any) -> Tensor:
    """One loss for each element, weights considered and the factor not, with `other` options in
    the place of the case's."""
    function, names = _BY_NAME[site.loss["type"]]
    options = {name: option(site, name) for name in names} | other
    if site.loss["type"] == "BCELoss":
        prediction = prediction.nan_to_num(0.5).clamp(0.0, 1.0)
    target = site.target if target is None else target
    return function(prediction, target, reduction="none", **options)


def mean_divisor(
    site: Site, values: Tensor, target: Tensor | None = None, **other: Any
) -> Tensor | float:
    """What reduction "mean" divides the sum by: the number of elements, or the weights of the
    labels that count."""
    target = site.target if target is None else target
    if site.loss["type"] != "CrossEntropyLoss" or target.is_floating_point():
        return values.numel()
    ignore_index = other.get("ignore_index", site.loss["ignore_index"])
    weight = other["weight"] if "weight" in other else option(site, "weight")
    kept = target[target != ignore_index]
    return float(kept.numel()) if weight is None else weight[kept].sum()


def reduced(site: Site, values: Tensor, divisor: Tensor | float) -> Tensor:
    """What the reduction of the case makes of one number for each element, times the factor;
    `divisor` is that of a mean."""
    reduction = site.loss["reduction"]
    if reduction == "none":
        return values * factor(site)
    total = values.sum() * factor(site)
    if reduction == "batchmean":
        return total / site.samples
    return total / divisor if reduction == "mean" else total


def evaluated(site: Site, prediction: Tensor, target: Tensor | None = None, **other: Any) -> Tensor:
    """The loss of the case, with another target or other options in the place of its own."""
    values = unreduced(site, prediction, target, **other)
    return reduced(site, values, mean_divisor(site, values, target, **other))


def of_means(site: Site) -> bool:
    """Whether the case divides by samples or elements."""
    return site.loss["reduction"] in ("mean", "batchmean")


def right_gradient(site: Site, prediction: Tensor) -> Tensor:
    """The gradient of the loss of the case with respect to the prediction."""
    operand = prediction.detach().requires_grad_()
    with torch.enable_grad():
        values = unreduced(site, operand)
    upstream = scale(site, values)
    (gradient,) = torch.autograd.grad(values, operand, upstream)
    return gradient


def scale(site: Site, values: Tensor) -> Tensor:
    """The derivative of the loss with respect to each of the unreduced losses."""
    operand = values.detach().requires_grad_()
    with torch.enable_grad():
        loss = reduced(site, operand, mean_divisor(site, operand))
    upstream = None if site.step.upstream is None else tensor(site.step.upstream)
    (gradient,) = torch.autograd.grad(loss, operand, upstream)
    return gradient


def with_slope(values: Tensor, prediction: Tensor, slope: Tensor) -> Tensor:
    """Losses whose derivative is `slope`, as a formula written by hand has it, and not what
    autograd would make of `values`. Axes that `values` has not are summed over."""
    line = slope.detach() * prediction
    if line.dim() > values.dim():
        line = line.sum(1)
    return values.detach() + (line - line.detach())


def rounded_off(x: Tensor, dtype: torch.dtype) -> Tensor:
    """What is left of numbers in a dtype: infinity where they are too large, 0 where they are too
    small, themselves elsewhere."""
    limits = torch.finfo(dtype)
    x = torch.where(x.abs() > limits.max, torch.inf * x.sign(), x)
    return torch.where(x.abs() < limits.smallest_normal * limits.eps, 0.0, x)


def rounded_to(dtype: torch.dtype, number: float) -> float:
    """The number as the dtype holds it."""
    return float(torch.tensor(number, dtype=dtype))


def weighted(site: Site, values: Tensor) -> Tensor:
    """What becomes of binary cross-entropies, one for each element, without their weight."""
    weight = option(site, "weight")
    return reduced(site, values if weight is None else values * weight, values.numel())
