"""The same case over more or fewer steps."""

from __future__ import annotations

from dataclasses import replace

from oracles.contract.definition import Definition
from oracles.contract.document import Training
from oracles.contract.findings import Findings
from oracles.contract.plan import make_plan
from oracles.contract.tables import key_text


def with_steps(definition: Definition, steps: int) -> Definition:
    """The case trained for so many steps: batches start again after the last one, schedules go on.
    Steps that the file writes out one by one can be cut off, and not be added to.

    Raises ValueError where the case cannot have so many, in words.
    """
    document = definition.plan.document
    if steps < 1:
        raise ValueError(f"there must be at least 1 step, got {steps}")
    if document.steps is not None:
        if steps > len(document.steps):
            written = len(document.steps)
            raise ValueError(f"the case writes out {written} steps, and cannot have {steps}")
        changed = document.model_copy(update={"steps": document.steps[:steps]})
    else:
        training = document.training or Training()
        changed = document.model_copy(
            update={"training": training.model_copy(update={"steps": steps})}
        )
    findings = Findings(refused=document.raises is not None)
    plan = make_plan(changed, frozenset(), definition.path.parent, findings)
    if plan is None or findings.problems:
        problems = "; ".join(f"{key_text(key)}: {text}" for key, text in findings.problems)
        raise ValueError(f"the case cannot have {steps} steps: {problems}")
    return replace(definition, plan=plan)
