"""torch.nn.Dropout, with a mask that is given instead of drawn by the layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from oracles.contract.arrays import AMask, Kept
from oracles.contract.operations.operation import Operation
from oracles.contract.tables import KeyPath, Number, found


class Dropout(Operation):
    """x * mask / (1 - p) in train mode, x in eval mode."""

    type: Literal["Dropout"]
    p: Number = Field(0.5, description="at least 0 and below 1")
    mask: AMask = Field(
        Kept(),
        description="`{ seed = 3 }`, or an array over the samples: 1 keeps, 0 drops; "
        "shaped like the input",
    )

    arrays: ClassVar[tuple[str, ...]] = ("mask",)

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        if not 0 <= self.p < 1:
            yield ("p",), f"must be at least 0 and below 1, got {found(self.p)}"
