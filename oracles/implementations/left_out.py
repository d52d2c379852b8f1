"""What an adapter has nothing for, and what follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from oracles.contract.case import Case
from oracles.contract.errors import Unsupported
from oracles.implementations.frames import traceback_frames
from oracles.implementations.stages import Stages
from oracles.implementations.structural import STRUCTURAL


def refuse_what_is_left_out(case: Case, plugged: Collection[str], stages: Stages) -> None:
    """Raise Unsupported for types without a layer, all at once, and for a case of which the
    harness would have to supply everything: then there would be nothing to judge."""
    types = dict.fromkeys(layer.type for layer in case.layers)
    missing = [name for name in types if name not in plugged and name not in STRUCTURAL]
    if missing:
        raise Unsupported(f"nothing is plugged in for {', '.join(missing)}")
    prepares = stages.prepare is not None and bool(case.preparation)
    has_loss = case.loss is not None and case.loss["type"] in stages.loss
    if not prepares and not has_loss and not any(name in plugged for name in types):
        left_out = ", ".join(_left_out(case, plugged, stages))
        raise Unsupported(f"this case is about {left_out}: nothing is plugged in for it")


@contextmanager
def only_own_refusals(case: Case, plugged: Collection[str], stages: Stages) -> Iterator[None]:
    """Where a case makes no sense on purpose, let only the implementation's own errors through.

    An error of the adapter itself, about shapes that do not fit anything, is no refusal by the
    implementation, which has accepted the case up to there: the run ends quietly. Where something
    is left out, it may be what should have refused: the case is unsupported.
    """
    try:
        yield
    except Unsupported:
        raise
    except Exception as error:
        if not case.refused or traceback_frames(error.__traceback__):
            raise
    left_out = _left_out(case, plugged, stages)
    if case.refused and left_out:
        raise Unsupported(
            f"this case wants to be refused, and nothing is plugged in for {', '.join(left_out)}"
        )


def _left_out(case: Case, plugged: Collection[str], stages: Stages) -> list[str]:
    """Everything of the case that the harness supplies."""
    types = [layer.type for layer in case.layers if layer.type not in plugged]
    if case.loss is not None and case.loss["type"] not in stages.loss:
        types.append(case.loss["type"])
    if case.optimizer is not None and case.optimizer["type"] not in stages.optimizer:
        types.append(case.optimizer["type"])
    return list(dict.fromkeys(types))
