"""The loss of one step: the implementation's own, or the case's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from oracles.contract.case import Array
from oracles.implementations import supplied
from oracles.implementations.crossing import Crossing
from oracles.implementations.network import Network
from oracles.implementations.results import as_pair
from oracles.implementations.stages import LossFunction


def loss(
    crossing: Crossing, network: Network, outputs: Sequence[Array], own: LossFunction | None
) -> Array | None:
    """Record the loss, penalties included; return its gradient with respect to the prediction of
    the whole batch, in the implementation's layout, or None where there is no backward pass.

    `outputs` has one array, or one per sample. Penalties are always the harness's.
    """
    prediction = _prediction(crossing, outputs)
    if own is None:
        return _supplied(crossing, network, prediction)
    options = _options(crossing)
    what = f"the loss function for {options['type']}"
    target = crossing.step.target
    given = None if target is None else crossing.hand_target(target)
    value, gradient = as_pair(own(prediction, given, options), what, "(value, gradient)")
    place = crossing.case.output.name
    upstream = crossing.step.upstream
    if upstream is not None:
        said = f"the losses that {what} returned"
        value = crossing.whole.take_losses(value, upstream.shape, place, said)
    crossing.trace[f"{crossing.key}.loss"] = _penalised(crossing, network, value)
    if not crossing.step.backward:
        return None
    taken = crossing.whole.take(
        gradient, place, crossing.samples, f"the gradient that {what} returned"
    )
    crossing.trace[f"{crossing.key}.backward.loss"] = taken
    return np.asarray(gradient)


def _prediction(crossing: Crossing, outputs: Sequence[Array]) -> Array:
    """The output of the network as the loss gets it, all samples in one array."""
    if crossing.batched:
        return outputs[0]
    place = crossing.case.output.name
    return crossing.whole.hand(crossing.trace[f"{crossing.key}.forward.{place}"].copy(), place)


def _options(crossing: Crossing) -> Mapping[str, Any]:
    """Those of the case; with reduction "none" also the gradient with respect to the losses."""
    options, upstream = crossing.case.loss, crossing.step.upstream
    assert options is not None
    if upstream is None:
        return options
    return MappingProxyType({**options, "upstream": crossing.hand_target(upstream)})


def _penalised(crossing: Crossing, network: Network, value: Any) -> Any:
    """The value with the penalties, in its own dtype."""
    if not crossing.case.penalties or value is None:
        return value
    array = np.asarray(value)
    penalty = supplied.penalty(crossing.case, crossing.step, network.parameters())
    return (array + penalty).astype(array.dtype if array.dtype.kind == "f" else np.float64)


def _supplied(crossing: Crossing, network: Network, prediction: Array) -> Array | None:
    case, step, place = crossing.case, crossing.step, crossing.case.output.name
    own = crossing.whole.take(prediction, place, crossing.samples, "the output of the network")
    value = supplied.loss(case, step, own)
    if case.penalties:
        value = value + supplied.penalty(case, step, network.parameters())
    crossing.trace.supply(f"{crossing.key}.loss", np.asarray(value).astype(case.dtype))
    if not step.backward:
        return None
    gradient = supplied.loss_gradient(case, step, own)
    crossing.trace.supply(f"{crossing.key}.backward.loss", gradient)
    return crossing.whole.hand(gradient, place)
