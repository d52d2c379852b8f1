"""Where case files are: what a person types on a command line, as paths."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

SUFFIX = ".case.toml"


class CommandError(Exception):
    """A command that cannot be carried out; the message is for the person who typed it."""


def bundled_cases() -> Path:
    """The folder of bundled cases: in the package, or beside it in a checkout."""
    package = Path(__file__).parent
    installed = package / "cases"
    return installed if installed.is_dir() else package.parent / "cases"


def case_files(given: Iterable[str]) -> list[Path]:
    """Every case file of the files, folders and case ids given, in order, each once."""
    found: dict[Path, None] = {}
    for name in given:
        folder = Path(name)
        if folder.is_dir():
            below = sorted(folder.rglob(f"*{SUFFIX}"))
            if not below:
                raise CommandError(f"there is no *{SUFFIX} below {name}")
            found |= dict.fromkeys(below)
        else:
            found[case_file(name)] = None
    return list(found)


def case_file(name: str) -> Path:
    """The file that is meant: a path, with or without the suffix, or the id of a bundled case."""
    path = Path(name)
    if path.is_dir():
        raise CommandError(f"{name} is a folder, and one case file is wanted{_some_of(path)}")
    longer = name if name.endswith(SUFFIX) else f"{name}{SUFFIX}"
    for place in (Path(name), Path(longer), bundled_cases() / longer):
        if place.is_file():
            if not place.name.endswith(SUFFIX):
                raise CommandError(f"{name} is no case file: the name of one ends in {SUFFIX}")
            return place
    raise CommandError(f"there is no file {name}{_close_to(longer)}")


def _close_to(name: str) -> str:
    path = Path(name)
    known = {str(other): other for other in path.parent.glob(f"*{SUFFIX}")}
    folder = bundled_cases()
    for other in folder.rglob(f"*{SUFFIX}"):
        known.setdefault(other.relative_to(folder).as_posix(), other)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _some_of(folder: Path) -> str:
    first = next(iter(sorted(folder.rglob(f"*{SUFFIX}"))), None)
    return f", such as {first}" if first is not None else ""
