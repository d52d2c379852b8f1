"""Weights with the standard deviation 2 / fan_in, which is a variance."""

from __future__ import annotations

import textwrap

from examples.posts.post import Shown
from examples.posts.post_001.nets import digits_c, digits_c_without_root
from oracles.contract.definition import Definition
from oracles.learning.answer import Answer
from oracles.learning.data.dataset import Dataset
from oracles.learning.data.digits import digits
from oracles.learning.learn import learn

STEPS, IMAGES = 60, 300


def without_root() -> Shown:
    """The oracle itself trained from both, so that no code of the question is in play."""
    right, wrong = answer(digits_c()), answer(digits_c_without_root())
    lines = []
    for what, one in (("sqrt(2 / fan_in)", right), ("2 / fan_in", wrong)):
        look = one.oracle.trained_on
        assert look is not None
        lines.append(
            f"{what:16}  {one.verdict}: loss of {one.baseline.loss:.2f} (best constant) "
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


def answer(
    definition: Definition, images: int = IMAGES, steps: int = STEPS, lr: float = 1e-3
) -> Answer:
    """What the harness says to the settings of a case, on so many digits."""
    data = digits()
    few = Dataset(data.name, data.x[:images], data.target[:images])
    return learn(
        definition, data=few, steps=steps, batch_size=20, lr=lr, seed=0, try_remedies=False
    )
