"""Where an altered rule is applied: one stage of one step of a case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.reference import Call


class Inapplicable(Exception):
    """The mistake cannot be made here: this layer has no bias, its kernel is not square, ..."""


@dataclass(frozen=True)
class Site:
    """One stage of one step.

    call   of the layer, where the stage is one
    """

    case: Case
    step: Step
    call: Call | None = None

    @property
    def layer(self) -> Layer:
        """The layer of this stage."""
        assert self.call is not None
        return self.call.layer

    @property
    def attributes(self) -> Mapping[str, Any]:
        """torch's arguments of the layer."""
        return self.layer.attributes

    @property
    def loss(self) -> Mapping[str, Any]:
        """The options of the loss."""
        assert self.case.loss is not None
        return self.case.loss

    @property
    def target(self) -> Tensor:
        """What the loss compares with; class indices are int64."""
        assert self.step.target is not None
        return tensor(self.step.target)

    @property
    def samples(self) -> int:
        """Number of samples of this step."""
        return len(self.step.samples)

    @property
    def dtype(self) -> torch.dtype:
        """What the implementation was asked to compute in."""
        return torch.float64 if self.case.dtype == np.float64 else torch.float32


def tensor(array: Array) -> Tensor:
    """A tensor on a copy: float64, or int64 where the array has integers."""
    kind = np.int64 if np.asarray(array).dtype.kind in "iu" else np.float64
    return torch.from_numpy(np.array(array, dtype=kind, order="C"))


def needs(condition: bool) -> None:
    """Raise Inapplicable unless the mistake can be made here."""
    if not condition:
        raise Inapplicable
