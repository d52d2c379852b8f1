"""The entries a run of a case can record: names, shapes, order of evaluation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from oracles.contract.case import Case, Layer, Shape, Step

Kind = Literal[
    "input",
    "mask",
    "forward",
    "state",
    "loss",
    "loss_gradient",
    "backward",
    "gradient",
    "clipped",
    "optimizer",
    "update",
]


@dataclass(frozen=True)
class Entry:
    """One named array of a trace.

    kind        what it is; "loss_gradient" is the entry called `backward.loss`
    layer       name of the layer it belongs to; "" for `input`, `loss`, `backward.loss`
    parameter   name of the parameter or buffer, "" where there is none
    index       which input of the layer a `backward` entry is the gradient of
    """

    name: str
    step: int
    kind: Kind
    shape: Shape
    layer: str = ""
    parameter: str = ""
    slot: str = ""
    index: int = 0


def entries(case: Case) -> tuple[Entry, ...]:
    """All entries of a case in order of evaluation."""
    return tuple(entry for step in case.steps for entry in _step_entries(case, step))


def backward_entry(step: int, layer: Layer, index: int) -> str:
    """Name of the gradient with respect to one input of a layer."""
    suffix = f".{index}" if len(layer.inputs) > 1 else ""
    return f"step{step}.backward.{layer.name}{suffix}"


def optimizer_slots(case: Case, parameter: str) -> tuple[str, ...]:
    """What the optimizer remembers of a parameter (`conv1.weight`) from one step to the next."""
    if case.optimizer is None:
        return ()
    options = case.optimizer["parameters"][parameter]
    return ("momentum_buffer",) if options["momentum"] else ()


def clips(case: Case) -> bool:
    """Whether the optimizer clips gradients before it uses them."""
    optimizer = case.optimizer
    return optimizer is not None and (
        optimizer["clip_grad_norm"] is not None or optimizer["clip_grad_value"] is not None
    )


def _step_entries(case: Case, step: Step) -> Iterator[Entry]:
    yield Entry(f"step{step.index}.input", step.index, "input", step.input.shape)
    yield from _forward_entries(case, step)
    if case.loss is not None:
        yield from _loss_entries(case, step)
    if step.backward:
        yield from _backward_entries(case, step)
    if step.update:
        yield from _update_entries(case, step)


def _forward_entries(case: Case, step: Step) -> Iterator[Entry]:
    k, batch = step.index, len(step.samples)
    for layer in case.layers:
        if layer.name in step.masks and step.mode == "train":
            shape = step.masks[layer.name].shape
            yield Entry(f"step{k}.mask.{layer.name}", k, "mask", shape, layer.name)
        shape = (batch, *layer.output_shape)
        yield Entry(f"step{k}.forward.{layer.name}", k, "forward", shape, layer.name)
        for buffer, array in layer.buffers.items():
            name = f"step{k}.state.{layer.name}.{buffer}"
            yield Entry(name, k, "state", array.shape, layer.name, buffer)


def _loss_entries(case: Case, step: Step) -> Iterator[Entry]:
    assert case.loss is not None
    k = step.index
    prediction = (len(step.samples), *case.output.output_shape)
    shape: Shape = ()
    if case.loss["reduction"] == "none":
        assert step.upstream is not None
        shape = step.upstream.shape
    yield Entry(f"step{k}.loss", k, "loss", shape)
    if step.backward:
        yield Entry(f"step{k}.backward.loss", k, "loss_gradient", prediction)


def _backward_entries(case: Case, step: Step) -> Iterator[Entry]:
    k, batch = step.index, len(step.samples)
    for layer in reversed(case.layers):
        for index, shape in enumerate(layer.input_shapes):
            name = backward_entry(k, layer, index)
            yield Entry(name, k, "backward", (batch, *shape), layer.name, index=index)
        for parameter, array in layer.parameters.items():
            name = f"step{k}.gradient.{layer.name}.{parameter}"
            yield Entry(name, k, "gradient", array.shape, layer.name, parameter)


def _update_entries(case: Case, step: Step) -> Iterator[Entry]:
    k = step.index
    named = [(layer, p, a) for layer in case.layers for p, a in layer.parameters.items()]
    if clips(case):
        for layer, parameter, array in named:
            name = f"step{k}.clipped.{layer.name}.{parameter}"
            yield Entry(name, k, "clipped", array.shape, layer.name, parameter)
    for layer, parameter, array in named:
        for slot in optimizer_slots(case, f"{layer.name}.{parameter}"):
            name = f"step{k}.optimizer.{layer.name}.{parameter}.{slot}"
            yield Entry(name, k, "optimizer", array.shape, layer.name, parameter, slot)
    for layer, parameter, array in named:
        name = f"step{k}.update.{layer.name}.{parameter}"
        yield Entry(name, k, "update", array.shape, layer.name, parameter)
