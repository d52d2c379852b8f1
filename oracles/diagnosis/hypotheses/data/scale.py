"""Data that are stretched to another range, or by other numbers than their own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.altered import Prepare
from oracles.diagnosis.hypotheses.data.preparing import of_kind, step_by_step, without
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site

Stretch = Callable[[Array, tuple[float, float]], Array]


def _stretched(site: Site, stretch: Stretch) -> Array:
    of_kind(site, "minmax")
    return step_by_step(site, {"minmax": stretch})


def _between(x: Array, axes: tuple[int, ...], low: float, high: float) -> Array:
    """From the least and the largest number along these axes to low and high."""
    least, largest = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
    return np.asarray(low + (x - least) / (largest - least) * (high - low))


def _of_a_sample(x: Array) -> tuple[int, ...]:
    return tuple(range(1, x.ndim))


def _over_batch(site: Site) -> Array:
    """The least and the largest number are those of the whole batch, not of each sample."""
    return _stretched(site, lambda x, limits: _between(x, tuple(range(x.ndim)), *limits))


def _per_pixel(site: Site) -> Array:
    """The least and the largest number are those of each pixel over the batch, not of each
    sample."""
    return _stretched(site, lambda x, limits: _between(x, (0,), *limits))


def _per_channel(site: Site) -> Array:
    """The least and the largest number are those of each channel of a sample, not of all of it."""
    return _stretched(site, lambda x, limits: _between(x, _of_a_sample(x)[1:], *limits))


def _zero_to_one(site: Site) -> Array:
    """The samples are stretched to 0 .. 1, whatever the case says."""
    return _stretched(site, lambda x, _: _between(x, _of_a_sample(x), 0.0, 1.0))


def _minus_one_to_one(site: Site) -> Array:
    """The samples are stretched to -1 .. 1, whatever the case says."""
    return _stretched(site, lambda x, _: _between(x, _of_a_sample(x), -1.0, 1.0))


def _low_missing(site: Site) -> Array:
    """The lower limit is not added: (x - min) / (max - min) * (high - low)."""
    return _stretched(site, lambda x, limits: _between(x, _of_a_sample(x), *limits) - limits[0])


def _by_maximum(site: Site) -> Array:
    """The samples are divided by their largest number, and the least one is left where it is:
    low + x / max * (high - low)."""

    def stretch(x: Array, limits: tuple[float, float]) -> Array:
        low, high = limits
        return np.asarray(low + x / x.max(_of_a_sample(x), keepdims=True) * (high - low))

    return _stretched(site, stretch)


def _missing(site: Site) -> Array:
    """The samples are not stretched."""
    return without(site, of_kind(site, "minmax"))


_FIX = "low + (x - min) / (max - min) * (high - low), min and max of each sample"
_UNSEEN = (
    "The numbers look right, and a gradient check passes, because it starts behind the preparation."
)

HYPOTHESES = (
    Hypothesis(
        name="data.minmax_over_batch",
        title="the range is that of the whole batch, not of each sample",
        altered=Prepare(_over_batch),
        why_unseen=f"{_UNSEEN} With one sample it is right.",
        fix=f"{_FIX}: x.min(axis=(1, 2, 3), keepdims=True)",
    ),
    Hypothesis(
        name="data.minmax_per_pixel",
        title="each pixel is stretched over the samples, not each sample over its pixels",
        altered=Prepare(_per_pixel),
        why_unseen=f"{_UNSEEN} mapminmax works along rows: samples in columns make it pixels.",
        fix=f"{_FIX}; in MATLAB mapminmax of an array with one sample in each row",
    ),
    Hypothesis(
        name="data.minmax_per_channel",
        title="each channel is stretched by itself",
        altered=Prepare(_per_channel),
        why_unseen=f"{_UNSEEN} With one channel it is right.",
        fix=f"{_FIX}, over all its channels",
    ),
    Hypothesis(
        name="data.minmax_zero_to_one",
        title="the samples are stretched to 0 .. 1, whatever is asked for",
        altered=Prepare(_zero_to_one),
        why_unseen=_UNSEEN,
        fix=_FIX,
    ),
    Hypothesis(
        name="data.minmax_minus_one_to_one",
        title="the samples are stretched to -1 .. 1, whatever is asked for",
        altered=Prepare(_minus_one_to_one),
        why_unseen=f"{_UNSEEN} It is the default of MATLAB's mapminmax.",
        fix=f"{_FIX}; mapminmax(x, 0, 1) for 0 .. 1",
    ),
    Hypothesis(
        name="data.minmax_low_missing",
        title="the lower limit of the range is not added",
        altered=Prepare(_low_missing),
        why_unseen=f"{_UNSEEN} With a range that begins at 0 it is right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="data.minmax_by_maximum",
        title="the samples are divided by their maximum, and the minimum is not subtracted",
        altered=Prepare(_by_maximum),
        why_unseen=f"{_UNSEEN} For images with a black pixel it is right.",
        fix=_FIX,
    ),
    Hypothesis(
        name="data.minmax_missing",
        title="the samples are not stretched",
        altered=Prepare(_missing),
        why_unseen="Networks learn on another scale of their input as well, at another rate.",
        fix=_FIX,
    ),
)
