"""Lines that fit a terminal, and do not break inside of a formula."""

from __future__ import annotations

import re
import textwrap

WIDTH = 96
_NO_BREAK = "\u00a0"
"""The space inside a formula or an index."""


def wrapped(text: str, *, indent: int, first: int | None = None) -> list[str]:
    """Lines of a paragraph, indented; the first one by `first` if that is given."""
    rest = " " * indent
    lines = textwrap.wrap(
        re.sub(r" ([*+/=]) |(?<=\d), (?=\d)|\[[^][]{1,40}\]", _unbroken, text),
        WIDTH,
        initial_indent=rest if first is None else " " * first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_NO_BREAK, " ") for line in lines]


def _unbroken(match: re.Match[str]) -> str:
    return match.group().replace(" ", _NO_BREAK)
