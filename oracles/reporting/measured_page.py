"""Figures that a command measures and puts into a page of the documentation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Marks:
    """What the lines of a page begin with between which the figures of a command stand."""

    start: str
    end: str

    def are_in(self, page: str) -> bool:
        """Whether a page has a place for the figures."""
        return 0 <= page.find(self.start) < page.find(self.end)

    def filled(self, page: str, text: str) -> str:
        """The page with the text between its two marks; the text alone where there are none."""
        if not self.are_in(page):
            return text
        start, end = page.find(self.start), page.find(self.end)
        behind = page.index("\n", start) + 1
        return f"{page[:behind]}\n{text}\n{page[end:]}"
