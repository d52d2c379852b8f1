"""Locksteps made by hand, to be shown."""

from __future__ import annotations

from dataclasses import replace

from oracles.judging.judgement import Divergence
from oracles.judging.lockstep import Departure, Distance, Kind, Lockstep, LockstepStep

LIMIT = 1e-6

_QUANTITIES: dict[Kind, str] = {
    "loss": "loss",
    "outputs": "forward.conv1",
    "gradients": "gradient.conv1.weight",
    "parameters": "update.conv1.weight",
}


def distance(step: int, kind: Kind, value: float, limit: float = LIMIT) -> Distance:
    """One entry of a size of 0.5."""
    quantity = _QUANTITIES[kind]
    return Distance(kind, f"step{step}.{quantity}", value, limit, 0.5)


def steps(count: int, out_at: int | None = None, value: float = 1e-3) -> tuple[LockstepStep, ...]:
    """Steps whose distance grows a little, and then leaves the tube."""
    return tuple(
        LockstepStep(
            step=k,
            loss=2.5 / (k + 1),
            oracle_loss=2.5 / (k + 1),
            distances=(
                distance(k, "loss", 1e-8 * (k + 1)),
                distance(k, "parameters", value if k == out_at else 2e-8 * (k + 1)),
            ),
        )
        for k in range(count)
    )


INSIDE = Lockstep(
    case="training/digits",
    dtype="float32",
    implementation="mine",
    oracle="pytorch",
    outcome="inside",
    asked=45,
    steps=steps(45),
    judged_steps=45,
    judged=135,
    to_judge=1080,
)

WRONG_FIRST = Divergence(
    entry="step23.optimizer.conv1.weight.momentum_buffer",
    index=(1, 0, 2, 2),
    actual=0.25,
    expected=0.5,
    error=0.25,
    bound=1e-7,
    ratio=2.5e6,
    rule="guaranteed",
    n=4.0,
    magnitude=0.5,
    unit=2.0**-24,
    carried=0.0,
    wrong=9,
    total=36,
    oracle="pytorch",
)


def outside(value: float = 1e-3) -> Lockstep:
    """Leaves at step 23 of 45, by so much."""
    departure = Departure(
        step=23,
        distance=distance(23, "parameters", value),
        entry_kind="update",
        layer="conv1",
        operation="SGD",
        index=(1, 0, 2, 2),
        actual=0.125,
        expected=0.375,
        wrong=3,
    )
    return replace(
        INSIDE,
        outcome="outside",
        steps=steps(45, 23, value),
        departure=departure,
        first_wrong=WRONG_FIRST,
        judged_steps=24,
    )


BLIND = replace(
    INSIDE,
    judged_steps=0,
    steps=(
        *INSIDE.steps[:5],
        *(
            replace(step, distances=(distance(step.step, "loss", 1e-3, 0.7),))
            for step in INSIDE.steps[5:9]
        ),
    ),
)

WHOLE = replace(
    INSIDE,
    judged=1080,
    steps=tuple(
        replace(step, distances=tuple(distance(step.step, kind, 1e-8) for kind in _QUANTITIES))
        for step in INSIDE.steps
    ),
)
