"""Runs the steps of a case through plugged-in layers and records what they return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oracles.contract.case import Array, Case, Step
from oracles.contract.trace import Trace
from oracles.implementations.backward_pass import BackwardPass
from oracles.implementations.border import Border
from oracles.implementations.crossing import Crossing
from oracles.implementations.forward_pass import forward, network_input
from oracles.implementations.loss_stage import loss
from oracles.implementations.network import Network
from oracles.implementations.plugs import Plug
from oracles.implementations.stages import Stages
from oracles.implementations.updating import Updating, backward_updates_suffice


def run_steps(
    case: Case, trace: Trace, border: Border, plugs: Mapping[str, Plug], stages: Stages
) -> None:
    """All steps of a case, from nothing."""
    whole = border if stages.batched else Border(case, border.layouts.of_whole_batches())
    network = Network(case, border, plugs)
    updating = Updating(network, stages.optimizer)
    for step in case.steps:
        crossing = Crossing(case, step, trace, border, whole, stages.batched)
        try:
            _run_step(crossing, network, stages, updating)
        finally:
            crossing.give_back()


def _run_step(crossing: Crossing, network: Network, stages: Stages, updating: Updating) -> None:
    case, step = crossing.case, crossing.step
    inputs = [network_input(crossing, stages.prepare, chunk) for chunk in crossing.chunks]
    pairs = zip(crossing.chunks, inputs, strict=True)
    outputs = [forward(crossing, network, chunk, x) for chunk, x in pairs]
    gradient = None
    if case.loss is not None:
        gradient = loss(crossing, network, outputs, stages.loss.get(case.loss["type"]))
    if not step.backward:
        return
    samples_at_once = crossing.samples if stages.batched else 1
    updates = stages.update == "backward"
    keeps = updates and backward_updates_suffice(case, step, samples_at_once)
    backward = BackwardPass(crossing, network, updates, keeps)
    _all_backward(crossing, network, backward, inputs, gradient)
    if step.update and keeps:
        updating.record_made(crossing)
    elif step.update:
        updating.run(crossing, backward.gradients)


def _all_backward(
    crossing: Crossing,
    network: Network,
    backward: BackwardPass,
    inputs: Sequence[Array],
    gradient: Array | None,
) -> None:
    """Backward for every chunk. One sample at a time, the forward pass of a sample is repeated
    first: what its layers remember is that of the last sample otherwise."""
    for chunk, x in zip(crossing.chunks, inputs, strict=True):
        if len(crossing.chunks) > 1:
            forward(crossing, network, chunk, x, record=False)
        backward.run(chunk, _grad_output(crossing, crossing.step, chunk, gradient))


def _grad_output(crossing: Crossing, step: Step, chunk: slice, gradient: Array | None) -> Array:
    place = crossing.case.output.name
    if gradient is None:
        assert step.upstream is not None
        return crossing.hand(step.upstream[chunk], place)
    if crossing.batched:
        return gradient
    what = "the gradient of the loss"
    whole = crossing.whole.take(gradient, place, crossing.samples, what)
    return crossing.border.hand(whole[chunk].copy(), place)
