"""Networks without branches."""

from collections.abc import Mapping

from refcnn.graph import Graph, Node
from refcnn.layers import Layer


class Sequential(Graph):
    """Layers one after the other.

    `Sequential(layer, layer, ...)` names them "0", "1", ... as torch does;
    `Sequential({"conv1": layer, ...})` gives names.

    Shapes:
        x  what the first layer accepts
        y  the output of the last

    Source:
        torch.nn.Sequential
    """

    def __init__(self, *layers: Layer | Mapping[str, Layer]) -> None:
        super().__init__(Node(name, layer) for name, layer in _named(layers).items())


def _named(layers: tuple[Layer | Mapping[str, Layer], ...]) -> dict[str, Layer]:
    if len(layers) == 1 and isinstance(layers[0], Mapping):
        return dict(layers[0])
    named = {}
    for position, layer in enumerate(layers):
        if isinstance(layer, Mapping):
            raise TypeError("Sequential: expected layers, or one mapping from names to layers")
        named[str(position)] = layer
    return named
