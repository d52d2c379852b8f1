"""One known mistake, as something that can be tried."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from oracles.diagnosis.altered import Altered
from oracles.judging.diagnosis import Sort


@dataclass(frozen=True)
class Hypothesis:
    """A known mistake: an altered rule, and what to tell who has made it.

    name          stable and dotted: area.quantity.mistake, "conv2d.grad_weight.rotated"
    title         what is wrong, as a clause without a full stop
    altered       the rule with the mistake in it; its docstring is the sentence it tests
    why_unseen    why the usual tests pass all the same, in a sentence or two
    fix           the formula or line that mends it, in PyTorch's names
    evidence      where it has been seen: "owner/repo#12", a page, "bugs: C01"
    sort          "convention": right by another convention; "not-a-bug": nothing to mend
    declaration   for a convention, the line by which the harness accepts it
    convention    its name in contract/conventions.py, "" if it has none there
    """

    name: str
    title: str
    altered: Altered
    why_unseen: str
    fix: str
    evidence: tuple[str, ...] = ()
    sort: Sort = "mistake"
    declaration: str = ""
    convention: str = ""

    @property
    def area(self) -> str:
        """The first part of the name: where in a network it is made."""
        return self.name.partition(".")[0]

    @property
    def claim(self) -> str:
        """The sentence that is tested."""
        return " ".join((inspect.getdoc(self.altered.rule) or "").split())
