"""What was judged of the implementation, step by step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from oracles.judging.judgement import EntryVerdict, JudgedEntry, Judgement
from oracles.learning.answer import Answer, Examined
from oracles.reporting.failure import failure_body
from oracles.reporting.tally import begins
from oracles.reporting.wrapping import wrapped

_UNJUDGED: Mapping[EntryVerdict, str] = {
    "not-exposed": "not recorded",
    "supplied": "computed by the harness",
    "undecided": "undecided",
    "taken-over": "taken over from it",
}


def code_lines(answer: Answer, *, verbose: bool = False) -> Iterator[str]:
    """Each stretch of steps that was judged, and what is wrong there."""
    yield f"The code of {answer.implementation}"
    for one in answer.examined:
        yield from wrapped(f"{_which(one)}: {_outcome(one.judgement)}", indent=4, first=2)
        if one.judgement.outcome != "passed":
            body = failure_body(one.judgement, verbose=verbose)
            yield from (f"  {line}".rstrip() for line in body)
        if verbose:
            yield from map(_entry, one.judgement.entries)
    yield from _parting(answer)


def _which(one: Examined) -> str:
    first, last = one.steps[0], one.steps[-1]
    steps = f"Step {first}" if first == last else f"Steps {first} to {last}"
    return f"{steps}, {one.why}"


def _outcome(judgement: Judgement) -> str:
    if judgement.outcome == "passed":
        return f"right in {_how_many(judgement)}."
    return begins(judgement).partition("\n")[0]


def _how_many(judgement: Judgement) -> str:
    total = len(judgement.entries)
    if judgement.judged == total:
        return f"all {total} entries"
    verdicts: Counter[str] = Counter(entry.verdict for entry in judgement.entries)
    others = [f"{verdicts[one]} {text}" for one, text in _UNJUDGED.items() if verdicts[one]]
    return f"the {judgement.judged} of {total} entries that were judged ({', '.join(others)})"


def _entry(entry: JudgedEntry) -> str:
    ratio = "" if entry.max_ratio is None else f"{entry.max_ratio:>10.2g} of its bound"
    return f"    {entry.verdict:<12}{entry.entry:<48}{ratio}".rstrip()


def _parting(answer: Answer) -> Iterator[str]:
    """What a parting of the losses means of which no step is the cause."""
    if answer.parted_at is None or answer.code_is_wrong:
        return
    judged = any(one.why == "where the losses part" for one in answer.examined)
    there = "What was judged there is right" if judged else "Nothing could be judged there"
    text = (
        f"The losses part after step {answer.parted_at}: from there on they are further apart than "
        f"PyTorch's own become by a rounding at the start, a thousand times over. {there}: either "
        "rounding has grown, or something is wrong that is not recorded."
    )
    yield from wrapped(text, indent=4, first=2)
