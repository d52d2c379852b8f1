"""An object of the user's own as one layer."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case, Layer
from oracles.implementations.attributes import read, write
from oracles.implementations.border import Border
from oracles.implementations.errors import ImplementationError, did_you_mean
from oracles.implementations.layouts import TORCH_WEIGHTS, orders_that_fit
from oracles.implementations.plugs import Gradients, LayerView, described, view_of
from oracles.implementations.results import input_gradients, parameter_gradients


@dataclass(frozen=True)
class Names:
    """What the methods and attributes are called (see `from_layers`)."""

    forward: str
    backward: str
    parameters: Mapping[str, str]
    gradients: Mapping[str, str] | str

    def of_parameter(self, type_: str, parameter: str) -> str:
        """Path of the attribute of a parameter."""
        return self.declared(type_, parameter) or parameter

    def declared(self, type_: str, key: str) -> str | None:
        """Path of an attribute that is only used where it is named."""
        return self.parameters.get(f"{type_}.{key}", self.parameters.get(key))

    def of_gradient(self, type_: str, parameter: str) -> str:
        """Path of the attribute of a gradient."""
        if isinstance(self.gradients, str):
            own = self.of_parameter(type_, parameter).rsplit(".", maxsplit=1)[-1]
            return f"{self.gradients}.{own}"
        general = self.gradients.get(parameter, f"grad_{parameter}")
        return self.gradients.get(f"{type_}.{parameter}", general)


class ObjectPlug:
    """One layer: an object whose attributes are the parameters."""

    supplied = False

    def __init__(
        self,
        case: Case,
        layer: Layer,
        border: Border,
        factory: Callable[[LayerView], Any],
        names: Names,
    ) -> None:
        self.view = view_of(case, layer, border)
        self.what = described(layer)
        self._layer = layer
        self._names = names
        self._object = factory(self.view)
        if self._object is None:
            raise ImplementationError(
                f"the factory for {self.what} returned None; is there a `return`?"
            )
        self._forward = self._method(names.forward)
        self._backward = names.backward
        for name, array in {**layer.parameters, **self._declared_buffers()}.items():
            self._check_shape(name, border.hand_parameter(layer, name, array), array)
            self.set_parameter(name, border.hand_parameter(layer, name, array).copy())

    def start_step(self) -> None:
        mask = self._names.declared(self.view.type, "mask")
        if mask is not None and self.view.mask is not None:
            write(self._object, mask, self.view.mask, self._wanted("mask"))
        training = self._names.declared(self.view.type, "training")
        if training is not None and _leads_somewhere(self._object, training):
            write(self._object, training, self.view.training, self._wanted("training"))

    def forward(self, inputs: Sequence[Array]) -> Any:
        return self._forward(inputs[0] if len(inputs) == 1 else list(inputs))

    def backward(self, grad_output: Array, lr: float | None) -> Gradients:
        what = f"backward of {self.what}"
        if lr is not None:
            value, gradients = _with_gradients(self._backward_and_update(grad_output, lr))
            return input_gradients(value, self._layer, what), {}
        self._zero_gradients()
        value, returned = _with_gradients(self._method(self._backward)(grad_output))
        own = {p: self._last_name(p) for p in self._layer.parameters}
        gradients = parameter_gradients(returned, self._layer, what, own)
        for parameter in self._layer.parameters:
            if parameter not in gradients:
                gradients[parameter] = self._gradient(parameter)
        return input_gradients(value, self._layer, what), gradients

    def parameters(self) -> Mapping[str, Any]:
        return {name: self._read(name) for name in self._layer.parameters}

    def set_parameter(self, name: str, array: Array) -> None:
        path = self._names.of_parameter(self.view.type, name)
        present = read(self._object, path, self._wanted(name))
        if array.ndim == 1 and isinstance(present, np.ndarray) and present.size == array.size:
            array = array.reshape(present.shape)
        write(self._object, path, array, self._wanted(name))

    def buffers(self) -> Mapping[str, Any]:
        return {name: self._read(name) for name in self._declared_buffers()}

    def _method(self, name: str) -> Callable[..., Any]:
        method = getattr(self._object, name, None)
        if callable(method):
            return method  # type: ignore[no-any-return]  # callable() says no more than that
        kind = type(self._object).__name__
        known = [n for n in dir(self._object) if callable(getattr(self._object, n, None))]
        public = [n for n in known if not n.startswith("_")]
        raise ImplementationError(
            f"{self.what}: the {kind} object has no method {name!r}{did_you_mean(name, public)}; "
            f"it has {', '.join(public) or 'none'}"
        )

    def _declared_buffers(self) -> dict[str, Array]:
        return {
            name: array
            for name, array in self._layer.buffers.items()
            if self._names.declared(self.view.type, name) is not None
        }

    def _read(self, name: str) -> Any:
        path = self._names.of_parameter(self.view.type, name)
        return read(self._object, path, self._wanted(name))

    def _wanted(self, name: str) -> str:
        path = self._names.of_parameter(self.view.type, name)
        return f"{name} of {self.what} is declared as parameters={{{name!r}: {path!r}}}"

    def _last_name(self, parameter: str) -> str:
        path = self._names.of_parameter(self.view.type, parameter)
        return path.rsplit(".", maxsplit=1)[-1]

    def _check_shape(self, name: str, array: Array, torch_array: Array) -> None:
        """An attribute initialised in another shape says that the declared order is not theirs."""
        path = self._names.of_parameter(self.view.type, name)
        present = read(self._object, path, self._wanted(name))
        if not isinstance(present, np.ndarray) or present.size == 0:
            return
        if array.ndim < 2 or present.shape == array.shape:
            return
        letters = TORCH_WEIGHTS.get(self.view.type, "")
        fitting = orders_that_fit(present.shape, torch_array.shape, letters) if letters else []
        hint = f"; declare weights={{{self.view.type!r}: {fitting[0]!r}}}?" if fitting else ""
        raise ImplementationError(
            f"{name} of {self.what} is {torch_array.shape} in PyTorch's layout and {array.shape} "
            f"in the declared one, but attribute {path!r} of the "
            f"{type(self._object).__name__} object has shape {present.shape}{hint}"
        )

    def _gradient(self, parameter: str) -> Any:
        path = self._names.of_gradient(self.view.type, parameter)
        wanted = f"the gradient of {parameter} of {self.what} is declared as {path!r}"
        return read(self._object, path, wanted)

    def _zero_gradients(self) -> None:
        for parameter in self._layer.parameters:
            path = self._names.of_gradient(self.view.type, parameter)
            if _leads_somewhere(self._object, path):
                array = self._gradient(parameter)
                if isinstance(array, np.ndarray) and array.flags.writeable:
                    array[...] = 0

    def _backward_and_update(self, grad_output: Array, lr: float) -> Any:
        method = self._method(self._backward)
        path = self._names.declared(self.view.type, "lr")
        if path is not None:
            if _leads_somewhere(self._object, path):
                write(self._object, path, lr, self._wanted("lr"))
            return method(grad_output)
        if _takes_two(method):
            return method(grad_output, lr)
        if not self._layer.parameters:
            return method(grad_output)
        raise ImplementationError(
            f"backward of {self.what} updates, and takes no learning rate: make it "
            'backward(grad_output, lr), or name its attribute: parameters={"lr": "learning_rate"}'
        )


def _leads_somewhere(owner: Any, path: str) -> bool:
    """Whether a path leads somewhere."""
    try:
        read(owner, path, "")
    except ImplementationError:
        return False
    return True


def _with_gradients(value: Any) -> tuple[Any, Any]:
    """`grad_input`, or `(grad_input, {parameter: gradient})`."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Mapping):
        return value
    return value, {}


def _takes_two(method: Callable[..., Any]) -> bool:
    try:
        inspect.signature(method).bind(None, None)
    except TypeError:
        return False
    except ValueError:  # built in, without a signature
        return True
    return True
