"""A question somebody asked, and what the harness says to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Shown:
    """What an exhibit comes to.

    lines     for people, at most 100 characters each
    figures   the same for tests: numbers, names of causes, verdicts
    """

    lines: tuple[str, ...]
    figures: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Exhibit:
    """One part of an answer, computed when it is asked for.

    name      stable, "reshape"
    claim     what it shows, as a sentence
    show      computes it
    command   what shows it by itself, "" where only `make posts` does
    """

    name: str
    claim: str
    show: Callable[[], Shown]
    command: str = ""


@dataclass(frozen=True)
class MnistExhibit:
    """An exhibit that needs the files of MNIST; `show` gets their folder."""

    name: str
    claim: str
    show: Callable[[Path], Shown]
    command: str = ""


@dataclass(frozen=True)
class Post:
    """A question.

    number     "000"
    title      of the question
    link       where it was asked
    author     who asked, as far as it is known, and under which licence the text stands
    question   what was asked, in our own words
    answer     the answer in a few sentences; the exhibits prove it
    """

    number: str
    title: str
    link: str
    author: str
    question: str
    answer: tuple[str, ...]
    exhibits: tuple[Exhibit, ...]
    with_mnist: tuple[MnistExhibit, ...] = ()
