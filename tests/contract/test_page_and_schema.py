"""The page of the documentation and the JSON Schema are those of the models."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest

from oracles.contract import conventions_page
from oracles.contract.conventions import CONVENTIONS
from oracles.contract.documentation import PAGE, updated
from oracles.contract.entries import Kind
from oracles.contract.losses import LOSSES
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS
from oracles.contract.reading import read_case
from oracles.contract.schema import json_schema


def test_the_page_is_up_to_date() -> None:
    """Otherwise: python -m oracles.contract.documentation."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == updated(page)


def test_the_page_of_conventions_is_up_to_date() -> None:
    """Otherwise: python -m oracles.contract.documentation."""
    assert conventions_page.PAGE.read_text(encoding="utf-8") == conventions_page.page()


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_is_complete(name: str) -> None:
    """Who does otherwise, where that is written, and entries that there are."""
    convention = CONVENTIONS[name]
    assert convention.others
    assert convention.sources
    assert {*convention.kinds} <= {*get_args(Kind)}
    assert {*convention.operations} <= {*OPERATIONS, *LOSSES, *OPTIMIZERS}
    assert convention.question.endswith("?")


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    """So that no table gets lost in an edit."""
    with pytest.raises(ValueError, match="has no place for the table 'top'"):
        updated("")


def test_the_example_of_the_page_is_a_case(tmp_path: Path) -> None:
    """What people copy first."""
    page = PAGE.read_text(encoding="utf-8")
    example = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0]
    (tmp_path / "a.case.toml").write_text(example, encoding="utf-8")
    assert read_case(tmp_path / "a.case.toml").draw("float32").drawn


@pytest.mark.parametrize("number", range(8))
def test_the_snippets_of_the_page_are_toml(number: int) -> None:
    """Each of them; the one with four forms of a weight line by line."""
    page = PAGE.read_text(encoding="utf-8")
    snippets = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    lines = snippets[1].splitlines() if number == 1 else snippets[number : number + 1]
    assert all(tomllib.loads(line) for line in lines)


def nulls(schema: Any) -> list[Any]:
    """Places where the schema speaks of null."""
    if isinstance(schema, list):
        return [found for item in schema for found in nulls(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "null" else []
    return own + [found for item in schema.values() for found in nulls(item)]


def test_the_schema_has_every_type_and_no_null() -> None:
    """TOML has no null."""
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["$defs"]) >= {*OPERATIONS, *LOSSES, "SGD", "StepLR", "InputUniform"}
    assert nulls(schema) == []


def test_the_schema_allows_no_other_keys() -> None:
    """A typing error in a key is red in the editor."""
    schema = json_schema()
    tables = [schema, *(d for d in schema["$defs"].values() if d["type"] == "object")]
    assert all(table["additionalProperties"] is False for table in tables)
