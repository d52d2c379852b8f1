"""The layers of a case: names, what they read, shapes, and their arrays."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from oracles.contract.case import NETWORK_INPUT
from oracles.contract.document import Unreadable
from oracles.contract.fills import Shape
from oracles.contract.findings import Findings
from oracles.contract.limits import LAYERS, too_large
from oracles.contract.operands import Operand, Resolver
from oracles.contract.operations.operation import Operation, ShapeError
from oracles.contract.tables import KeyPath, did_you_mean

RESERVED = (NETWORK_INPUT, "loss", "upstream")


@dataclass(frozen=True)
class PlannedLayer:
    """A layer with everything but its numbers. Shapes are without the batch axis, None where an
    earlier problem leaves them unknown."""

    key: KeyPath
    operation: Operation
    name: str
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape | None, ...]
    output_shape: Shape | None
    parameters: dict[str, Operand]
    buffers: dict[str, Operand]


def plan_network(
    operations: tuple[Operation, ...], input_shape: Shape | None, resolver: Resolver
) -> tuple[PlannedLayer, ...]:
    """All layers, in the order of the file."""
    findings = resolver.findings
    if not 1 <= len(operations) <= LAYERS:
        text = f"there must be 1 to {LAYERS:,} layers (Identity for a loss alone)"
        findings.add(("layers",), f"{text}, got {len(operations):,}")
        return ()
    names = _names(operations, findings)
    shapes: dict[str, Shape | None] = {NETWORK_INPUT: input_shape}
    layers = []
    for i, (operation, name) in enumerate(zip(operations, names, strict=True)):
        inputs = _inputs(i, operation, names, findings)
        layer = _layer(i, operation, name, inputs, shapes, resolver)
        shapes[name] = layer.output_shape
        layers.append(layer)
    known = all(name in shapes for layer in layers for name in layer.inputs)
    if known and not any(isinstance(operation, Unreadable) for operation in operations):
        _check_all_used(tuple(layers), findings)
    return tuple(layers)


def _names(operations: tuple[Operation, ...], findings: Findings) -> tuple[str, ...]:
    names = tuple(
        operation.name or f"{operation.type.lower()}_{i}" for i, operation in enumerate(operations)
    )
    first: dict[str, int] = {}
    for i, name in enumerate(names):
        if name in RESERVED:
            text = f"{name!r} is reserved: {', '.join(RESERVED)} mean something else"
            findings.add(("layers", i, "name"), text)
        if name in first:
            text = f"{name!r} is the name of layers[{first[name]}] already"
            findings.add(("layers", i, "name"), text)
        first.setdefault(name, i)
    return names


def _inputs(
    i: int, operation: Operation, names: tuple[str, ...], findings: Findings
) -> tuple[str, ...]:
    if isinstance(operation, Unreadable):
        return names[max(i - 1, 0) : i] or (NETWORK_INPUT,)
    inputs = operation.inputs
    key: KeyPath = ("layers", i) if inputs is None else ("layers", i, "inputs")
    if inputs is None:
        inputs = (names[i - 1] if i else NETWORK_INPUT,)
    if operation.many_inputs and len(inputs) < 2:
        text = f"{operation.type} reads at least two layers: inputs = [..., ...]"
        findings.add(key, f"{text}, got {list(inputs)}")
    if not operation.many_inputs and len(inputs) != 1:
        findings.add(key, f"{operation.type} reads one layer, got {list(inputs)}")
    for j, name in enumerate(inputs):
        reason = _why_not(name, i, names)
        if reason is not None:
            findings.add(("layers", i, "inputs", j), reason)
    return inputs


def _why_not(name: str, i: int, names: tuple[str, ...]) -> str | None:
    """Why layer i cannot read `name`."""
    if name == NETWORK_INPUT or name in names[:i]:
        return None
    if name == names[i]:
        return f"{name!r} is this layer itself: a layer reads layers that come before it"
    if name in names:
        return (
            f"{name!r} comes after {names[i]!r}: a layer reads only layers before it, "
            "so there is no cycle"
        )
    return f"there is no layer {name!r}{did_you_mean(name, (NETWORK_INPUT, *names[:i]))}"


def _layer(
    i: int,
    operation: Operation,
    name: str,
    inputs: tuple[str, ...],
    shapes: dict[str, Shape | None],
    resolver: Resolver,
) -> PlannedLayer:
    key: KeyPath = ("layers", i)
    problems = list(operation.check())
    resolver.findings.values(key, problems)
    input_shapes = tuple(shapes.get(name) for name in inputs)
    sensible = not problems and not isinstance(operation, Unreadable)
    output = _output(key, operation, inputs, input_shapes, resolver.findings) if sensible else None
    parameters, buffers = _arrays(key, operation, name, resolver, sensible)
    return PlannedLayer(key, operation, name, inputs, input_shapes, output, parameters, buffers)


def _output(
    key: KeyPath,
    operation: Operation,
    inputs: tuple[str, ...],
    input_shapes: tuple[Shape | None, ...],
    findings: Findings,
) -> Shape | None:
    known = tuple(shape for shape in input_shapes if shape is not None)
    least = 2 if operation.many_inputs else 1
    if len(known) < max(len(inputs), least):
        return None
    try:
        shape = operation.output_shape(known)
    except ShapeError as error:
        reads = " and ".join(f"{name!r} {shape}" for name, shape in zip(inputs, known, strict=True))
        findings.value(key, f"{operation.type} {error}; it reads {reads} for each sample")
        return None
    if text := too_large(shape):
        findings.add(key, f"its output is too large: {text}")
        return None
    return shape


def _arrays(
    key: KeyPath, operation: Operation, name: str, resolver: Resolver, sensible: bool
) -> tuple[dict[str, Operand], dict[str, Operand]]:
    parameters: dict[str, Operand] = {}
    buffers: dict[str, Operand] = {}
    try:
        declared = operation.declared()
    except ArithmeticError:
        return parameters, buffers
    for array in declared if sensible or resolver.findings.refused else ():
        if min(array.shape) < 0:
            continue
        where = (*key, array.name)
        operand = resolver.operand(where, f"{name}.{array.name}", array.form, array.shape)
        if operand is not None:
            (buffers if array.buffer else parameters)[array.name] = operand
    return parameters, buffers


def _check_all_used(layers: tuple[PlannedLayer, ...], findings: Findings) -> None:
    read = Counter(name for layer in layers for name in layer.inputs)
    for layer in layers[:-1]:
        if not read[layer.name]:
            text = f"{layer.name!r} is read by no layer; the last layer is the output"
            findings.add(layer.key, text)
