"""A mistake of both passes is one mistake: its gradients are those of its own forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Array, Case, Layer
from oracles.contract.reading import read_case
from tests.mutants.layers import LAYERS
from tests.mutants.mutant import Mutant
from tests.mutants.situation import Situation
from tests.mutants.switches import Switches
from tests.mutants.table import MUTANTS

CASES = Path(__file__).parents[2] / "cases"

FOLDERS = {
    "conv2d": ("Conv2d", "conv2d"),
    "max_pool2d": ("MaxPool2d", "max_pool2d"),
    "avg_pool2d": ("AvgPool2d", "avg_pool2d"),
    "zero_pad2d": ("ZeroPad2d", "zero_pad2d"),
    "add": ("Add", "graph"),
    "cat": ("Cat", "graph"),
}
"""{area: (type, folder of cases)}."""

NOT_DIFFERENTIABLE = (
    "avg_pool2d: window in the padding kept",
    "max_pool2d: window in the padding kept",
)
"""0 divided by 0, or the largest of nothing, where no pixel is counted."""

OF_BOTH_PASSES = [
    mutant
    for mutant in MUTANTS
    if mutant.area in FOLDERS
    and mutant.entry.startswith("forward")
    and not mutant.variant
    and mutant.switch not in NOT_DIFFERENTIABLE
]


@pytest.mark.parametrize("mutant", OF_BOTH_PASSES, ids=lambda mutant: mutant.switch)
def test_its_gradients_are_those_of_what_it_computes(mutant: Mutant) -> None:
    """The author's own gradient check sees nothing wrong with it."""
    assert list(parted(mutant)) == []


@cache
def layers(area: str) -> list[tuple[Case, Layer]]:
    """The layers of the area's type in the cases of its folder."""
    type_, folder = FOLDERS[area]
    cases = [read_case(path) for path in sorted((CASES / folder).glob("*.case.toml"))]
    drawn = [case.draw("float64") for case in cases if case.raises is None]
    return [(case, layer) for case in drawn for layer in case.layers if layer.type == type_]


def parted(mutant: Mutant) -> Iterator[str]:
    """The layers on which the gradients and central differences in a random direction part."""
    ran = 0
    for case, layer in layers(mutant.area):
        try:
            numeric, analytic = both(Switches([mutant.switch]), case, layer)
        except (ValueError, IndexError):
            continue  # where sizes differ, the mistake ends in an exception
        ran += 1
        if not abs(numeric - analytic) <= 1e-6 * (1 + abs(numeric)):
            yield f"{case.id} {layer.name}: {analytic} for {numeric}"
    if not ran:
        yield "it ran nowhere"


def both(on: Switches, case: Case, layer: Layer) -> tuple[float, float]:
    """The derivative of a random combination of outputs, by differences and by backward."""
    rng = np.random.default_rng(7)
    module, batch = LAYERS[layer.type], len(case.steps[0].samples)
    operands = {str(i): rng.normal(size=(batch, *s)) for i, s in enumerate(layer.input_shapes)}
    operands |= {p: rng.normal(size=array.shape) for p, array in layer.parameters.items()}
    direction = {name: rng.normal(size=array.shape) for name, array in operands.items()}

    def run(moved: Mapping[str, Array]) -> tuple[Array, Any]:
        own = {p: moved[p] for p in layer.parameters}
        inputs = [moved[str(i)] for i in range(len(layer.inputs))]
        output: tuple[Array, Any] = module.forward(
            on, Situation(layer, own, {}, case.steps[0], None, 0), inputs
        )
        return output

    y, remembered = run(operands)
    grad_output = rng.normal(size=y.shape)
    own = {p: operands[p] for p in layer.parameters}
    grad_inputs, gradients = module.backward(on, remembered, grad_output, own)
    found = {str(i): grad for i, grad in enumerate(grad_inputs)} | gradients
    analytic = sum(float((found[name] * direction[name]).sum()) for name in operands)
    step = 1e-6
    above, _ = run({name: operands[name] + step * direction[name] for name in operands})
    below, _ = run({name: operands[name] - step * direction[name] for name in operands})
    return float(((above - below) * grad_output).sum()) / (2 * step), analytic
