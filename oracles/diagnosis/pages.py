"""A page for each known mistake, and an index: `python -m oracles.diagnosis.pages`.

They are written from the hypotheses; the numbers on them are computed.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from oracles.diagnosis.hypotheses.table import HYPOTHESES
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.showing import Example, Showcase
from oracles.diagnosis.splitting import bundled

FOLDER = Path(__file__).parents[2] / "docs" / "causes"
COMMAND = "python -m oracles.diagnosis.pages"
_MADE = f"<!-- written by {COMMAND}: change the hypothesis, not this page -->"
_SORTS = {
    "mistake": "a mistake",
    "convention": "a convention other than PyTorch's",
    "not-a-bug": "not a bug",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or say which are not as they would be written."""
    parser = argparse.ArgumentParser(prog=COMMAND, allow_abbrev=False)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if stale")
    options = parser.parse_args(arguments)
    wanted = pages(HYPOTHESES)
    old = stale(wanted, options.folder)
    if not options.check:
        write(wanted, options.folder)
    if options.check:
        sys.stdout.write("".join(f"stale: {name}\n" for name in old))
    else:
        sys.stdout.write(f"{len(old)} of {len(wanted)} pages written, the others are up to date\n")
    return 1 if options.check and old else 0


def pages(hypotheses: Iterable[Hypothesis]) -> dict[str, str]:
    """{file name: text}."""
    known = sorted(hypotheses, key=lambda one: one.name)
    showcase = Showcase(bundled())
    texts = {f"{one.name}.md": page(one, showcase.example(one)) for one in known}
    return {"README.md": index(known), **texts}


def stale(wanted: Mapping[str, str], folder: Path) -> list[str]:
    """Pages that are missing, have another text, or are about nothing any more."""
    here = {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}
    return sorted(name for name in {*wanted, *here} if wanted.get(name) != here.get(name))


def write(wanted: Mapping[str, str], folder: Path) -> None:
    """Write all of them, and take away what is about nothing any more."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def page(hypothesis: Hypothesis, example: Example | None) -> str:
    """What there is to know about one mistake."""
    return "\n".join(_page(hypothesis, example)) + "\n"


def index(hypotheses: Sequence[Hypothesis]) -> str:
    """All of them, by area."""
    return "\n".join(_index(hypotheses)) + "\n"


def _page(hypothesis: Hypothesis, example: Example | None) -> Iterator[str]:
    yield _MADE
    yield f"# {_sentence(hypothesis.title)}"
    yield ""
    yield f"`{hypothesis.name}`, {_SORTS[hypothesis.sort]}. The rule that is tested:"
    yield ""
    yield from _paragraph(hypothesis.claim, quote="> ")
    yield ""
    yield "## What it looks like"
    yield ""
    yield from _example(example)
    yield ""
    yield "## Why the usual tests pass"
    yield ""
    yield from _paragraph(hypothesis.why_unseen)
    yield ""
    if hypothesis.declaration:
        yield "## Declare it"
        yield ""
        yield "If it is meant to be so, this line makes the harness accept it:"
        yield ""
        yield from _code(hypothesis.declaration)
        yield ""
    yield "## Mend it"
    yield ""
    yield from _code(hypothesis.fix)
    if hypothesis.convention:
        yield ""
        there = "[conventions.md](../conventions.md)"
        yield f"More on the choice behind it: `{hypothesis.convention}` in {there}."
    if hypothesis.evidence:
        yield ""
        yield "## Seen in"
        yield ""
        yield from (f"- {_linked(one)}" for one in hypothesis.evidence)


def _example(example: Example | None) -> Iterator[str]:
    if example is None:
        yield "No small bundled case shows it."
        return
    case = f"[{example.case}](../../cases/{example.case}.case.toml)"
    text = f"The smallest bundled case on which it shows is {case} ({example.dtype}): "
    yield from _paragraph(text + f"{_plain(example.title)}.", escape=False)
    yield f"It is first seen in `{example.entry}{example.place}`."
    right, wrong = example.shapes
    if right != wrong:
        yield f"The shape is {wrong} in place of {right}."
    yield ""
    yield from _code_block("PyTorch", example.right, "with this mistake", example.wrong)


def _code_block(
    head: str, right: Sequence[Sequence[str]], other: str, wrong: Sequence[Sequence[str]]
) -> Iterator[str]:
    yield "```text"
    yield head
    yield from _aligned(right)
    yield ""
    yield other
    yield from _aligned(wrong)
    yield "```"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    width = max((len(text) for row in rows for text in row), default=0)
    yield from ("  " + "  ".join(text.rjust(width) for text in row) for row in rows)


def _index(hypotheses: Sequence[Hypothesis]) -> Iterator[str]:
    yield _MADE
    yield "# Causes"
    yield ""
    yield from _paragraph(
        f"The {len(hypotheses)} known mistakes that the harness tries on wrong numbers. Each is a "
        "rule in the place of PyTorch's: one that reproduces the numbers of an implementation is "
        "the cause of them.",
        escape=False,
    )
    for area in dict.fromkeys(one.area for one in hypotheses):
        yield ""
        yield f"## {area}"
        yield ""
        yield "| cause | what is wrong | |"
        yield "|---|---|---|"
        for one in hypotheses:
            if one.area == area:
                sort = "" if one.sort == "mistake" else _SORTS[one.sort]
                yield f"| [{one.name}]({one.name}.md) | {_plain(one.title)} | {sort} |"


def _sentence(text: str) -> str:
    return _plain(text[:1].upper() + text[1:])


def _plain(text: str) -> str:
    """Text of a hypothesis or a case, in which signs mean themselves."""
    return re.sub(r"([\\*_<>|`])", r"\\\1", text)


def _paragraph(text: str, *, quote: str = "", escape: bool = True) -> Iterator[str]:
    whole = _plain(text) if escape else text
    yield from (
        quote + line
        for line in textwrap.wrap(whole, 110, break_long_words=False, break_on_hyphens=False)
    )


def _code(text: str) -> Iterator[str]:
    yield "```text"
    yield from textwrap.wrap(text, 96, break_long_words=False, break_on_hyphens=False)
    yield "```"


def _linked(evidence: str) -> str:
    """A link where it is the name of an issue or of a page."""
    issue = re.fullmatch(r"([\w.-]+/[\w.-]+)#(\d+)", evidence)
    if issue:
        return f"[{evidence}](https://github.com/{issue[1]}/issues/{issue[2]})"
    if re.fullmatch(r"[\w-]+(\.[\w-]+)+/\S+", evidence):
        return f"<https://{evidence}>"
    return _plain(evidence)


if __name__ == "__main__":
    sys.exit(main())
