"""What a function or method returned, taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oracles.contract.case import Layer
from oracles.implementations.errors import ImplementationError, did_you_mean


def as_pair(value: Any, what: str, expected: str) -> tuple[Any, Any]:
    """Two results of a function, or the message that there are not two."""
    if isinstance(value, tuple) and len(value) == 2:
        return value[0], value[1]
    if value is None:
        raise ImplementationError(
            f"{what} returned None, expected {expected}; is there a `return`?"
        )
    if isinstance(value, tuple):
        raise ImplementationError(f"{what} returned {len(value)} values, expected {expected}")
    found = type(value).__name__
    if hasattr(value, "shape"):
        found = f"one array of shape {value.shape}"
    raise ImplementationError(f"{what} returned {found}, expected {expected}")


def input_gradients(value: Any, layer: Layer, what: str) -> list[Any]:
    """The gradient of each input: an array, or a list of them where a layer has several inputs."""
    if len(layer.inputs) == 1:
        return [value]
    if isinstance(value, list | tuple) and len(value) == len(layer.inputs):
        return list(value)
    found = f"{len(value)}" if isinstance(value, list | tuple) else type(value).__name__
    raise ImplementationError(
        f"{what} must return a list with the gradients of its {len(layer.inputs)} inputs, "
        f"got {found}"
    )


def parameter_gradients(
    value: Any, layer: Layer, what: str, own_names: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """{parameter: gradient}, keyed by PyTorch's names (or `own_names`: {PyTorch's: own})."""
    if not isinstance(value, Mapping):
        raise ImplementationError(
            f"{what} must return its parameters' gradients as a dict, "
            f"{{parameter: gradient}}, got {type(value).__name__}"
        )
    torch_names = {name: name for name in layer.parameters}
    torch_names |= {own: name for name, own in (own_names or {}).items() if name in torch_names}
    unknown = [key for key in value if key not in torch_names]
    if unknown:
        known = ", ".join(repr(name) for name in torch_names) or "none"
        raise ImplementationError(
            f"{what} returned a gradient of {unknown[0]!r}; the parameters here: {known}"
            f"{did_you_mean(str(unknown[0]), torch_names)}"
        )
    return {torch_names[key]: gradient for key, gradient in value.items()}


def refuse_missing_gradients(gradients: Mapping[str, Any], layer: Layer, what: str) -> None:
    """A parameter whose gradient is forgotten is never learned, and nobody notices."""
    missing = [name for name in layer.parameters if name not in gradients]
    if missing:
        raise ImplementationError(
            f"{what} returned no gradient of {listed(missing)}: the layer has the parameters "
            f"{listed(layer.parameters)}, and each of them needs one"
        )


def listed(names: Iterable[str]) -> str:
    """`'weight', 'bias'`."""
    return ", ".join(repr(name) for name in names)
