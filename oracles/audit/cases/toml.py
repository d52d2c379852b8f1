"""Writes a case as TOML: plain keys first, then tables, everything below them inline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Table = dict[str, Any]


def toml(document: Mapping[str, Any]) -> str:
    """The text of a case file."""
    plain = {key: value for key, value in document.items() if not _is_table(value)}
    lines = [*_pairs(plain)]
    for key, value in document.items():
        if isinstance(value, dict):
            lines += ["", f"[{key}]", *_pairs(value)]
        elif _is_table(value):
            for table in value:
                lines += ["", f"[[{key}]]", *_pairs(table)]
    return "\n".join(lines) + "\n"


def _is_table(value: Any) -> bool:
    of_tables = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return isinstance(value, dict) or (of_tables and "type" in value[0]) or _is_steps(value)


def _is_steps(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and "mode" in value[0]


def _pairs(table: Mapping[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield f"{key} = {_inline(value)}"


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(_pairs(value))} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)


def _number(value: float) -> str:
    """Nine digits, which name every float32; never an integer, which is another type."""
    text = f"{value:.9g}"
    return text if any(sign in text for sign in ".en") else f"{text}.0"
