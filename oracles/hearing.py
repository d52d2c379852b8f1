"""The trace of an implementation before the oracles that were asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.trace import Trace
from oracles.council import OTHERS, opinion
from oracles.diagnosis.following import Following
from oracles.judging.judgement import JUDGED, NO_OPINION, JudgedEntry, Split
from oracles.judging.localisation import Judged, free_run, judged_with_walk
from oracles.judging.published import Publication, judge_published, objections
from oracles.judging.votes import split
from oracles.references.pytorch import PyTorch, evaluate


def held_to_oracles(
    definition: Definition,
    case: Case,
    trace: Trace,
    oracles: Sequence[str],
    reference: PyTorch,
    *,
    normwise: bool,
) -> tuple[tuple[JudgedEntry, ...], list[Split], Judged]:
    """The verdicts of the oracles asked, where PyTorch and published numbers disagree, and the walk
    of PyTorch from the implementation's own values.

    PyTorch walks through the case in any event: where nothing is exposed, and where another oracle
    declines, its values stand in. Its own opinion counts if it is asked.

    reference   PyTorch, by the conventions that the implementation follows; other oracles do not
                know these, and are not asked if there are any
    """
    entries, local = judged_with_walk(case, trace, reference, normwise=normwise)
    if "pytorch" not in oracles:
        entries = tuple(_unasked(entry) for entry in entries)
    follows = isinstance(reference, Following)
    for name in oracles:
        if name in OTHERS and not follows:
            with np.errstate(all="ignore"):
                heard = opinion(name, case, trace, normwise=normwise)
            entries = tuple(_heard(entry, heard.get(entry.entry)) for entry in entries)
    if "published" not in oracles or follows:
        return entries, [], local
    if "pytorch" not in oracles:
        entries = tuple(_published_alone(definition, entry) for entry in entries)
    publication = Publication(
        case=case,
        numbers=definition.published,
        free=free_run(case, trace, reference, normwise=normwise),
        unrounded=evaluate(definition.draw("float64")),
    )
    found = objections(publication) if "pytorch" in oracles else {}
    disagreements = [split("pytorch", {"published": one}, set()) for one in found.values()]
    return judge_published(publication, trace, entries), disagreements, local


def _unasked(entry: JudgedEntry) -> JudgedEntry:
    """Without PyTorch's opinion, an entry waits for that of others."""
    if entry.verdict not in JUDGED:
        return entry
    return replace(entry, verdict="undecided", max_ratio=None, divergence=None, remark=NO_OPINION)


def _heard(entry: JudgedEntry, opinion: JudgedEntry | None) -> JudgedEntry:
    """The verdict with that of a further oracle: one objection is enough."""
    if opinion is None or entry.verdict == "different":
        return entry
    return opinion if opinion.verdict == "different" or entry.verdict == "undecided" else entry


def _published_alone(definition: Definition, entry: JudgedEntry) -> JudgedEntry:
    """What nobody has judged but somebody has published is right until it is compared."""
    if entry.verdict != "undecided":
        return entry
    published = entry.entry in {one.entry for one in definition.published}
    return replace(entry, verdict="same", remark="") if published else entry
