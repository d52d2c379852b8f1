"""A whole random case."""

from __future__ import annotations

from pathlib import Path

from oracles.audit.cases.data import KINDS, Data
from oracles.audit.cases.draws import Draws
from oracles.audit.cases.network import Network
from oracles.audit.cases.objective import objective
from oracles.audit.cases.toml import Table, toml
from oracles.audit.cases.training import training

FOLDER = "cases"
"""Below a folder of this name the id of a case is the same wherever it lies; noise and seeds that
a file leaves out depend on it."""

LARGE = 0.05
"""Share of cases with thousands of terms in their sums; the others are to be small and many."""


def random_case(seed: int, number: int) -> Table:
    """Case `number` of `seed`, as a document of the case format."""
    draws = Draws(seed, number)
    data = Data(draws, draws.one_of(*KINDS))
    large = draws.chance(LARGE)
    samples = 16 if large else draws.one_of(1, 2, 4, 8, 8 if data.lattice else 5)
    least, most = (16, 28) if large else (4, 11)
    sizes = (draws.integer(least, most), draws.integer(least, most))
    flat = draws.chance(0.2)
    shape = (draws.one_of(3, 8, 17),) if flat else (draws.one_of(1, 2, 3, 6), *sizes)
    preparation, source = _source(data, samples, shape)
    network = Network(data, shape, samples, largest=60_000 if large else 6_000)
    network.grow(draws.integer(1, 2 if large else 6))
    if draws.chance(0.25) and len(network.shape) == 3:
        network.add("Flatten")
    goal = objective(network)
    return {
        "format": 1,
        "title": f"case {number} of seed {seed}, {data.kind} data",
        "why": "drawn at random: a correct implementation is not called wrong",
        **preparation,
        "input": source,
        "layers": network.layers,
        **goal,
        **training(network),
    }


def write_case(folder: Path, seed: int, number: int) -> Path:
    """Write the case below `folder` and return its path."""
    path = folder / FOLDER / f"seed{seed}" / f"{number}.case.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(toml(random_case(seed, number)), encoding="utf-8")
    return path


def _source(data: Data, samples: int, shape: tuple[int, ...]) -> tuple[Table, Table]:
    """The preparation and the input."""
    draws = data.draws
    source = data.array((samples, *shape))
    if data.lattice:
        return {}, source
    if draws.chance(0.1):
        source = {"fill": "integers", "low": 0, "high": 255, "zeros": True, "dtype": "uint8"}
        source |= {"shape": [samples, *shape], "seed": draws.seed()}
        return {"preparation": [_step(data, shape)]}, source
    if draws.chance(0.1):
        source["memory"] = draws.one_of("reversed", "strided", "NHWC")
        if len(shape) < 3:
            source["memory"] = "strided"
    return {}, source


def _step(data: Data, shape: tuple[int, ...]) -> Table:
    return data.draws.one_of(
        {"divide": 255.0},
        {"subtract": [0.5 + channel for channel in range(shape[0])]},
        {"minmax": [0.0, 1.0]},
        {"reshape": list(shape)},
    )
