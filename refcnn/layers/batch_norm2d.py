"""Batch normalisation."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from refcnn import checks
from refcnn.arrays import Array
from refcnn.layers.layer import Layer
from refcnn.parameter import Parameter

PER_CHANNEL = (0, 2, 3)


@dataclass(frozen=True)
class _Normalized:
    """What backward needs: the normalised input, 1 / deviation, and whose statistics they were."""

    values: Array
    inverse_deviation: Array
    from_batch: bool


class BatchNorm2d(Layer):
    """Normalise each channel to mean 0 and variance 1, then scale and shift it.

    Shapes:
        x, y                        (N, C, H, W)    C = num_features
        weight, bias                (C)             with affine
        running_mean, running_var   (C)             with track_running_stats
        num_batches_tracked         ()

    Formula (m = N * H * W values per channel; mean and sum over n, i, j):
        z = (x - mean) / sqrt(var + eps),   var = sum of (x - mean)**2 / m
        y = weight[c] * z + bias[c]
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var  = (1 - momentum) * running_var  + momentum * var * m / (m - 1)
        momentum=None: 1 / num_batches_tracked, the cumulative average.

        grad_weight[c] = sum of grad_output * z,   grad_bias[c] = sum of grad_output
        grad_input = weight[c] / sqrt(var + eps)
                     * (grad_output - mean of grad_output - z * mean of grad_output * z)
        In evaluation the running statistics stand in for mean and var and are constants: only the
        first term of grad_input remains.

    Source:
        Ioffe and Szegedy 2015, algorithms 1 and 2; torch.nn.BatchNorm2d for the running
        statistics. Training refuses a single value per channel. A batch of no samples leaves the
        running statistics alone.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        self.num_features = checks.integer(self.kind, "num_features", num_features, 1)
        self.eps = checks.number(self.kind, "eps", eps, least=0)
        self.momentum = None
        if momentum is not None:
            self.momentum = checks.number(self.kind, "momentum", momentum, least=0, most=1)
        self.affine = checks.flag(self.kind, "affine", affine)
        self.track_running_stats = checks.flag(
            self.kind, "track_running_stats", track_running_stats
        )
        self.dtype = checks.float_dtype(self.kind, dtype)
        if affine:
            self._parameters["weight"] = Parameter(np.ones(num_features, dtype=self.dtype))
            self._parameters["bias"] = Parameter(np.zeros(num_features, dtype=self.dtype))
        if track_running_stats:
            self._buffers["running_mean"] = np.zeros(num_features, dtype=self.dtype)
            self._buffers["running_var"] = np.ones(num_features, dtype=self.dtype)
            self._buffers["num_batches_tracked"] = np.zeros((), dtype=np.int64)
        self._normalized: _Normalized | None = None

    def forward(self, x: Array) -> Array:
        """Normalise x (N, C, H, W) by the batch's statistics, or by the running ones."""
        x = checks.images(self.kind, x, self.num_features)
        if x.dtype != self.dtype:
            raise TypeError(
                f"BatchNorm2d: the input is {x.dtype} but the layer is {self.dtype}; convert the "
                f"input, or make the layer with dtype=np.{x.dtype}"
            )
        from_batch = self.training or not self.track_running_stats
        if from_batch:
            mean, variance = self._batch_statistics(x)
        else:
            mean, variance = self._buffers["running_mean"], self._buffers["running_var"]
        inverse_deviation = _spread(1 / np.sqrt(variance + self.eps))
        values = (x - _spread(mean)) * inverse_deviation
        self._normalized = _Normalized(values, inverse_deviation, from_batch)
        if not self.affine:
            return values.copy()
        weight, bias = (self._parameters[name].data for name in ("weight", "bias"))
        y: Array = values * _spread(weight) + _spread(bias)
        return y

    def backward(self, grad_output: Array) -> Array:
        """Gradients of weight and bias; returns the derivative with respect to x."""
        kept = self._kept(self._normalized)
        z = kept.values
        grad_output = checks.gradient(self.kind, grad_output, z.shape, z.dtype)
        grad_bias = grad_output.sum(axis=PER_CHANNEL)
        grad_weight = (grad_output * z).sum(axis=PER_CHANNEL)
        scale = kept.inverse_deviation
        if self.affine:
            self._parameters["weight"].grad = grad_weight
            self._parameters["bias"].grad = grad_bias
            scale = scale * _spread(self._parameters["weight"].data)
        if not kept.from_batch:
            return grad_output * scale
        count = max(z.size // self.num_features, 1)
        centred = grad_output - _spread(grad_bias / count) - z * _spread(grad_weight / count)
        return centred * scale

    def _batch_statistics(self, x: Array) -> tuple[Array, Array]:
        """Mean and variance of the batch, summed in float64; moves the running statistics."""
        count = x.size // self.num_features
        if count == 1:
            raise ValueError(
                f"BatchNorm2d: training needs more than one value per channel, got {x.shape}"
            )
        if self.training and self.track_running_stats:
            self._buffers["num_batches_tracked"] += 1
        if count == 0:
            return np.zeros(self.num_features, x.dtype), np.ones(self.num_features, x.dtype)
        mean = x.mean(axis=PER_CHANNEL, dtype=np.float64)
        variance = np.square(x - _spread(mean)).mean(axis=PER_CHANNEL)
        if self.training and self.track_running_stats:
            self._follow("running_mean", mean)
            self._follow("running_var", variance * (count / (count - 1)))
        return mean.astype(x.dtype), variance.astype(x.dtype)

    def _follow(self, name: str, statistic: Array) -> None:
        """Move a running statistic towards that of the batch."""
        momentum = self.momentum
        if momentum is None:
            momentum = 1 / int(self._buffers["num_batches_tracked"])
        running = self._buffers[name]
        running[...] = (1 - momentum) * running + momentum * statistic


def _spread(per_channel: Array) -> Array:
    """(C) as (1, C, 1, 1), so that it meets (N, C, H, W)."""
    return per_channel[None, :, None, None]
