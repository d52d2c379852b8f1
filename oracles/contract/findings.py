"""Problems of a file while they are being collected."""

from __future__ import annotations

from collections.abc import Iterable

from oracles.contract.tables import KeyPath


class Findings:
    """Collects problems. Where the case expects a refusal, values and shapes are no problems."""

    def __init__(self, refused: bool) -> None:
        self.refused = refused
        self.problems: list[tuple[KeyPath, str]] = []

    def add(self, key: KeyPath, text: str) -> None:
        """A problem whatever the case expects: an unknown name, a missing table."""
        self.problems.append((key, text))

    def value(self, key: KeyPath, text: str) -> None:
        """A value or a shape that makes no sense."""
        if not self.refused:
            self.add(key, text)

    def values(self, key: KeyPath, problems: Iterable[tuple[KeyPath, str]]) -> None:
        """Several values below a key."""
        for inner, text in problems:
            self.value((*key, *inner), text)
