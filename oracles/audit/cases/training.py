"""The steps of a random case, and the optimizer with all its options."""

from __future__ import annotations

from oracles.audit.cases.data import Data
from oracles.audit.cases.draws import Draws
from oracles.audit.cases.network import Network
from oracles.audit.cases.toml import Table


def training(network: Network) -> Table:
    """`{"training": ...}` or `{"steps": ...}`, and `{"optimizer": ...}` where there is something
    to update."""
    draws, samples = network.data.draws, network.samples
    count = draws.one_of(1, 1, 2, 3)
    if draws.chance(0.5) or samples < 2:
        size = {"batch_size": samples // 2} if samples >= 4 and draws.chance(0.5) else {}
        document: Table = {"training": {"steps": count, **size}}
        train_steps = count
    else:
        steps = [_step(draws, samples, first=k == 0) for k in range(count)]
        document = {"steps": steps}
        train_steps = sum(step["mode"] == "train" for step in steps)
    if network.has_parameters and train_steps and draws.chance(0.8):
        document["optimizer"] = _sgd(network.data, train_steps)
        for step in document.get("steps", ()):
            if step["mode"] == "train" and draws.chance(0.2):
                step["lr"] = 0.25
    return document


def _step(draws: Draws, samples: int, *, first: bool) -> Table:
    if not first and draws.chance(0.25):
        return {"mode": "eval", "backward": draws.one_of(True, False)}
    step: Table = {"mode": "train"}
    if samples >= 4 and draws.chance(0.3):
        step["samples"] = list(range(draws.integer(0, samples - 4), samples))
    return step


def _sgd(data: Data, train_steps: int) -> Table:
    draws = data.draws
    momentum = draws.one_of(0.0, 0.5) if data.lattice else draws.one_of(0.0, 0.9, 0.5)
    table: Table = {
        "type": "SGD",
        "lr": 0.5 if data.lattice else _rate(draws, train_steps),
        "momentum": momentum,
        "weight_decay": draws.one_of(0.0, 0.5) if data.lattice else draws.one_of(0.0, 5e-4, 0.1),
        "maximize": draws.chance(0.15),
    }
    if momentum and draws.chance(0.4):
        table["nesterov"] = True
    elif momentum:
        table["dampening"] = draws.one_of(0.0, 0.5) if data.lattice else draws.one_of(0.0, 0.1, 0.9)
    clipping = draws.one_of("norm", "value", "neither", "neither")
    if clipping != "neither" and not data.lattice:
        table[f"clip_grad_{clipping}"] = draws.one_of(0.01, 0.1, 1.0, 100.0)
    if draws.chance(0.25):
        table["groups"] = [_group(draws, nesterov="nesterov" in table)]
    return table


def _group(draws: Draws, *, nesterov: bool) -> Table:
    """Options of its own for some parameters; momentum goes with what the others have."""
    group: Table = {"parameters": [draws.one_of("*", "*.weight")], "weight_decay": 0.0, "lr": 0.25}
    if draws.chance(0.5):
        group |= {"momentum": 0.5, "nesterov": nesterov, "maximize": draws.chance(0.5)}
        group |= {} if nesterov else {"dampening": 0.5}
    return group


def _rate(draws: Draws, train_steps: int) -> float | list[float] | Table:
    """A number, one for each step, or a schedule."""
    scheduler: Table = draws.one_of(
        {"scheduler": "StepLR", "lr": 0.1, "step_size": 1, "gamma": 0.5},
        {"scheduler": "MultiStepLR", "lr": 0.1, "milestones": [1], "gamma": 0.3},
        {"scheduler": "ExponentialLR", "lr": 0.1, "gamma": 0.9},
        {"scheduler": "CosineAnnealingLR", "lr": 0.1, "T_max": 3, "eta_min": 0.001},
    )
    rates: tuple[float | list[float] | Table, ...] = (0.1, 0.01, scheduler)
    return draws.one_of(*rates, [0.1, 0.05, 0.025][:train_steps])
