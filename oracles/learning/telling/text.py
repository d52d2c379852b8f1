"""An answer for the terminal: the sentence first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.learning.answer import Answer
from oracles.learning.telling.code import code_lines
from oracles.learning.telling.headline import headline, next_steps
from oracles.learning.telling.settings import settings_lines
from oracles.learning.telling.trainings import training_lines
from oracles.reporting.wrapping import wrapped


def answer_lines(answer: Answer, *, verbose: bool = False) -> Iterator[str]:
    """Answer, both trainings, what was judged of the code, what was found about the settings, what
    to do next; at most 100 columns. `verbose` has every remark and every judged entry."""
    for sentence in headline(answer):
        yield from wrapped(sentence, indent=0)
    yield ""
    yield from training_lines(answer)
    if answer.examined:
        yield ""
        yield from code_lines(answer, verbose=verbose)
    if answer.findings or answer.tried:
        yield ""
        yield from settings_lines(answer, verbose=verbose)
    following = next_steps(answer)
    if following:
        yield ""
        yield "What to do next"
        for advice in following:
            yield from wrapped(f"- {advice}", indent=4, first=2)
