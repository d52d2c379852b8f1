"""Random choices of the generator of cases."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

Option = TypeVar("Option")


class Draws:
    """Choices that depend on the seed and the number of a case alone."""

    def __init__(self, seed: int, number: int) -> None:
        self.generator = np.random.Generator(np.random.PCG64([seed, number]))

    def integer(self, low: int, high: int) -> int:
        """An integer, `low` and `high` included."""
        return int(self.generator.integers(low, high + 1))

    def one_of(self, *options: Option) -> Option:
        """One of the options, all equally likely."""
        return options[self.integer(0, len(options) - 1)]

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return float(self.generator.random()) < probability

    def pair(self, low: int, high: int) -> list[int]:
        """One integer for the height, one for the width."""
        return [self.integer(low, high), self.integer(low, high)]

    def seed(self) -> int:
        """A seed for a fill of a case file."""
        return self.integer(0, 10**9)
