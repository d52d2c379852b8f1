"""Networks of one layer as people write them in NumPy, in the dtype of the case: implementations
that owe nothing to the rules that they are to be named by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.judging.diagnosis import Variant
from tests.diagnosis.self_made import definition, evidence


@dataclass
class Given:
    """What a layer knows in one step.

    mask      of dropout in train mode, else None
    buffers   changed in place
    """

    x: Array
    train: bool
    mask: Array | None
    attributes: Mapping[str, Any]
    parameters: Mapping[str, Array]
    buffers: dict[str, Array]


Output = Callable[[Given], Array]
GradInput = Callable[[Given, Array, Array], Array]
GradParameters = Callable[[Given, Array, Array], Mapping[str, Array]]


@dataclass(frozen=True)
class Layer:
    """A layer by its formulas.

    output            of what is given
    grad_input        of what is given, the output and grad_output
    grad_parameters   likewise
    """

    output: Output
    grad_input: GradInput
    grad_parameters: GradParameters = field(default=lambda given, y, g: {})


def recorded(case: Case, layer: Layer) -> Trace:
    """What a network of this layer alone records."""
    (spec,) = case.layers
    trace = Trace(case)
    buffers = dict(spec.buffers)
    with np.errstate(all="ignore"):
        for step in case.steps:
            k, train = step.index, step.mode == "train"
            mask = step.masks.get(spec.name) if train else None
            given = Given(step.input, train, mask, spec.attributes, spec.parameters, buffers)
            y = layer.output(given)
            trace[f"step{k}.forward.{spec.name}"] = y.astype(case.dtype)
            for name, array in given.buffers.items():
                trace[f"step{k}.state.{spec.name}.{name}"] = array.astype(case.dtype)
            if step.backward:
                assert step.upstream is not None
                dx = layer.grad_input(given, y, step.upstream)
                trace[f"step{k}.backward.{spec.name}"] = dx.astype(case.dtype)
                for name, array in layer.grad_parameters(given, y, step.upstream).items():
                    trace[f"step{k}.gradient.{spec.name}.{name}"] = array.astype(case.dtype)
    return trace


def named(
    case: str, dtype: str, layer: Layer, hypotheses: Iterable[Hypothesis]
) -> list[tuple[str, Variant]]:
    """The causes, and in which half of the layer, that are named for it."""
    drawn = definition(case).draw(dtype)
    found = diagnose(evidence(drawn, recorded(drawn, layer)), hypotheses)
    assert found.unexplained == ()
    assert found.faults == ()
    return [(cause.cause, cause.variant) for cause in found.causes]
