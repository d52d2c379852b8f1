"""Correct implementations have every property, on every case there is for it."""

from __future__ import annotations

from typing import Any

import pytest

import refcnn.implementation
from examples import my_cnn
from oracles import judge, judge_properties
from oracles.contract.losses import LOSSES
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS
from oracles.contract.tags import PROPERTIES
from tests.cases.files import COMPUTED, definition
from tests.properties import mistakes
from tests.properties.torch_program import TorchProgram

CASES = [name for name in COMPUTED if PROPERTIES in definition(name).tags]
BATCHES = {name: len(definition(name).draw("float64").steps[0].samples) for name in CASES}


@pytest.mark.parametrize("what", [*OPERATIONS, *LOSSES, *OPTIMIZERS])
def test_there_is_a_case_for(what: str) -> None:
    """Every operation, loss and optimizer is held to the properties."""
    assert [name for name in CASES if what in definition(name).tags]


@pytest.mark.parametrize("name", CASES)
def test_a_batch_is_large_enough_to_be_made_smaller(name: str) -> None:
    """With two samples, the smaller batch would be a single one."""
    assert BATCHES[name] >= 3


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_refcnn_has_every_property(name: str, dtype: str) -> None:
    """Without a remark."""
    judgement = judge_properties(refcnn.implementation, definition(name), dtype, timeout=60)
    assert (judgement.outcome, judgement.findings) == ("passed", ())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("batch_norm2d/two_values", id="a smaller batch leaves batch norm one value"),
        pytest.param("batch_norm2d/not_tracking", id="batch norm without running statistics"),
        pytest.param("batch_norm2d/given_statistics", id="no train step"),
        pytest.param("losses/cross_entropy/ignored_class_with_weights", id="samples that weigh"),
        pytest.param("conv2d/kernel_from_file", id="numbers that were not drawn"),
        pytest.param("preparation/every_second_in_memory", id="not contiguous as it stands"),
        pytest.param("losses/penalty_per_dataset", id="penalties"),
    ],
)
def test_a_case_that_not_every_property_makes_sense_for(name: str) -> None:
    """What PyTorch does not compute either, or not for each sample, is asked of nobody."""
    judgement = judge_properties(refcnn.implementation, definition(name), "float32", timeout=60)
    assert (judgement.outcome, judgement.findings) == ("passed", ())


@pytest.mark.parametrize("name", CASES)
def test_torch_in_float32_has_every_property(name: str) -> None:
    """Its convolutions take other ways for other sizes of the batch, which is no mistake. It is
    held to the values first: a program that is wrong proves nothing here."""
    assert judge(TorchProgram(), definition(name), "float32").outcome == "passed"
    judgement = judge_properties(TorchProgram(), definition(name), timeout=60)
    assert (judgement.outcome, judgement.findings) == ("passed", ())


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("conv2d/strided_generic", "passed"),
        ("activations/relu_between_layers", "passed"),
        ("flatten/channels_first", "passed"),
        ("sgd/momentum_decay", "passed"),
        ("max_pool2d/overlap", "unsupported"),
        ("losses/mse/mean", "unsupported"),
    ],
)
def test_functions_of_a_course_have_every_property_of_what_they_do(name: str, outcome: str) -> None:
    """What is not plugged in is not asked for."""
    judgement = judge_properties(my_cnn.implementation, definition(name), timeout=60)
    assert (judgement.outcome, judgement.findings) == (outcome, ())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("right", "name"),
    [
        pytest.param(
            mistakes.functions(BatchNorm2d=(mistakes.batch_norm, mistakes.batch_norm_backward)),
            "batch_norm2d/after_conv",
            id="the batch norm that mistakes are made from",
        ),
        pytest.param(mistakes.functions(), "linear/generic", id="the functions they are made from"),
    ],
)
def test_nothing_is_wrong_but_the_mistake(right: Any, name: str, dtype: str) -> None:
    """What the mistakes change is right without them."""
    judgement = judge_properties(right, definition(name), dtype, timeout=60)
    assert (judgement.outcome, judgement.findings) == ("passed", ())
