"""Random cases are cases, always the same ones, and leave nothing out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from oracles.audit.cases.case import random_case, write_case
from oracles.audit.cases.data import FAMILIES
from oracles.audit.cases.toml import toml
from oracles.contract.arrays import ARRAY_FORMS
from oracles.contract.document import InputOptions, StepTable, Training
from oracles.contract.errors import InvalidCase
from oracles.contract.losses import LOSSES, PenaltyTable, Reduction
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS, Group
from oracles.contract.preparation import Preparation
from oracles.contract.reading import read_case
from oracles.contract.schedulers import SCHEDULERS
from oracles.contract.tables import Table, fields
from tests.audit.seen_options import used

OWN = ("type", "name", "inputs", "scheduler")
"""Keys that say which table it is."""


def _problems(folder: Path, numbers: range) -> Iterator[str]:
    for number in numbers:
        try:
            read_case(write_case(folder, 1, number))
        except InvalidCase as error:
            yield str(error)


def _missing(prefix: str, table: type[Table]) -> list[str]:
    keys = [f"{prefix}.{key}" for key in fields(table) if key not in OWN]
    return [key for key in keys if key not in used()]


def test_random_cases_are_valid(tmp_path: Path) -> None:
    """The contract has nothing to object to."""
    assert list(_problems(tmp_path, range(200))) == []


def test_a_case_depends_on_seed_and_number_alone() -> None:
    """Whoever has both has the case."""
    assert toml(random_case(3, 14)) == toml(random_case(3, 14))
    assert toml(random_case(3, 14)) != toml(random_case(4, 14))
    assert toml(random_case(3, 14)) != toml(random_case(3, 15))


@pytest.mark.parametrize("type_", [*OPERATIONS, *LOSSES, *OPTIMIZERS])
def test_every_type_is_drawn(type_: str) -> None:
    """Operations, losses and optimizers; a new one has to be added to oracles/audit/cases."""
    assert type_ in used()


@pytest.mark.parametrize(
    ("prefix", "table"),
    [
        *({**OPERATIONS, **LOSSES, **OPTIMIZERS}.items()),
        *((f"SGD.lr.{name}", scheduler) for name, scheduler in SCHEDULERS.items()),
        ("SGD.groups", Group),
        ("MSELoss.penalty.L1", PenaltyTable),
        ("MSELoss.penalty.L2", PenaltyTable),
        ("step", StepTable),
        ("training", Training),
        ("preparation", Preparation),
        ("input", InputOptions),
    ],
)
def test_every_option_is_drawn(prefix: str, table: type[Table]) -> None:
    """What is missing here is an option that no random case ever uses."""
    assert _missing(prefix, table) == []


@pytest.mark.parametrize(
    "option",
    [
        *(f"CrossEntropyLoss.reduction={name}" for name in get_args(Reduction)),
        *(f"MSELoss.penalty.L1.per={name}" for name in ("batch", "dataset")),
        *(f"input.memory={name}" for name in ("NHWC", "reversed", "strided")),
        *(f"Conv2d.padding={name}" for name in ("same", "valid")),
        *(f"step.mode={name}" for name in ("train", "eval")),
        "BatchNorm2d.momentum=none",
        "BatchNorm2d.affine=False",
        "BatchNorm2d.track_running_stats=False",
        "SGD.nesterov=True",
        "SGD.maximize=True",
        "upstream",
    ],
)
def test_every_choice_is_drawn(option: str) -> None:
    """The named choices of an option as well."""
    assert option in used()


@pytest.mark.parametrize("form", ["values", "fill"])
def test_inputs_are_drawn_and_written_out(form: str) -> None:
    """Both kinds of data, which are judged by different rules."""
    assert any(form in fields(one) for one in ARRAY_FORMS)
    assert f"input.{form}" in used()
    assert set(FAMILIES) >= {"all equal", "lognormal", "wide scales", "offset 1000", "sparse"}
