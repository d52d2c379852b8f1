"""Lines of keys, in every way TOML has to write them."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracles.contract.locator import line_of, locate
from oracles.contract.tables import KeyPath

TEXT = '''\
# a comment with [brackets] and "quotes"
title = "a # b"          # 2
"quoted key" = 1         # 3
'literal.key' = 2        # 4
a.b . "c.d" = 3          # 5

text = """
[not a table]
x = 1 \\""" still text
"""                      # 7 to 10
literal = \'\'\'
"""
\'\'\'                      # 11 to 13
[table]                  # 14
numbers = [1, 2,         # 15
  3,   # three ]
  [4, 5],                # 17
]
inline = { x = 1, "y" = { z = [1, 2] }, w.v = 2 }   # 19
[[layers]]               # 20
type = "A"
[[layers]]               # 22
type = "B"               # 23
[layers.weight]          # 24
fill = "uniform"         # 25
[[loss.penalty]]         # 26
[[loss.penalty]]         # 27
factor = 1               # 28
[ "step0.loss" ]         # 29
values = 2020-01-01      # 30
'''

LINES: dict[KeyPath, int] = {
    ("title",): 2,
    ("quoted key",): 3,
    ("literal.key",): 4,
    ("a", "b", "c.d"): 5,
    ("text",): 7,
    ("literal",): 11,
    ("table",): 14,
    ("table", "numbers"): 15,
    ("table", "numbers", 1): 15,
    ("table", "numbers", 2): 16,
    ("table", "numbers", 3, 1): 17,
    ("table", "inline", "y", "z", 1): 19,
    ("table", "inline", "w", "v"): 19,
    ("layers", 0): 20,
    ("layers", 0, "type"): 21,
    ("layers", 1): 22,
    ("layers", 1, "type"): 23,
    ("layers", 1, "weight"): 24,
    ("layers", 1, "weight", "fill"): 25,
    ("loss", "penalty", 0): 26,
    ("loss", "penalty", 1): 27,
    ("loss", "penalty", 1, "factor"): 28,
    ("step0.loss",): 29,
    ("step0.loss", "values"): 30,
    ("layers", 1, "missing", "deeper"): 22,
    ("missing",): 0,
    (): 0,
}


@pytest.mark.parametrize(("key", "line"), LINES.items(), ids=map(str, LINES))
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_lines(key: KeyPath, line: int, newline: str) -> None:
    """The line of the key, else that of what is around it."""
    assert line_of(locate(TEXT.replace("\n", newline)), key) == line


def test_the_text_above_is_toml() -> None:
    """As the scanner expects."""
    assert set(tomllib.loads(TEXT)) >= {"title", "a", "table", "layers", "loss", "step0.loss"}


def paths(value: Any, key: KeyPath = ()) -> set[KeyPath]:
    """Every place in what tomllib reads."""
    inner = (
        enumerate(value)
        if isinstance(value, list)
        else value.items()
        if isinstance(value, dict)
        else ()
    )
    return {key} | {path for name, item in inner for path in paths(item, (*key, name))}


def test_every_place_that_tomllib_reads_has_a_line() -> None:
    """And no place that it does not read."""
    assert set(locate(TEXT)) == paths(tomllib.loads(TEXT)) - {()}


@given(st.text(alphabet="ab.\"'[]{}=,#\n \\1", max_size=60))
def test_any_text_is_walked_to_its_end(text: str) -> None:
    """Also one that is no TOML: no endless loop, no exception."""
    assert all(1 <= line <= text.count("\n") + 1 for line in locate(text).values())
