"""Losses: torch.nn's names and arguments, with `batchmean`, `factor` and penalties beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from oracles.contract.arrays import AnArray, ATarget
from oracles.contract.fills import Shape
from oracles.contract.tables import Integer, KeyPath, Number, Table, Text, found

Reduction = Literal["mean", "sum", "none", "batchmean"]


class PenaltyTable(Table):
    """`factor * sum(p ** 2)` (L2) or `factor * sum(abs(p))` (L1) over parameters."""

    type: Literal["L2", "L1"]
    factor: Number
    parameters: tuple[Text, ...] = Field(description='patterns such as "*.weight"')
    per: Literal["batch", "dataset"] | None = Field(
        None, description="divide by the samples of the step or of the case"
    )

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        """Values that make no sense."""
        if not math.isfinite(self.factor):
            yield ("factor",), f"must be finite, got {found(self.factor)}"


class Loss(Table):
    """What the output of the network is compared with, and how."""

    type: Text
    target: ATarget | None = Field(None, description="over all samples, shaped like the prediction")
    reduction: Reduction = Field(
        "mean", description='"batchmean": the sum over everything, divided by the samples'
    )
    factor: Number = Field(1.0, description="multiplies the loss")
    upstream: AnArray | None = Field(
        None, description='gradient with respect to the loss, with reduction "none" only'
    )
    penalty: tuple[PenaltyTable, ...] = Field((), description="`[[loss.penalty]]`")

    weights: ClassVar[tuple[str, ...]] = ()
    """Keys that are arrays of the loss itself."""
    reads_labels: ClassVar[bool] = False
    """Whether class labels are compared as they are, not one-hot."""

    def options(self) -> dict[str, Any]:
        """torch's arguments that are no arrays, every default filled in, and the factor."""
        left_out = ("target", "upstream", "penalty", *self.weights)
        return {key: getattr(self, key) for key in type(self).model_fields if key not in left_out}

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        """Values that make no sense, whatever the prediction is."""
        if not math.isfinite(self.factor) or self.factor == 0:
            yield ("factor",), f"must be finite and not 0, got {found(self.factor)}"
        if self.reduction == "none" and self.penalty:
            text = 'reduction "none" gives a loss for each sample: there is none to add them to'
            yield ("penalty",), text

    def weight_shape(self, prediction: Shape) -> Shape:
        """Shape of the weights for predictions of this shape (without the batch axis)."""
        return prediction

    def unreduced_shape(self, prediction: Shape) -> Shape:
        """Shape of the loss with reduction "none" (without the batch axis)."""
        return prediction


class CrossEntropyLoss(Loss):
    """Softmax over axis 1, and minus the logarithm at the target."""

    type: Literal["CrossEntropyLoss"]
    weight: AnArray | None = Field(None, description="one for each class")
    ignore_index: Integer = -100
    label_smoothing: Number = Field(0.0, description="0 .. 1")

    weights: ClassVar[tuple[str, ...]] = ("weight",)
    reads_labels: ClassVar[bool] = True

    def check(self) -> Iterator[tuple[KeyPath, str]]:
        yield from super().check()
        if not 0 <= self.label_smoothing <= 1:
            text = f"must be between 0 and 1, got {found(self.label_smoothing)}"
            yield ("label_smoothing",), text

    def weight_shape(self, prediction: Shape) -> Shape:
        return prediction[:1]

    def unreduced_shape(self, prediction: Shape) -> Shape:
        return prediction[1:]


class MSELoss(Loss):
    """Square of the difference."""

    type: Literal["MSELoss"]


class BCELoss(Loss):
    """Binary cross-entropy of probabilities; logarithms are not below -100."""

    type: Literal["BCELoss"]
    weight: AnArray | None = Field(None, description="broadcast over the samples")

    weights: ClassVar[tuple[str, ...]] = ("weight",)


class BCEWithLogitsLoss(Loss):
    """Binary cross-entropy after a sigmoid."""

    type: Literal["BCEWithLogitsLoss"]
    weight: AnArray | None = Field(None, description="broadcast over the samples")
    pos_weight: AnArray | None = Field(None, description="broadcast over the samples")

    weights: ClassVar[tuple[str, ...]] = ("weight", "pos_weight")


LOSSES: dict[str, type[Loss]] = {
    "CrossEntropyLoss": CrossEntropyLoss,
    "MSELoss": MSELoss,
    "BCELoss": BCELoss,
    "BCEWithLogitsLoss": BCEWithLogitsLoss,
}
