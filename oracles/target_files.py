"""Files that a command is to write: looked at before anything runs, so that nobody waits for
nothing."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

from oracles.case_paths import CommandError
from oracles.reporting.lockstep_plot import FORMATS


def target(name: str | None) -> Path | None:
    """The file, None where none is asked for; its folder has to be there."""
    if name is None:
        return None
    path = Path(name)
    if not path.parent.is_dir():
        raise CommandError(f"there is no folder {path.parent} for {name}")
    if path.is_dir():
        raise CommandError(f"{name} cannot be written: Is a directory")
    return path


def plot_target(name: str | None) -> Path | None:
    """The same of a plot, which matplotlib has to be there for."""
    path = target(name)
    if path is None:
        return None
    if path.suffix not in FORMATS:
        raise CommandError(f"a plot ends in {', '.join(FORMATS)}, got {name}")
    if importlib.util.find_spec("matplotlib") is None:
        raise CommandError('--plot needs matplotlib: pip install "refcnn[plots]"')
    return path


def write_to(path: Path, write: Callable[[], object]) -> None:
    """Write it, with the system's word where that fails."""
    try:
        write()
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from None
