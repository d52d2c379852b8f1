"""Networks with branches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from refcnn.arrays import Array
from refcnn.layers import Layer, Merge, Module
from refcnn.network import Network

INPUT = "input"


@dataclass(frozen=True)
class Node:
    """A layer of a graph: its name, the layer, and what it reads.

    `inputs` are names of nodes before it, or "input", the input of the network; left out, it reads
    the node before it.
    """

    name: str
    layer: Module
    inputs: Sequence[str] | None = None


class Graph(Network):
    """Layers in an order of evaluation; each reads outputs of earlier ones.

    Shapes:
        x  what the layers that read "input" accept
        y  the output of the last node

    Formula:
        The gradients that reach an output from several readers are summed.

    After a pass, `outputs[name]` is the output of each node (and of "input"), `grad_inputs[name]`
    the derivative with respect to its input, a tuple where it has several.

    Refused: names that are empty, repeated, reserved or contain a dot; a node that reads what does
    not come before it; one that nobody reads, but for the last; the same layer in two nodes.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = _resolved(list(nodes))
        super().__init__({node.name: node.layer for node in self._nodes})
        self.outputs: dict[str, Array] = {}
        self.grad_inputs: dict[str, Array | tuple[Array, ...]] = {}

    def forward(self, x: Array) -> Array:
        """Evaluate all layers in order."""
        self.outputs, self.grad_inputs = {INPUT: x}, {}
        for node in self._nodes:
            inputs = [self.outputs[name] for name in _sources(node)]
            try:
                self.outputs[node.name] = _forward(node.layer, inputs)
            except Exception as error:
                error.add_note(f"in forward of layer {node.name!r}")
                raise
        return self.outputs[self._nodes[-1].name]

    def backward(self, grad_output: Array) -> Array:
        """Evaluate all backward passes from the last layer to the first."""
        pending = {self._nodes[-1].name: grad_output}
        self.grad_inputs = {}
        for node in reversed(self._nodes):
            try:
                grad_input = _backward(node.layer, pending.pop(node.name))
            except Exception as error:
                error.add_note(f"in backward of layer {node.name!r}")
                raise
            self.grad_inputs[node.name] = grad_input
            parts = grad_input if isinstance(grad_input, tuple) else (grad_input,)
            for name, part in zip(_sources(node), parts, strict=True):
                pending[name] = pending[name] + part if name in pending else part
        return pending[INPUT]


def _forward(layer: Module, inputs: list[Array]) -> Array:
    if isinstance(layer, Merge):
        return layer.forward(*inputs)
    assert isinstance(layer, Layer)
    return layer.forward(inputs[0])


def _backward(layer: Module, grad_output: Array) -> Array | tuple[Array, ...]:
    assert isinstance(layer, (Layer, Merge))
    return layer.backward(grad_output)


def _sources(node: Node) -> Sequence[str]:
    assert node.inputs is not None
    return node.inputs


def _resolved(nodes: list[Node]) -> list[Node]:
    """The nodes with their inputs filled in, checked."""
    if not nodes:
        raise ValueError("a network needs at least one layer")
    known, resolved = [INPUT], []
    for node in nodes:
        _refuse_name(node.name, known)
        inputs = (known[-1],) if node.inputs is None else tuple(node.inputs)
        _refuse_inputs(node, inputs, known)
        resolved.append(Node(node.name, node.layer, inputs))
        known.append(node.name)
    _refuse_shared(nodes)
    read = {name for node in resolved for name in _sources(node)}
    unread = [name for name in known[:-1] if name not in read]
    if unread:
        raise ValueError(f"nothing reads {', '.join(map(repr, unread))}")
    return resolved


def _refuse_name(name: str, known: list[str]) -> None:
    if name == INPUT:
        raise ValueError("the name 'input' is reserved for the input of the network")
    if not name or "." in name:
        raise ValueError(f"a layer's name must not be empty or contain a dot, got {name!r}")
    if name in known:
        raise ValueError(f"the name {name!r} is given twice")


def _refuse_inputs(node: Node, inputs: tuple[str, ...], known: list[str]) -> None:
    if not isinstance(node.layer, (Layer, Merge)):
        raise TypeError(
            f"layer {node.name!r} must be a refcnn Layer or Merge, got {type(node.layer).__name__}"
        )
    if isinstance(node.inputs, str):
        raise TypeError(f"layer {node.name!r}: inputs is a list of names, got {node.inputs!r}")
    for name in inputs:
        if name not in known:
            raise ValueError(
                f"layer {node.name!r} reads {name!r}, which is not one of {', '.join(known)}"
            )
    if isinstance(node.layer, Layer) and len(inputs) != 1:
        raise ValueError(
            f"layer {node.name!r} ({node.layer.kind}) has one input, got {list(inputs)}"
        )


def _refuse_shared(nodes: list[Node]) -> None:
    first: dict[int, str] = {}
    for node in nodes:
        if id(node.layer) in first:
            raise ValueError(
                f"{first[id(node.layer)]!r} and {node.name!r} are the same layer object; "
                "a layer is used once"
            )
        first[id(node.layer)] = node.name
