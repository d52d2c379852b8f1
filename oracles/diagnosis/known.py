"""What the right rules give, remembered: most of a walk with one altered rule is unaltered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.evaluation import PlainRules, PlainRun
from oracles.contract.reference import Call, LayerRun, Parameters, Slots
from oracles.references.pytorch import PyTorch

Kept = TypeVar("Kept")


class Known:
    """The rules of PyTorch, each evaluated once for the same arrays.

    reference   PyTorch, or what the implementation is held to in its place

    Arrays are the same if they are the same object. What was computed while `recording` is kept
    together with the arrays it was computed from, so that no other array can get their identity.
    """

    def __init__(self, reference: PyTorch | None = None) -> None:
        self._reference = reference or PyTorch()
        self._plain = PlainRules(self._reference)
        self._kept: dict[Hashable, tuple[Any, Any]] = {}
        self.recording = True

    def prepare(self, case: Case, step: Step) -> Array:
        """See `Rules`."""
        return self._once(("prepare", step.index), (), self._plain.prepare, case, step)

    def mask(self, case: Case, step: Step, layer: Layer) -> Array:
        """See `Rules`."""
        return self._once(("mask", step.index, layer.name), (), self._plain.mask, case, step, layer)

    def run(self, call: Call) -> KnownRun:
        """See `Rules`."""
        arrays = (
            *call.inputs,
            *call.parameters.values(),
            *call.buffers.values(),
            *(() if call.mask is None else (call.mask,)),
        )
        key = ("run", call.layer.name, call.mode, call.batches)
        return self._once(key, arrays, self._new_run, call)

    def _new_run(self, call: Call) -> KnownRun:
        return KnownRun(self, self._reference.run(call))

    def loss(self, case: Case, step: Step, prediction: Array, parameters: Parameters) -> Array:
        """See `Rules`."""
        arrays = (prediction, *(parameters.values() if case.penalties else ()))
        key = ("loss", step.index)
        return self._once(key, arrays, self._plain.loss, case, step, prediction, parameters)

    def bare_loss(self, case: Case, step: Step, prediction: Array) -> Array:
        """The loss without penalties."""
        key = ("bare loss", step.index)
        return self._once(key, (prediction,), self._plain.reference.loss, case, step, prediction)

    def loss_gradient(self, case: Case, step: Step, prediction: Array) -> Array:
        """See `Rules`."""
        key = ("loss gradient", step.index)
        return self._once(key, (prediction,), self._plain.loss_gradient, case, step, prediction)

    def penalise(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters
    ) -> Parameters:
        """See `Rules`."""
        if not case.penalties or not gradients:
            return gradients
        arrays = [array for name in gradients for array in (gradients[name], parameters[name])]
        key = ("penalise", step.index, *gradients)
        return self._once(key, arrays, self._plain.penalise, case, step, parameters, gradients)

    def clip(self, case: Case, gradients: Parameters) -> Parameters:
        """See `Rules`."""
        return self._once(("clip",), gradients.values(), self._plain.clip, case, gradients)

    def update(
        self, case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
    ) -> tuple[Parameters, Slots]:
        """See `Rules`. Each parameter is updated by itself."""
        updated: Parameters = {}
        remembered: Slots = {}
        for name, parameter in parameters.items():
            own = slots.get(name, {})
            arrays = (parameter, gradients[name], *own.values())
            key = ("update", step.index, name)
            arguments = case, step, {name: parameter}, {name: gradients[name]}, {name: own}
            one: Parameters
            slot: Slots
            one, slot = self._once(key, arrays, self._plain.update, *arguments)
            updated[name], remembered[name] = one[name], slot[name]
        return updated, remembered

    def _once(
        self,
        key: tuple[Hashable, ...],
        arrays: Iterable[object],
        rule: Callable[..., Kept],
        *arguments: Any,
    ) -> Kept:
        held = tuple(arrays)
        whole = (*key, *map(id, held))
        if whole in self._kept:
            kept: Kept = self._kept[whole][1]
            return kept
        result = rule(*arguments)
        if self.recording:
            self._kept[whole] = held, result
        return result


class KnownRun(PlainRun):
    """A layer that was evaluated, its gradients once for each grad_output."""

    def __init__(self, known: Known, run: LayerRun) -> None:
        super().__init__(run)
        self._known = known

    def backward(self, grad_output: Array, spread: Array) -> tuple[list[Array], dict[str, Array]]:
        """See `Run`."""
        return self._known._once(
            ("backward", id(self)), (grad_output, self), super().backward, grad_output, spread
        )
