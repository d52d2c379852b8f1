"""Clipping of gradients."""

from collections.abc import Mapping

import numpy as np

from refcnn import checks
from refcnn.arrays import Array
from refcnn.optim.sgd import Parameters
from refcnn.parameter import Parameter


def clip_grad_norm_(parameters: Parameters, max_norm: float, norm_type: float = 2.0) -> float:
    """Scale all gradients together so that their joint norm is at most max_norm.

    Returns the norm before, summed in float64.

    Formula:
        norm = (sum over all elements of |g|**norm_type) ** (1 / norm_type)
        g = g * min(1, max_norm / (norm + 1e-6))

    Source:
        torch.nn.utils.clip_grad_norm_; Pascanu et al. 2013, algorithm 1. norm_type may be inf.
    """
    if not norm_type > 0:
        raise ValueError(f"clip_grad_norm_: norm_type must be positive, got norm_type={norm_type}")
    max_norm = checks.number("clip_grad_norm_", "max_norm", max_norm, least=0)
    gradients = _gradients(parameters)
    flat = [gradient.ravel().astype(np.float64) for _, gradient in gradients]
    norm = float(np.linalg.norm(np.concatenate(flat), norm_type)) if flat else 0.0
    coefficient = float(np.minimum(max_norm / (norm + 1e-6), 1.0))
    for parameter, gradient in gradients:
        parameter.grad = gradient * coefficient
    return norm


def clip_grad_value_(parameters: Parameters, clip_value: float) -> None:
    """Limit every element of every gradient to -clip_value .. clip_value.

    Source:
        torch.nn.utils.clip_grad_value_
    """
    limit = checks.number("clip_grad_value_", "clip_value", clip_value, least=0)
    for parameter, gradient in _gradients(parameters):
        parameter.grad = np.clip(gradient, -limit, limit)


def _gradients(parameters: Parameters) -> list[tuple[Parameter, Array]]:
    """The parameters that have a gradient, with it."""
    listed = parameters.values() if isinstance(parameters, Mapping) else parameters
    return [(p, p.grad) for p in listed if p.grad is not None]
