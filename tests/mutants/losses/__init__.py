"""Losses and penalties with switches."""

from tests.mutants.losses.objective import MUTANTS, loss
from tests.mutants.losses.penalty import penalised

__all__ = ["MUTANTS", "loss", "penalised"]
