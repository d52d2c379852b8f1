"""Numbers that leave float64 are results, not warnings: an oracle follows a training to its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from oracles.contract.case import Case, Penalty
from oracles.references.loops.reference import Loops
from tests.judging.building import loss_case, sgd_case
from tests.references.loops.calls import call, norm

HUGE = np.array([[1e200]])
NAMED = {"fc.weight": HUGE}


def penalised() -> Case:
    """A squared error with a squared penalty."""
    case = loss_case("MSELoss", np.zeros((1, 1)), factor=1e200)
    return replace(case, penalties=(Penalty("L2", 1e200, ("fc.weight",), None),))


def updated(**options: Any) -> Case:
    """A step of SGD."""
    case = sgd_case(1e200, NAMED)
    return replace(case, optimizer={**(case.optimizer or {}), **options})


def test_layers() -> None:
    """Forward, backward and running statistics."""
    parameters = {"weight": HUGE}
    run = Loops().run(
        call("Linear", HUGE, parameters=parameters, in_features=1, out_features=1, bias=False)
    )
    assert np.isinf(run.output).all()
    assert np.isinf(run.backward(HUGE)[0][0]).all()
    spread = np.array([-1e200, 1e200]).reshape(2, 1, 1, 1)
    assert np.isinf(Loops().run(norm(spread)).buffers["running_var"]).all()


def test_losses_and_penalties() -> None:
    """Values and gradients."""
    case, loops = penalised(), Loops()
    assert np.isinf(loops.loss(case, case.steps[0], HUGE))
    assert np.isinf(loops.loss_gradient(case, case.steps[0], HUGE)).all()
    assert np.isinf(loops.penalty(case, case.steps[0], NAMED))
    assert np.isinf(loops.penalty_gradients(case, case.steps[0], NAMED)["fc.weight"]).all()


def test_updates() -> None:
    """The norm of the gradients, and a step too long."""
    case, loops = updated(clip_grad_norm=1.0), Loops()
    assert loops.clip(case, NAMED)["fc.weight"].item() == 0.0
    parameters, _ = loops.update(case, case.steps[0], NAMED, NAMED, {})
    assert np.isinf(parameters["fc.weight"]).all()
