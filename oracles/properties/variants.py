"""Cases derived from a case: other samples, other steps, other data, other memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from oracles.contract.case import Array, Case, Layer, Step
from oracles.contract.drawing import view


def of_samples(step: Step, chosen: Sequence[int]) -> Step:
    """The step with some of its samples, by their places in its batch, in that order."""
    places = list(chosen)
    return replace(
        step,
        samples=tuple(step.samples[place] for place in places),
        raw=step.raw[places],
        input=step.input[places],
        target=None if step.target is None else step.target[places],
        upstream=None if step.upstream is None else step.upstream[places],
        masks={name: mask[places] for name, mask in step.masks.items()},
    )


def fresh(step: Step) -> Step:
    """The step with arrays of its own."""
    return of_samples(step, range(len(step.samples)))


def evaluation(step: Step) -> Step:
    """The step in eval mode, without a backward pass."""
    return replace(_without_update(step), mode="eval", backward=False)


def with_steps(case: Case, steps: Iterable[Step], what: str) -> Case:
    """The case with other steps, counted anew. Its id says `what` it is."""
    counted = tuple(replace(step, index=index) for index, step in enumerate(steps))
    most = max(len(step.samples) for step in counted)
    return replace(case, id=f"{case.id}#{what}", steps=counted, samples=max(case.samples, most))


def without_updates(case: Case) -> Case:
    """The case without its optimizer: parameters stay as they are."""
    return replace(case, optimizer=None, steps=tuple(map(_without_update, case.steps)))


def other_data(case: Case, *, larger: bool) -> Case:
    """Other numbers for the same layers: samples in the opposite order, parameters, running
    statistics and upstream gradients turned round. With `larger`, one sample more in each step."""
    what = "larger" if larger else "other"
    turned = replace(case, layers=tuple(map(_turned_layer, case.layers)))
    return with_steps(turned, (_turned_step(step, larger) for step in case.steps), what)


def in_memory(case: Case, memory: str) -> Case:
    """The same numbers, inputs with other strides (see `view`). What else a case hands out is
    contiguous in every case there is."""
    steps = (
        replace(
            step,
            raw=_strided(step.raw, memory),
            input=_strided(step.input, memory),
        )
        for step in case.steps
    )
    return with_steps(case, steps, memory)


def _without_update(step: Step) -> Step:
    return replace(step, update=False, lr=None, learning_rates={})


def _turned_step(step: Step, larger: bool) -> Step:
    places = list(reversed(range(len(step.samples))))
    turned = of_samples(step, [*places, *places[:1]] if larger else places)
    upstream = None if turned.upstream is None else _turned(turned.upstream)
    return replace(turned, upstream=upstream)


def _turned_layer(layer: Layer) -> Layer:
    return replace(
        layer,
        parameters={name: _turned(array) for name, array in layer.parameters.items()},
        buffers={name: _turned(array) for name, array in layer.buffers.items()},
    )


def _turned(array: Array) -> Array:
    turned: Array = np.ascontiguousarray(array).ravel()[::-1].reshape(array.shape).copy()
    return turned


def _strided(array: Array, memory: str) -> Array:
    if array.ndim < 2 or (memory == "NHWC" and array.ndim != 4):
        return array
    return view(np.ascontiguousarray(array), memory)
