"""Right samples at wrong places: another order, another batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.altered import Prepare
from oracles.diagnosis.hypotheses.data.preparing import prepared
from oracles.diagnosis.hypothesis import Hypothesis
from oracles.diagnosis.site import Site, needs


def _batch_of(site: Site, samples: Sequence[int]) -> Array:
    """These samples of the case, which some step must have."""
    known = {
        index: row
        for step in site.case.steps
        for index, row in zip(step.samples, step.raw, strict=True)
    }
    needs(set(samples) <= known.keys())
    raw = np.stack([known[index] for index in samples])
    return prepared(site, site.case.preparation, raw)


def _samples_reversed(site: Site) -> Array:
    """The samples of a batch are in reverse order, and their targets are not."""
    return prepared(site, site.case.preparation)[::-1]


def _samples_rolled(site: Site) -> Array:
    """Each target gets the sample before its own; the first one of a batch gets the last."""
    return np.roll(prepared(site, site.case.preparation), 1, axis=0)


def _first_sample_for_all(site: Site) -> Array:
    """Every sample of a batch is its first one."""
    x = prepared(site, site.case.preparation)
    return np.broadcast_to(x[:1], x.shape).copy()


def _first_batch_again(site: Site) -> Array:
    """Every step gets the first samples of the data: x[:N], with N the size of its batch."""
    return _batch_of(site, range(site.samples))


def _in_order(site: Site) -> Array:
    """Steps get the samples in the order of the file, one batch behind the other, whatever order
    the case says."""
    before = sum(len(step.samples) for step in site.case.steps[: site.step.index])
    count = site.case.samples
    return _batch_of(site, [(before + n) % count for n in range(site.samples)])


HYPOTHESES = (
    Hypothesis(
        name="data.samples_reversed",
        title="the samples of a batch are in reverse order",
        altered=Prepare(_samples_reversed),
        why_unseen=(
            "With one sample it is right. Inputs that do not belong to their labels can be "
            "memorised in a small set, and the loss falls; a gradient check passes."
        ),
        fix="the same index for inputs and targets: x[i], y[i]",
    ),
    Hypothesis(
        name="data.samples_rolled",
        title="the samples of a batch are shifted by one against their targets",
        altered=Prepare(_samples_rolled),
        why_unseen=(
            "With one sample it is right. Inputs that do not belong to their labels can be "
            "memorised in a small set, and the loss falls; a gradient check passes."
        ),
        fix="the same index for inputs and targets: x[i], y[i]",
    ),
    Hypothesis(
        name="data.first_sample_for_all",
        title="every sample of a batch is the first one",
        altered=Prepare(_first_sample_for_all),
        why_unseen="With one sample it is right, and the loss falls to that of the class prior.",
        fix="x[n], not x[0], in the loop over the samples",
    ),
    Hypothesis(
        name="data.first_batch_again",
        title="every step gets the first samples of the data",
        altered=Prepare(_first_batch_again),
        why_unseen=(
            "The first step is right, and one batch is learned quickly: the loss falls as never "
            "before, and nothing is learned of the rest."
        ),
        fix="x[k * N : (k + 1) * N] at step k, with the targets of the same rows",
    ),
    Hypothesis(
        name="data.samples_in_order",
        title="the samples come in the order of the file, not in that of the case",
        altered=Prepare(_in_order),
        why_unseen="Where the order is that of the file it is right; targets follow their own.",
        fix="x[step.samples]: the same rows for inputs and targets",
        evidence=("tensorflow/tensorflow#21033", "keras-team/keras#7520"),
    ),
)
