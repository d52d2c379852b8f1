"""The tables of docs/case-format.md, made of the models.

`python -m oracles.contract.documentation` writes them into the page, and docs/conventions.md.
The page is prose with marked places for the tables; the prose is edited there.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from oracles.contract import conventions_page
from oracles.contract.arrays import Kept, Labels, SideFile, Values
from oracles.contract.attribute_types import Described
from oracles.contract.document import (
    Comparison,
    Derivation,
    Document,
    InputOptions,
    RaisesTable,
    StepTable,
    Training,
)
from oracles.contract.fill_tables import FILLS, ClassesFill, Fill, fill_name
from oracles.contract.losses import LOSSES, PenaltyTable
from oracles.contract.operations.operation import Operation
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS, Group
from oracles.contract.preparation import Preparation
from oracles.contract.schedulers import SCHEDULERS
from oracles.contract.tables import Table
from oracles.contract.tags import TAGS

PAGE = Path(__file__).parents[2] / "docs" / "case-format.md"


def updated(page: str) -> str:
    """The page with every table as the models have it now."""
    for name, table in _tables().items():
        begin, end = f"<!-- table: {name} -->", "<!-- end of table -->"
        pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"docs/case-format.md has no place for the table {name!r}: {begin}")
        before, after = pattern.split(page, maxsplit=1)
        page = f"{before}{begin}\n{table}\n{end}{after}"
    return page


def _tables() -> dict[str, str]:
    all_fills: tuple[type[Fill], ...] = (*FILLS, ClassesFill)
    fills = {fill_name(fill): fill for fill in all_fills}
    return {
        "top": _keys(Document),
        "arrays": _several({"values": Values, "file": SideFile}),
        "fills": _several(fills, Fill),
        "input": _keys(InputOptions),
        "preparation": _keys(Preparation),
        "layer": _keys(Operation),
        "operations": _several(OPERATIONS, Operation),
        "mask": _keys(Kept),
        "losses": _several(LOSSES),
        "labels": _keys(Labels),
        "penalty": _keys(PenaltyTable),
        "optimizers": _several(OPTIMIZERS),
        "groups": _keys(Group),
        "schedulers": _several(SCHEDULERS),
        "training": _keys(Training),
        "steps": _keys(StepTable),
        "expect": _keys(Comparison, Derivation),
        "raises": _keys(RaisesTable),
        "tags": "\n".join(
            ["| tag | cases about |", "|---|---|", *(f"| `{t}` | {m} |" for t, m in TAGS.items())]
        ),
    }


def _several(tables: Any, common: type[Table] | None = None) -> str:
    """One heading and table for each; keys of `common` are described elsewhere."""
    parts = []
    for name, table in tables.items():
        left_out = set(common.model_fields) if common else {"type", "scheduler"}
        rows = _rows((k, f) for k, f in table.model_fields.items() if k not in left_out)
        text = f"#### `{name}`\n\n{table.__doc__}"
        parts.append(f"{text}\n\n{rows}" if rows else text)
    return "\n\n".join(parts)


def _keys(*tables: type[Table]) -> str:
    found: dict[str, FieldInfo] = {}
    for table in tables:
        own = {k: f for k, f in table.model_fields.items() if k != "type" or table is PenaltyTable}
        found |= own
    return _rows(found.items())


def _rows(fields: Iterable[tuple[str, FieldInfo]]) -> str:
    rows = [
        f"| `{key}` | {_escaped(type_name(field))} | {_default(field)} "
        f"| {_escaped(field.description or '')} |"
        for key, field in fields
    ]
    return "\n".join(["| key | type | default | |", "|---|---|---|---|", *rows]) if rows else ""


def type_name(field: FieldInfo) -> str:
    """The type of a key in the words of somebody who writes TOML."""
    own = next((m.text for m in field.metadata if isinstance(m, Described)), None)
    return own or _name(field.annotation)


_PLAIN = {bool: "true or false", int: "integer", float: "number", str: "text"}


def _name(annotation: Any) -> str:
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin is Annotated:
        described = next((a.text for a in arguments[1:] if isinstance(a, Described)), None)
        return described or _name(arguments[0])
    if origin is Literal:
        return " or ".join(f'`"{value}"`' for value in arguments)
    if origin in (Union, types.UnionType):
        members = [a for a in arguments if a is not type(None)]
        return _name(members[0]) if len(members) == 1 else "array"
    if origin is tuple:
        fixed = Ellipsis not in arguments
        return "list of integers" if fixed else f"list of {_plural(_name(arguments[0]))}"
    if origin is dict or (isinstance(annotation, type) and issubclass(annotation, Table)):
        return "table"
    return _PLAIN.get(annotation, "array")


def _plural(name: str) -> str:
    return name if name.startswith("`") else f"{name}s"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value == () or value == {}:
        return ""
    if isinstance(value, Table):
        return "drawn"
    if isinstance(value, tuple):
        return f"`{value[0]}`" if len(set(value)) == 1 else f"`{list(value)}`".replace("'", '"')
    shown = {True: "true", False: "false"}[value] if isinstance(value, bool) else value
    return (
        f'`"{shown}"`' if isinstance(value, str) and value else f"`{shown}`" if value != "" else ""
    )


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    conventions_page.PAGE.write_text(conventions_page.page(), encoding="utf-8")
