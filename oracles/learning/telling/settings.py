"""What was found about the settings, what to change, and what became of it when tried."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.learning.answer import Answer, Tried
from oracles.learning.situation import SettingsFinding
from oracles.reporting.wrapping import wrapped


def settings_lines(answer: Answer, *, verbose: bool = False) -> Iterator[str]:
    """Findings that keep a network from learning, then remarks, then what was tried."""
    yield "The settings"
    for finding in answer.findings:
        if finding.prevents or verbose:
            yield from _finding(finding)
    remarks = [one for one in answer.findings if not one.prevents]
    for remark in () if verbose else remarks:
        yield from wrapped(f"Remark: {remark.title} ({remark.finding}).", indent=4, first=2)
    if remarks and not verbose:
        yield "  -v has the numbers."
    yield from _tried(answer)


def _finding(finding: SettingsFinding) -> Iterator[str]:
    yield from wrapped(f"{_head(finding)}: {finding.title}.", indent=4, first=2)
    for sentence in finding.numbers:
        yield from wrapped(sentence, indent=6, first=4)
    yield from wrapped(f"Change: {finding.change}", indent=6, first=4)


def _head(finding: SettingsFinding) -> str:
    if not finding.prevents:
        return f"Remark {finding.finding}"
    if finding.symptom:
        return f"{finding.finding} is what it looks like, not why"
    return f"{finding.finding} can keep it from learning"


def _tried(answer: Answer) -> Iterator[str]:
    if not answer.tried:
        return
    best = f"the best constant prediction has {answer.baseline.loss:.4g}"
    yield from wrapped(f"Tried, PyTorch trained anew each time ({best}):", indent=4, first=2)
    for one in answer.tried:
        learns = "learns" if one.learns else "does not learn"
        yield from wrapped(f"{one.text}: loss {one.loss:.4g}, {learns}", indent=6, first=4)
    yield from wrapped(_comes_to(answer.tried), indent=2)


def _comes_to(tried: tuple[Tried, ...]) -> str:
    *each, together = tried
    if not any(one.learns for one in tried):
        return (
            "Nothing of this makes it learn in as many steps. That acquits none of it: something "
            "else may stand in the way as well, or it takes longer."
        )
    if each and together.learns and not any(one.learns for one in each):
        return "None of these changes alone is enough; all of them together are."
    return ""
