"""Data whose numbers are scaled and centred in another way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.altered import Prepare
from oracles.diagnosis.hypotheses.data.preparing import (
    BY_CHANNEL,
    by_deviation,
    key_of,
    of_kind,
    prepared,
    scaling,
    without,
)
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _not_divided(site: Site) -> Array:
    """The pixels are not divided: what comes before any subtraction is left out."""
    return without(site, scaling(site))


def _divided_twice(site: Site) -> Array:
    """The pixels are divided twice by the same number."""
    twice = scaling(site)
    steps = enumerate(site.case.preparation)
    return prepared(site, [s for i, s in steps for _ in range(1 + (i in twice))])


def _divided_by_255(site: Site) -> Array:
    """The numbers are divided by 255, whatever the case says: 255 is written into the code."""
    steps = list(site.case.preparation)
    keys = [key_of(step) for step in steps]
    if "divide" not in keys:
        return prepared(site, [{"divide": 255.0}, *steps])
    steps[keys.index("divide")] = {"divide": 255.0}
    return prepared(site, steps)


def _divided_by_256(site: Site) -> Array:
    """The numbers are divided by 256 where the case says 255."""
    steps = site.case.preparation
    needs({"divide": 255.0} in steps)
    return prepared(site, [{"divide": 256.0} if s == {"divide": 255.0} else s for s in steps])


def _not_subtracted(site: Site) -> Array:
    """Nothing is subtracted."""
    return without(site, of_kind(site, "subtract"))


def _not_divided_by_std(site: Site) -> Array:
    """What is centred is not divided by the standard deviation."""
    return without(site, by_deviation(site))


def _exchanged(site: Site, first: str, then: str) -> Array:
    """Each pair of steps of these kinds, one behind the other, in the other order."""
    steps = list(site.case.preparation)
    keys = [key_of(step) for step in steps]
    pairs = [i for i in range(len(keys) - 1) if keys[i : i + 2] == [first, then]]
    needs(bool(pairs))
    for i in pairs:
        steps[i], steps[i + 1] = steps[i + 1], steps[i]
    return prepared(site, steps)


def _subtracted_after_division(site: Site) -> Array:
    """The numbers are divided by the standard deviation first, and the mean is subtracted then:
    x / std - mean."""
    return _exchanged(site, "subtract", "divide")


def _subtracted_before_division(site: Site) -> Array:
    """The mean is subtracted first, and the difference is divided then: (x - mean) / 255."""
    return _exchanged(site, "divide", "subtract")


def _needs_several_values(site: Site) -> None:
    values = [step[key_of(step)] for step in site.case.preparation if key_of(step) in BY_CHANNEL]
    needs(any(isinstance(value, tuple) and len(set(value)) > 1 for value in values))


def _channel_values_reversed(site: Site) -> Array:
    """The numbers for the channels are taken in reverse order: those of red for blue."""
    _needs_several_values(site)

    def turned(step: Any) -> Any:
        key, value = key_of(step), step[key_of(step)]
        several = key in BY_CHANNEL and isinstance(value, tuple)
        return {key: value[::-1]} if several else step

    return prepared(site, [turned(step) for step in site.case.preparation])


def _first_value_for_all(site: Site) -> Array:
    """Every channel gets the number of the first one."""
    _needs_several_values(site)

    def first(step: Any) -> Any:
        key, value = key_of(step), step[key_of(step)]
        several = key in BY_CHANNEL and isinstance(value, tuple)
        return {key: value[0]} if several else step

    return prepared(site, [first(step) for step in site.case.preparation])


def _standardised(site: Site, axes: Callable[[Array], tuple[int, ...]]) -> Array:
    """The batch centred and divided by the mean and the standard deviation along some axes, in the
    place of what the case subtracts and divides by."""
    x = prepared(site, [s for s in site.case.preparation if key_of(s) not in BY_CHANNEL])
    mean, deviation = x.mean(axes(x), keepdims=True), x.std(axes(x), keepdims=True)
    return np.asarray((x - mean) / deviation)


def _standardised_per_sample(site: Site) -> Array:
    """Each sample is centred and divided by its own mean and standard deviation."""
    return _standardised(site, lambda x: tuple(range(1, x.ndim)))


def _standardised_per_batch(site: Site) -> Array:
    """Each channel is centred and divided by the mean and standard deviation of the batch."""
    return _standardised(site, lambda x: (0, *range(2, x.ndim)))


_CONSTANT = (
    "Networks learn on another scale of their input as well, at another rate; a gradient check "
    "passes, because it starts behind the preparation."
)
_CENTRE = "The first layer's bias makes up for a shift, in time; a gradient check passes."

HYPOTHESES = (
    Hypothesis(
        name="data.not_divided",
        title="the pixels are not divided",
        altered=Prepare(_not_divided),
        why_unseen=f"{_CONSTANT} Sigmoids saturate on numbers up to 255, and nothing says so.",
        fix="x / 255 before the first layer",
    ),
    Hypothesis(
        name="data.divided_twice",
        title="the pixels are divided twice",
        altered=Prepare(_divided_twice),
        why_unseen=f"{_CONSTANT} Loaders that divide by themselves make it easy.",
        fix="divide once: look at x.max() in front of the first layer",
        evidence=("pkmital/pycadl#5", "magenta/magenta#925", "RangiLyu/nanodet#55"),
    ),
    Hypothesis(
        name="data.divided_by_255",
        title="the numbers are divided by 255, whatever their range",
        altered=Prepare(_divided_by_255),
        why_unseen=f"{_CONSTANT} With bytes it is right.",
        fix="divide by what the data need: digits of 0 .. 16 by 16",
        evidence=("datascience.stackexchange.com/questions/10564",),
    ),
    Hypothesis(
        name="data.divided_by_256",
        title="the numbers are divided by 256",
        altered=Prepare(_divided_by_256),
        why_unseen=f"{_CONSTANT} Here it is off by 0.4 percent.",
        fix="255 is the largest byte: x / 255",
        evidence=(
            "casperkaae/parmesan#39",
            "Daniil-Osokin/lightweight-human-pose-estimation.pytorch#140",
        ),
    ),
    Hypothesis(
        name="data.not_subtracted",
        title="the mean is not subtracted",
        altered=Prepare(_not_subtracted),
        why_unseen=_CENTRE,
        fix="x - mean before the first layer",
    ),
    Hypothesis(
        name="data.not_divided_by_std",
        title="what is centred is not divided by the standard deviation",
        altered=Prepare(_not_divided_by_std),
        why_unseen=_CONSTANT,
        fix="(x - mean) / std",
    ),
    Hypothesis(
        name="data.subtracted_after_division",
        title="the mean is subtracted after the division by the standard deviation",
        altered=Prepare(_subtracted_after_division),
        why_unseen=f"{_CENTRE} The scale is right.",
        fix="(x - mean) / std, not x / std - mean",
    ),
    Hypothesis(
        name="data.subtracted_before_division",
        title="the mean is subtracted before the pixels are divided",
        altered=Prepare(_subtracted_before_division),
        why_unseen=f"{_CENTRE} 0.13 subtracted from a byte is next to nothing.",
        fix="x / 255 - mean where the mean is one of numbers in 0 .. 1",
    ),
    Hypothesis(
        name="data.channel_values_reversed",
        title="means and deviations of the channels are taken in reverse order",
        altered=Prepare(_channel_values_reversed),
        why_unseen=f"{_CENTRE} Means of red, green and blue are much alike.",
        fix="the first number belongs to channel 0: RGB means go with RGB images",
    ),
    Hypothesis(
        name="data.first_value_for_all",
        title="every channel gets the mean or deviation of the first one",
        altered=Prepare(_first_value_for_all),
        why_unseen=f"{_CENTRE} With one channel it is right.",
        fix="np.reshape(mean, (C, 1, 1))",
    ),
    Hypothesis(
        name="data.standardised_per_sample",
        title="each sample is standardised by its own mean and deviation",
        altered=Prepare(_standardised_per_sample),
        why_unseen="It trains as well; brightness and contrast of an image are lost.",
        fix="(x - mean) / std with the numbers of the case, the same for every sample",
    ),
    Hypothesis(
        name="data.standardised_per_batch",
        title="each batch is standardised by its own mean and deviation",
        altered=Prepare(_standardised_per_batch),
        why_unseen="It trains as well; what a sample becomes depends on the batch it is in.",
        fix="(x - mean) / std with the numbers of the case, the same for every batch",
    ),
)
