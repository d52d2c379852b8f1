"""Watching a training: array by array, keeping numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from oracles.contract.case import Array, Case
from oracles.contract.entries import Entry
from oracles.contract.errors import TraceError
from oracles.contract.reference import Parameters, Slots
from oracles.contract.trace import Trace
from oracles.learning.course import Course, Look, Snapshot
from oracles.learning.lesson import Lesson
from oracles.references.pytorch import PyTorch

WINDOW = 32
"""Samples over which the spread of outputs is taken."""

_WHOLE = 5
"""Forward passes at the end of which every layer is kept: all layers of all samples may take
gigabytes."""

Told = Callable[[int], None]
"""Gets how many steps are done."""

Parts = Callable[[int, float], bool]
"""Gets a step and its loss: whether this is where two trainings part."""


class Collector:
    """Is shown every array of a training in order, and keeps what a `Course` is made of."""

    def __init__(
        self, lesson: Lesson, case: Case, told: Told | None = None, parts: Parts | None = None
    ) -> None:
        self.lesson, self.case = lesson, case
        self._told, self._parts = told, parts
        count, names = lesson.steps, list(case.parameters())
        self._loss = np.full(count, np.nan)
        self._accuracy = np.full(count, np.nan)
        self._gradients = {name: np.full(count, np.nan) for name in names}
        self._parameters = {name: np.full(count + 1, np.nan) for name in names}
        for name, array in case.parameters().items():
            self._parameters[name][0] = _norm(array)
        self._window = _Windows(case)
        self._looks = _Looks(lesson, case)
        self._now: Parameters = case.parameters()
        self._buffers = {layer.name: dict(layer.buffers) for layer in case.layers}
        self._slots: Slots = {}
        self._updated: set[str] = set()
        self._before: list[Snapshot] = []
        self._last, self._not_finite = -1, ""
        self._parted: Snapshot | None = None
        self._parted_at: int | None = None

    def record(self, entry: Entry, array: Array) -> None:
        """One array, in the order in which it is computed."""
        if entry.step > self._last:
            self._begin(entry.step)
        if not self._not_finite and not np.all(np.isfinite(array)):
            self._not_finite = entry.name
            self._part()
        if entry.step >= self.lesson.steps:
            self._looks.record(entry, array)
            return
        if entry.kind == "loss":
            self._loss[entry.step] = float(np.mean(array))
            if self._parts is not None and self._parts(entry.step, self._loss[entry.step]):
                self._part()
        elif entry.kind == "forward":
            self._forward(entry, array)
        elif entry.kind == "state":
            self._buffers[entry.layer][entry.parameter] = array
        elif entry.kind == "gradient":
            self._gradients[f"{entry.layer}.{entry.parameter}"][entry.step] = _norm(array)
        elif entry.kind == "optimizer":
            name = f"{entry.layer}.{entry.parameter}"
            self._slots[name] = {**self._slots.get(name, {}), entry.slot: array}
        elif entry.kind == "update":
            name = f"{entry.layer}.{entry.parameter}"
            self._now[name] = array
            self._updated.add(name)
            self._parameters[name][entry.step + 1] = _norm(array)

    def course(
        self, who: str, message: str = "", recorded: Mapping[str, Array] | None = None
    ) -> Course:
        """What has been seen; `recorded` are whole arrays around the parting."""
        done = min(self._last + 1, self.lesson.steps)
        windows, spread = self._window.curves()
        complete = self._updated >= set(self._now) or not self._last
        return Course(
            who=who,
            steps=done,
            loss=self._loss[:done],
            accuracy=self._accuracy[:done],
            windows=windows,
            spread=spread,
            gradients={name: curve[:done] for name, curve in self._gradients.items()},
            parameters={name: curve[: done + 1] for name, curve in self._parameters.items()},
            trained_on=self._looks.look(range(self.lesson.looked_at)),
            held_out=self._looks.look(range(self.lesson.looked_at, self._looks.asked)),
            not_finite=self._not_finite,
            parted=self._parted,
            parted_at=self._parted_at,
            end=dict(self._now) if complete else None,
            finish=self._snapshot(done) if complete and not self._not_finite else None,
            recorded=recorded or {},
            message=message,
        )

    def _snapshot(self, step: int) -> Snapshot:
        """Where it stands before this step."""
        buffers = {name: dict(arrays) for name, arrays in self._buffers.items()}
        slots = {name: dict(values) for name, values in self._slots.items()}
        return Snapshot(step, dict(self._now), buffers, slots)

    def _begin(self, step: int) -> None:
        self._last = step
        known = step == 0 or self._updated >= set(self._now)
        if known and step < self.lesson.steps:
            self._before = [*self._before[-1:], self._snapshot(step)]
        if self._told is not None:
            self._told(min(step, self.lesson.steps))

    @property
    def parted(self) -> Snapshot | None:
        """Where it stood before it parted, once it has."""
        return self._parted

    def _part(self) -> None:
        if self._parted_at is None:
            self._parted_at = max(0, min(self._last, self.lesson.steps - 1) - 1)
        if self._parted is None and self._before:
            self._parted = self._before[0]

    def _forward(self, entry: Entry, array: Array) -> None:
        self._window.add(entry, array)
        if entry.layer == self.case.output.name:
            target = self.case.steps[entry.step].target
            self._accuracy[entry.step] = _accuracy(array, target)


class WatchedTrace(Trace):
    """A trace that shows what is recorded to a collector, and forgets it two steps later, but for
    the two steps in which the training parts from the other one."""

    def __init__(self, case: Case, collector: Collector) -> None:
        super().__init__(case)
        self._collector = collector
        self._held: list[int] = []
        self._kept: dict[str, Array] = {}
        self._written: set[str] = set()

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self._written and name not in self:
            raise TraceError(f"{name} was recorded before: an entry is written once")
        super().__setitem__(name, value)
        entry = self.entries[name]
        self._written.add(entry.name)
        if entry.step not in self._held:
            self._held.append(entry.step)
            self._forget()
        self._collector.record(entry, self[name])

    def around_parting(self) -> dict[str, Array]:
        """What the implementation itself recorded in the two steps after `Collector.parted`."""
        self._keep()
        return dict(self._kept)

    def _forget(self) -> None:
        self._keep()
        for old in self._held[:-2]:
            for name in [name for name in self if self.entries[name].step == old]:
                del self._arrays[name]
        self._held = self._held[-2:]

    def _keep(self) -> None:
        parted = self._collector.parted
        if parted is None:
            return
        for name in self:
            near = self.entries[name].step in (parted.step, parted.step + 1)
            if near and name not in self.supplied:
                self._kept[name] = self[name]


class _Windows:
    """Outputs of the layers over consecutive steps, until there are enough samples."""

    def __init__(self, case: Case) -> None:
        self.enough = min(WINDOW, case.samples)
        self.output = case.output.name
        self.kept: dict[str, list[Array]] = {layer.name: [] for layer in case.layers}
        self.spread: dict[str, list[float]] = {layer.name: [] for layer in case.layers}
        self.ends: list[int] = []

    def add(self, entry: Entry, array: Array) -> None:
        self.kept[entry.layer].append(array)
        if entry.layer != self.output:
            return
        if sum(map(len, self.kept[self.output])) < self.enough:
            return
        self.ends.append(entry.step)
        for layer, arrays in self.kept.items():
            value = spread_of(np.concatenate(arrays)) if arrays else float("nan")
            self.spread[layer].append(value)
            arrays.clear()

    def curves(self) -> tuple[Any, dict[str, Any]]:
        return np.array(self.ends, dtype=np.intp), {
            layer: np.array(values) for layer, values in self.spread.items()
        }


class _Looks:
    """The forward passes at the end: the output of the network in all of them, the other layers in
    the first few on samples to learn from, and in the first few on those held out."""

    def __init__(self, lesson: Lesson, case: Case) -> None:
        self.lesson, self.case = lesson, case
        self.outputs: dict[int, dict[str, Array]] = {}
        self.asked = sum(map(len, lesson.looks))
        self._output = case.output.name
        others = sum(1 for samples in lesson.looks if samples[0] < len(lesson.samples.x))
        self._whole = {*range(_WHOLE), *range(others, others + _WHOLE)}

    def record(self, entry: Entry, array: Array) -> None:
        whole = entry.step - self.lesson.steps in self._whole
        if entry.kind == "forward" and (whole or entry.layer == self._output):
            self.outputs.setdefault(entry.step, {})[entry.layer] = array

    def look(self, positions: range) -> Look | None:
        """The network on the samples at these positions of all that it was looked at with."""
        steps, seen = [], 0
        for index, samples in enumerate(self.lesson.looks):
            if positions.start <= seen < positions.stop:
                steps.append(self.lesson.steps + index)
            seen += len(samples)
        output = self.case.output.name
        if not steps or any(output not in self.outputs.get(step, {}) for step in steps):
            return None
        predictions = np.concatenate([self.outputs[step][output] for step in steps])
        targets = [self.case.steps[step].target for step in steps]
        reference = PyTorch()
        losses = [
            self.lesson.as_batch(
                float(reference.loss(self.case, self.case.steps[step], self.outputs[step][output])),
                len(self.outputs[step][output]),
            )
            for step in steps
        ]
        classes = _classes(predictions, targets[0])
        return Look(
            samples=len(predictions),
            loss=float(np.average(losses, weights=[len(t) for t in targets if t is not None])),
            accuracy=_accuracy(predictions, np.concatenate([t for t in targets if t is not None])),
            most_often=_most_often(classes),
            spread=self._over_samples(steps, spread_of),
            size=self._over_samples(steps, lambda array: float(np.sqrt(np.mean(array**2)))),
            predictions=predictions,
            outputs=dict(self.outputs[steps[0]]),
        )

    def _over_samples(
        self, steps: list[int], measure: Callable[[Array], float]
    ) -> dict[str, float]:
        layers = [layer.name for layer in self.case.layers if layer.name in self.outputs[steps[0]]]
        with np.errstate(over="ignore", invalid="ignore"):
            return {
                layer: measure(
                    np.concatenate([self.outputs[step][layer] for step in steps[:_WHOLE]]).astype(
                        np.float64
                    )
                )
                for layer in layers
            }


def spread_of(outputs: Array) -> float:
    """Standard deviation over the samples (axis 0), mean over everything else."""
    return float(np.mean(np.std(np.asarray(outputs, dtype=np.float64), axis=0)))


def _classes(prediction: Array, target: Array | None) -> Array | None:
    """What is predicted, where the prediction is one number for each class."""
    if target is None or prediction.ndim != 2 or prediction.shape[1] < 2:
        return None
    one_hot = target.shape == prediction.shape[: target.ndim] and _is_one_hot(target)
    if target.dtype.kind in "iu" or one_hot:
        return np.asarray(np.argmax(prediction, axis=1))
    return None


def _is_one_hot(target: Array) -> bool:
    return bool(
        target.ndim == 2
        and np.all((target == 0) | (target == 1))
        and np.all(target.sum(axis=1) == 1)
    )


def _accuracy(prediction: Array, target: Array | None) -> float:
    classes = _classes(prediction, target)
    if classes is None or target is None:
        return float("nan")
    labels = target if target.dtype.kind in "iu" else target.argmax(axis=1)
    return float(np.mean(classes == labels))


def _most_often(classes: Array | None) -> float:
    if classes is None:
        return float("nan")
    return float(np.unique(classes, return_counts=True)[1].max() / len(classes))


def _norm(array: Array) -> float:
    return float(np.linalg.norm(np.asarray(array, dtype=np.float64)))
