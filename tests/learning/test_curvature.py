"""How large a step may be: eigenvalues that are known, and limits that hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from oracles.contract.case import Case
from oracles.contract.evaluation import evaluate
from oracles.contract.reading import read_case
from oracles.learning.changes import times_lr
from oracles.learning.curvature import largest_eigenvalue, stability
from oracles.learning.line_search import line_search
from oracles.learning.objective import Objective
from oracles.references.pytorch import PyTorch
from tests.learning.small_cases import trained

LINE = """
format = 1
title = "a parabola in every direction"
why = "half the mean of squares: its Hessian is the mean of x x^T, with a 1 in x for the bias"

[input]
shape = [20, {inputs}]
fill = "uniform"

[[layers]]
type = "Linear"
name = "fc"
in_features = {inputs}
out_features = 2

[loss]
type = "MSELoss"
reduction = "batchmean"
factor = 0.5
target = {{ fill = "uniform", seed = 9 }}

[optimizer]
type = "SGD"
lr = 1.0
{options}

[training]
steps = 80
"""


def parabola(folder: Path, options: str = "", inputs: int = 6) -> Case:
    """A case whose loss is a parabola."""
    path = folder / "line.case.toml"
    path.write_text(LINE.format(options=options, inputs=inputs), encoding="utf-8")
    return read_case(path).draw("float64")


def eigenvalue(case: Case) -> float:
    """The largest of the mean of x x^T, a 1 for the bias in each x."""
    x = np.pad(case.steps[0].input, ((0, 0), (0, 1)), constant_values=1.0)
    return float(np.linalg.eigvalsh(x.T @ x / len(x))[-1])


@pytest.mark.parametrize("inputs", [1, 2, 6, 40])
def test_eigenvalue_of_a_parabola(tmp_path: Path, inputs: int) -> None:
    """Few parameters or many: the eigenvalue is right to a hundredth, and never too large."""
    case = parabola(tmp_path, inputs=inputs)
    objective = Objective(case, case.steps[0])
    found = largest_eigenvalue(objective, objective.flat(case.parameters()))
    assert 0.99 * eigenvalue(case) <= found <= eigenvalue(case) * (1 + 1e-12)


def test_eigenvalue_of_a_network(tmp_path: Path) -> None:
    """The same with a Hessian that is written out, of two layers with tanh between them."""
    situation = trained(tmp_path, steps=1)
    objective = situation.objective
    flat = objective.flat(situation.case.parameters())
    hessian = np.stack([objective.hessian_times(flat, row) for row in np.eye(len(flat))])
    expected = np.linalg.eigvalsh(hessian)[-1]
    assert largest_eigenvalue(objective, flat) == pytest.approx(expected, rel=0.01)


def test_eigenvalue_that_is_not_finite(tmp_path: Path) -> None:
    """It is NaN and not a number that means nothing."""
    objective = trained(tmp_path, steps=1).objective
    flat = np.full(113, np.nan)
    assert np.isnan(largest_eigenvalue(objective, flat))


OPTIONS = {
    "plain": "",
    "momentum": "momentum = 0.5",
    "dampening": "momentum = 0.5\ndampening = 0.5",
    "nesterov": "momentum = 0.5\nnesterov = true",
    "weight decay": "weight_decay = 0.75",
    "groups": '[[optimizer.groups]]\nparameters = ["*.bias"]\nlr = 0.75',
}


@pytest.mark.parametrize("name", OPTIONS)
def test_limit_is_where_trainings_begin_to_grow(tmp_path: Path, name: str) -> None:
    """Just below the limit the loss of a parabola comes down, and just above it grows, whatever
    the optimizer adds to plain steps."""
    case = parabola(tmp_path, OPTIONS[name])
    found = stability(case, case.steps[0], case.parameters())
    assert _grows(times_lr(1.04 * found.limit / found.lr)(case))
    assert not _grows(times_lr(0.97 * found.limit / found.lr)(case))


def test_limit_with_a_rate_of_its_own(tmp_path: Path) -> None:
    """A group of all parameters has the same limit, for its own rate."""
    group = '[[optimizer.groups]]\nparameters = ["fc.*"]\nlr = 0.25'
    plain, grouped = parabola(tmp_path), parabola(tmp_path, group)
    found = stability(grouped, grouped.steps[0], grouped.parameters())
    expected = stability(plain, plain.steps[0], plain.parameters())
    assert found.lr == 0.25
    assert found.limit == pytest.approx(expected.limit)


def test_nothing_moves(tmp_path: Path) -> None:
    """A rate of 0 has no limit, and is not over it."""
    case = times_lr(0.0)(parabola(tmp_path))
    assert stability(case, case.steps[0], case.parameters()).over == 0.0


def test_line_search_on_a_parabola(tmp_path: Path) -> None:
    """Along the gradient g the best step is g.g / g.H.g, and twice that is the last that helps;
    rates are tried in powers of 2."""
    case = parabola(tmp_path)
    step = replace(
        case.steps[0], learning_rates=MappingProxyType(dict.fromkeys(case.parameters(), 1e-3))
    )
    objective = Objective(case, step)
    flat = objective.flat(case.parameters())
    gradient = objective.gradient(flat)
    best = gradient @ gradient / (gradient @ objective.hessian_times(flat, gradient))
    found = line_search(objective, step, case.parameters())
    assert best / np.sqrt(2) <= found.best <= best * np.sqrt(2)
    assert best < found.largest <= 2 * best
    assert found.lowest < found.after < found.before


def _grows(case: Case) -> bool:
    """Whether the parameters move away, seen in the changes from step to step."""
    arrays = evaluate(case, PyTorch())
    at = [arrays[f"step{i}.update.fc.weight"] for i in (70, 71, 78, 79)]
    return bool(np.linalg.norm(at[3] - at[2]) > np.linalg.norm(at[1] - at[0]))
