"""A mutant: an implementation that is wrong on purpose, and what has to be said about it."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass

from oracles.contract.case import Case
from oracles.judging.diagnosis import Variant

OF_OWN_OUTPUT = ("course.backward_of_own_output",)
"""What is said as well where the gradient is computed from a wrong output."""


@dataclass(frozen=True)
class Mutant:
    """One mistake, as a switch of the mutable implementation.

    switch    its name: area and mistake, "conv2d: kernel rotated"
    cause     what has to be named: the name of a hypothesis
    entry     what the first wrong entry has to be, as a pattern without the step:
              "forward.{Conv2d}", "gradient.{Conv2d}.weight", "backward.{MaxPool2d}", "loss",
              "update.*"
    alike     other causes that are the same thing by another name, wherever both can be made
    crash     it may end in an exception instead, where sizes differ
    variant   which half of a pair is wrong, where the other is right: its name then ends so
    """

    switch: str
    cause: str
    entry: str
    alike: tuple[str, ...] = ()
    crash: bool = False
    variant: Variant = ""

    @property
    def area(self) -> str:
        """The first part of its cause."""
        return self.cause.partition(".")[0]

    def may_show_in(self, entry: str, case: Case) -> bool:
        """Whether this is an entry in which it may show first: `{Conv2d}` is any such layer, and
        `backward.` any of its inputs."""
        found = re.search(r"\{(\w+)\}", self.entry)
        patterns = [self.entry]
        if found is not None:
            names = [layer.name for layer in case.layers if layer.type == found.group(1)]
            patterns = [self.entry.replace(found.group(), name) for name in names]
        patterns += [f"{pattern}.[0-9]" for pattern in patterns if pattern.startswith("backward.")]
        return any(fnmatch.fnmatchcase(entry, f"step*.{pattern}") for pattern in patterns)
