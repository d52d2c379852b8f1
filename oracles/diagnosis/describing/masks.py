"""Dropout by another mask than that of the case."""

from __future__ import annotations

import numpy as np

from oracles.diagnosis.describing.difference import Difference


def another_mask(d: Difference) -> str | None:
    """Every output is dropped, or what is kept of its input: only which ones is another choice."""
    step, name = d.entry.step, d.entry.layer
    if d.entry.kind != "forward" or f"step{step}.mask.{name}" in d.evidence.trace:
        return None
    layer = d.evidence.case.layer(name)
    if layer.type != "Dropout" or not 0 < layer.attributes["p"] < 1:
        return None
    source = layer.inputs[0]
    entry = f"step{step}.input" if source == "input" else f"step{step}.forward.{source}"
    x = d.evidence.own.get(entry, d.evidence.base[entry])
    kept = d.actual != 0
    if not (np.any(kept) and d.same(np.where(kept, x / (1.0 - layer.attributes["p"]), 0.0))):
        return None
    return (
        "it is right for another mask than that of the case: take step.masks, or record the one "
        f"that was drawn as step{step}.mask.{name}, and it is taken over"
    )
