"""Choose a case for each mutant, from what `python -m oracles strength --json FILE` found.


python -m oracles strength --json strength.json
python -m tests.mutants.choosing strength.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from oracles.strength.naming import definition_of
from tests.mutants.mutant import Mutant
from tests.mutants.seen_by import FILE
from tests.mutants.table import MUTANTS

_ORDER = {"right": 0, "tied": 1}


def chosen(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Cases on which mutants show where they should and are named, alone if there is such a one."""
    mutants = {mutant.switch: mutant for mutant in MUTANTS}
    killed = {one["switch"]: one["killed"] for one in found["kills"]}
    cases = {}
    for one in found["naming"]:
        switch = one["switch"]
        named = [case for case in one["cases"] if case["answer"] in _ORDER]
        ranked = sorted(named, key=lambda case: _worth(mutants[switch], killed[switch], case))
        if ranked:
            cases[switch] = ranked[0]["case"], ranked[0]["dtype"]
    return cases


def _worth(mutant: Mutant, killed: dict[str, Any], case: dict[str, Any]) -> tuple[bool, int]:
    entry = killed[case["case"]][case["dtype"]]
    drawn = definition_of(case["case"]).draw(case["dtype"])
    return not mutant.may_show_in(entry, drawn), _ORDER[case["answer"]]


def main(file: str) -> None:
    """Write seen_by.json."""
    found = chosen(json.loads(Path(file).read_text(encoding="utf-8")))
    rows = [f"  {json.dumps(switch)}: {json.dumps(pair)}" for switch, pair in sorted(found.items())]
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
