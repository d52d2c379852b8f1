"""What it costs to judge a small case: five tiny layers that learn.

    python benchmarks/judging.py
    python benchmarks/judging.py --steps 3 --repetitions 100

CPU time of this process. The stages are timed one after the other, again and again, so that
whatever else the machine does falls on all of them alike; the medians are printed, in milliseconds
per step of the case. Judging is what `oracles.judge` takes beyond running the implementation and
the oracle, where the oracle's part is its value, M and n of every entry, and the noisy runs where
entries are not exposed.
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
import tempfile
import time
from collections.abc import Callable, Mapping
from statistics import median

from rich.console import Console
from rich.table import Table

import oracles
from benchmarks.exposure import Exposed, everything, half, last_parameters
from benchmarks.texts import FIVE_LAYERS
from oracles.contract.definition import Definition
from oracles.contract.evaluation import evaluate
from oracles.contract.trace import Trace
from oracles.implementations.running import run
from oracles.judging.localisation import from_own_values
from oracles.references.pytorch import PyTorch

EXPOSURES = {"all": everything, "half": half, "last parameters": last_parameters}

Stage = Callable[[], object]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return the exit status."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "five_layers.case.toml"
        path.write_text(FIVE_LAYERS.replace("STEPS", str(options.steps)))
        definition = oracles.read_case(path)
    console = Console(highlight=False)
    console.print(
        f"five tiny layers, {options.steps} steps, {options.dtype}, "
        f"median of {options.repetitions} repetitions\n"
    )
    table = Table("stage", *EXPOSURES, title="CPU time, ms per step", title_justify="left")
    measured = {
        name: _medians(_stages(definition, options.dtype, Exposed(seen)), options.repetitions)
        for name, seen in EXPOSURES.items()
    }
    for stage in next(iter(measured.values())):
        cells = (1e3 * medians[stage] / options.steps for medians in measured.values())
        table.add_row(stage, *(f"{cell:.2f}" for cell in cells))
    table.add_section()
    for row, ratio in RATIOS.items():
        table.add_row(row, *(f"{ratio(medians):.2f}" for medians in measured.values()))
    console.print(table)
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=5, help="of the case (default: 5)")
    parser.add_argument("--repetitions", type=int, default=60, help="(default: 60)")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    return parser.parse_args(arguments)


def _stages(definition: Definition, dtype: str, implementation: Exposed) -> dict[str, Stage]:
    """What is timed. Each starts from arrays that are there already."""
    case = definition.draw(dtype)
    trace = Trace(case)
    run(implementation, definition.draw(dtype), trace, timeout=None)
    return {
        "draw the case": lambda: definition.draw(dtype),
        "implementation": lambda: run(implementation, case, Trace(case), timeout=None),
        "oracle, values alone": lambda: evaluate(case, PyTorch()),
        "oracle with sizes": lambda: from_own_values(case, trace, PyTorch()),
        "oracles.judge": lambda: oracles.judge(implementation, definition, dtype),
    }


def _medians(stages: Mapping[str, Stage], repetitions: int) -> dict[str, float]:
    """Seconds of each stage, and what judging adds: the median of what it was in each round."""
    rounds = [_round(stages) for _ in range(repetitions + 1)][1:]  # the first one warms up
    return {stage: median(one[stage] for one in rounds) for stage in rounds[0]}


def _round(stages: Mapping[str, Stage]) -> dict[str, float]:
    seconds = {}
    for name, stage in stages.items():
        started = time.process_time()
        stage()
        seconds[name] = time.process_time() - started
    running = seconds["implementation"] + seconds["oracle with sizes"]
    seconds["judging adds"] = seconds["oracles.judge"] - running
    return seconds


RATIOS: Mapping[str, Callable[[Mapping[str, float]], float]] = {
    "sizes: oracle with / without": lambda s: s["oracle with sizes"] / s["oracle, values alone"],
    "judge / (implementation + oracle alone)": lambda s: (
        s["oracles.judge"] / (s["implementation"] + s["oracle, values alone"])
    ),
}


if __name__ == "__main__":
    sys.exit(main())
