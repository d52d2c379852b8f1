"""Every mutant, and what it is a switch of: what `python -m oracles strength` reads."""

from __future__ import annotations

from tests.mutants import data, losses, network, sgd
from tests.mutants.layers import (
    activations,
    avg_pool2d,
    batch_norm2d,
    conv2d,
    dropout,
    flatten,
    linear,
    max_pool2d,
    structure,
)
from tests.mutants.mutant import Mutant
from tests.mutants.network import Mutable

__all__ = ["MUTANTS", "Mutable"]

MUTANTS: tuple[Mutant, ...] = (
    *conv2d.MUTANTS,
    *max_pool2d.MUTANTS,
    *avg_pool2d.MUTANTS,
    *structure.MUTANTS,
    *linear.MUTANTS,
    *flatten.MUTANTS,
    *activations.MUTANTS,
    *dropout.MUTANTS,
    *batch_norm2d.MUTANTS,
    *losses.MUTANTS,
    *sgd.MUTANTS,
    *data.MUTANTS,
    *network.MUTANTS,
)
