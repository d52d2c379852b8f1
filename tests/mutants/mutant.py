"""A mutant: an implementation that is wrong on purpose, and what has to be said about it."""

from __future__ import annotations

from dataclasses import dataclass

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
