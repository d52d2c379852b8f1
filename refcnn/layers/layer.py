"""What every layer has in common."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Self, TypeVar

from refcnn import checks
from refcnn.arrays import AnyArray, Array
from refcnn.parameter import Parameter

T = TypeVar("T")


class Module:
    """Parameters and buffers under PyTorch's names, and a mode (training or evaluation).

    An array handed to `forward`, or returned by it, must stay unchanged until `backward` has run:
    layers keep references, not copies.
    """

    def __init__(self) -> None:
        self.training = True
        self._parameters: dict[str, Parameter] = {}
        self._buffers: dict[str, AnyArray] = {}

    @property
    def kind(self) -> str:
        """The name of the type, which every message starts with."""
        return type(self).__name__

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """The trainable arrays by name."""
        return MappingProxyType(self._parameters)

    @property
    def buffers(self) -> Mapping[str, AnyArray]:
        """The arrays that are state but not trained, by name; write into them to change them."""
        return MappingProxyType(self._buffers)

    def train(self, mode: bool = True) -> Self:
        """Switch to training (or, with False, to evaluation)."""
        self.training = checks.flag(type(self).__name__, "mode", mode)
        return self

    def eval(self) -> Self:
        """Switch to evaluation."""
        return self.train(False)

    def _kept(self, value: T | None) -> T:
        """What forward has left for backward."""
        if value is None:
            raise RuntimeError(f"{self.kind}: backward() was called before forward()")
        return value


class Layer(Module, ABC):
    """A layer with one input."""

    @abstractmethod
    def forward(self, x: Array) -> Array:
        """The output for the input x, which is not modified."""

    @abstractmethod
    def backward(self, grad_output: Array) -> Array:
        """The derivative with respect to the input of the last `forward`.

        `grad_output` is the derivative with respect to its output. Sets `grad` of every parameter
        (nothing is accumulated over calls).
        """


class Merge(Module, ABC):
    """A layer with several inputs."""

    @abstractmethod
    def forward(self, *inputs: Array) -> Array:
        """The output for the inputs, which are not modified."""

    @abstractmethod
    def backward(self, grad_output: Array) -> tuple[Array, ...]:
        """The derivatives with respect to each input of the last `forward`, in their order."""
