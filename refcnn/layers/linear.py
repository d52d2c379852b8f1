"""Fully connected layer."""

from typing import Any

import numpy as np

from refcnn import checks
from refcnn.arrays import Array
from refcnn.initialization import given_or_fresh, uniform_fan_in
from refcnn.layers.layer import Layer
from refcnn.parameter import Parameter


class Linear(Layer):
    """Affine map of the last axis.

    Shapes:
        x       (*, in_features)                 any axes in front, usually (N, in_features)
        weight  (out_features, in_features)
        bias    (out_features)
        y       (*, out_features)

    Formula:
        y[n, o] = bias[o] + sum over i of weight[o, i] * x[n, i]
        grad_weight[o, i] = sum over n of grad_output[n, o] * x[n, i]
        grad_bias[o]      = sum over n of grad_output[n, o]
        grad_input[n, i]  = sum over o of grad_output[n, o] * weight[o, i]

    Source:
        torch.nn.Linear
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        dtype: Any = np.float32,
        generator: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self.in_features = checks.integer(self.kind, "in_features", in_features, 1)
        self.out_features = checks.integer(self.kind, "out_features", out_features, 1)
        shape = (self.out_features, self.in_features)
        generator, dtype = given_or_fresh(generator), checks.float_dtype(self.kind, dtype)
        self._parameters["weight"] = Parameter(
            uniform_fan_in(shape, self.in_features, generator, dtype)
        )
        if checks.flag(self.kind, "bias", bias):
            self._parameters["bias"] = Parameter(
                uniform_fan_in(shape[:1], self.in_features, generator, dtype)
            )
        self._input: Array | None = None

    def forward(self, x: Array) -> Array:
        """Map x (*, in_features)."""
        x = checks.floating(self.kind, x)
        if x.ndim == 0 or x.shape[-1] != self.in_features:
            raise ValueError(
                f"Linear: expected input with {self.in_features} features "
                f"(N, {self.in_features}), got {x.shape}"
            )
        weight = self._parameters["weight"].data
        checks.same_dtype(self.kind, x, weight)
        self._input = x
        y: Array = x @ weight.T
        return y + self._parameters["bias"].data if "bias" in self._parameters else y

    def backward(self, grad_output: Array) -> Array:
        """Gradients of weight and bias; returns the derivative with respect to x."""
        x = self._kept(self._input)
        shape = (*x.shape[:-1], self.out_features)
        grad_output = checks.gradient(self.kind, grad_output, shape, x.dtype)
        weight = self._parameters["weight"]
        rows = int(np.prod(x.shape[:-1]))
        flat_grad = grad_output.reshape(rows, self.out_features)
        weight.grad = flat_grad.T @ x.reshape(rows, self.in_features)
        if "bias" in self._parameters:
            self._parameters["bias"].grad = flat_grad.sum(axis=0)
        grad_input: Array = grad_output @ weight.data
        return grad_input
