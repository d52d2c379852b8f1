"""What `strength` found, as figures and text."""

from __future__ import annotations

import dataclasses
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oracles.reporting.measured_page import Marks
from oracles.strength.killing import Kills
from oracles.strength.naming import Naming
from oracles.strength.together import HiddenNamed, PairNamed

Cells = tuple[str, ...]

AREAS: Cells = (
    "area",
    "mutants",
    "killed",
    "by 2 cases",
    "one case: right",
    "tied",
    "wrong",
    "unknown",
    "certain: right",
    "wrong",
    "three cases: right",
    "tied",
    "wrong",
)


MARKS = Marks("<!-- strength: begin", "<!-- strength: end")


@dataclass
class Strength:
    """Everything that was measured.

    areas   {switch: first part of its cause}
    """

    command: str
    date: str
    versions: Mapping[str, str]
    areas: Mapping[str, str]
    kills: list[Kills] = field(default_factory=list)
    naming: list[Naming] = field(default_factory=list)
    pairs: list[PairNamed] = field(default_factory=list)
    hidden: list[HiddenNamed] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def surviving(self) -> list[str]:
        """Mutants that no case kills."""
        return [one.switch for one in self.kills if not one.killed]

    @property
    def faults(self) -> list[str]:
        """Hypotheses that raised."""
        found = (fault for one in self.naming for case in one.cases for fault in case.faults)
        return sorted(set(found))


def area_cells(strength: Strength) -> Iterator[Cells]:
    """A row for each area, and one for all."""
    areas = sorted(set(strength.areas.values()))
    for area in [*areas, ""] if len(areas) > 1 else areas:
        switches = {name for name, of in strength.areas.items() if area in ("", of)}
        kills = [one for one in strength.kills if one.switch in switches]
        naming = [one for one in strength.naming if one.switch in switches]
        yield (area or "all", *_counts(kills), *_answers(naming))


def _counts(kills: Sequence[Kills]) -> Cells:
    return (
        str(len(kills)),
        str(sum(bool(one.killed) for one in kills)),
        str(sum(len(one.killed) > 1 for one in kills)),
    )


def _answers(naming: Sequence[Naming]) -> Cells:
    single = Counter(case.answer for one in naming for case in one.cases)
    certain = Counter(case.certain for one in naming for case in one.cases)
    together = Counter(one.together for one in naming)
    cases = sum(single.values())
    return (
        *(_share(single[answer], cases) for answer in ("right", "tied", "wrong", "unknown")),
        *(_share(certain[answer], cases) for answer in ("right", "wrong")),
        *(_share(together[answer], len(naming)) for answer in ("right", "tied", "wrong")),
    )


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "-"


def sentences(strength: Strength) -> Iterator[str]:
    """What the tables do not say."""
    yield from _left_out(strength.naming)
    if strength.pairs:
        both = sum(one.named == 2 for one in strength.pairs)
        some = sum(one.named >= 1 for one in strength.pairs)
        yield (
            f"Two mistakes at once: both named in {_of(both, len(strength.pairs))}, at least one "
            f"in {_of(some, len(strength.pairs))}."
        )
    seen = [one for one in strength.hidden if one.visible]
    if seen:
        seconds = sorted(one.seconds for one in seen)
        yield (
            f"Only loss and updated parameters exposed: {_of(len(seen), len(strength.hidden))} "
            f"visible; the true cause among the answers in "
            f"{_of(sum(one.named for one in seen), len(seen))}, alone in "
            f"{_of(sum(one.alone for one in seen), len(seen))}; {statistics.median(seconds):.2f} s "
            f"in the median, {seconds[-1]:.1f} s at most."
        )
    times = sorted(case.seconds for one in strength.naming for case in one.cases)
    if times:
        yield (
            f"A diagnosis takes {statistics.median(times):.2f} s in the median, "
            f"{times[int(0.95 * (len(times) - 1))]:.2f} s in 95 % of cases."
        )


def _left_out(naming: Sequence[Naming]) -> Iterator[str]:
    without = [case for one in naming for case in one.without]
    if not without:
        return
    total = len(without)
    unknown = sum(not one.names for one in without)
    described = sum(not one.names and one.described for one in without)
    certain = sum(one.certain == "wrong" for one in without)
    yield (
        f"With the true cause taken out, on one case: unknown in {_of(unknown, total)} (described "
        f"in words in {described} of these), another one named in {_of(total - unknown, total)}, "
        f"as certain in {_of(certain, total)}."
    )
    surely = sum(one.surely_wrong for one in naming)
    yield (
        f"With the true cause taken out, over three cases: one wrong name, certain on each, in "
        f"{_of(surely, len(naming))}."
    )


def _of(count: int, total: int) -> str:
    return f"{count} of {total} ({_share(count, total)})"


def matrix(kills: Sequence[Kills]) -> Iterator[Cells]:
    """The kill matrix in small: mutant, how many cases kill it, and the first three of them."""
    for one in kills:
        shown = ", ".join(list(one.killed)[:3])
        more = f" and {len(one.killed) - 3} more" if len(one.killed) > 3 else ""
        yield one.switch, str(len(one.killed)), (shown + more) or "none"


def fewest(kills: Sequence[Kills]) -> list[tuple[str, int]]:
    """A small set of cases that kills everything that can be killed: greedy, with how many each
    adds."""
    left = {one.switch: set(one.killed) for one in kills if one.killed}
    chosen = []
    while left:
        counts = Counter(case for cases in left.values() for case in cases)
        case, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
        chosen.append((case, count))
        left = {switch: cases for switch, cases in left.items() if case not in cases}
    return chosen


def as_json(strength: Strength) -> dict[str, Any]:
    """Everything, for programs."""
    return {
        "command": strength.command,
        "date": strength.date,
        "versions": dict(strength.versions),
        "seconds": strength.seconds,
        "kills": [dataclasses.asdict(one) for one in strength.kills],
        "naming": [dataclasses.asdict(one) for one in strength.naming],
        "pairs": [dataclasses.asdict(one) for one in strength.pairs],
        "hidden": [dataclasses.asdict(one) for one in strength.hidden],
    }


def markdown(strength: Strength) -> list[str]:
    """The figures as a part of a page."""
    lines = [f"`{strength.command}`, {strength.date}, {strength.seconds:.0f} s", ""]
    lines += [f"| {' | '.join(AREAS)} |", f"|{'---|' * len(AREAS)}"]
    lines += [f"| {' | '.join(cells)} |" for cells in area_cells(strength)]
    for sentence in sentences(strength):
        lines += ["", sentence]
    return lines
