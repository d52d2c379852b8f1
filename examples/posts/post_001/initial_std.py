"""Weights with the standard deviation 2 / fan_in, which is a variance."""

from __future__ import annotations

import textwrap

from examples.posts.post import Shown
from examples.posts.post_001.nets import digits_c, digits_c_without_root
from oracles.contract.definition import Definition
from oracles.learning.answer import Answer
from oracles.learning.data.digits import digits
from oracles.learning.learn import learn

STEPS, IMAGES = 60, 300


def without_root() -> Shown:
    """The oracle itself trained from both, so that no code of the question is in play."""
    right, wrong = _answer(digits_c()), _answer(digits_c_without_root())
    lines = []
    for what, answer in (("sqrt(2 / fan_in)", right), ("2 / fan_in", wrong)):
        look = answer.oracle.trained_on
        assert look is not None
        lines.append(
            f"{what:16}  {answer.verdict}: loss of {answer.baseline.loss:.2f} (best constant) "
            f"to {look.loss:.2f}, accuracy {look.accuracy:.3f}"
        )
    for finding in wrong.findings:
        lines += textwrap.wrap(f"{finding.finding}: {finding.title}", 96, subsequent_indent="    ")
    return Shown(
        tuple(lines),
        {
            "verdict, right": right.verdict,
            "verdict, without root": wrong.verdict,
            "learned, right": right.learned,
            "learned, without root": wrong.learned,
            "findings": " ".join(finding.finding for finding in wrong.findings),
        },
    )


def _answer(definition: Definition) -> Answer:
    data = digits().first(IMAGES)
    return learn(definition, data=data, steps=STEPS, batch_size=20, seed=0, try_remedies=False)
