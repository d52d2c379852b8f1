"""What happens without the second division: an exponential that overflows, and 8.7 %."""

from __future__ import annotations

import warnings

import numpy as np

from examples.posts.post import Shown
from examples.posts.post_003 import runs, small, variants
from examples.posts.post_003.asked import Asked
from oracles.learning.answer import Answer
from oracles.learning.data.digits import digits
from oracles.learning.learn import learn

ALPHA = 20.0
"""With one division, on digits: as far beyond what the network can take as the 2 of the book."""


def softmax() -> Shown:
    """The score at which exp leaves the numbers there are."""
    lines, figures = [], {}
    for dtype in (np.float64, np.float32):
        limit = float(np.log(np.finfo(dtype).max))
        figures[np.dtype(dtype).name] = limit
        lines.append(f"{np.dtype(dtype).name}: exp is infinite above {limit:.2f}")
    scores = np.array([[710.0, 0.0]])
    for kind in (Asked, variants.OneDivisionStable):
        network = kind(np.empty((9, 0)), np.empty((0, 2)), 0.0)
        with np.errstate(all="ignore"):
            given = network.softmax(scores)[0]
        name = "as asked" if kind is Asked else "maximum subtracted"
        lines.append(f"softmax of (710, 0), {name}: ({given[0]:.0f}, {given[1]:.0f})")
        figures[name] = float(given[0])
    return Shown(tuple(lines), figures)


def on_digits() -> Shown:
    """One division less on digits."""
    train, _ = small.images()
    return without_second_division(train, ALPHA)


def without_second_division(train: runs.Images, alpha: float) -> Shown:
    """First NaN, accuracy from then on, and the same with the maximum subtracted."""
    used = runs.BATCH * (len(train.labels) // runs.BATCH)
    zeros = float(np.sum(train.labels[:used] == 0)) / len(train.labels)
    with np.errstate(all="ignore"):
        plain = runs.trained(variants.OneDivision, train, None, alpha, 2)
        stable = runs.trained(variants.OneDivisionStable, train, None, alpha, 2)
    at = "never" if plain.lost is None else "iteration {}, batch {}".format(*plain.lost)
    lines = (
        f"alpha = {alpha:g}, divided once. First number that is none: {at}",
        f"accuracy of the iteration after it: {plain.curve[-1]:.3f}; argmax of a row of NaN is 0,",
        f"and {zeros * len(train.labels):.0f} of the {used} labels that are used are zeros: "
        f"{zeros:.3f} of all {len(train.labels)}",
        "maximum subtracted: "
        + ("every number finite" if stable.lost is None else "not finite either"),
    )
    figures: dict[str, float | str] = {
        "lost": at,
        "accuracy": plain.curve[-1],
        "zeros": zeros,
        "stable": "finite" if stable.lost is None else "lost",
    }
    return Shown(lines, figures)


def learned(steps: int = 30) -> Shown:
    """What `learn` says of a softmax that overflows, at a rate that is too large as well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # they are what this is about
        answer = answered(steps)
    theirs = answer.theirs
    lost = theirs.not_finite if theirs is not None else ""
    lines = (
        f"Answer: {answer.verdict}",
        f"first number that is not finite: {lost}; PyTorch's: {answer.oracle.not_finite or 'none'}",
        f"cause: {', '.join(answer.causes)}",
    )
    figures = {
        "verdict": answer.verdict,
        "lost": lost,
        "oracle": answer.oracle.not_finite,
        "causes": " ".join(answer.causes),
    }
    return Shown(lines, figures)


def answered(steps: int) -> Answer:
    """The mended network with the softmax as asked, lr = 5 on digits."""
    return learn(
        small.case(),
        variants.plain_softmax,
        data=digits(),
        steps=steps,
        lr=5.0,
        try_remedies=False,
    )
