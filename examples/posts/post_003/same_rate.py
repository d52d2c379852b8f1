"""Dividing by the batch once more is a learning rate."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_003 import runs, small, variants
from examples.posts.post_003.asked import Array, Asked
from oracles.learning.data.digits import digits
from oracles.learning.learn import learn

ITERATIONS = 20

WHOLE = 4 * runs.BATCH
"""Digits that fill every batch."""


def same_rate() -> Shown:
    """Alpha and two divisions beside alpha / 128 and one: every number of every step."""
    images, _ = small.images()
    networks = [
        _network(Asked, images, small.ALPHA),
        _network(variants.OneDivision, images, small.ALPHA / runs.BATCH),
    ]
    trained = (runs.steps(one, images, ITERATIONS, runs.legacy(2)) for one in networks)
    equal = numbers = 0
    for twice, once in zip(*trained, strict=True):
        for ours, theirs in _compared(networks, twice, once):
            numbers += ours.size
            equal += int(np.sum(ours == theirs))
    lines = (
        f"{ITERATIONS} iterations of 7 batches of {runs.BATCH} digits: alpha = {small.ALPHA:g} "
        "divided twice,",
        f"and alpha = {small.ALPHA:g}/{runs.BATCH} divided once. Scores, probabilities, kernels "
        "and weights of all steps:",
        f"{equal:,} of {numbers:,} numbers are equal bit for bit ({runs.BATCH} is a power of two)",
    )
    return Shown(lines, {"equal": equal, "numbers": numbers})


def learned() -> Shown:
    """What `learn` says of an implementation that divides twice, and is right otherwise, as long as
    all batches are of one size: the last one of the epoch would be divided by another number."""
    answer = learn(
        small.case(),
        variants.two_divisions,
        data=digits().first(WHOLE),
        steps=30,
        lr=small.ALPHA,
        diagnose=None,
    )
    found = [one for one in answer.findings if one.finding == "settings.same_as_learning_rate"]
    lines = [f"Answer: {answer.verdict}"]
    figures: dict[str, float | str] = {"verdict": answer.verdict}
    for one in found:
        said = [f"{one.finding}: {one.title}", *one.numbers]
        lines += [part for text in said for part in textwrap.wrap(text, 96, subsequent_indent="  ")]
        figures |= one.figures
    return Shown(tuple(lines), figures)


def _network(kind: type[Asked], images: runs.Images, alpha: float) -> Asked:
    return runs.begun(kind, images, alpha, runs.legacy(small.SEED))


def _compared(
    networks: list[Asked], twice: runs.Seen, once: runs.Seen
) -> Iterator[tuple[Array, Array]]:
    yield twice.scores, once.scores
    yield twice.probabilities, once.probabilities
    yield networks[0].kernels, networks[1].kernels
    yield networks[0].weights, networks[1].weights
