"""What a layer of the mutable network is called with."""

from __future__ import annotations

from collections.abc import Mapping

from oracles.contract.case import Array, Layer, Step


class Situation:
    """One call of a layer: its specification, parameters, buffers (replaced in place), the step,
    the mask and how many training batches there were before."""

    def __init__(
        self,
        layer: Layer,
        parameters: Mapping[str, Array],
        buffers: Mapping[str, Array],
        step: Step,
        mask: Array | None,
        batches: int,
    ) -> None:
        self.layer, self.parameters, self.buffers = layer, parameters, dict(buffers)
        self.step, self.mask, self.batches = step, mask, batches
        self.attributes = layer.attributes
        self.train = step.mode == "train"
