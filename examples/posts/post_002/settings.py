"""What is said about the settings, with PyTorch's arithmetic and with that of the question."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import cache

from examples.posts.post import Shown
from examples.posts.post_002 import asked
from examples.posts.post_002.judged import bundled
from oracles.learning.answer import Answer
from oracles.learning.learn import learn

STEPS = 60


@cache
def of_pytorch() -> Answer:
    return learn(bundled("002_settings"), steps=STEPS)


@cache
def of_both() -> Answer:
    return learn(bundled("002_settings"), asked.implementation, steps=STEPS, try_remedies=False)


def settings() -> Shown:
    """Verdict, findings with their numbers, and what was tried."""
    answer = of_pytorch()
    constant, looked = answer.baseline.loss, answer.oracle.trained_on
    end = float("nan") if looked is None else looked.loss
    lines = [
        f"Answer: {answer.verdict}",
        f"PyTorch: loss {answer.oracle.first_loss:.4f} -> {end:.4f}; the best constant prediction "
        f"has {constant:.4f}",
    ]
    figures: dict[str, float | str] = {"verdict": answer.verdict, "constant": constant}
    for finding in answer.findings:
        lines.append(f"{finding.finding}: {finding.title}")
        lines += [line for number in finding.numbers for line in _wrapped(number)]
        figures |= {f"{finding.finding} {key}": value for key, value in finding.figures.items()}
        figures[finding.finding] = finding.title
    for tried in answer.tried:
        says = "learns" if tried.learns else "does not learn"
        lines += _wrapped(f"tried {tried.text}: loss {tried.loss:.4g}, {says}")
    figures["factor"] = _factor(answer)
    return Shown(tuple(lines), figures)


def both() -> Shown:
    """The same training with the gradients of the question."""
    answer = of_both()
    causes = sorted(set(answer.causes))
    return Shown(
        (f"Answer: {answer.verdict}", *(f"cause: {cause}" for cause in causes)),
        {"verdict": answer.verdict, "causes": " ".join(causes)},
    )


def _factor(answer: Answer) -> float:
    """What the norm of the kernel is multiplied by in the first step."""
    norms = answer.oracle.parameters["conv.weight"]
    return float(norms[1] / norms[0])


def _wrapped(sentence: str) -> Iterator[str]:
    yield from textwrap.wrap(sentence, 96, initial_indent="    ", subsequent_indent="      ")
