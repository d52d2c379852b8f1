"""docs/conventions.md, made of the table: `python -m oracles.contract.documentation` writes it."""

from __future__ import annotations

import re
from pathlib import Path

from oracles.contract.conventions import CONVENTIONS, Convention

PAGE = Path(__file__).parents[2] / "docs" / "conventions.md"

_HEAD = """# Conventions

Choices on which frameworks differ although each is right. A case means what PyTorch does. A case
whose numbers hang on such a choice names it, `conventions = ["max_pool.ties"]`, and a failure there
says which choice it is, what PyTorch does and who does otherwise: if yours is meant to follow
another one, the difference is no bug.

For each of them there is a case that decides it: by the other rule its numbers come out different.
"""


def page() -> str:
    """The whole page."""
    rows = ["| convention | the question |", "|---|---|"]
    rows += [
        f"| [`{name}`](#{_anchor(name)}) | {_text(one.question)} |"
        for name, one in CONVENTIONS.items()
    ]
    sections = [_section(name, one) for name, one in CONVENTIONS.items()]
    return "\n\n".join([_HEAD.strip(), "\n".join(rows), *sections]) + "\n"


def _section(name: str, convention: Convention) -> str:
    rows = ["| who | does what |", "|---|---|", f"| PyTorch | {_text(convention.pytorch)} |"]
    rows += [f"| {_text(other.who)} | {_text(other.does)} |" for other in convention.others]
    about = f"**{convention.title[0].upper()}{convention.title[1:]}.** {convention.question}"
    sources = f"Sources: {'; '.join(convention.sources)}."
    return "\n\n".join([f"## {name}", _text(about, stars=True), "\n".join(rows), _text(sources)])


def _text(text: str, *, stars: bool = False) -> str:
    escaped = text.replace("|", "\\|").replace("_", "\\_")
    return escaped if stars else escaped.replace("*", "\\*")


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "", name)
