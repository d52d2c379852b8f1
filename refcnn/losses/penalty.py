"""Penalties on the size of parameters."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

import numpy as np

from refcnn import checks
from refcnn.arrays import Array
from refcnn.parameter import Parameter


class Penalty(ABC):
    """A sum over parameters that is added to the loss, and its derivative to their gradients.

    `parameters` is a mapping or an iterable; `divisor` (1, the samples in the batch, or those in
    the data set) may be changed between steps.
    """

    def __init__(
        self,
        parameters: Mapping[str, Parameter] | Iterable[Parameter],
        factor: float,
        divisor: float = 1.0,
    ) -> None:
        listed = parameters.values() if isinstance(parameters, Mapping) else parameters
        self.parameters = tuple(listed)
        self.factor = checks.number(type(self).__name__, "factor", factor)
        for parameter in self.parameters:
            if not isinstance(parameter, Parameter):
                raise TypeError(
                    f"{type(self).__name__}: expected Parameter objects, got "
                    f"{type(parameter).__name__}; pass network.parameters"
                )
        self.divisor = divisor

    def value(self) -> float:
        """What is added to the loss."""
        total = sum(self._sum(p.data) for p in self.parameters)
        return self.factor * total / self.divisor

    def add_gradients(self) -> None:
        """Add the derivative to `grad` of every parameter, after the backward pass."""
        for parameter in self.parameters:
            gradient = self.factor / float(self.divisor) * self._slope(parameter.data)
            known = parameter.grad
            parameter.grad = gradient if known is None else known + gradient

    @abstractmethod
    def _sum(self, data: Array) -> float:
        """The penalty of one parameter, in float64, for factor 1."""

    @abstractmethod
    def _slope(self, data: Array) -> Array:
        """Its derivative."""


class L2Penalty(Penalty):
    """Sum of squares, "weight decay" as part of the loss.

    Formula:
        value = factor * sum of p**2 / divisor
        gradient += factor * 2 * p / divisor
        (torch.optim's weight_decay d is factor = d / 2.)

    Source:
        Hoerl and Kennard 1970, "Ridge Regression"; Krogh and Hertz 1991
    """

    def _sum(self, data: Array) -> float:
        return float(np.square(data, dtype=np.float64).sum())

    def _slope(self, data: Array) -> Array:
        return 2 * data


class L1Penalty(Penalty):
    """Sum of absolute values.

    Formula:
        value = factor * sum of |p| / divisor
        gradient += factor * sign(p) / divisor,    0 at 0

    Source:
        Tibshirani 1996, "Regression Shrinkage and Selection via the Lasso"; torch's derivative
        of abs
    """

    def _sum(self, data: Array) -> float:
        return float(np.abs(data).sum(dtype=np.float64))

    def _slope(self, data: Array) -> Array:
        return np.sign(data)
