"""What a plugged-in implementation has beside its layers: functions with fixed signatures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

LossFunction = Callable[[Any, Any, Mapping[str, Any]], Any]
"""(prediction, target, loss) -> (value, gradient). `loss` is `case.loss`; with reduction "none" it
also has "upstream", the gradient with respect to the values."""

OptimizerFunction = Callable[[Any, Any, Any, Mapping[str, Any]], Any]
"""(parameter, gradient, state, options) -> (parameter, state). `state` is {} at first, and then
what was returned; keys named like a slot (`momentum_buffer`) are recorded. `options` has the
options of this parameter and `lr` of this step."""

Prepare = Callable[[Any, tuple[Mapping[str, Any], ...]], Any]
"""(raw, preparation) -> the batch as the first layer sees it, in the declared layout."""


@dataclass(frozen=True)
class Stages:
    """What is left out is computed by the case's rule and recorded as supplied.

    batched   False: layers get one sample at a time
    update    "backward": layers update their parameters in their backward pass
    """

    loss: Mapping[str, LossFunction] = field(default_factory=dict)
    optimizer: Mapping[str, OptimizerFunction] = field(default_factory=dict)
    prepare: Prepare | None = None
    batched: bool = True
    update: Literal["backward"] | None = None
