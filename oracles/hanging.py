"""Case files whose verdict would hang on a rounding: refused, with the seed to take instead.

A drawn case has other numbers to choose from, so it is refused. A case with numbers of its own (or
with published ones, which belong to its seeds) is told: its numbers are what it is about. Where
numbers are equal in every order of summation nothing hangs on rounding, but on a convention, which
the case names.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.errors import InvalidCase
from oracles.contract.operands import Operand
from oracles.contract.reading import refusal
from oracles.contract.reseeding import draw_with, other_seeds
from oracles.contract.tables import KeyPath, key_text
from oracles.contract.trace import Trace
from oracles.judging.constants import KINK_SIGMAS
from oracles.judging.judgement import Finding
from oracles.judging.kinks import Examination, Kink, Wide, examine
from oracles.references.pytorch import PyTorch
from oracles.reporting.wording import count, short

ATTEMPTS, LEAST, WORK = 100, 5, 3e7
"""Seeds that are tried before it is said that none helps: 100, but for large cases only as many as
take some ten seconds, in numbers that are drawn and computed with."""

EACH_STEP = 5_000
"""Numbers whose computation takes as long as going through one layer in one step does."""

LARGEST = 5 * 10**6
"""Numbers of a run above which a case is not searched: candidates of all noisy runs are kept."""

_SAYS = {
    "ReLU": "the ReLU compares {winner} with {other}",
    "MaxPool2d": "the maximum of a window is {winner}, and {other} stands in the same window",
    "clip_grad_value": "clipping compares {winner} with {other}",
    "clip_grad_norm": "clipping compares {winner} with {other}",
    "L1": "the L1 penalty takes the sign of a weight and compares {winner} with {other}",
}

_WHY = (
    "a right implementation whose sums are rounded differently takes the other branch, and "
    "everything after it is undecided"
)


def hanging(definition: Definition) -> tuple[Finding, ...]:
    """What is to be said of a case before it is run.

    Raises InvalidCase for a drawn one of which something hangs on rounding.
    """
    if definition.raises is not None:
        return ()
    if _numbers(definition) > LARGEST:
        text = "too large to be searched for choices that hang on a rounding"
        return (Finding("case.not_searched", text, fails=False),)
    remarks: dict[str, Finding] = {}
    for dtype in _narrow_first(definition):
        case = definition.draw(dtype)
        found = examine(case, PyTorch())
        texts = tuple(_texts(definition, found, dtype))
        if texts and _is_drawn(definition, case):
            raise _refused(definition, texts[0])
        for text in texts:
            remarks[text] = Finding("case.hangs_on_rounding", text, fails=False)
        for tie in unnamed_ties(definition, found):
            text = _tie_text(tie)
            remarks[text] = Finding("case.unnamed_tie", text, fails=False)
    return tuple(remarks.values())


def unnamed_ties(definition: Definition, found: Examination) -> Iterator[Kink]:
    """Ties that hang on a convention the case does not name."""
    for kink in found.kinks:
        if kink.tie and kink.convention and kink.convention not in definition.conventions:
            yield kink


def turned(definition: Definition, found: Examination) -> Iterator[Kink | Wide]:
    """What of a case rounding turns. Of equal numbers it may: the case names the convention."""
    for kink in found.kinks:
        if not kink.tie and kink.convention not in definition.conventions:
            yield kink
    if found.wide is not None:
        yield found.wide


def _narrow_first(definition: Definition) -> list[str]:
    return sorted(definition.dtypes)


def _is_drawn(definition: Definition, case: Case) -> bool:
    return case.drawn and not definition.published and not definition.observed


def _texts(definition: Definition, found: Examination, dtype: str) -> Iterator[str]:
    for one in turned(definition, found):
        yield _kink_text(one, dtype) if isinstance(one, Kink) else _wide_text(one, dtype)


def _kink_text(kink: Kink, dtype: str) -> str:
    says = _SAYS[kink.choice].format(winner=f"{kink.winner:.9g}", other=f"{kink.other:.9g}")
    others = f" (as do {kink.elements} of its elements)" if kink.elements > 1 else ""
    return (
        f"{kink.entry} at {list(kink.index)} hangs on a rounding{others}: {says}, "
        f"{short(kink.winner - kink.other)} apart. Rounding in {dtype} moves that distance by "
        f"{short(kink.deviation)} (standard deviation), and {KINK_SIGMAS:g} times that has to fit "
        f"in between: {_WHY}"
    )


def _wide_text(wide: Wide, dtype: str) -> str:
    return (
        f"{wide.entry}: rounding in {dtype} moves it by {short(100 * wide.share)} % of its largest "
        "number: the training explodes, and no bound can tell right from wrong behind it"
    )


def _tie_text(tie: Kink) -> str:
    elements = count(tie.elements, "element")
    return (
        f"{elements} of {tie.entry} (the first at {list(tie.index)}) decide between equal numbers, "
        f"on which frameworks differ: conventions = [{tie.convention!r}] says that the case means "
        "what PyTorch does".replace("'", '"')
    )


def _refused(definition: Definition, text: str) -> InvalidCase:
    found = next(_helping(definition), None)
    if found is None:
        key: KeyPath = ("input", "seed")
        advice = (
            f"None of {_attempts(definition)} other seeds helps: the numbers are too close by the "
            "way they are made (a smaller learning rate, fewer steps, other limits of a fill)"
        )
    else:
        operand, seed = found
        key = (*operand.key, "seed")
        advice = f"Take {_written(operand, seed)}: with it nothing hangs on a rounding"
    return refusal(definition, [(key, f"{text}. {advice}")])


def _attempts(definition: Definition) -> int:
    return int(min(ATTEMPTS, max(LEAST, WORK / (8.0 * _numbers(definition)))))


def _numbers(definition: Definition) -> int:
    """How many numbers a run of the case has, at least."""
    case = definition.draw("float64")
    computed = sum(math.prod(entry.shape) for entry in Trace(case).entries.values())
    return max(computed, EACH_STEP * len(case.steps) * len(case.layers))


def _helping(definition: Definition) -> Iterator[tuple[Operand, int]]:
    """Seeds with which nothing of the case hangs on rounding, in any of its dtypes."""
    reference = PyTorch()
    for operand, seed in other_seeds(definition.plan, _attempts(definition)):
        cases = (draw_with(definition, operand, seed, name) for name in _narrow_first(definition))
        if not any(any(turned(definition, examine(case, reference))) for case in cases):
            yield operand, seed


def _written(operand: Operand, seed: int) -> str:
    if len(operand.key) == 1:
        return f"[{operand.key[0]}] seed = {seed}"
    return f"seed = {seed} in {key_text(operand.key)}, which is {operand.name}"
