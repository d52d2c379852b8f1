"""What a magnitude rule of a layer is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from oracles.contract.case import Array
from oracles.contract.reference import Call, LayerRun, Reference
from oracles.judging.measured import Size


@dataclass(frozen=True)
class BackwardSizes:
    """Sizes of the gradients with respect to each input and each parameter."""

    inputs: list[Size]
    parameters: dict[str, Size] = field(default_factory=dict)


class LayerRule(Protocol):
    """Sizes of what one type of layer computes. `run` is the call as the reference evaluated it.

    A rule has to allow every formula that is in use and sound, and no more. Each file says which
    formulas it has in mind and derives M from their roundings.
    """

    def output(self, reference: Reference, call: Call, run: LayerRun) -> Size:
        """Size of the output."""
        ...

    def buffers(self, reference: Reference, call: Call, run: LayerRun) -> dict[str, Size]:
        """Sizes of the buffers after the forward pass."""
        ...

    def backward(
        self,
        reference: Reference,
        call: Call,
        run: LayerRun,
        grad_output: Array,
        spread: Array,
    ) -> BackwardSizes:
        """Sizes of the gradients. `spread` is |grad_output|, or the sum of the absolute values of
        what it is a sum of, where several layers read this one."""
        ...

    def branch(self, call: Call, run: LayerRun) -> Array | None:
        """The choices this evaluation made, None for an operation that makes none."""
        ...


class NoState:
    """What layers without buffers and without choices have in common."""

    def buffers(self, reference: Reference, call: Call, run: LayerRun) -> dict[str, Size]:
        return {}

    def branch(self, call: Call, run: LayerRun) -> Array | None:
        return None
