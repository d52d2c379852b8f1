"""The update is that of the class torch.optim.SGD, without what the class loads."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from oracles.case_paths import bundled_cases
from oracles.contract.case import Array, Case, Step
from oracles.contract.reading import read_case
from oracles.contract.reference import Parameters, Slots
from oracles.references.pytorch import PyTorch, evaluate

CASES = sorted(path.name for path in (bundled_cases() / "sgd").glob("*.case.toml"))


def by_the_class(
    case: Case, step: Step, parameters: Parameters, gradients: Parameters, slots: Slots
) -> tuple[Parameters, Slots]:
    """One step of torch.optim.SGD."""
    assert case.optimizer is not None
    tensors = {name: torch.nn.Parameter(_tensor(array)) for name, array in parameters.items()}
    groups = []
    for name, tensor in tensors.items():
        tensor.grad = _tensor(gradients[name])
        options = case.optimizer["parameters"][name]
        groups.append({"params": [tensor], **options, "lr": step.learning_rates[name]})
    optimizer = torch.optim.SGD(groups, lr=0.0)
    for name, values in slots.items():
        optimizer.state[tensors[name]] = {slot: _tensor(array) for slot, array in values.items()}
    optimizer.step()
    remembered = {
        name: {
            slot: value.numpy()
            for slot, value in optimizer.state.get(tensor, {}).items()
            if isinstance(value, torch.Tensor)
        }
        for name, tensor in tensors.items()
    }
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}, remembered


def _tensor(array: Array) -> torch.Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float64))


@pytest.mark.parametrize("name", CASES)
def test_every_option_is_that_of_the_class(name: str) -> None:
    """Bit for bit, with what is remembered, over all steps."""
    definition = read_case(bundled_cases() / "sgd" / name)
    reference = PyTorch()
    slots: Slots = {}
    case, values = definition.draw("float64"), evaluate(definition.draw("float64"))
    parameters = {key: array.copy() for key, array in case.parameters().items()}
    kind = "clipped" if any(".clipped." in entry for entry in values) else "gradient"
    for step in (step for step in case.steps if step.update):
        gradients = {key: values[f"step{step.index}.{kind}.{key}"] for key in parameters}
        expected = by_the_class(case, step, parameters, gradients, slots)
        actual = reference.update(case, step, parameters, gradients, slots)
        np.testing.assert_equal(actual[0], expected[0])
        np.testing.assert_equal(actual[1], expected[1])
        parameters, slots = expected


def test_an_update_does_not_load_a_compiler() -> None:
    """It takes as long as torch itself, in every process."""
    code = (
        "import sys, oracles\n"
        f"case = oracles.read_case({str(bundled_cases() / 'sgd' / 'plain.case.toml')!r})\n"
        "from oracles.references.pytorch import evaluate\n"
        "evaluate(case.draw('float64'))\n"
        "sys.exit('torch._dynamo' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
