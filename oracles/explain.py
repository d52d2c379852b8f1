"""Explains numbers that somebody got and reported: `python -m oracles explain CASE`.

The numbers under `[observed]` are taken for the exposed entries of a run whose program nobody has,
and the known mistakes are tried on them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oracles.case_paths import CommandError, case_file
from oracles.contract.case import Array
from oracles.contract.definition import Definition, Published
from oracles.contract.errors import InvalidCase, Unsupported
from oracles.contract.reading import read_case
from oracles.contract.trace import Trace
from oracles.diagnosis.diagnosing import diagnose
from oracles.diagnosis.evidence import Evidence
from oracles.judging.diagnosis import Diagnosis
from oracles.judging.judgement import JudgedEntry, Judgement
from oracles.reporting.diagnosis import diagnosis_lines
from oracles.reporting.failure import how_many
from oracles.reporting.features import features
from oracles.reporting.json_report import as_json
from oracles.reporting.wording import phrase, short
from oracles.reporting.wrapping import wrapped

BUDGET = 30.0
"""Seconds for the search: there is one case, and somebody waits for this answer alone."""

_FEW_RIGHT = 1
"""Right entries that have a line each."""

_ONE_NUMBER = (
    "One number fits many rules. Add to [observed] what else the run had, right or wrong: "
    "a gradient, another sample, more digits."
)


@dataclass(frozen=True)
class Explanation:
    """What is known of the numbers of a case.

    judgement   on the observed entries as if a program had recorded them
    apart       {entry: how far it is from PyTorch's number at most}
    tolerated   entries with a tolerance of their own
    """

    definition: Definition
    judgement: Judgement
    apart: Mapping[str, float]
    tolerated: frozenset[str]

    @property
    def diagnosis(self) -> Diagnosis:
        """Empty where nothing is wrong."""
        return self.judgement.diagnosis or Diagnosis()

    @property
    def observed(self) -> list[JudgedEntry]:
        """The entries that were reported."""
        return [entry for entry in self.judgement.entries if entry.entry in self.apart]

    @property
    def wrong(self) -> list[JudgedEntry]:
        """Those that neither rounding nor their tolerance explains."""
        return [entry for entry in self.observed if entry.verdict == "different"]

    @property
    def right(self) -> list[JudgedEntry]:
        """Those that are PyTorch's, within rounding or their tolerance."""
        return [
            entry
            for entry in self.observed
            if entry.divergence is None and entry.verdict != "undecided"
        ]

    @property
    def one_number(self) -> bool:
        """Whether a single number is all that there is to explain."""
        wrong = [entry.entry for entry in self.wrong]
        sizes = [one.values.size for one in self.definition.observed if one.entry in wrong]
        return sizes == [1] and bool(self.diagnosis.causes)

    @property
    def complete(self) -> bool:
        """Whether nothing is left to explain."""
        undecided = any(entry.verdict == "undecided" for entry in self.observed)
        return (
            not self.diagnosis.unexplained
            if self.diagnosis.causes
            else not (self.wrong or undecided)
        )

    @property
    def as_expected(self) -> bool:
        """Whether the cause that the case names, if it names one, is among those found."""
        found = self.diagnosis.causes
        names = {one.cause for one in found} | {tie.cause for one in found for tie in one.ties}
        return self.definition.cause is None or self.definition.cause in names

    @property
    def status(self) -> int:
        """Exit status: 0 if the numbers are explained, and as the case says."""
        return 0 if self.complete and self.as_expected else 1


def explain(name: str, dtype: str | None = None) -> Explanation:
    """Explain what was observed in a case; `dtype` is what it was computed in (default: the first
    of the case).

    Raises CommandError for a case without observed numbers.
    """
    path = case_file(name)
    definition = _definition(path, dtype)
    case = definition.draw(dtype or definition.dtypes[0])
    trace = Trace(case)
    for one in definition.observed:
        trace[one.entry] = one.values.astype(case.dtype)
    try:
        evidence = Evidence.judged(case, trace, tolerances=_tolerances(definition.observed))
    except Unsupported as why:
        raise CommandError(f"PyTorch does not do this: {why}") from None
    judgement = Judgement(
        case=definition.id,
        dtype=case.dtype.name,
        implementation="observed",
        outcome="diverged" if evidence.failing else "passed",
        message="",
        oracles=("pytorch",),
        entries=evidence.entries,
        conventions=definition.conventions,
        diagnosis=diagnose(evidence, budget=BUDGET) if evidence.failing else None,
    )
    return Explanation(
        definition=definition,
        judgement=judgement,
        apart={
            one.entry: _apart(one.values, evidence.base[one.entry]) for one in definition.observed
        },
        tolerated=frozenset(evidence.tolerances),
    )


def lines(explanation: Explanation, *, verbose: bool = False) -> Iterator[str]:
    """What was observed, and what is behind it."""
    definition, judgement = explanation.definition, explanation.judgement
    yield f"{judgement.case} ({judgement.dtype})"
    yield from wrapped(definition.title, indent=2)
    if definition.source:
        yield from wrapped(definition.source, indent=2)
    yield ""
    yield "Observed"
    right = [] if verbose else explanation.right
    for entry in explanation.observed:
        if entry not in right or len(right) <= _FEW_RIGHT:
            yield from wrapped(_observed(explanation, entry), indent=4, first=2)
    if len(right) > _FEW_RIGHT:
        names = ", ".join(entry.entry for entry in right)
        yield from wrapped(f"{len(right)} that are right: {names}", indent=4, first=2)
    yield ""
    if not explanation.wrong:
        yield _verdict(explanation)
    yield from diagnosis_lines(judgement, verbose=verbose)
    yield from wrapped(_untold(explanation), indent=2, first=0)
    if explanation.one_number:
        yield from wrapped(_ONE_NUMBER, indent=2, first=0)
    if not explanation.as_expected:
        yield from wrapped(f"The case names another cause: {definition.cause}", indent=2, first=0)


def write(explanation: Explanation, name: str) -> None:
    """The same as an element of "results" in a report (`reporting/json_report.py`)."""
    definition = explanation.definition
    data = as_json(explanation.judgement, title=definition.title, features=features(definition))
    text = json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    try:
        Path(name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise CommandError(f"{name} cannot be written: {error.strerror}") from None


def _definition(path: Path, dtype: str | None) -> Definition:
    try:
        definition = read_case(path)
    except InvalidCase as error:
        raise CommandError(f"this file cannot be used\n{error}") from None
    if dtype is not None and dtype not in definition.dtypes:
        raise CommandError(f"{path} is a case in {' and '.join(definition.dtypes)}, not in {dtype}")
    if definition.raises is not None:
        raise CommandError(f"{path} is to be refused: there are no right numbers to go by")
    if not definition.observed:
        raise CommandError(
            f"{path} has no [observed]: write there what you got, under the names of entries that\n"
            f"python -m oracles show {path} prints, for example\n"
            "  [observed]\n"
            f'  "step0.forward.{definition.plan.layers[-1].name}" = '
            "{ values = [...], shape = [...], atol = 5e-5 }"
        )
    return definition


def _tolerances(observed: tuple[Published, ...]) -> dict[str, Array]:
    return {
        one.entry: (one.atol or 0.0) + (one.rtol or 0.0) * np.abs(one.values)
        for one in observed
        if one.atol or one.rtol
    }


def _untold(explanation: Explanation) -> str:
    """What may be missing where numbers that were printed stay unexplained."""
    left = explanation.diagnosis.unexplained
    exact = [name for name in left if name not in explanation.tolerated]
    if not exact:
        return ""
    return (
        f"{exact[0]} has no atol, and digits that were not printed count as wrong: numbers with "
        "four decimals have atol = 5e-5."
    )


def _apart(values: Array, right: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.max(np.where(values == right, 0.0, np.abs(values - right)), initial=0.0))


def _observed(explanation: Explanation, entry: JudgedEntry) -> str:
    apart = explanation.apart[entry.entry]
    what = f"{entry.entry}, {phrase(entry)}"
    if entry.verdict == "undecided":
        return f"{what}: hangs on a choice that rounding can turn"
    if entry.divergence is None:
        equal = "equal to PyTorch's" if apart == 0 else f"right, up to {short(apart)} away"
        return f"{what}: {equal}"
    many = how_many(entry.divergence) or "wrong"
    if not math.isfinite(apart):
        return f"{what}: {many}, not finite where PyTorch's is, or the other way round"
    return f"{what}: {many}, up to {short(apart)} away from PyTorch's"


def _verdict(explanation: Explanation) -> str:
    if not explanation.complete:
        return "Undecided: rounding can turn a choice that these numbers hang on."
    largest = max(explanation.apart.values())
    if largest == 0:
        return "Not a bug: these are PyTorch's numbers."
    if explanation.tolerated:
        return f"Not a bug: within rounding and the tolerance given, up to {short(largest)} away."
    ratio = max(entry.max_ratio or 0.0 for entry in explanation.observed)
    return f"Not a bug: within rounding, up to {short(largest)} away, {short(ratio)} of the bound."
