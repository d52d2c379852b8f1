"""Random networks: chains, with branches that are added up or put side by side."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from oracles.audit.cases.data import Data
from oracles.audit.cases.layers import LAYERS, OFTEN, Place, Shape, fits
from oracles.audit.cases.toml import Table
from oracles.contract.operations.operation import ShapeError
from oracles.contract.operations.table import OPERATIONS


@dataclass
class Network:
    """Layers as they are put behind each other.

    shape    of a sample behind the last one
    largest  how many numbers the output of a layer may have, over all samples
    """

    data: Data
    shape: Shape
    samples: int
    largest: int
    layers: list[Table] = field(default_factory=list)

    def grow(self, depth: int) -> None:
        """Up to `depth` layers or branchings more."""
        for _ in range(depth):
            if self.layers and self.data.draws.chance(0.12):
                self.branch()
            else:
                place = Place(self.data, self.shape, self.samples)
                weighed = [*LAYERS, *OFTEN, *OFTEN]
                self.add(self.data.draws.one_of(*(t for t in weighed if fits(t, place))))

    def add(self, type_: str) -> None:
        """A layer with random options behind the last one; left out where it would get too large
        or has no room."""
        table = LAYERS[type_](Place(self.data, self.shape, self.samples))
        shape = _output_shape(type_, table, (self.shape,))
        if shape is not None and math.prod(shape) * self.samples <= self.largest:
            self.put(type_, table, shape)

    def put(self, type_: str, table: Table, shape: Shape) -> None:
        """This layer behind the last one."""
        self.layers.append({"type": type_, "name": f"l{len(self.layers)}", **table})
        self.shape = shape

    def branch(self) -> None:
        """Two to four readers of the last layer, and one that reads them all."""
        draws, source, shape = self.data.draws, self.layers[-1]["name"], self.shape
        count = draws.integer(2, 4)
        exact = ("ReLU", "Identity")
        names = []
        for _ in range(count):
            type_ = draws.one_of(*exact) if self.data.lattice else draws.one_of(*exact, "Tanh")
            self.put(type_, {"inputs": [source]}, shape)
            names.append(self.layers[-1]["name"])
        axis = draws.integer(1, len(shape))
        table: Table = {"inputs": names}
        if draws.chance(0.5):
            self.put("Add", table, shape)
        else:
            wide = list(shape)
            wide[axis - 1] *= count
            self.put("Cat", {**table, "dim": axis}, tuple(wide))

    @property
    def has_parameters(self) -> bool:
        """Whether an optimizer has something to update."""
        return any(
            layer["type"] in ("Conv2d", "Linear")
            or (layer["type"] == "BatchNorm2d" and layer.get("affine", True))
            for layer in self.layers
        )


def _output_shape(type_: str, table: Table, inputs: tuple[Shape, ...]) -> Shape | None:
    """What the contract says of the sizes; None where the layer has no room."""
    operation = OPERATIONS[type_].model_validate({"type": type_, **table})
    try:
        shape = operation.output_shape(inputs)
    except ShapeError:
        return None
    return shape if min(shape, default=0) >= 1 else None
