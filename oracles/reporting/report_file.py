"""Reports are files: the suffix says which."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from oracles.reporting.json_report import json_report
from oracles.reporting.markdown import markdown_report
from oracles.reporting.result import Run

FORMATS: dict[str, Callable[[Run], str]] = {".json": json_report, ".md": markdown_report}


def write_report(run: Run, path: Path) -> None:
    """Write the report of a run in the format that the suffix of the file names."""
    path.write_text(FORMATS[path.suffix](run), encoding="utf-8", newline="\n")
