"""Tables and bars of commands that measure for minutes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress
from rich.table import Table


@contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar on the error stream, as far as that is a terminal; gets how much further it is."""
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda steps: bar.advance(task, steps)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 1) -> Table:
    """The first `words` columns to the left, numbers to the right."""
    made = Table(title=title, title_justify="left")
    for index, name in enumerate(head):
        made.add_column(name, justify="left" if index < words else "right")
    for cells in rows:
        made.add_row(*cells)
    return made
