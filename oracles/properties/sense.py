"""Whether a derived case makes sense."""

from __future__ import annotations

from oracles.contract.case import Array, Case
from oracles.references.pytorch import evaluate


def reference_values(case: Case) -> dict[str, Array] | None:
    """Every entry as PyTorch has it; None where it refuses the case. Batch norm in train mode does
    that, where a smaller batch leaves it a single number."""
    try:
        return evaluate(case)
    except (ValueError, RuntimeError):
        return None
