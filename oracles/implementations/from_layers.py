"""Layer objects as an implementation: `implementation = from_layers({"Conv2d": Conv, ...})`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from oracles.contract.case import Case, Layer
from oracles.contract.errors import Unsupported
from oracles.contract.trace import Trace
from oracles.implementations.border import Border
from oracles.implementations.errors import ImplementationError
from oracles.implementations.known_names import refuse_misspelt
from oracles.implementations.layouts import Layouts, declared
from oracles.implementations.left_out import only_own_refusals, refuse_what_is_left_out
from oracles.implementations.object_plug import Names, ObjectPlug
from oracles.implementations.plugs import LayerView, Plug
from oracles.implementations.stages import LossFunction, OptimizerFunction, Prepare, Stages
from oracles.implementations.stepping import run_steps
from oracles.implementations.structural import StructuralPlug

Factory = Callable[[LayerView], Any]


def from_layers(
    layers: Mapping[str, Factory],
    *,
    forward: str = "forward",
    backward: str = "backward",
    parameters: Mapping[str, str] | None = None,
    gradients: Mapping[str, str] | str | None = None,
    layout: str = "NCHW",
    weights: Mapping[str, str] | None = None,
    flatten: str = "C",
    true_convolution: bool = False,
    batched: bool = True,
    update: Literal["backward"] | None = None,
    prepare: Prepare | None = None,
    loss: Mapping[str, LossFunction] | None = None,
    optimizer: Mapping[str, OptimizerFunction] | None = None,
    follows: Sequence[str] = (),
    name: str = "layers",
) -> Layers:
    """An implementation made of layer objects, in the layout of their author.

    Args:
        layers: {type: factory}. `factory(layer)` returns the object; `layer` is a `LayerView`. The
            harness then puts the parameters of the case into it. A factory may raise `Unsupported`.
        forward: name of the method `(x) -> y`; x is a list where a layer has several inputs.
        backward: name of the method `(grad_output) -> grad_input`, or `-> (grad_input,
            {parameter: gradient})`. None is a grad_input where no layer before has parameters.
        parameters: {"weight": "W", "bias": "b"}: which attributes they are, by default the same
            names. "params.W" is an entry of a dict; "BatchNorm2d.weight" speaks of one type. So do
            running_mean and running_var (read back, where named), and what is put in before each
            forward pass, where named: mask, training (a bool), lr (`update="backward"`).
        gradients: {"weight": "dW", "bias": "db"}, by default "grad_weight", ...; or the name of a
            dict, "grads", keyed like the parameters' attributes. Arrays there are set to zero
            before each backward pass, so that layers may add to them.
        layout: order of the axes of activations, "NHWC" (all letters: see `layouts.py`).
        weights: order of the axes of weights, {"Conv2d": "HWIO", "Linear": "IO"}.
        flatten: "C" or "F": the last or the first axis runs fastest where images become features.
        true_convolution: Conv2d turns its kernel: weights and their gradients are turned by 180
            degrees on the way in and out.
        batched: False: objects get one sample at a time, with an axis of length 1 where the layout
            has an N ("NHWC") and without one where it has none ("HWC"). Gradients of parameters
            are summed over the samples. Batch norm is unsupported then.
        update: "backward": backward also updates, `backward(grad_output, lr)`, or
            `backward(grad_output)` with "lr" among `parameters`. Where the case's update is plain
            SGD, the updated parameters are recorded, and no gradients, which are not exposed. On
            all other steps gradients are read off as (before - after) / lr with an lr for which
            this is exact, the parameters are put back, and the case's update is supplied.
        prepare: `(raw, preparation) -> batch` in the declared layout, for cases with a preparation;
            the batch is then rounded to the dtype of the case.
        loss: as in `from_functions`; always gets all samples in one array.
        optimizer: as in `from_functions`.
        follows: as in `from_functions`.
        name: what reports call it.
    """
    if update not in (None, "backward"):
        raise ImplementationError(f"update must be None or 'backward', got {update!r}")
    refuse_misspelt(layers, loss or {}, optimizer or {})
    layouts = declared(layout, weights, flatten, true_convolution, batched)
    stages = Stages(loss or {}, optimizer or {}, prepare, batched, update)
    names = Names(forward, backward, parameters or {}, gradients or {})
    for type_, factory in layers.items():
        if not callable(factory):
            raise ImplementationError(
                f"from_layers: {type_!r} must have a factory, a function that takes the layer and "
                f"returns your object, got {factory!r}"
            )
    return Layers(layers, names, layouts, stages, name, follows)


class Layers:
    """An implementation; runs whole cases."""

    def __init__(
        self,
        layers: Mapping[str, Factory],
        names: Names,
        layouts: Layouts,
        stages: Stages,
        name: str,
        follows: Sequence[str] = (),
    ) -> None:
        self.follows = tuple(follows)
        self.layers = dict(layers)
        self.names = names
        self.layouts = layouts
        self.stages = stages
        self.name = name

    def run(self, case: Case, trace: Trace) -> None:
        """Run all steps of the case and record every entry the objects expose."""
        refuse_what_is_left_out(case, self.layers, self.stages)
        if not self.stages.batched:
            _refuse_batch_norm(case)
        with only_own_refusals(case, self.layers, self.stages):
            border = Border(case, self.layouts)
            plugs = {layer.name: self._plug(case, layer, border) for layer in case.layers}
            run_steps(case, trace, border, plugs, self.stages)

    def _plug(self, case: Case, layer: Layer, border: Border) -> Plug:
        if layer.type not in self.layers:
            return StructuralPlug(case, layer, border)
        return ObjectPlug(case, layer, border, self.layers[layer.type], self.names)


def _refuse_batch_norm(case: Case) -> None:
    for layer in case.layers:
        if layer.type.startswith("BatchNorm"):
            raise Unsupported(f"{layer.type} needs whole batches, and batched=False")
