"""Which layers, losses and optimizers an altered rule is about."""

from __future__ import annotations

from oracles.contract.case import Case
from oracles.diagnosis.altered import (
    Altered,
    Backward,
    Forward,
    Loss,
    LossGradient,
    Precision,
    State,
    Update,
)


def operations_of(altered: Altered) -> frozenset[str]:
    """Types of layers, losses or optimizers; none where it is about steps or data."""
    if isinstance(altered, Forward | Backward | State):
        return frozenset({altered.operation})
    if isinstance(altered, Loss | LossGradient):
        return frozenset(altered.losses)
    return frozenset({altered.optimizer}) if isinstance(altered, Update) else frozenset()


def layers_of(altered: Altered, case: Case) -> tuple[str, ...]:
    """Names of the layers of a case that it is about; none where it is not about layers."""
    if not isinstance(altered, Forward | Backward | State):
        return ()
    return tuple(layer.name for layer in case.layers if layer.type == altered.operation)


def concerns(altered: Altered, case: Case) -> bool:
    """Whether there is anything of that kind in a case."""
    if isinstance(altered, Forward | Backward | State):
        return bool(layers_of(altered, case))
    if isinstance(altered, Loss | LossGradient):
        return case.loss is not None and case.loss["type"] in altered.losses
    if isinstance(altered, Update):
        return case.optimizer is not None and case.optimizer["type"] == altered.optimizer
    return not isinstance(altered, Precision)
