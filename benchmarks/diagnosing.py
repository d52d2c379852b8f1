"""What it costs to name the cause, beside what it costs to judge.

    python benchmarks/diagnosing.py
    python benchmarks/diagnosing.py --mutants 20

Mutants of the project's tests are judged, each on its case, without and with a diagnosis, one after
the other: medians of CPU time and of their ratio. Then one mistake that fails many cases, as a run
has it: judged alone, with a full search in each case, and with the causes of earlier cases
remembered.
"""

import os
import sys
from pathlib import Path

# Read once, by the libraries that numpy and torch load: more threads are slower on small arrays.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[1]))  # makes tests.mutants importable

import argparse
import statistics
import time
from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table

from oracles.contract.definition import Definition
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.remembering import Allowance, Remembering
from oracles.judging.diagnosis import Diagnosis
from oracles.strength.mutants import runnable
from oracles.strength.naming import definition_of
from oracles.trial import judge
from tests.mutants.network import Mutable
from tests.mutants.seen_by import SEEN_BY

EVERYWHERE = "conv2d: bias missing"
"""A mistake that fails most cases with a convolution."""

Search = Callable[[Evidence], Diagnosis]


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--mutants", type=int, default=120, help="how many (default: 120)")
    count = max(1, parser.parse_args(arguments).mutants)
    switches = sorted(SEEN_BY)[:: max(1, len(SEEN_BY) // count)][:count]
    console = Console(highlight=False)
    console.print(_one_by_one(switches))
    console.print(_one_mistake(count))
    return 0


def _one_by_one(switches: list[str]) -> Table:
    """Each mutant on its case."""
    _timed(switches[0], definition_of(SEEN_BY[switches[0]][0]), diagnose)  # imports, first calls
    alone, searched = [], []
    for switch in switches:
        definition = definition_of(SEEN_BY[switch][0])
        alone.append(_timed(switch, definition, None))
        searched.append(_timed(switch, definition, diagnose))
    adds = sorted(s - a for s, a in zip(searched, alone, strict=True))
    ratios = [s / a for s, a in zip(searched, alone, strict=True)]
    table = Table("", "ms", title=f"{len(switches)} mistakes, a case each", title_justify="left")
    table.add_row("judge alone, median", f"{1e3 * statistics.median(alone):.1f}")
    table.add_row("the cause adds, median", f"{1e3 * statistics.median(adds):.1f}")
    table.add_row("in 95 % of cases at most", f"{1e3 * adds[int(0.95 * (len(adds) - 1))]:.1f}")
    table.add_row("with / without, median", f"{statistics.median(ratios):.2f}")
    return table


def _one_mistake(count: int) -> Table:
    """One mistake in many cases, in three ways."""
    cases = [one for one in runnable() if "Conv2d" in one.tags][:count]
    title = f"one mistake, {len(cases)} cases with a convolution"
    table = Table("", "CPU s", "/ judged alone", title=title, title_justify="left")
    alone = _all(cases, None)
    rows: list[tuple[str, Search]] = [
        ("a full search in each", diagnose),
        ("earlier causes first", Remembering(Allowance())),
    ]
    table.add_row("judged alone", f"{alone:.2f}", "1.00")
    for name, search in rows:
        seconds = _all(cases, search)
        table.add_row(name, f"{seconds:.2f}", f"{seconds / alone:.2f}")
    return table


def _all(cases: Iterable[Definition], search: Search | None) -> float:
    return sum(_timed(EVERYWHERE, one, search) for one in cases)


def _timed(switch: str, definition: Definition, search: Search | None) -> float:
    """CPU seconds of one trial."""
    started = time.process_time()
    dtype = definition.dtypes[-1]
    judge(Mutable(switch), definition, dtype, council=False, diagnose=search)
    return time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
