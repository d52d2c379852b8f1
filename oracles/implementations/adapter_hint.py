"""The adapter that somebody has to write whose file has no `implementation` yet."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import FunctionType, ModuleType

_TYPES = (
    ("BatchNorm2d", r"batch_?norm|bn"),
    ("ConvTranspose2d", r"(conv.*transpose|deconv|transpose.*conv)"),
    ("Conv2d", r"conv"),
    ("MaxPool2d", r"pool|max"),
    ("AvgPool2d", r"avg|mean_?pool|average"),
    ("Dropout", r"drop"),
    ("Flatten", r"flat|reshape"),
    ("LeakyReLU", r"leaky"),
    ("ReLU", r"relu"),
    ("Sigmoid", r"sigmoid|logistic"),
    ("Tanh", r"tanh"),
    ("Softmax", r"softmax"),
    ("Linear", r"linear|dense|fc|fully|affine|hidden"),
)
_ORDER = ("AvgPool2d", "LeakyReLU")
"""Looked for before the more general word that their names contain too."""


def adapter_to_write(module: ModuleType, file: str) -> str:
    """A complete example with the functions and classes of the file."""
    functions, classes = _own(module, FunctionType), _own(module, type)
    pairs = _pairs(functions)
    layers = [name for name in classes if hasattr(getattr(module, name), "backward")]
    if pairs:
        example = _with_functions(pairs)
    elif layers:
        example = _with_layers(layers)
    else:
        example = _with_object(functions)
    found = f"{file} has {_listed('function', functions)} and {_listed('class', classes)}."
    return f"{found} Write at its end, and adapt:\n\n{example}"


def _own(module: ModuleType, kind: type) -> list[str]:
    return [
        name
        for name, value in vars(module).items()
        if isinstance(value, kind)
        and getattr(value, "__module__", None) == module.__name__
        and not name.startswith("_")
    ]


def _pairs(functions: Sequence[str]) -> dict[str, tuple[str, str]]:
    """{"conv": ("conv_forward", "conv_backward")}."""
    pairs = {}
    for name in functions:
        other = re.sub("forward", "backward", re.sub("fwd", "bwd", name))
        if other != name and other in functions:
            pairs[re.sub("_?(forward|fwd)_?", "", name)] = (name, other)
    return pairs


def _type_of(name: str) -> str:
    """PyTorch's name of what is called so, or "?"."""
    first = [entry for entry in _TYPES if entry[0] in _ORDER]
    for type_, pattern in (*first, *_TYPES):
        if re.search(pattern, name.lower()):
            return type_
    return "?"


def _with_functions(pairs: Mapping[str, tuple[str, str]]) -> str:
    lines = [
        f'    "{_type_of(stem)}": ({forward}, {backward}),'
        for stem, (forward, backward) in pairs.items()
    ]
    return "\n".join(
        [
            "from oracles import from_functions",
            "",
            "# forward(x, layer) -> (y, cache), where layer.parameters['weight'], ['bias'] and",
            "# layer.attributes['stride'] are those of the case; x is N C H W.",
            "# backward(grad_output, cache) -> (grad_input, {'weight': ..., 'bias': ...})",
            "implementation = from_functions({",
            *lines,
            "})",
        ]
    )


def _with_layers(classes: Sequence[str]) -> str:
    first = classes[0]
    lines = [f'    "{_type_of(name)}": lambda layer: {name}(),' for name in classes[1:]]
    return "\n".join(
        [
            "from oracles import from_layers",
            "",
            f"def make_{first.lower()}(layer):",
            f"    return {first}(layer.attributes['out_channels'])  # as your constructor wants it",
            "",
            "implementation = from_layers({",
            f'    "{_type_of(first)}": make_{first.lower()},',
            *lines,
            "}, parameters={'weight': 'W', 'bias': 'b'}, gradients={'weight': 'dW', 'bias': 'db'})",
        ]
    )


def _with_object(functions: Sequence[str]) -> str:
    call = functions[0] if functions else "my_conv"
    return "\n".join(
        [
            "class Mine:",
            "    name = 'mine'",
            "",
            "    def run(self, case, trace):",
            "        for k, step in enumerate(case.steps):",
            "            x = step.input",
            "            for layer in case.layers:",
            "                if layer.type != 'Conv2d':",
            "                    raise case.unsupported(f'no {layer.type} yet')",
            f"                x = {call}(x, layer.parameters['weight'])",
            "                trace[f'step{k}.forward.{layer.name}'] = x",
            "",
            "implementation = Mine()",
        ]
    )


def _listed(noun: str, names: Sequence[str]) -> str:
    if not names:
        return f"no {noun}"
    plural = noun if len(names) == 1 else f"{noun}es" if noun.endswith("s") else f"{noun}s"
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return f"the {plural} {shown}"
