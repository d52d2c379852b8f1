"""Data on which integers reckon: bytes that wrap around, divisions that lose the fraction."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oracles.contract.case import Array
from oracles.contract.preparation import prepare
from oracles.diagnosis.altered import Prepare
from oracles.diagnosis.hypotheses.data.preparing import key_of, per_channel, prepared
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _integers(site: Site) -> None:
    needs(site.step.raw.dtype.kind in "iu")


def _wraps(site: Site) -> Array:
    """Means are made uint8 like the pixels and subtracted in uint8: what should be negative comes
    out larger by 256."""
    return _with_subtraction(site, lambda x, s: np.mod(x - np.trunc(s), 256.0))


def _wraps_at_the_end(site: Site) -> Array:
    """The difference is stored in uint8: its fraction is lost, and what should be negative comes
    out larger by 256."""
    return _with_subtraction(site, lambda x, s: np.mod(np.trunc(x - s), 256.0))


def _saturates(site: Site) -> Array:
    """The difference is stored in uint8 with saturation: rounded, and 0 where it should be
    negative."""
    return _with_subtraction(site, lambda x, s: np.clip(np.rint(x - s), 0.0, 255.0))


def _before_divisions(site: Site) -> int:
    """The first subtraction, if the numbers are integers until then."""
    keys = [key_of(step) for step in site.case.preparation]
    needs("subtract" in keys)
    at = keys.index("subtract")
    needs(set(keys[:at]) <= {"reshape"})
    return at


def _with_subtraction(site: Site, rule: Callable[[Array, Array], Array]) -> Array:
    """The first subtraction done by another rule, where the numbers are integers until then."""
    _integers(site)
    at = _before_divisions(site)
    steps = site.case.preparation
    x = prepared(site, steps[:at])
    difference = rule(x, per_channel(steps[at]["subtract"], x))
    return prepare(difference, steps[at + 1 :])


def _integer_division(site: Site) -> Array:
    """Integers are divided as integers: 200 / 255 is 0. Once a fraction is subtracted, divisions
    are exact."""
    _integers(site)
    keys = [key_of(step) for step in site.case.preparation]
    until = keys.index("subtract") if "subtract" in keys else len(keys)
    needs(bool({"divide", "minmax"} & set(keys[:until])))
    steps = site.case.preparation
    x = np.asarray(site.step.raw, dtype=np.float64)
    for step in steps[:until]:
        if "divide" in step:
            x = np.floor(x / per_channel(step["divide"], x))
        elif "minmax" in step:
            low, high = step["minmax"]
            axes = tuple(range(1, x.ndim))
            least, largest = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
            x = low + np.floor((x - least) / (largest - least)) * (high - low)
        else:
            x = prepare(x, [step])
    return prepare(x, steps[until:])


HYPOTHESES = (
    Hypothesis(
        name="data.uint8_wraps",
        title="the mean is subtracted in uint8, where 10 - 128 is 138",
        altered=Prepare(_wraps),
        why_unseen=(
            "Nothing raises, and pixels brighter than the mean are right but for its fraction. The "
            "others come out larger by exactly 256."
        ),
        fix="x.astype(np.float32) - mean: make them floats first",
        evidence=(
            "mahmoudnafifi/Deep_White_Balance#15",
            "keras-team/keras-preprocessing#170",
            "waveform80/picamera#263",
        ),
    ),
    Hypothesis(
        name="data.uint8_wraps_at_the_end",
        title="the difference to the mean is stored in uint8, where -118.675 is 138",
        altered=Prepare(_wraps_at_the_end),
        why_unseen=(
            "Nothing raises, and pixels brighter than the mean only lose a fraction. The others "
            "come out larger by 256."
        ),
        fix="keep the difference in floats: no .astype(np.uint8), no uint8 array to write into",
    ),
    Hypothesis(
        name="data.uint8_saturates",
        title="the difference to the mean is stored in uint8 and stops at 0",
        altered=Prepare(_saturates),
        why_unseen=(
            "Nothing raises, and pixels brighter than the mean only lose a fraction. All darker "
            "ones become the same: half of the image is gone."
        ),
        fix="np.subtract on floats; cv2.subtract on bytes saturates",
    ),
    Hypothesis(
        name="data.integer_division",
        title="integers are divided as integers: 200 / 255 is 0",
        altered=Prepare(_integer_division),
        why_unseen=(
            "Nothing raises. Images become all zeros with ones where a pixel is 255, and a network "
            "trains on them, to the most frequent class."
        ),
        fix="x / 255.0, not x // 255; in Python 2, C or Java x / 255 of integers is x // 255",
    ),
)
