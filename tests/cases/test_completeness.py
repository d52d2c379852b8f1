"""Everything a case can say is said by a case: what is missing is named by the test's id."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from oracles.contract.arrays import TARGET_FORMS, Kept
from oracles.contract.document import InputOptions, StepTable, Training
from oracles.contract.fill_tables import FILLS, ClassesFill, fill_name
from oracles.contract.losses import LOSSES, Loss, PenaltyTable, Reduction
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import SGD, Group
from oracles.contract.preparation import Preparation
from oracles.contract.schedulers import SCHEDULERS
from oracles.contract.tags import TAGS
from tests.cases.files import COMPUTED, IDS, definition, document, keys

PAIRS = tuple(pair for name in COMPUTED for pair in keys(name))
SAID = frozenset(key for key, _ in PAIRS)
TEXTS = frozenset((key.rsplit(".", 1)[-1], value) for key, value in PAIRS if isinstance(value, str))
REFUSED = frozenset(
    layer["type"] for name in IDS if name not in COMPUTED for layer in document(name)["layers"]
)
USED_TAGS = frozenset(tag for name in IDS for tag in definition(name).tags)
CANNOT_REFUSE = ("Identity", "ReLU", "Sigmoid", "Tanh")
"""Operations that take any input and have no arguments."""
LATER = ("speed",)
"""Tags that no case has yet."""


def _arguments(prefix: str, table: Any, left_out: tuple[str, ...] = ()) -> list[str]:
    skipped = ("type", "name", "inputs", "fill", "scheduler", *left_out)
    return [f"{prefix}.{key}" for key in table.model_fields if key not in skipped]


@pytest.mark.parametrize(
    "key",
    [key for name, table in OPERATIONS.items() for key in _arguments(f"layers.{name}", table)],
)
def test_every_argument_of_a_layer_is_given(key: str) -> None:
    """Given, and not left at its default, in at least one case."""
    assert key in SAID


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_operation_has_a_backward_pass(operation: str) -> None:
    """In a case that can be computed."""
    found = [definition(name).draw("float64") for name in _with_tag(operation)[:3]]
    assert any(step.backward for case in found for step in case.steps)


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if name not in CANNOT_REFUSE])
def test_every_operation_refuses(operation: str) -> None:
    """Each operation that can get something senseless has a case of it."""
    assert operation in REFUSED


@pytest.mark.parametrize(
    "key",
    [
        key
        for name, table in LOSSES.items()
        for key in _arguments(f"loss.{name}", table, left_out=("factor", "penalty"))
    ],
)
def test_every_argument_of_a_loss_is_given(key: str) -> None:
    """For each loss by itself."""
    assert key in SAID


@pytest.mark.parametrize("key", _arguments("loss", Loss, left_out=("reduction", "upstream")))
def test_what_all_losses_share_is_given(key: str) -> None:
    """With one of the losses."""
    assert any(f"loss.{name}{key.removeprefix('loss')}" in SAID for name in LOSSES)


@pytest.mark.parametrize("reduction", get_args(Reduction))
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_is_reduced_in_every_way(loss: str, reduction: str) -> None:
    """Mean by default."""
    losses = [document(name).get("loss", {}) for name in COMPUTED]
    found = {(one.get("type"), one.get("reduction", "mean")) for one in losses}
    assert (loss, reduction) in found


@pytest.mark.parametrize(
    "key", [key for kind in ("L1", "L2") for key in _arguments(f"penalty.{kind}", PenaltyTable)]
)
def test_every_argument_of_a_penalty_is_given(key: str) -> None:
    """For each penalty by itself."""
    assert any(said.endswith(f".{key}") for said in SAID)


@pytest.mark.parametrize("per", ["batch", "dataset"])
def test_every_divisor_of_a_penalty_is_used(per: str) -> None:
    """They differ where the last batch is smaller."""
    assert ("per", per) in TEXTS


@pytest.mark.parametrize(
    "key", _arguments("optimizer.SGD", SGD) + _arguments("optimizer.SGD.groups", Group)
)
def test_every_option_of_the_optimizer_is_given(key: str) -> None:
    """For all parameters, and for a group."""
    assert key in SAID


@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_every_scheduler_is_used(scheduler: str) -> None:
    """Over a change of the rate."""
    assert ("scheduler", scheduler) in TEXTS


@pytest.mark.parametrize(
    "key",
    [
        *_arguments("steps", StepTable),
        *_arguments("training", Training),
        *_arguments("input", InputOptions),
        *_arguments("preparation", Preparation),
    ],
)
def test_every_key_of_a_table_is_given(key: str) -> None:
    """Steps, training, input and preparation."""
    assert key in SAID


@pytest.mark.parametrize("memory", ["NHWC", "reversed", "strided"])
def test_every_memory_layout_is_used(memory: str) -> None:
    """Views of the same numbers."""
    assert ("memory", memory) in TEXTS


@pytest.mark.parametrize("fill", [*map(fill_name, FILLS), fill_name(ClassesFill)])
def test_every_fill_is_used(fill: str) -> None:
    """Drawn, counted or put in another order."""
    assert ("fill", fill) in TEXTS


@pytest.mark.parametrize(
    "key", sorted({"values", "file", "classes"} & {k for f in TARGET_FORMS for k in f.model_fields})
)
def test_every_form_of_an_array_is_used(key: str) -> None:
    """A flat list with its shape, a file, labels."""
    assert any(said.endswith(f".{key}") for said in SAID)


def test_masks_are_drawn_and_written_out() -> None:
    """Both forms of a mask."""
    masks = [value for key, value in PAIRS if key == "layers.Dropout.mask"]
    assert {type(mask) for mask in masks} == {dict, list}
    assert any("seed" in mask for mask in masks if isinstance(mask, dict))
    assert "seed" in Kept.model_fields


@pytest.mark.parametrize("tag", [tag for tag in TAGS if tag not in LATER])
def test_every_tag_is_used(tag: str) -> None:
    """A tag nobody has selects nothing."""
    assert tag in USED_TAGS


def _with_tag(tag: str) -> list[str]:
    return [name for name in COMPUTED if tag in definition(name).tags]
