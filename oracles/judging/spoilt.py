"""Which entries are computed from numbers that are not finite any more.

What comes out there is an accident: 0 * infinity is NaN in one correct formula, and in another it
is never computed. So a number that is not finite behind them is inherited, and nobody's fault.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.entries import optimizer_slots
from oracles.contract.reference import Call, Parameters, Slots
from oracles.contract.training import walk
from oracles.judging.bounds import Arithmetic


def spoilt_entries(case: Case, values: Mapping[str, Array], a: Arithmetic) -> frozenset[str]:
    """The entries with an operand that is not finite in this arithmetic, or is too large for it.

    values   what the entries are computed from: the implementation's own, or what stands for it
    """
    if all(_finite(a, value) for value in values.values()):
        return frozenset()
    found: set[str] = set()

    def visit(name: str, spoilt: bool) -> Array:
        if spoilt:
            found.add(name)
        value = values[name]
        return np.where(np.abs(value) > a.largest, np.copysign(np.inf, value), value)

    with np.errstate(all="ignore"):
        walk(case, _Finiteness(case, a), visit)
    return frozenset(found)


def _finite(a: Arithmetic, *arrays: Array) -> bool:
    return all(bool(np.all(np.abs(array) <= a.largest)) for array in arrays)


class _Finiteness:
    """The rules of a walk whose values are: does this depend on what is not finite?"""

    def __init__(self, case: Case, a: Arithmetic) -> None:
        self.case, self.a = case, a

    def prepare(self, case: Case, step: Step) -> bool:
        return False

    def mask(self, case: Case, step: Step, layer: Layer) -> bool:
        return False

    def run(self, call: Call) -> _LayerFiniteness:
        return _LayerFiniteness(call, self.a)

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> bool:
        penalised = [parameters[name] for one in case.penalties for name in one.parameters]
        return not _finite(self.a, prediction, *penalised)

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> bool:
        return not _finite(self.a, prediction)

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: dict[str, bool]
    ) -> dict[str, bool]:
        penalised = {name for one in case.penalties for name in one.parameters}
        return {
            name: spoilt or (name in penalised and not _finite(self.a, parameters[name]))
            for name, spoilt in gradients.items()
        }

    def clip(self, case: Case, gradients: Parameters) -> dict[str, bool]:
        assert case.optimizer is not None
        if case.optimizer["clip_grad_norm"] is None:
            return {name: not _finite(self.a, array) for name, array in gradients.items()}
        return dict.fromkeys(gradients, not _finite(self.a, *gradients.values()))

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[dict[str, bool], dict[str, dict[str, bool]]]:
        updated = {
            name: not _finite(
                self.a, parameters[name], gradients[name], *slots.get(name, {}).values()
            )
            for name in parameters
        }
        remembered = {
            name: dict.fromkeys(optimizer_slots(case, name), spoilt)
            for name, spoilt in updated.items()
        }
        return updated, remembered


class _LayerFiniteness:
    def __init__(self, call: Call, a: Arithmetic) -> None:
        self.call, self.a = call, a
        operands = [*call.inputs, *call.parameters.values(), *call.buffers.values()]
        self.output = not _finite(a, *operands)

    @property
    def buffers(self) -> dict[str, bool]:
        return dict.fromkeys(self.call.buffers, self.output)

    def backward(self, grad_output: Array, spread: Array) -> tuple[list[bool], dict[str, bool]]:
        spoilt = self.output or not _finite(self.a, grad_output)
        return [spoilt] * len(self.call.inputs), dict.fromkeys(self.call.parameters, spoilt)
