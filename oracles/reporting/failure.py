"""The text of one failing item: what a person reads who wants to know which line is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from oracles.contract.conventions import CONVENTIONS, convention_of
from oracles.judging.judgement import NO_OPINION, Divergence, JudgedEntry, Judgement
from oracles.reporting.bound import derivation, how_far
from oracles.reporting.diagnosis import cause_line, diagnosis_lines
from oracles.reporting.result import Result
from oracles.reporting.tally import begins
from oracles.reporting.wording import count, exact_number, judged_in, phrase, place, short, times
from oracles.reporting.wrapping import wrapped

_FEW = 6


def failure_text(result: Result, *, verbose: bool = False) -> str:
    """Everything a judgement says about an item that is not right; `verbose` lists all names."""
    judgement = result.judgement
    head = begins(judgement).partition("\n")[0]
    who = ", ".join(part for part in (judged_in(judgement), judgement.implementation) if part)
    lines = [head, f"  {judgement.case} ({who})" if who else f"  {judgement.case}"]
    lines += wrapped(result.title, indent=2)
    lines += failure_body(judgement, verbose=verbose)
    if result.command:
        lines += ["Repeat:", f"  {result.command}"]
    return "\n".join(lines)


def failure_body(judgement: Judgement, *, verbose: bool = False) -> list[str]:
    """The lines behind the head: cause, message, what is wrong first, what else is wrong."""
    cause = diagnosis_lines(judgement, verbose=verbose)
    rest = begins(judgement).partition("\n")[2]
    lines = ["", *cause] if cause else []
    lines += ["", *rest.splitlines()] if rest else []
    return lines + [line for part in _parts(judgement, verbose) for line in part]


def repeated_text(result: Result) -> str:
    """The text of an item that fails like several before it."""
    judgement = result.judgement
    lines = [begins(judgement).partition("\n")[0], f"  {judgement.case} ({judged_in(judgement)})"]
    lines += wrapped(result.title, indent=2)
    cause = cause_line(judgement)
    lines += wrapped(cause, indent=4, first=2) if cause else []
    lines.append("  Fails like others above it; -v shows everything.")
    return "\n".join([*lines, "Repeat:", f"  {result.command}"])


def _parts(judgement: Judgement, verbose: bool) -> Iterator[list[str]]:
    first = judgement.first_divergence
    if first is not None:
        yield ["", *_first(judgement, first)]
        yield _right_before(judgement, first, verbose)
        yield _further(judgement, first, verbose)
        yield _right_after(judgement, first, verbose)
    if verbose or not _settled(judgement):
        yield [line for name in disputed(judgement) for line in wrapped(_dispute(name), indent=2)]
    yield _inherited(judgement, verbose)
    yield _not_judged(judgement, verbose)
    yield _no_opinion(judgement)
    yield [
        line
        for finding in judgement.findings
        for line in wrapped(f"Finding {finding.finding}: {finding.message}", indent=2, first=0)
    ]


def _first(judgement: Judgement, first: Divergence) -> list[str]:
    entry = _entry(judgement, first.entry)
    if entry is None:
        head = f"First wrong: {first.entry}"
    else:
        layer = f' "{entry.layer}"' if entry.layer else ""
        layer = f" {_parameter(entry)} of{layer}" if _parameter(entry) else layer
        head = f"First wrong: {first.entry}, {phrase(entry)}{layer}"
    return [
        *wrapped(head, indent=2, first=0),
        *_numbers(first, entry),
        *wrapped(f"{how_far(first)} {derivation(first)}", indent=2),
    ]


def _parameter(entry: JudgedEntry) -> str:
    """The parameter that an optimizer's entry is about; the others name it in their phrase."""
    if entry.kind not in ("clipped", "optimizer", "update"):
        return ""
    return entry.entry.split(".")[3]


def _numbers(d: Divergence, entry: JudgedEntry | None) -> list[str]:
    where = place(d.index, entry.kind, entry.operation) if entry is not None else str([*d.index])
    rows = [
        ("wrong", how_many(d)),
        ("worst at", where),
        ("actual", exact_number(d.actual, d.unit)),
        ("expected", f"{exact_number(d.expected, d.unit)}  ({d.oracle})"),
        ("error", short(d.error)),
        ("bound", short(d.bound)),
    ]
    return [f"  {name:<10}{value}" for name, value in rows if value]


def how_many(d: Divergence) -> str:
    """How much of the entry is outside its bound, in words."""
    if d.total <= 1:
        return ""
    elements = count(d.total, "element")
    if d.rule == "rms" or d.wrong == 0:
        return f"no single one of {elements}, but all of them together"
    return f"all {elements}" if d.wrong == d.total else f"{d.wrong} of {elements}"


def _right_before(judgement: Judgement, first: Divergence, verbose: bool) -> list[str]:
    names = [entry.entry for entry in judgement.entries]
    end = names.index(first.entry) if first.entry in names else 0
    right = [e.entry for e in judgement.entries[:end] if e.verdict in {"exact", "same"}]
    if not right:
        return ["Right before it: nothing was judged."]
    return _listing(f"Right before it ({len(right)})", right, verbose, last=True)


def _right_after(judgement: Judgement, first: Divergence, verbose: bool) -> list[str]:
    names = [entry.entry for entry in judgement.entries]
    start = names.index(first.entry) + 1 if first.entry in names else len(names)
    right = [e.entry for e in judgement.entries[start:] if e.verdict in {"exact", "same"}]
    return _listing(f"Right after it ({len(right)})", right, verbose) if right else []


def _further(judgement: Judgement, first: Divergence, verbose: bool) -> list[str]:
    others = [e for e in judgement.entries if e.verdict == "different" and e.entry != first.entry]
    if not others:
        return []
    shown = others if verbose else others[:_FEW]
    head = "Wrong by itself as well, not only through what comes before"
    lines = [f"{head} ({len(others)}):"]
    for entry in shown:
        d = entry.divergence
        size = "" if d is None else f"  {_times_the_bound(d)}"
        many = "" if d is None or not how_many(d) else f", {how_many(d)}"
        lines.append(f"  {entry.entry}{size}{many}")
    hidden = len(others) - len(shown)
    return lines + ([f"  ... and {hidden} more"] if hidden else [])


def _settled(judgement: Judgement) -> bool:
    """Whether the cause is known: nobody has to wonder which convention it may be about."""
    found = judgement.diagnosis.causes if judgement.diagnosis is not None else ()
    return any(cause.certainty == "certain" for cause in found)


def disputed(judgement: Judgement) -> list[str]:
    """Conventions of the case that its wrong entries are about, or an output of another size."""
    if judgement.outcome == "error" and "has shape" in judgement.message:
        return [name for name in judgement.conventions if "forward" in CONVENTIONS[name].kinds]
    wrong = [entry for entry in judgement.entries if entry.verdict == "different"]
    about = (convention_of(entry, judgement.conventions) for entry in wrong)
    return list(dict.fromkeys(name for name in about if name is not None))


def _dispute(name: str) -> str:
    convention = CONVENTIONS[name]
    others = "; ".join(f"{other.who} {other.does}" for other in convention.others)
    return (
        f"This case is about a choice on which frameworks differ, {name}. {convention.question} "
        f"PyTorch: {convention.pytorch}. Others: {others}. If yours is meant to follow one of "
        "them, that may be all there is to it: a difference by choice, and a case means what "
        "PyTorch does. If not, look for a mistake."
    )


def _times_the_bound(d: Divergence) -> str:
    if math.isinf(d.ratio):
        return "no difference is allowed"
    return "not a number" if math.isnan(d.ratio) else f"{times(d.ratio)} the bound"


def _inherited(judgement: Judgement, verbose: bool) -> list[str]:
    names = [e.entry for e in judgement.entries if e.verdict == "inherited"]
    if not names:
        return []
    if verbose:
        return _listing(f"Wrong only through what comes before ({len(names)})", names, verbose)
    return [f"Wrong only through what comes before: {count(len(names), 'entry', 'entries')}."]


def _not_judged(judgement: Judgement, verbose: bool) -> list[str]:
    lines: list[str] = []
    for verdict, text in (
        ("not-exposed", "Not exposed"),
        ("supplied", "Supplied by the harness"),
        ("undecided", "Undecided"),
        ("taken-over", "Taken over from the implementation"),
    ):
        names = [
            e.entry for e in judgement.entries if e.verdict == verdict and e.remark != NO_OPINION
        ]
        if names and (verbose or judgement.outcome == "incomplete"):
            lines += _listing(f"{text} ({len(names)})", names, verbose)
        elif names:
            lines.append(f"{text}: {count(len(names), 'entry', 'entries')}.")
        if names and verdict == "undecided":
            lines += wrapped(
                "They hang on a choice that rounding can turn. Which one it is, and a seed without "
                f"it: python -m oracles validate --no-run {judgement.case}",
                indent=2,
            )
    return lines


def _no_opinion(judgement: Judgement) -> list[str]:
    names = [e.entry for e in judgement.entries if e.remark == NO_OPINION]
    if not names:
        return []
    whose = ", ".join(judgement.oracles) or "Those asked"
    return [f"No opinion of {whose} on {count(len(names), 'entry', 'entries')}."]


def _listing(head: str, names: list[str], verbose: bool, *, last: bool = False) -> list[str]:
    shown: Iterable[str] = names
    if not verbose and len(names) > _FEW:
        shown = ["...", *names[-_FEW:]] if last else [*names[:_FEW], "..."]
    return wrapped(f"{head}: {', '.join(shown)}", indent=2, first=0)


def _entry(judgement: Judgement, name: str) -> JudgedEntry | None:
    return next((entry for entry in judgement.entries if entry.entry == name), None)
