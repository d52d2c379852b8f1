"""Which of several correct formulas an implementation uses."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

Option = TypeVar("Option")


@dataclass(frozen=True)
class Choices:
    """One option for each question, the same whenever it is asked; `made` is what was chosen."""

    seed: int
    made: dict[str, str] = field(default_factory=dict)

    def one_of(self, question: str, options: Mapping[str, Option]) -> Option:
        """The answer to a question, by the seed and the question alone."""
        generator = np.random.Generator(np.random.PCG64([self.seed, zlib.crc32(question.encode())]))
        name = list(options)[int(generator.integers(len(options)))]
        self.made[question] = name
        return options[name]
