"""What is said about a run beside its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.trace import Trace
from oracles.council import Verdicts
from oracles.judging.constants import LONG_SUM
from oracles.judging.judgement import JUDGED, Finding, JudgedEntry, Split
from oracles.judging.rules import FAST_RULES


def disagreements(
    contradicted: Sequence[Split], heard: Verdicts
) -> tuple[tuple[Split, ...], list[Finding]]:
    """What oracles do not agree on. Where published numbers contradict PyTorch (`contradicted`)
    nobody can agree with both, and the item fails; elsewhere PyTorch decides, and the others are
    heard."""
    known = {split.entry: split for split in heard.splits}
    published = {split.entry: known.get(split.entry, split) for split in contradicted}
    findings = []
    for split in published.values():
        text = f"{split.message}. No implementation can agree with both"
        if split.rule != "published":
            text += "; numbers that were printed with few digits need an atol"
        findings.append(Finding("oracles.split", text))
    for entry, split in known.items():
        if entry not in published:
            findings.append(Finding("oracles.split", split.message, fails=False))
    for oracle, why in heard.failed.items():
        text = f"{oracle} could not judge PyTorch on this case, which is a fault of ours: {why}"
        findings.append(Finding("oracles.failed", text, fails=False))
    if heard.too_large:
        text = "the other oracles are too slow for a case of this size: PyTorch decides alone"
        findings.append(Finding("oracles.not_heard", text, fails=False))
    return tuple({**known, **published}.values()), findings


def modified_operands(used: Case, untouched: Case) -> Iterator[Finding]:
    """Inputs, targets, masks and upstream gradients are read, never written."""
    for step, before in zip(used.steps, untouched.steps, strict=True):
        for name, array in _operands(step).items():
            if not np.array_equal(array, _operands(before)[name], equal_nan=True):
                yield Finding(
                    "state.input_modified",
                    f"{name} was changed in place: somebody who uses it after you gets other "
                    "numbers; copy it first",
                )


def other_dtypes(trace: Trace, dtype: np.dtype[np.generic], *, keeps: bool) -> Iterator[Finding]:
    """Results are in the dtype that was asked for."""
    wider, narrower = [], []
    for name in trace:
        found = trace[name].dtype
        if name in trace.python_numbers or name in trace.supplied or found.kind != "f":
            continue
        if found.itemsize > dtype.itemsize:
            wider.append(f"{name} ({found})")
        elif found.itemsize < dtype.itemsize:
            narrower.append(f"{name} ({found})")
    if narrower:
        yield Finding(
            "dtype.narrower",
            f"{dtype} was asked for, and computed with fewer digits: {_some(narrower)}",
        )
    if wider:
        yield Finding(
            "dtype.wider",
            f"{dtype} was asked for, and more digits came back: {_some(wider)}; "
            "a constant or an array in float64 has crept in",
            fails=keeps,
        )


def long_sums(entries: Sequence[JudgedEntry], dtype: np.dtype[np.generic]) -> Iterator[Finding]:
    """What a right verdict on a long sum in float32 is worth."""
    judged = [entry for entry in entries if entry.verdict in JUDGED]
    longest = max(judged, key=lambda entry: entry.terms, default=None)
    if dtype == np.float32 and longest is not None and longest.terms > LONG_SUM:
        yield Finding(
            "float32.long_sum",
            f"{longest.entry} adds up {longest.terms:,.0f} terms: in float32 a single missing one "
            "is below the noise of rounding; the float64 item is the one that sees it",
            fails=False,
        )


def by_norms(entries: Sequence[JudgedEntry]) -> Iterator[Finding]:
    """What a right verdict on a fast algorithm is worth."""
    held = [
        entry
        for entry in entries
        if entry.verdict in JUDGED
        and entry.operation in FAST_RULES
        and entry.kind in ("forward", "backward", "gradient")
    ]
    if held:
        yield Finding(
            "accuracy.normwise",
            f'algorithm = "normwise" is declared: sums of products ({len(held)} entries, '
            f"{held[0].entry} first) are judged by the size of the whole. Small elements next to "
            "large ones are not checked: their error may be as large as they are",
            fails=False,
        )


def remarks(entries: Sequence[JudgedEntry]) -> Iterator[Finding]:
    """What is right, and could be better: each thing once, at the first entry that shows it."""
    first: dict[str, JudgedEntry] = {}
    for entry in entries:
        if entry.remark in _REMARKS:
            first.setdefault(entry.remark, entry)
    for name, entry in first.items():
        yield Finding(name, f"{entry.entry}: {_REMARKS[name]}", fails=False)


_REMARKS = {
    "batch_norm.one_pass": (
        "accepted as what a variance in one pass gives (mean of squares minus square of the mean). "
        "So far from zero it loses digits that two passes keep (mean of squared distances from the "
        "mean). If yours has two passes, something small is wrong, such as eps or n - 1 for n: the "
        "float64 item shows it"
    ),
}


def _operands(step: Step) -> dict[str, Array]:
    named: dict[str, Array | None] = {
        "raw": step.raw,
        "input": step.input,
        "target": step.target,
        "upstream": step.upstream,
        **{f"mask.{layer}": mask for layer, mask in step.masks.items()},
    }
    return {f"step{step.index}.{name}": a for name, a in named.items() if a is not None}


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def conventions_followed(names: Sequence[str]) -> Iterator[Finding]:
    """What a right verdict means where PyTorch's own rule was not asked for."""
    if names:
        yield Finding(
            "conventions.followed",
            f"held to {', '.join(names)} in the place of PyTorch's own rule, because `follows` "
            "declares it; numbers that a case publishes are not asked then",
            fails=False,
        )
