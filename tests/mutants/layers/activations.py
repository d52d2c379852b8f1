"""The activations by the name of their type."""

from __future__ import annotations

from tests.mutants.layers import relu as ReLU
from tests.mutants.layers import sigmoid as Sigmoid
from tests.mutants.layers import softmax as Softmax
from tests.mutants.layers import tanh as Tanh

__all__ = ["MUTANTS", "ReLU", "Sigmoid", "Softmax", "Tanh"]

MUTANTS = ReLU.MUTANTS + Sigmoid.MUTANTS + Tanh.MUTANTS + Softmax.MUTANTS
