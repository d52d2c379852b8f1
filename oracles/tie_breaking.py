"""Causes that cannot be told apart on a case are, where possible, by another one: the smallest
bundled case on which they predict different numbers is run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Literal

from oracles.contract.definition import Definition
from oracles.contract.implementation import Implementation
from oracles.contract.trace import Trace
from oracles.diagnosis.concerning import layers_of
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.following import reference_for
from oracles.diagnosis.hypotheses.table import hypothesis
from oracles.diagnosis.ranking import said
from oracles.diagnosis.splitting import splitting_case
from oracles.diagnosis.weighing import Candidate, weigh
from oracles.implementations.running import run
from oracles.judging.diagnosis import Cause, Diagnosis, Tie

BUDGET = 3.0
"""Seconds of computing for looking for such cases and running them: a busy machine does not change
the answer."""

_MOST_CASES = 3


def ties_broken(
    diagnosis: Diagnosis,
    implementation: Implementation,
    definition: Definition,
    dtype: str,
    timeout: float | None = None,
) -> Diagnosis:
    """The diagnosis of a case with fewer ties; those that are left name the case that would split
    them."""
    deadline = time.process_time() + BUDGET
    limit = min(timeout or BUDGET, BUDGET)
    trial = _Trial(implementation, definition, dtype, limit, deadline)
    causes = tuple(_broken(cause, diagnosis, trial) for cause in diagnosis.causes)
    return replace(diagnosis, causes=causes)


class _Trial:
    """An implementation, and what is left of the time to run it."""

    def __init__(
        self,
        implementation: Implementation,
        definition: Definition,
        dtype: str,
        timeout: float,
        deadline: float,
    ) -> None:
        self.implementation, self.definition, self.dtype = implementation, definition, dtype
        self.timeout, self.deadline = timeout, deadline

    @property
    def over(self) -> bool:
        """Whether the time is spent."""
        return time.process_time() > self.deadline

    def evidence(self, definition: Definition) -> Evidence | None:
        """What it does on another case; None where it does nothing there."""
        used, case = definition.draw(self.dtype), definition.draw(self.dtype)
        trace = Trace(used)
        ending = run(self.implementation, used, trace, timeout=self.timeout)
        if ending.how in ("unsupported", "timed-out") or not (len(trace) or trace.refused):
            return None
        return Evidence.judged(case, trace, reference_for(self.implementation, case))


def _broken(cause: Cause, diagnosis: Diagnosis, trial: _Trial) -> Cause:
    if not cause.ties or cause.known_from:
        return cause
    names = [cause.cause, *(tie.cause for tie in cause.ties)]
    split: dict[str, str] = {}
    ran: list[str] = []
    shown = False
    while len(names) > 1 and len(ran) < _MOST_CASES and not trial.over:
        found = _first_split(cause, names, ran, trial)
        if found is None:
            break
        ran.append(found.id)
        split |= dict.fromkeys(names, found.id)
        evidence = trial.evidence(found)
        if evidence is None:
            continue
        spoken = {name: _speaks(name, cause, evidence) for name in names}
        held = [name for name in names if spoken[name] != "against"]
        shown |= len(held) == 1 and (spoken[held[0]] == "for" or _again(held[0], cause, trial))
        names = held or names
    return _named(
        cause, names, split, ran, sure=shown and not (diagnosis.unexplained or diagnosis.untried)
    )


def _again(name: str, cause: Cause, trial: _Trial) -> bool:
    """Whether the first case shows the cause once more: where another case is right, the cause that
    predicts that is believed if the mistake did not go away by itself."""
    evidence = trial.evidence(trial.definition)
    return evidence is not None and _speaks(name, cause, evidence) == "for"


def _first_split(
    cause: Cause, names: list[str], ran: list[str], trial: _Trial
) -> Definition | None:
    for other in names[1:]:
        if trial.over:
            return None
        found = splitting_case(names[0], other, cause.variant, deadline=trial.deadline)
        if found is not None and found.id not in ran:
            return found
    return None


def _speaks(name: str, cause: Cause, evidence: Evidence) -> Literal["for", "against", ""]:
    """What another case says of a cause: for it if it reproduces something there, against it if it
    changes what is right or leaves unexplained what is wrong, nothing if nothing is wrong and it
    predicts nothing."""
    one = hypothesis(name)
    layers = layers_of(one.altered, evidence.case)
    weighed = weigh(evidence, Candidate(one, layers, cause.variant), patient=True)
    if not (weighed.explained or weighed.missed or weighed.contradicted):
        return "against" if evidence.failing else ""
    return "for" if weighed.explained and not weighed.contradicted else "against"


def _named(
    cause: Cause, names: list[str], split: dict[str, str], ran: list[str], *, sure: bool
) -> Cause:
    """The cause with the names that are left; `sure` where nothing else is in doubt."""
    first = hypothesis(names[0])
    ties = tuple(Tie(name, hypothesis(name).title, split.get(name, "")) for name in names[1:])
    alone = sure and not ties and cause.certainty == "likely"
    return replace(
        cause,
        **said(first, cause.variant),
        ties=ties,
        certainty="certain" if alone else cause.certainty,
        confirmed_by=ran[-1] if ran and len(ties) < len(cause.ties) else "",
    )
