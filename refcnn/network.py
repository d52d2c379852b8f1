"""What every network has in common: the state of its layers, by name, as a vector, on disk."""

from collections.abc import Mapping
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from refcnn import storage
from refcnn.arrays import AnyArray, Array
from refcnn.layers import Layer, Module
from refcnn.parameter import Parameter


class Network(Layer):
    """Layers under names; itself a layer, so that networks nest.

    `layers["conv1"]` is a layer, `parameters["conv1.weight"]` one of its parameters, as in torch.
    """

    def __init__(self, layers: Mapping[str, Module]) -> None:
        super().__init__()
        self.layers: Mapping[str, Module] = MappingProxyType(dict(layers))

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """All parameters as {"conv1.weight": parameter}."""
        return {
            f"{name}.{key}": parameter
            for name, layer in self.layers.items()
            for key, parameter in layer.parameters.items()
        }

    @property
    def buffers(self) -> Mapping[str, AnyArray]:
        """All buffers as {"bn1.running_mean": array}; write into the arrays to change them."""
        return {
            f"{name}.{key}": buffer
            for name, layer in self.layers.items()
            for key, buffer in layer.buffers.items()
        }

    def train(self, mode: bool = True) -> Self:
        """Switch all layers to training (or, with False, to evaluation)."""
        for layer in self.layers.values():
            layer.train(mode)
        return super().train(mode)

    def state_dict(self) -> dict[str, AnyArray]:
        """Copies of all parameters and buffers, under torch's names and in torch's shapes."""
        parameters = {name: parameter.data for name, parameter in self.parameters.items()}
        return {name: array.copy() for name, array in {**parameters, **self.buffers}.items()}

    def load_state_dict(self, state: Mapping[str, ArrayLike]) -> None:
        """Copy parameters and buffers in; dtypes stay those of the layers.

        Values may be arrays or torch tensors. Every name and shape must fit: otherwise ValueError
        lists what does not, and nothing is changed.
        """
        arrays = {name: np.asarray(value) for name, value in state.items()}
        self._refuse_misfits(arrays)
        for name, parameter in self.parameters.items():
            parameter.data = arrays[name].astype(parameter.data.dtype)
        for name, buffer in self.buffers.items():
            buffer[...] = arrays[name]

    def save(self, path: str | Path) -> None:
        """Write the state to a file: .npz, or .safetensors with that package.

        The file is replaced at once, when everything is written.
        """
        storage.write(Path(path), self.state_dict())

    def load(self, path: str | Path) -> None:
        """Read the state from a file that `save`, or PyTorch through safetensors, wrote."""
        self.load_state_dict(storage.read(Path(path)))

    @property
    def flat_parameters(self) -> Array:
        """A copy of all parameters as one vector, in the order of `parameters`.

        Assign to it to set them, e.g. from scipy.optimize.
        """
        return _joined([parameter.data for parameter in self.parameters.values()])

    @flat_parameters.setter
    def flat_parameters(self, vector: ArrayLike) -> None:
        flat = np.asarray(vector)
        parameters = list(self.parameters.values())
        ends = list(accumulate(parameter.data.size for parameter in parameters))
        count = ends[-1] if ends else 0
        if flat.shape != (count,):
            raise ValueError(
                f"flat_parameters: expected a vector of {count} numbers, got shape {flat.shape}"
            )
        for parameter, end in zip(parameters, ends, strict=True):
            data = parameter.data
            part = flat[end - data.size : end]
            parameter.data = part.reshape(data.shape).astype(data.dtype)

    @property
    def flat_gradients(self) -> Array:
        """A copy of all gradients as one vector, in the order of `parameters`."""
        gradients = {name: parameter.grad for name, parameter in self.parameters.items()}
        missing = [name for name, gradient in gradients.items() if gradient is None]
        if missing:
            raise RuntimeError(
                f"flat_gradients: no gradient of {', '.join(missing)}; call backward() first"
            )
        return _joined([gradient for gradient in gradients.values() if gradient is not None])

    def _refuse_misfits(self, arrays: Mapping[str, AnyArray]) -> None:
        own = {name: parameter.data.shape for name, parameter in self.parameters.items()}
        own |= {name: buffer.shape for name, buffer in self.buffers.items()}
        problems = [f"{name} is missing" for name in own if name not in arrays]
        problems += [f"{name} is unknown here" for name in arrays if name not in own]
        problems += [
            f"{name} has shape {arrays[name].shape}, expected {shape}"
            for name, shape in own.items()
            if name in arrays and arrays[name].shape != shape
        ]
        problems += [
            f"{name} is not an array of numbers but {array.dtype}"
            for name, array in arrays.items()
            if array.dtype.kind not in "fiu"
        ]
        if problems:
            raise ValueError(f"load_state_dict: {'; '.join(problems)}")


def _joined(arrays: list[Array]) -> Array:
    if not arrays:
        return np.zeros(0)
    return np.concatenate([array.ravel() for array in arrays])
