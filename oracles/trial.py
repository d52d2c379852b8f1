"""One trial: an implementation runs a case, and its trace is held to the oracles."""

from __future__ import annotations

import fnmatch
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from oracles.case_paths import bundled_cases
from oracles.contract.case import Case
from oracles.contract.definition import Definition, Raises
from oracles.contract.errors import TraceError
from oracles.contract.implementation import (
    Implementation,
    declares_normwise,
    dtypes_of,
    expected_failures_of,
    follows_of,
)
from oracles.contract.trace import Trace
from oracles.council import Verdicts, verdicts
from oracles.diagnosis.diagnosing import diagnose as diagnosed
from oracles.diagnosis.evidence import Evidence
from oracles.diagnosis.following import reference_for
from oracles.findings import (
    by_norms,
    conventions_followed,
    disagreements,
    long_sums,
    modified_operands,
    other_dtypes,
    remarks,
)
from oracles.hearing import held_to_oracles
from oracles.implementations.running import Ending, run
from oracles.judging.diagnosis import Diagnosis, HypothesisFault
from oracles.judging.judgement import (
    DECISIVE,
    JUDGED,
    NO_OPINION,
    JudgedEntry,
    Judgement,
    Outcome,
)
from oracles.options import DECIDING, ORACLES
from oracles.tie_breaking import ties_broken

Diagnose = Callable[[Evidence], Diagnosis]
"""Finds the cause of what is wrong with a run (`oracles/diagnosis`)."""


def judge(
    implementation: Implementation,
    case: Definition,
    dtype: str | None = None,
    *,
    oracles: Sequence[str] = DECIDING,
    timeout: float | None = None,
    memory: Path | None = None,
    council: bool = True,
    diagnose: Diagnose | None = diagnosed,
) -> Judgement:
    """Run `implementation` on `case` in `dtype` (default: the first of the case) and judge it.

    oracles   whose numbers count: "pytorch", "loops" (plain sums), "differences" (directional
              derivatives), "dot2" (sums of products in double-double), "published" (those under
              `[expect]`). An entry that one of them objects to is different
    timeout   seconds the implementation may take; None is no limit
    memory    folder in which it is kept, by content, what the oracles say about each other on a
              case that is not one of the bundled ones; None keeps it for this process
    council   whether they are asked at all
    diagnose  what finds the cause of what is wrong; None judges only

    Never raises for what the implementation does. Raises ValueError for an unknown oracle or dtype.
    """
    asked = dtype or case.dtypes[0]
    unknown = [name for name in oracles if name not in ORACLES]
    if unknown or not oracles:
        raise ValueError(f"oracles must be among {', '.join(ORACLES)}, got {list(oracles)}")
    if asked not in ("float32", "float64"):
        raise ValueError(f"dtype must be float32 or float64, got {asked!r}")
    started = time.perf_counter()
    sitting = _Council(council, memory)
    judgement = _judge(implementation, case, asked, oracles, timeout, sitting, diagnose)
    judgement = _expectation(implementation, judgement)
    return replace(judgement, seconds=time.perf_counter() - started)


@dataclass(frozen=True)
class _Council:
    """Whether the oracles judge each other, and where they keep what they find."""

    sits: bool
    memory: Path | None


def _judge(
    implementation: Implementation,
    definition: Definition,
    dtype: str,
    oracles: Sequence[str],
    timeout: float | None,
    council: _Council,
    diagnose: Diagnose | None,
) -> Judgement:
    blank = Judgement(
        case=definition.id,
        dtype=dtype,
        implementation=implementation.name,
        outcome="passed",
        message="",
        oracles=_asked(definition, oracles),
        conventions=definition.conventions,
    )
    try:
        normwise = declares_normwise(implementation)
        names = dtypes_of(implementation)
        expected_failures_of(implementation)
        reference_for(implementation, definition.draw(dtype))
    except ValueError as error:
        return replace(blank, outcome="error", message=str(error))
    if names is not None and dtype not in names:
        message = f"{implementation.name} is for {', '.join(names)}"
        return replace(blank, outcome="unsupported", message=message)
    used = definition.draw(dtype)
    trace = Trace(used)
    ending = run(implementation, used, trace, timeout=timeout)
    if ending.how == "unsupported":
        return replace(blank, outcome="unsupported", message=ending.message)
    if definition.raises is not None:
        outcome, message = _refusal(implementation, definition.raises, ending, trace)
        return replace(blank, outcome=outcome, message=message)
    untouched = definition.draw(dtype)
    reference = reference_for(implementation, untouched)
    entries, contradicted, local = held_to_oracles(
        definition, untouched, trace, blank.oracles, reference, normwise=normwise
    )
    heard = Verdicts()
    if council.sits and "pytorch" in oracles and not _bundled(definition):
        heard = verdicts(definition, council.memory)
    splits, findings = disagreements(contradicted, heard)
    findings += modified_operands(used, untouched)
    keeps = bool(getattr(implementation, "keeps_dtype", False))
    findings += other_dtypes(trace, np.dtype(dtype), keeps=keeps)
    findings += long_sums(entries, np.dtype(dtype))
    findings += by_norms(entries) if normwise else ()
    findings += remarks(entries)
    findings += conventions_followed(follows_of(implementation))
    judged = replace(blank, entries=entries, findings=tuple(findings), splits=splits)
    divergences = judged.divergences
    judged = replace(judged, first_divergence=divergences[0] if divergences else None)
    outcome, message = _outcome(judged, untouched, ending)
    judged = replace(judged, outcome=outcome, message=message)
    if diagnose is None or outcome not in ("diverged", "error"):
        return judged
    evidence = partial(Evidence, untouched, trace, entries, local, reference)
    found = _diagnosis(diagnose, evidence, implementation, definition, timeout)
    return replace(judged, diagnosis=found)


def _diagnosis(
    diagnose: Diagnose,
    evidence: Callable[[], Evidence],
    implementation: Implementation,
    definition: Definition,
    timeout: float | None,
) -> Diagnosis:
    """A fault of ours in it is shown, and costs no judgement."""
    try:
        seen = evidence()
        found = diagnose(seen)
    except Exception as error:  # noqa: BLE001  what was judged stands, whatever happens here
        return Diagnosis(faults=(_fault(error),))
    try:
        return ties_broken(found, implementation, definition, seen.case.dtype.name, timeout)
    except Exception as error:  # noqa: BLE001  and so does what was found
        return replace(found, faults=(*found.faults, _fault(error)))


def _fault(error: Exception) -> HypothesisFault:
    return HypothesisFault("", f"{type(error).__name__}: {error}")


def _bundled(definition: Definition) -> bool:
    """Whether it is one of the cases on which the project's own tests hold the oracles to each
    other."""
    return definition.path.resolve().is_relative_to(bundled_cases())


def _asked(definition: Definition, oracles: Sequence[str]) -> tuple[str, ...]:
    """Those of the oracles asked for that have something to say on this case."""
    return tuple(name for name in ORACLES if name in oracles and _speaks(name, definition))


def _speaks(oracle: str, definition: Definition) -> bool:
    return oracle != "published" or bool(definition.published)


def _outcome(judged: Judgement, case: Case, ending: Ending) -> tuple[Outcome, str]:
    """How the item ends, and the sentence that says so."""
    failing = [finding for finding in judged.findings if finding.fails]
    if ending.how == "timed-out":
        return "timeout", _at(ending)
    if ending.how == "raised":
        return "error", _at(ending)
    decisive = [finding for finding in failing if finding.finding in DECISIVE]
    if decisive:
        return "diverged", decisive[0].message
    if judged.first_divergence is not None:
        return "diverged", f"{judged.first_divergence.entry} is wrong first"
    if failing:
        return "diverged", failing[0].message
    own = _own(judged)
    if own and all(one.remark == NO_OPINION for one in own):
        who = ", ".join(judged.oracles) or "none of the oracles asked"
        return "unsupported", f"{who} has no opinion on what is exposed here"
    silent = [part for part in _parts(judged, case) if not (part.judged or part.without_opinion)]
    if silent and all(part.supplied for part in silent):
        done = silent[0].what
        return "unsupported", f"not {judged.implementation}'s own: the harness did {done}"
    if silent:
        missing = ", ".join(part.what for part in silent)
        return (
            "incomplete",
            f"judged {judged.judged} of {len(judged.entries)}: nothing of {missing}",
        )
    return "passed", f"judged {judged.judged} of {len(judged.entries)}"


@dataclass(frozen=True)
class _Part:
    """A part of a case of which at least one entry has to be judged."""

    what: str
    entries: tuple[JudgedEntry, ...]

    @property
    def judged(self) -> bool:
        return any(entry.verdict in JUDGED for entry in self.entries)

    @property
    def without_opinion(self) -> bool:
        """Whether what is exposed of it is nothing that the oracles asked could judge."""
        exposed = [one for one in self.entries if one.verdict not in ("not-exposed", "supplied")]
        return bool(exposed) and all(one.remark == NO_OPINION for one in exposed)

    @property
    def supplied(self) -> bool:
        return all(entry.verdict == "supplied" for entry in self.entries)


def _own(judged: Judgement) -> list[JudgedEntry]:
    """Entries that the implementation computed and recorded, but for what it was given."""
    left = ("not-exposed", "supplied", "taken-over")
    return [one for one in judged.entries if one.verdict not in left and one.kind != "input"]


def _parts(judged: Judgement, case: Case) -> Iterator[_Part]:
    """Outputs and loss, and where there is a backward pass the gradients of every layer."""
    of_outputs = [entry for entry in judged.entries if entry.kind in ("forward", "loss")]
    yield _Part("outputs and loss", tuple(of_outputs))
    learned = [entry for entry in judged.entries if entry.kind in ("gradient", "update")]
    for layer in case.layers:
        if layer.parameters and learned:
            its_own = (entry for entry in learned if entry.layer == layer.name)
            yield _Part(f"gradients and updates of {layer.name}", tuple(its_own))


def _at(ending: Ending) -> str:
    return f"{ending.message} ({ending.where})" if ending.where else ending.message


def _refusal(
    implementation: Implementation, raises: Raises, ending: Ending, trace: Trace
) -> tuple[Outcome, str]:
    """A case that must be refused passes if anything but Unsupported is raised. Whoever has not
    promised to refuse anything does not fail by computing it."""
    if ending.how == "timed-out":
        return "timeout", _at(ending)
    if isinstance(ending.exception, TraceError):
        return "error", _at(ending)
    if ending.how != "raised" and trace.supplied:
        supplied = sorted(trace.supplied)[0]
        return "unsupported", f"the harness supplied {supplied}, and refuses nothing"
    if ending.how != "raised" and not getattr(implementation, "refuses", False):
        return "unsupported", "accepted what makes no sense; `refuses = True` would hold it to that"
    if ending.how != "raised":
        return "diverged", "accepted what makes no sense; it should raise an error"
    checks = getattr(implementation, "checks_messages", False)
    if checks and raises.match is not None and not re.search(raises.match, ending.message):
        return "diverged", f"refused with {ending.message!r}, which does not match {raises.match!r}"
    return "passed", f"refused: {ending.message}"


def _expectation(implementation: Implementation, judgement: Judgement) -> Judgement:
    """Failures that the implementation has announced, and announced ones that do not happen."""
    try:
        expected = expected_failures_of(implementation)
    except ValueError:  # said already
        return judgement
    for pattern, why in expected.items():
        if not fnmatch.fnmatchcase(judgement.case, pattern):
            continue
        if judgement.outcome == "passed":
            stale = f"expected to fail ({why}), but passes: take {pattern!r} out"
            return replace(judgement, outcome="error", message=stale)
        if judgement.outcome in ("diverged", "incomplete", "error", "timeout"):
            return replace(judgement, outcome="expected-failure", message=str(why))
    return judgement
