"""Choose a case for each mutant, from what `python -m oracles strength --json FILE` found.


python -m oracles strength --json strength.json
python -m tests.mutants.choosing strength.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HEAD = '''"""For each mutant a case that notices it, and on which it is named. Written by
`python -m tests.mutants.choosing` from what `python -m oracles strength --json` found."""

from __future__ import annotations

SEEN_BY: dict[str, tuple[str, str]] = {
'''

_ORDER = {"right": 0, "tied": 1}


def chosen(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The first case on which a mutant is named alone, or else among others."""
    cases = {}
    for one in found["naming"]:
        named = [case for case in one["cases"] if case["answer"] in _ORDER]
        if named:
            best = min(named, key=lambda case: _ORDER[case["answer"]])
            cases[one["switch"]] = best["case"], best["dtype"]
    return cases


def main(file: str) -> None:
    """Write seen_by.py."""
    found = json.loads(Path(file).read_text(encoding="utf-8"))
    rows = [
        f"    {json.dumps(switch)}: ({json.dumps(case)}, {json.dumps(dtype)}),\n"
        for switch, (case, dtype) in sorted(chosen(found).items())
    ]
    path = Path(__file__).with_name("seen_by.py")
    path.write_text(HEAD + "".join(rows) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
