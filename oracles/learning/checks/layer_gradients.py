"""Norms of the gradients of a training, layer by layer; steps without a backward pass are left
out."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from oracles.learning.course import Course, Curve


def layer_gradients(course: Course) -> Mapping[str, Curve]:
    """{layer: (backward passes)} Euclidean norm of the gradients of all its parameters together."""
    kept = _recorded(course)
    return {layer: curve[kept] for layer, curve in _joined(course.gradients, course).items()}


def relative_gradients(course: Course) -> Mapping[str, Curve]:
    """The same, divided by the norm of the parameters before the step; NaN where that is 0."""
    norms, kept = _joined(course.parameters, course), _recorded(course)
    return {
        layer: curve[kept] / np.where(norms[layer][kept] > 0.0, norms[layer][kept], np.nan)
        for layer, curve in _joined(course.gradients, course).items()
    }


def _joined(curves: Mapping[str, Curve], course: Course) -> dict[str, Curve]:
    layers: dict[str, list[Curve]] = {}
    for name, curve in curves.items():
        layers.setdefault(name.rpartition(".")[0], []).append(curve[: course.steps])
    return {layer: np.linalg.norm(own, axis=0) for layer, own in layers.items()}


def _recorded(course: Course) -> NDArray[np.bool_]:
    """(steps) whether there was a backward pass: NaN stands in the place of none. What is NaN in
    the last step of a training that ceased to be finite there has been computed."""
    curves = np.stack(list(course.gradients.values()))
    there: NDArray[np.bool_] = ~np.all(np.isnan(curves), axis=0)
    if course.not_finite and len(there):
        there[-1] = True
    return there
