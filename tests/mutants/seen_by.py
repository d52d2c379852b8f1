"""For each mutant a case that notices it, and on which it is named."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).with_suffix(".json")
"""Written by `python -m tests.mutants.choosing` from what `strength --json` found."""

SEEN_BY: Mapping[str, tuple[str, str]] = {
    switch: (case, dtype)
    for switch, (case, dtype) in json.loads(FILE.read_text(encoding="utf-8")).items()
}
"""{switch: (case, dtype)}."""
