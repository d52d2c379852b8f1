"""LeNet-5 twice, in refcnn and in PyTorch, and the numbers both start from.

Source:
    LeCun, Bottou, Bengio and Haffner 1998, "Gradient-Based Learning Applied to Document
    Recognition", section II.B, in the form everybody trains today: conv2 sees all six channels,
    pooling has no weights, and the output is a linear layer under a cross-entropy.

Shapes (both networks, under the same names):
    x        (N, 1, 32, 32)
    conv1    (N, 6, 28, 28)     pool1  (N, 6, 14, 14)
    conv2    (N, 16, 10, 10)    pool2  (N, 16, 5, 5)
    conv3    (N, 120, 1, 1)     flatten  (N, 120)
    linear1  (N, 84)            linear2  (N, 10)
"""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

import refcnn

Array: TypeAlias = NDArray[np.floating[Any]]
State: TypeAlias = dict[str, Array]
"""All parameters of a network by name, as in "conv1.weight"."""


def in_refcnn(dtype: np.dtype[Any]) -> refcnn.Sequential:
    """LeNet-5 by hand."""
    return refcnn.Sequential(
        {
            "conv1": refcnn.Conv2d(1, 6, 5, dtype=dtype),
            "tanh1": refcnn.Tanh(),
            "pool1": refcnn.AvgPool2d(2),
            "conv2": refcnn.Conv2d(6, 16, 5, dtype=dtype),
            "tanh2": refcnn.Tanh(),
            "pool2": refcnn.AvgPool2d(2),
            "conv3": refcnn.Conv2d(16, 120, 5, dtype=dtype),
            "tanh3": refcnn.Tanh(),
            "flatten": refcnn.Flatten(),
            "linear1": refcnn.Linear(120, 84, dtype=dtype),
            "tanh4": refcnn.Tanh(),
            "linear2": refcnn.Linear(84, 10, dtype=dtype),
        }
    )


def in_torch(dtype: torch.dtype) -> torch.nn.Sequential:
    """The same in PyTorch."""
    return torch.nn.Sequential(
        OrderedDict(
            {
                "conv1": torch.nn.Conv2d(1, 6, 5, dtype=dtype),
                "tanh1": torch.nn.Tanh(),
                "pool1": torch.nn.AvgPool2d(2),
                "conv2": torch.nn.Conv2d(6, 16, 5, dtype=dtype),
                "tanh2": torch.nn.Tanh(),
                "pool2": torch.nn.AvgPool2d(2),
                "conv3": torch.nn.Conv2d(16, 120, 5, dtype=dtype),
                "tanh3": torch.nn.Tanh(),
                "flatten": torch.nn.Flatten(),
                "linear1": torch.nn.Linear(120, 84, dtype=dtype),
                "tanh4": torch.nn.Tanh(),
                "linear2": torch.nn.Linear(84, 10, dtype=dtype),
            }
        )
    )


def initial_state(generator: np.random.Generator, dtype: np.dtype[Any]) -> State:
    """Weights to start from, drawn in float64 and rounded to dtype; biases are zero.

    Formula (weight (O, I, KH, KW), or (O, I) with KH = KW = 1):
        weight uniform on +-sqrt(6 / ((I + O) * KH * KW))

    Source:
        Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
        networks", formula 16: it keeps tanh out of saturation.
    """
    return {
        name: _initial(parameter.data.shape, generator).astype(dtype)
        for name, parameter in in_refcnn(dtype).parameters.items()
    }


def moved_by_one_rounding_unit(state: Mapping[str, Array], generator: np.random.Generator) -> State:
    """Every number replaced by the next larger or the next smaller one of its dtype, by chance.

    Zero stays zero: the numbers next to it are 1e-45 away, which is no rounding of anything.
    """
    return {name: _moved(values, generator) for name, values in state.items()}


def _initial(shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    if len(shape) == 1:
        return np.zeros(shape)
    limit = np.sqrt(6 / ((shape[0] + shape[1]) * np.prod(shape[2:])))
    return generator.uniform(-limit, limit, size=shape)


def _moved(values: Array, generator: np.random.Generator) -> Array:
    direction = generator.choice([-np.inf, np.inf], size=values.shape).astype(values.dtype)
    return np.where(values == 0, values, np.nextafter(values, direction))
