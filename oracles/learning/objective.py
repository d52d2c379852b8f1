"""The loss of a step as a function of all parameters, differentiable twice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from oracles.contract.case import NETWORK_INPUT, Case, Step
from oracles.contract.reference import Call, Parameters
from oracles.references.pytorch import data_loss, layer_output, penalty_value

Flat = NDArray[np.float64]


class Objective:
    """Loss, gradient and products with the Hessian, over one flat vector of all parameters in the
    order of `case.parameters()`; in float64, penalties included."""

    def __init__(self, case: Case, step: Step) -> None:
        self.case, self.step = case, step
        self.shapes = {name: array.shape for name, array in case.parameters().items()}

    def flat(self, parameters: Parameters) -> Flat:
        """All parameters in one vector."""
        parts = [np.asarray(parameters[name], dtype=np.float64).ravel() for name in self.shapes]
        return np.concatenate(parts) if parts else np.zeros(0)

    def named(self, flat: Flat) -> Parameters:
        """The vector taken apart again."""
        sizes = [int(np.prod(shape)) for shape in self.shapes.values()]
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        return {
            name: part.reshape(shape)
            for (name, shape), part in zip(self.shapes.items(), parts, strict=True)
        }

    def loss(self, flat: Flat) -> float:
        """The loss."""
        with torch.no_grad():
            return float(self._value(torch.from_numpy(np.array(flat, dtype=np.float64))))

    def gradient(self, flat: Flat) -> Flat:
        """Its gradient."""
        point = torch.from_numpy(np.array(flat, dtype=np.float64)).requires_grad_()
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(self._value(point), point)
        return np.asarray(gradient.numpy())

    def hessian_times(self, flat: Flat, vector: Flat) -> Flat:
        """Its Hessian times a vector, by differentiating twice."""
        point = torch.from_numpy(np.array(flat, dtype=np.float64)).requires_grad_()
        along = torch.from_numpy(np.array(vector, dtype=np.float64))
        with torch.enable_grad():
            (gradient,) = torch.autograd.grad(self._value(point), point, create_graph=True)
            if not gradient.requires_grad:
                return np.zeros_like(flat)
            (product,) = torch.autograd.grad(gradient @ along, point, materialize_grads=True)
        return np.asarray(product.detach().numpy())

    def outputs(self, parameters: Parameters) -> dict[str, Flat]:
        """The output of each layer, {layer: (samples, ...)}."""
        with torch.no_grad():
            values = self._values({name: _tensor(array) for name, array in parameters.items()})
        return {layer.name: values[layer.name].numpy() for layer in self.case.layers}

    def _value(self, point: Tensor) -> Tensor:
        sizes = [int(np.prod(shape)) for shape in self.shapes.values()]
        parameters = {
            name: part.reshape(shape)
            for (name, shape), part in zip(self.shapes.items(), point.split(sizes), strict=True)
        }
        prediction = self._values(parameters)[self.case.output.name]
        loss = data_loss(self.case, self.step, prediction)
        return loss + penalty_value(self.case, self.step, parameters)

    def _values(self, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
        values = {NETWORK_INPUT: _tensor(self.step.input)}
        for layer in self.case.layers:
            inputs = [values[name] for name in layer.inputs]
            call = Call(
                layer=layer,
                inputs=(),
                parameters=layer.parameters,
                buffers=layer.buffers,
                mode=self.step.mode,
                mask=self.step.masks.get(layer.name) if self.step.mode == "train" else None,
            )
            own = {name: parameters[f"{layer.name}.{name}"] for name in layer.parameters}
            buffers = {name: _tensor(array) for name, array in layer.buffers.items()}
            values[layer.name] = layer_output(call, inputs, own, buffers)
        return values


def _tensor(array: NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float64))
