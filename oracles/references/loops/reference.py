"""loops as an oracle: every stage of a training step by the formulas of `table.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.errors import Unsupported
from oracles.contract.reference import Call, Parameters, Slots
from oracles.references.loops import clipping
from oracles.references.loops.losses import Loss
from oracles.references.loops.operation import Gradients, Operation
from oracles.references.loops.table import LOSSES, OPERATIONS, OPTIMIZERS, PENALTIES

LIMIT = 10**6
"""Products of one call of a layer. PyTorch is there for larger ones."""

Formulas = TypeVar("Formulas")


class LoopsRun:
    """One evaluated layer. Gradients follow from its operands by formulas of their own."""

    def __init__(self, call: Call) -> None:
        self._operation = _declined_if_large(call)
        self._call = _copied(call)
        self.output = self._operation.forward(self._call)

    @property
    def buffers(self) -> dict[str, Array]:
        """Its buffers after the forward pass."""
        with np.errstate(all="ignore"):
            return self._operation.buffers(self._call)

    def backward(self, grad_output: Array) -> Gradients:
        """Gradients with respect to the inputs and the parameters, on real operands."""
        with np.errstate(all="ignore"):
            return self._operation.backward(self._call, _number(grad_output))


class Loops:
    """Every stage of a training step as its formula has it (see `contract/reference.py`).

    `run(call).output`, `loss` and `penalty` take complex128 operands as well, and continue the
    formula analytically: where there is a choice, the real parts make it.
    """

    name = "loops"

    def run(self, call: Call) -> LoopsRun:
        """Evaluate one layer.

        Raises Unsupported for more than LIMIT products, before anything is computed.
        """
        with np.errstate(all="ignore"):
            return LoopsRun(call)

    def loss(self, case: Case, step: Step, prediction: Array) -> Array:
        """The loss without penalties."""
        prediction, target = _number(prediction), _target(step)
        assert case.loss is not None
        with np.errstate(all="ignore"):
            values = _loss(case).values(case.loss, target, prediction) * case.loss["factor"]
            if case.loss["reduction"] == "none":
                return np.asarray(values)
            return np.asarray(np.sum(values) / _divisor(case, step, prediction))

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        """Its gradient with respect to the prediction."""
        prediction, target = _number(prediction), _target(step)
        assert case.loss is not None
        with np.errstate(all="ignore"):
            slopes: Array = _loss(case).slopes(case.loss, target, prediction) * case.loss["factor"]
            if case.loss["reduction"] == "none":
                return slopes * _upstream(step, prediction)
            return slopes / _divisor(case, step, prediction)

    def penalty(self, case: Case, step: Step, parameters: Parameters) -> Array:
        """What the penalties add to the loss."""
        total = np.zeros(())
        with np.errstate(all="ignore"):
            for penalty in case.penalties:
                formulas = _found(PENALTIES, penalty.type)
                scale = penalty.factor / penalty.divisor(step, case)
                for name in penalty.parameters:
                    if name in parameters:
                        total = total + scale * formulas.total(_number(parameters[name]))
        return np.asarray(total)

    def penalty_gradients(self, case: Case, step: Step, parameters: Parameters) -> Parameters:
        """What the penalties add to the gradients, for the parameters they concern."""
        gradients: Parameters = {}
        with np.errstate(all="ignore"):
            for penalty in case.penalties:
                formulas = _found(PENALTIES, penalty.type)
                scale = penalty.factor / penalty.divisor(step, case)
                for name in penalty.parameters:
                    if name in parameters:
                        added = scale * formulas.slopes(_number(parameters[name]))
                        gradients[name] = gradients.get(name, np.zeros(())) + added
        return gradients

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        """The gradients clipped by norm or by value; as they are where nothing is asked for."""
        assert case.optimizer is not None
        gradients = {name: _number(gradient) for name, gradient in gradients.items()}
        with np.errstate(all="ignore"):
            if case.optimizer["clip_grad_norm"] is not None:
                gradients = clipping.by_norm(gradients, case.optimizer["clip_grad_norm"])
            if case.optimizer["clip_grad_value"] is not None:
                gradients = clipping.by_value(gradients, case.optimizer["clip_grad_value"])
        return gradients

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        """Parameters and slots after one step of the optimizer, each parameter by itself."""
        assert case.optimizer is not None
        rule = _found(OPTIMIZERS, case.optimizer["type"])
        updated: Parameters = {}
        remembered: Slots = {}
        with np.errstate(all="ignore"):
            for name, parameter in parameters.items():
                updated[name], remembered[name] = rule(
                    case.optimizer["parameters"][name],
                    step.learning_rates[name],
                    _number(parameter),
                    _number(gradients[name]),
                    {slot: _number(array) for slot, array in slots.get(name, {}).items()},
                )
        return updated, remembered


def _declined_if_large(call: Call) -> Operation:
    operation = _found(OPERATIONS, call.layer.type)
    products = operation.products(call)
    if products > LIMIT:
        raise Unsupported(
            f"{call.layer.name} ({call.layer.type}) would take {products:,} products in loops, "
            f"which does at most {LIMIT:,}"
        )
    return operation


def _copied(call: Call) -> Call:
    """The call on arrays of its own."""
    inputs = [_number(x) for x in call.inputs]
    parameters = {p: _number(array) for p, array in call.parameters.items()}
    mask = None if call.mask is None else _number(call.mask)
    buffers = {name: _number(buffer) for name, buffer in call.buffers.items()}
    return replace(call.on(inputs, parameters, mask), buffers=buffers)


def _number(array: Array) -> Array:
    """A copy in float64, or in complex128 if it is complex."""
    return np.array(array, dtype=np.complex128 if np.iscomplexobj(array) else np.float64)


def _loss(case: Case) -> Loss:
    assert case.loss is not None
    return _found(LOSSES, case.loss["type"])


def _target(step: Step) -> Array:
    """Labels stay integers."""
    assert step.target is not None
    return step.target if step.target.dtype.kind in "iu" else _number(step.target)


def _upstream(step: Step, prediction: Array) -> Array:
    """Shaped to go with the prediction: the loss of a row of classes concerns all of them."""
    assert step.upstream is not None
    upstream = _number(step.upstream)
    return upstream if upstream.ndim == prediction.ndim else upstream[:, None]


def _divisor(case: Case, step: Step, prediction: Array) -> float:
    """What the sum is divided by."""
    assert case.loss is not None
    if case.loss["reduction"] == "sum":
        return 1.0
    if case.loss["reduction"] == "batchmean":
        return float(len(step.samples))
    return _loss(case).divisor(case.loss, _target(step), prediction)


def _found(table: Mapping[str, Formulas], name: str) -> Formulas:
    if name not in table:
        raise Unsupported(f"loops has no formula for {name}")
    return table[name]
