"""Why an item is wrong, in words: the cause, what proves it, and the line that mends it.

The short text has what somebody needs who wants to mend it now; the long one also says why the
usual tests pass, what else it could have been and where the mistake has been seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from oracles.judging.diagnosis import Cause, Diagnosis, Tie
from oracles.judging.judgement import Judgement
from oracles.reporting.wording import count, short, times
from oracles.reporting.wrapping import wrapped

_FEW = 3
PAGES = "docs/causes"
"""The folder with a page for each cause."""

_VARIANTS = {
    "forward only": "in the forward pass alone: going back, the right rule is used",
    "backward only": "in the backward pass alone: what goes forward is right",
}


def diagnosis_lines(judgement: Judgement, *, verbose: bool = False) -> list[str]:
    """What is known of the cause; no lines where nobody asked, or nothing was looked for."""
    if judgement.diagnosis is None:
        return []
    return list(_lines(judgement, judgement.diagnosis, verbose))


def cause_line(judgement: Judgement) -> str:
    """The same in one line: `Cause: conv2d.kernel.rotated (certain), as in conv2d/tiny`."""
    diagnosis = judgement.diagnosis
    if diagnosis is None:
        return ""
    if diagnosis.causes:
        return "Cause: " + "; ".join(map(_briefly, diagnosis.causes))
    if diagnosis.skipped:
        return f"Not diagnosed: {diagnosis.skipped}"
    return "Cause: none that is known" if diagnosis.unexplained else ""


def _briefly(cause: Cause) -> str:
    known = f", as in {cause.known_from}" if cause.known_from else ""
    return f"{cause.cause} ({cause.certainty}){known}"


def page(name: str) -> str:
    """Where the page of a cause is."""
    return f"{PAGES}/{name}.md"


def _lines(judgement: Judgement, diagnosis: Diagnosis, verbose: bool) -> Iterator[str]:
    if diagnosis.skipped:
        yield from wrapped(f"Not diagnosed: {diagnosis.skipped}", indent=2, first=0)
    for number, cause in enumerate(diagnosis.causes, start=1):
        which = f" {number} of {len(diagnosis.causes)}" if len(diagnosis.causes) > 1 else ""
        yield from wrapped(f"{_verdict(cause, which)}: {cause.title}", indent=2, first=0)
        yield from wrapped(_where(cause, verbose), indent=2)
        yield from _points(_of_cause(judgement, diagnosis, cause, verbose))
    if diagnosis.unexplained and not diagnosis.causes:
        text = f"No known mistake explains what is wrong ({count(diagnosis.tried, 'rule')} tried)."
        yield from wrapped(text, indent=2, first=0)
    yield from _points(_left(diagnosis, verbose))


def _verdict(cause: Cause, which: str) -> str:
    if cause.sort == "not-a-bug":
        return f"Not a bug{which} ({cause.certainty})"
    another = ", a convention other than PyTorch's" if cause.sort == "convention" else ""
    return f"Cause{which} ({cause.certainty}{another})"


def _where(cause: Cause, verbose: bool) -> str:
    names = f" in {_few(tuple(map(_quoted, cause.layers)), verbose)}" if cause.layers else ""
    variant = f", {_VARIANTS[cause.variant]}" if cause.variant else ""
    return f"{cause.cause}{names}{variant} ({page(cause.cause)})"


def _quoted(name: str) -> str:
    return f'"{name}"'


def _of_cause(
    judgement: Judgement, diagnosis: Diagnosis, cause: Cause, verbose: bool
) -> Iterator[tuple[str, str]]:
    if verbose:
        yield "Tested", cause.claim
    yield "Proof", _proof(judgement, diagnosis, cause)
    if cause.contradicts:
        many = count(len(cause.contradicts), "array is", "arrays are")
        shown = _few(cause.contradicts, verbose)
        yield "Against it", f"{many} right that this rule would make wrong: {shown}"
    for tie in cause.ties if verbose else cause.ties[:_FEW]:
        yield "Or else", _tie(tie)
    if not verbose and len(cause.ties) > _FEW:
        yield "Or else", f"{len(cause.ties) - _FEW} more with the same numbers here (-v)"
    if cause.declaration:
        yield "Declare it", cause.declaration
    yield ("Or mend it" if cause.declaration else "Fix"), cause.fix
    if verbose:
        yield "Reproduced", ", ".join(cause.explains)
        yield "Why the usual tests pass", cause.why_unseen
        yield "Seen in", ", ".join(cause.evidence)


def _proof(judgement: Judgement, diagnosis: Diagnosis, cause: Cause) -> str:
    wrong = {*diagnosis.unexplained, *(name for one in diagnosis.causes for name in one.explains)}
    of = f"{len(cause.explains)} of {len(wrong)} wrong arrays"
    if len(wrong) == 1:
        of = "the one wrong array"
    elif len(cause.explains) == len(wrong):
        of = f"all {len(wrong)} wrong arrays"
    rule = "this rule" + (f" (found in {cause.known_from})" if cause.known_from else "")
    return (
        f"re-running PyTorch with {rule} reproduces {of}, {_closeness(cause)}, where "
        f"{_without(judgement, cause)}{_confirmed(cause)}"
    )


def _confirmed(cause: Cause) -> str:
    if not cause.confirmed_by:
        return ""
    return f". Others have the same numbers here; {cause.confirmed_by}, run as well, rules them out"


def _closeness(cause: Cause) -> str:
    if cause.residual == 0:
        return "to the last digit"
    largest = f"(largest difference {short(cause.residual)})"
    if cause.residual_ratio == 0:
        return f"within the tolerance of the case {largest}"
    if cause.residual_ratio <= 1:
        return f"within {short(cause.residual_ratio)} of the bound {largest}"
    return f"within {times(cause.residual_ratio)} the bound {largest}"


def _without(judgement: Judgement, cause: Cause) -> str:
    """How far they are from the right numbers."""
    found = [d for d in judgement.divergences if d.entry in cause.explains]
    if not found:
        return "PyTorch's own has another shape"
    errors = [d.error for d in found]
    if not all(map(math.isfinite, errors)):
        return "PyTorch's own is finite and yours is not, or the other way round"
    return f"PyTorch's own is off by {short(max(errors))}"


def _tie(tie: Tie) -> str:
    split = f"; {tie.split_by} tells them apart" if tie.split_by else ""
    return f"{tie.title} ({tie.cause}), with the same numbers here{split}"


def _left(diagnosis: Diagnosis, verbose: bool) -> Iterator[tuple[str, str]]:
    if diagnosis.unexplained and diagnosis.causes:
        names = _few(diagnosis.unexplained, verbose)
        yield "Not explained by it", names
    for one in diagnosis.descriptions if verbose else diagnosis.descriptions[:_FEW]:
        yield one.entry, one.text
    for rival in diagnosis.ruled_out if verbose else ():
        yield "Ruled out", f"{rival.title} ({rival.cause}): {rival.why}"
    if diagnosis.untried:
        known = count(diagnosis.tried + diagnosis.untried, "known mistake")
        yield "Not tried for want of time", f"{diagnosis.untried} of {known}"
    elif verbose and diagnosis.causes:
        yield "Tried", f"{count(diagnosis.tried, 'rule')} in {diagnosis.seconds:.1f} s"
    for fault in diagnosis.faults if verbose else diagnosis.faults[:1]:
        name = fault.cause or "the search itself"
        text = f"{name} raised {fault.message}; please report it"
        yield "A fault of the harness, not yours", text
    if not verbose and len(diagnosis.faults) > 1:
        yield "More of these", f"{len(diagnosis.faults) - 1} (-v)"


def _points(points: Iterator[tuple[str, str]]) -> Iterator[str]:
    for name, text in points:
        if text:
            yield from wrapped(f"{name}: {text}", indent=4, first=2)


def _few(names: Sequence[str], verbose: bool) -> str:
    shown = names if verbose else names[:_FEW]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more
