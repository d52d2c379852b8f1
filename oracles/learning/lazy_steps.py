"""Steps of a long training, made one by one when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from oracles.contract.case import Step


class LazySteps(Sequence[Step]):
    """`count` steps; number i is `make(i)`, with fresh arrays each time it is asked for."""

    def __init__(self, count: int, make: Callable[[int], Step]) -> None:
        self._count = count
        self._make = make

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Step: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Step]: ...

    def __getitem__(self, index: int | slice) -> Step | Sequence[Step]:
        if isinstance(index, slice):
            chosen = range(self._count)[index]
            return LazySteps(len(chosen), lambda i: self._make(chosen[i]))
        if not -self._count <= index < self._count:
            raise IndexError(f"there are {self._count} steps, asked for number {index}")
        return self._make(index % self._count)

    def changed(self, change: Callable[[Step], Step]) -> LazySteps:
        """The same steps, each changed when it is made."""
        return LazySteps(self._count, lambda i: change(self._make(i)))
