"""The PyTorch oracle against a PyTorch program as anybody would write it."""

from __future__ import annotations

import gc
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from oracles.contract.case import Array, Case
from oracles.contract.errors import Unsupported
from oracles.contract.reading import read_case
from oracles.contract.reference import Call, Parameters, Slots
from oracles.references.pytorch import PyTorch, Replacement, TorchRun, evaluate
from tests.judging.building import layer

NETWORK = """
format = 1
title = "a small network"
why = "compared with a program of twenty lines"
[input]
shape = [5, 2, 7, 6]
fill = "uniform"
[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 2
out_channels = 3
kernel_size = [3, 2]
[[layers]]
type = "BatchNorm2d"
name = "norm"
num_features = 3
[[layers]]
type = "ReLU"
name = "relu"
[[layers]]
type = "Flatten"
name = "flatten"
[[layers]]
type = "Linear"
name = "fc"
in_features = 75
out_features = 4
[loss]
type = "CrossEntropyLoss"
target = { classes = [0, 3, 1, 2, 3] }
label_smoothing = 0.1
[[loss.penalty]]
type = "L2"
factor = 0.25
parameters = ["*.weight"]
[optimizer]
type = "SGD"
lr = 0.25
momentum = 0.5
weight_decay = 0.125
clip_grad_norm = 1.0
[training]
steps = 4
batch_size = 2
"""


@pytest.fixture
def case(tmp_path: Path) -> Case:
    """The network above, in float64."""
    path = tmp_path / "net.case.toml"
    path.write_text(NETWORK)
    return read_case(path).draw("float64")


def trained_by_hand(case: Case) -> dict[str, Array]:
    """The same training as a PyTorch program, and what can be seen of it from outside."""
    modules: dict[str, torch.nn.Module] = {
        "conv": torch.nn.Conv2d(2, 3, (3, 2)),
        "norm": torch.nn.BatchNorm2d(3),
        "relu": torch.nn.ReLU(),
        "flatten": torch.nn.Flatten(),
        "fc": torch.nn.Linear(75, 4),
    }
    network = torch.nn.Sequential(OrderedDict(modules)).double()
    state = network.state_dict()
    for one in case.layers:
        for key, array in {**one.parameters, **one.buffers}.items():
            state[f"{one.name}.{key}"].copy_(torch.tensor(array))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.25, momentum=0.5, weight_decay=0.125)
    criterion = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    seen: dict[str, Array] = {}
    for step in case.steps:
        optimizer.zero_grad()
        prediction = network(torch.tensor(step.input))
        loss = criterion(prediction, torch.tensor(step.target))
        weights = [p for name, p in network.named_parameters() if name.endswith(".weight")]
        loss = loss + 0.25 * torch.stack([(p**2).sum() for p in weights]).sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        k = step.index
        seen[f"step{k}.forward.fc"] = prediction.detach().numpy()
        seen[f"step{k}.loss"] = loss.detach().numpy()
        seen[f"step{k}.state.norm.running_var"] = state["norm.running_var"].numpy().copy()
        for name, parameter in network.named_parameters():
            assert parameter.grad is not None
            seen[f"step{k}.clipped.{name}"] = parameter.grad.numpy().copy()
            seen[f"step{k}.update.{name}"] = parameter.detach().numpy().copy()
    return seen


def test_equals_a_program_by_hand(case: Case) -> None:
    """Four steps with everything on: the oracle's entries are those of the program."""
    values = evaluate(case)
    for name, array in trained_by_hand(case).items():
        np.testing.assert_allclose(values[name], array, rtol=1e-12, atol=1e-14, err_msg=name)


def test_operands_stay_and_nothing_is_drawn(case: Case) -> None:
    """An evaluation changes no operand and no global generator."""
    before = torch.random.get_rng_state()
    first = evaluate(case)
    second = evaluate(case)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def no_activation(call: Call, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """The identity in the place of a ReLU."""
    return inputs[0]


def negated(run: TorchRun, grad_output: Tensor) -> tuple[list[Tensor], dict[str, Tensor]]:
    """Gradients with the wrong sign."""
    inputs, parameters = run.autograd(grad_output)
    return [-g for g in inputs], {name: -g for name, g in parameters.items()}


def doubled(case: Case, step: object, prediction: Tensor) -> Tensor:
    """Another loss."""
    return 2.0 * prediction.sum()


def ascent(
    case: Case, step: object, parameters: Parameters, gradients: Parameters, slots: Slots
) -> tuple[Parameters, Slots]:
    """Uphill, with the oracle's momentum."""
    _, remembered = PyTorch().update(case, case.steps[0], parameters, gradients, slots)
    return {name: p + gradients[name] for name, p in parameters.items()}, remembered


@pytest.mark.parametrize(
    ("replacement", "first", "same"),
    [
        pytest.param(
            Replacement(forward={"relu": no_activation}),
            "step0.forward.relu",
            "step0.forward.norm",
            id="a forward pass",
        ),
        pytest.param(
            Replacement(backward={"fc": negated}),
            "step0.backward.fc",
            "step0.backward.loss",
            id="a backward pass",
        ),
        pytest.param(Replacement(loss=doubled), "step0.loss", "step0.forward.fc", id="a loss"),
        pytest.param(
            Replacement(update=ascent),
            "step0.update.conv.weight",
            "step0.clipped.fc.bias",
            id="an update",
        ),
    ],
)
def test_replacements(case: Case, replacement: Replacement, first: str, same: str) -> None:
    """An altered rule changes what it computes, and nothing before it."""
    plain, altered = evaluate(case), evaluate(case, replacement)
    differing = [
        name
        for name in plain
        if name not in altered or not np.array_equal(plain[name], altered[name])
    ]
    assert differing[0] == first
    assert same not in differing


def test_unknown_type() -> None:
    """A layer that PyTorch does not have is not guessed."""
    call = Call(layer("Conv7d"), (np.zeros((1, 1)),), {}, {}, "train")
    with pytest.raises(Unsupported, match=r"PyTorch has no torch\.nn\.Conv7d"):
        PyTorch().run(call)


def test_a_module_of_any_name_gets_parameters_and_buffers() -> None:
    """Modules are kept from one call to the next, and nothing of a call stays in them."""
    x = np.array([[0.0, 1.0], [8.0, 9.0]])
    parameters = {"weight": np.array([1.0, 2.0]), "bias": np.array([0.5, 0.0])}
    buffers = {"running_mean": np.zeros(2), "running_var": np.ones(2)}
    norm = layer("BatchNorm1d", num_features=2, eps=9.0)
    first, second = (
        PyTorch().run(Call(norm, (x,), parameters, buffers, "train")) for _ in range(2)
    )
    np.testing.assert_allclose(first.output, [[-0.3, -1.6], [1.3, 1.6]])
    np.testing.assert_allclose(first.buffers["running_mean"], [0.4, 0.5])
    np.testing.assert_array_equal(second.buffers["running_mean"], first.buffers["running_mean"])
    np.testing.assert_array_equal(buffers["running_mean"], [0.0, 0.0])
    alive = weakref.ref(second.parameters["weight"])
    del first, second
    gc.collect()
    assert alive() is None
