"""A case in lines of text: network, operands, steps, and named arrays."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step


def case_lines(case: Case, *, values: bool = False) -> Iterator[str]:
    """Everything an implementation is handed for this case."""
    yield f"{case.id} in {case.dtype}"
    yield from (f"  {text}" for text in (case.title, case.why) if text)
    yield ""
    yield "Network"
    for layer in case.layers:
        yield from _layer_lines(layer, values)
    yield ""
    yield from _rules(case)
    for step in case.steps:
        yield from _step_lines(step, values)
    yield ""


def value_lines(name: str, array: Array, *, values: bool = False) -> Iterator[str]:
    """An array in a line, or with all its numbers."""
    array = np.asarray(array)
    yield f"  {name:<40} {_shape(array.shape):<18} {_size(array)}".rstrip()
    if values and array.ndim > 0:
        text = np.array2string(array, threshold=sys.maxsize, max_line_width=96, floatmode="unique")
        yield from (f"    {line}".rstrip() for line in text.splitlines())


def _layer_lines(layer: Layer, values: bool) -> Iterator[str]:
    shapes = ", ".join(_shape(shape) for shape in layer.input_shapes)
    yield f"  {layer.name} = {layer.type}({_options(layer.attributes)})"
    yield f"      of {', '.join(layer.inputs)}: {shapes} -> {_shape(layer.output_shape)}"
    for name, array in {**layer.parameters, **layer.buffers}.items():
        yield from value_lines(f"  {layer.name}.{name}", array, values=values)


def _rules(case: Case) -> Iterator[str]:
    if case.preparation:
        yield f"Preparation: {'; '.join(_options(each) for each in case.preparation)}"
    if case.loss is not None:
        yield f"Loss: {_named(case.loss)}"
    for penalty in case.penalties:
        per = f" per {penalty.per}" if penalty.per else ""
        parameters = ", ".join(penalty.parameters)
        yield f"Penalty: {penalty.type}, factor {penalty.factor:g}{per}, of {parameters}"
    if case.optimizer is not None:
        options = {key: value for key, value in case.optimizer.items() if key != "parameters"}
        yield f"Optimizer: {_named(options)}"


def _step_lines(step: Step, values: bool) -> Iterator[str]:
    does = ["forward"] + ["backward"] * step.backward + ["update"] * step.update
    lr = f", lr {step.lr:g}" if step.lr is not None else ""
    yield f"Step {step.index}: {step.mode}, {', '.join(does)}{lr}, samples {list(step.samples)}"
    arrays: dict[str, Array | None] = {
        "input": step.input,
        "target": step.target,
        "upstream": step.upstream,
        **{f"mask.{name}": mask for name, mask in step.masks.items()},
    }
    for name, array in arrays.items():
        if array is not None:
            yield from value_lines(f"  {name}", array, values=values)


def _named(options: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in options.items() if key != "type"}
    return f"{options['type']}({_options(rest)})"


def _options(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={_value(value)}" for key, value in options.items())


def _value(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array of shape {_shape(value.shape)}"
    return repr(value)


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) if shape else "a number"


def _size(array: Array) -> str:
    if array.size == 0:
        return "empty"
    if array.ndim == 0:
        return f"{array.item()!r}"
    if array.dtype.kind not in "fiub":
        return str(array.dtype)
    wide = array.astype(np.float64)
    return f"min {wide.min():.6g}, max {wide.max():.6g}, mean {wide.mean():.6g}"
