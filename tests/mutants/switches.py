"""Which mistakes are switched on."""

from __future__ import annotations

from collections.abc import Iterable


class Switches:
    """`on("conv2d: kernel rotated")` is true where this mistake is to be made.

    asked   every name that was asked for: a switch that nothing asks for is no mutant
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = frozenset(names)
        self.asked: set[str] = set()

    def __call__(self, name: str) -> bool:
        self.asked.add(name)
        return name in self.names
