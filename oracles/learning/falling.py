"""Whether a loss was still on its way down when a training ended."""

from __future__ import annotations

import numpy as np

from oracles.learning.course import Course, Curve

_SLOWER = 0.05
"""Of how fast it fell before, at least."""


def still_falls(course: Course, epoch: int) -> bool:
    """The loss fell between the first and the middle third of the steps, and between the middle and
    the last one, by at least a twentieth of that. Each third is cut to whole epochs, if it has one,
    so that the same samples are averaged.

    A loss that has settled falls less and less, and so does not count, whatever it has settled at.
    """
    if course.steps < 3 or not np.all(np.isfinite(course.loss)):
        return False
    first, middle, last = (_mean(third, epoch) for third in np.array_split(course.loss, 3))
    return first - middle > 0.0 and middle - last >= _SLOWER * (first - middle)


def _mean(third: Curve, epoch: int) -> float:
    whole = len(third) // epoch * epoch
    return float(np.mean(third[-whole:]))
