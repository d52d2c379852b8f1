"""Losses and penalties with switches."""

from tests.mutants.losses.objective import MUTANTS, loss, penalised

__all__ = ["MUTANTS", "loss", "penalised"]
