"""Each sample alone, and in a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from oracles.contract.case import Array, Case
from oracles.properties.agreement import Apart, Pair, apart
from oracles.properties.breach import Breach, ended, numbers
from oracles.properties.rounding import Rounding
from oracles.properties.sense import reference_values
from oracles.properties.subject import Recorded, Subject
from oracles.properties.variants import evaluation, fresh, of_samples, with_steps, without_updates

_GRADIENTS = frozenset({"loss_gradient", "backward"})
_FOR_EACH_SAMPLE = frozenset({"input", "mask", "forward", "loss", *_GRADIENTS})

NAME = "batch.samples_mixed"
FAILS = "batch.single_sample_fails"

_ADVICE = (
    "Usually a mean, a sum or a maximum goes over axis 0 as well, a reshape moves numbers from one "
    "sample to another, or axis 0 is taken for another axis. Everything but batch norm in train "
    "mode and the reduction of the loss treats each sample by itself."
)
_SINGLE = (
    "Usually squeeze() or an index drops the axis of length 1, or x.shape[0] == 1 is taken for "
    "something else. Keep axis 0, whatever its length: the last batch of an epoch may have one "
    "sample."
)


def each_alone(subject: Subject) -> Iterator[Breach]:
    """Each sample alone gives what it gives in a batch, in every output and input gradient that is
    computed sample by sample. Networks with running statistics are evaluated here."""
    batch = subject.run(lambda: _batch(subject.case()), "the first step by itself")
    case, together = batch.make(), reference_values(batch.make())
    rounding = Rounding(batch, _scale(case))
    for sample in range(len(case.steps[0].samples)):
        by_itself = reference_values(_alone(subject, sample))
        if together is None or by_itself is None:
            return
        alone = subject.run(partial(_alone, subject, sample), "one sample alone")
        claim = "A batch of a single sample ends with an error"
        if batch.finished and (breach := ended(FAILS, claim, subject, alone, _SINGLE)):
            yield breach
            return
        separate = _separate(_pairs(alone, batch, sample), by_itself, together, rounding)
        if found := apart(separate, rounding):
            claim = "A sample gives other numbers alone than in a batch"
            where = numbers(found, case, now="alone", before=_in_batch(found), sample=sample)
            yield Breach(NAME, claim, where, _ADVICE)
            return


def _batch(case: Case) -> Case:
    """The first step of the case alone; evaluated, if there are running statistics."""
    step = case.steps[0]
    if any(layer.buffers for layer in case.layers):
        step = evaluation(step)
    return without_updates(with_steps(case, [fresh(step)], "first-step"))


def _alone(subject: Subject, sample: int) -> Case:
    batch = _batch(subject.case())
    return with_steps(batch, [of_samples(batch.steps[0], [sample])], f"sample-{sample}")


def _pairs(alone: Recorded, batch: Recorded, sample: int) -> Iterator[Pair]:
    """What is recorded for each sample. Gradients of a mean over the batch are larger alone."""
    scale = _scale(batch.make())
    for entry in alone.trace.entries.values():
        name = entry.name
        own = all(name in run.trace and name not in run.trace.supplied for run in (alone, batch))
        if entry.kind not in _FOR_EACH_SAMPLE or not own or not entry.shape:
            continue
        factor = scale if entry.kind in _GRADIENTS else 1.0
        expected = np.asarray(batch.trace[name][sample], dtype=np.float64) * factor
        pair = Pair(entry, alone.trace[name][0], expected, name, sample, factor)
        if entry.kind == "mask" and not pair.equal:
            return
        if entry.kind != "mask":
            yield pair


def _scale(case: Case) -> float:
    means = case.loss is not None and case.loss["reduction"] in ("mean", "batchmean")
    return float(len(case.steps[0].samples)) if means else 1.0


def _separate(
    found: Iterator[Pair],
    alone: Mapping[str, Array],
    batch: Mapping[str, Array],
    rounding: Rounding,
) -> Iterator[Pair]:
    """Those in which PyTorch treats each sample by itself: not what batch norm, or a loss with
    weights of classes, makes of several."""
    for pair in found:
        name = pair.entry.name
        whole = batch[name][pair.sample] * pair.scale
        if apart([replace(pair, actual=alone[name][0], expected=whole)], rounding) is None:
            yield pair


def _in_batch(found: Apart) -> str:
    times = f" (times {found.scale:g}, for the mean)" if found.scale != 1.0 else ""
    return f"in the batch{times}"
