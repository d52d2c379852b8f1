"""Where the harness finds the reshape, with the images and without."""

from __future__ import annotations

from examples.posts.post import Shown
from examples.posts.post_000 import asked, mended
from examples.posts.post_000.judged import causes, inherited, judged, text, wrong
from oracles.case_paths import case_file
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.diagnosis.remembering import Allowance, Remembering
from oracles.learning.lesson import lesson
from oracles.trial import judge

TINY, TRAINING = "posts/000_tiny", "posts/000_training"


def found() -> Shown:
    """At the first thing that is computed at all; everything after it is right."""
    remembering = Remembering(Allowance(), most=1)  # what explains the first is tried on the second
    small, large = (judged(asked.implementation, case, remembering) for case in (TINY, TRAINING))
    first = small.first_divergence
    return Shown(
        lines=(
            *text(small, TINY),
            "",
            f"{TRAINING}, in batches: wrong are {', '.join(wrong(large))}.",
            f"  Cause: {causes(large)}",
            f"  The {inherited(large)} arrays after them are right for these images.",
        ),
        figures={
            "first divergence": first.entry if first is not None else "",
            "cause": causes(small),
            "wrong": ", ".join(wrong(small)),
            "inherited": inherited(small),
            "cause in training": causes(large),
            "wrong in training": ", ".join(wrong(large)),
        },
    )


def found_without_images() -> Shown:
    """By the rule that gives exactly the outputs of the convolution."""
    judgement = judged(asked.without_input, TINY)
    first = judgement.first_divergence
    return Shown(
        lines=text(judgement, TINY)[:9],
        figures={
            "first divergence": first.entry if first is not None else "",
            "cause": causes(judgement),
        },
    )


def mended_passes() -> Shown:
    """On both cases."""
    judgements = [judged(mended.implementation, case) for case in (TINY, TRAINING)]
    return Shown(
        lines=tuple(f"{one.case}: {one.outcome}, {one.judged} arrays judged" for one in judgements),
        figures={one.case: one.outcome for one in judgements},
    )


def one_sample() -> Shown:
    """With N = 1, p * N + n is p."""
    judgement = judge(asked.implementation, _one_by_one(), "float64", council=False)
    return Shown(
        lines=(
            f"{TRAINING} in batches of 1: {judgement.outcome}, {judgement.judged} arrays judged, "
            f"{len(wrong(judgement))} of them wrong",
        ),
        figures={"outcome": judgement.outcome, "judged": judgement.judged},
    )


def _one_by_one() -> Definition:
    """The same network, data and settings; each of three steps has one sample."""
    return lesson(read_case(case_file(TRAINING)), steps=3, batch_size=1).excerpt(range(3))
