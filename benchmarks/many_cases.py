"""What it costs to judge many tiny cases in one process.

    python benchmarks/many_cases.py
    python benchmarks/many_cases.py --cases 200

Cases of 20 kinds are written into a temporary folder, read, drawn, run and judged: CPU time of this
process for all of them, and where it goes. Drawing and the oracle's walk are timed once more by
themselves, which is not part of the total. The second time is the quicker one, so the rest of
judging is less than it says.
"""

import os
import sys
from pathlib import Path

# Read once, by the libraries that numpy and torch load: more threads are slower on small arrays.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MKL_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[1]))  # makes benchmarks.exposure importable

import argparse
import resource
import tempfile
import time
from collections import Counter

from rich.console import Console
from rich.table import Table

import oracles
from benchmarks.exposure import Exposed
from benchmarks.texts import many
from oracles.contract.definition import Definition
from oracles.contract.trace import Trace
from oracles.implementations.running import run
from oracles.judging.judgement import Judgement
from oracles.judging.localisation import from_own_values
from oracles.references.pytorch import PyTorch


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 1 if a case did not pass."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=2000, help="how many (default: 2000)")
    count = parser.parse_args(arguments).cases
    imports = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        paths = [_written(Path(folder), name, text) for name, text in many(count)]
        outcomes, seconds, megabytes = _judged(paths)
    console = Console(highlight=False)
    table = Table("", "CPU s", "ms per case", title=f"{count} tiny cases", title_justify="left")
    for part, spent in seconds.items():
        if part == "all":
            table.add_section()
        table.add_row(part, f"{spent:.2f}", f"{1e3 * spent / count:.2f}")
    table.add_row("imports before that", f"{imports:.2f}", "")
    console.print(table)
    console.print(", ".join(f"{number} {outcome}" for outcome, number in outcomes.items()))
    console.print(f"memory grew by {megabytes:.0f} MB over the second half")
    return 0 if set(outcomes) == {"passed"} else 1


def _written(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.case.toml"
    path.write_text(text)
    return path


def _judged(paths: list[Path]) -> tuple[Counter[str], dict[str, float], float]:
    """Outcomes, seconds of each part, and what the second half added to the peak of memory."""
    implementation = Exposed()
    outcomes: Counter[str] = Counter()
    reading = drawing = walking = judging = peak = 0.0
    for i, path in enumerate(paths):
        peak = _peak() if i == len(paths) // 2 else peak
        started = time.process_time()
        definition = oracles.read_case(path)
        reading += time.process_time() - started
        judgement, spent = _timed(definition, implementation)
        judging += spent
        outcomes[judgement.outcome] += 1
        drawn, walked = _again(definition)
        drawing += drawn
        walking += walked
    rest = judging - drawing - implementation.seconds - walking
    parts = {
        "read the files": reading,
        "draw the arrays": drawing,
        "run the implementation": implementation.seconds,
        "oracle with sizes": walking,
        "the rest of judging": rest,
        "all": reading + judging,
    }
    return outcomes, parts, _peak() - peak


def _timed(definition: Definition, implementation: Exposed) -> tuple[Judgement, float]:
    started = time.process_time()
    judgement = oracles.judge(implementation, definition, council=False)
    return judgement, time.process_time() - started


def _again(definition: Definition) -> tuple[float, float]:
    """Seconds of drawing the case as often as a trial does, and of the oracle's walk."""
    dtype = definition.dtypes[0]
    started = time.process_time()
    case, other = definition.draw(dtype), definition.draw(dtype)
    drawn = time.process_time()
    trace = Trace(case)
    run(Exposed(), other, trace, timeout=None)
    walking = time.process_time()
    from_own_values(case, trace, PyTorch())
    return drawn - started, time.process_time() - walking


def _peak() -> float:
    """Megabytes this process had at most until now; Linux counts in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
