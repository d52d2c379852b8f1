"""A case made into a training: its network, loss and optimizer, over its own data or over others',
for as many steps as it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from oracles.contract.case import Array, Case, Step
from oracles.contract.definition import Definition
from oracles.contract.drawing import Numbers, view
from oracles.contract.fill_tables import Fill
from oracles.contract.plan import Plan
from oracles.contract.preparation import prepare
from oracles.contract.schedule import PlannedStep
from oracles.learning.data.dataset import DataError, Dataset
from oracles.learning.data.fitting import fitted, own_data
from oracles.learning.lazy_steps import LazySteps

LOOKED_AT = 1000
"""Samples to learn from on which the network is looked at when it has been trained."""

FEWEST = 300
"""Steps that a training has unless another number is asked for."""

MOST = 1_000_000
"""Steps that are trained at most."""

_AT_ONCE = 100
"""Samples of a forward pass at the end."""

Change = Callable[[Case], Case]
"""Another setting: from the case to the case with it."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is to be trained, and how long.

    definition   network, preparation, loss, optimizer; also the samples unless there are others
    steps        of training
    data         other samples, None for those of the case
    batch_size   samples of a step
    seed         of the order in which the samples are seen, new in each epoch; None keeps the order
                 of the data
    changes      what is set otherwise than in the case

    The last steps of `case` train nothing: they are forward passes in eval mode, on the first
    samples to learn from and on those that are held out.
    """

    definition: Definition
    steps: int
    batch_size: int
    data: Dataset | None = None
    seed: int | None = None
    changes: tuple[Change, ...] = ()

    def case(self, dtype: str) -> Case:
        """The whole training, its steps made when they are asked for.

        Raises DataError where numbers of the data are too large for the dtype.
        """
        self._fits(dtype)
        return self._changed(replace(self._network(dtype), steps=self._steps(dtype)))

    def _fits(self, dtype: str) -> None:
        largest = float(np.finfo(dtype).max)
        for array in (self._data.x, self._data.target):
            if array.dtype.kind == "f" and not np.abs(array).max() <= largest:
                raise DataError(
                    f"{self._data.name}: {np.abs(array).max():g} is outside of {dtype}, which ends "
                    f"at {largest:.3g}"
                )

    def changed(self, *changes: Change) -> Lesson:
        """The same lesson with other settings."""
        return replace(self, changes=(*self.changes, *changes))

    def excerpt(self, chosen: Sequence[int], start: Change | None = None) -> Definition:
        """Some steps by themselves, numbered from 0, as a case that can be judged; `start` puts
        other parameters in the place of those the training begins with."""

        def draw(dtype: str) -> Case:
            case = self.case(dtype)
            steps = tuple(
                replace(case.steps[index], index=position) for position, index in enumerate(chosen)
            )
            case = replace(case, steps=steps)
            return case if start is None else start(case)

        own = {item.name: getattr(self.definition, item.name) for item in fields(self.definition)}
        own |= {"published": (), "derived": (), "observed": ()}  # numbers of other steps
        return Excerpt(**own, case=draw)

    @property
    def samples(self) -> Dataset:
        """What it is trained on."""
        return self._data

    def as_batch(self, loss: float, samples: int) -> float:
        """The loss of some samples as a batch of the training has it: a sum grows with them."""
        assert self._plan.objective.loss is not None
        summed = self._plan.objective.loss.reduction == "sum"
        return loss * self.batch_size / samples if summed else loss

    @cached_property
    def epoch(self) -> int:
        """Steps until every sample has been seen."""
        return max(1, math.ceil(len(self._data.x) / self.batch_size))

    @property
    def looked_at(self) -> int:
        """Samples to learn from on which the network is looked at in the end."""
        return min(len(self._data.x), LOOKED_AT)

    @cached_property
    def looks(self) -> tuple[tuple[int, ...], ...]:
        """The samples of each forward pass at the end: first some of those to learn from, then
        those that are held out, which are counted on from the others."""
        held_out = 0 if self._data.held_out_x is None else len(self._data.held_out_x)
        count = len(self._data.x)
        return (
            *_batches(range(self.looked_at), _AT_ONCE),
            *_batches(range(count, count + held_out), _AT_ONCE),
        )

    @cached_property
    def _data(self) -> Dataset:
        if self.data is None:
            return own_data(self._plan, self._numbers)
        return fitted(self.data, self._plan)

    @property
    def _plan(self) -> Plan:
        return self.definition.plan

    @cached_property
    def _numbers(self) -> Numbers:
        return Numbers(self._plan)

    def _changed(self, case: Case) -> Case:
        for change in self.changes:
            case = change(case)
        return case

    def _network(self, dtype: str) -> Case:
        """Everything but the steps."""
        case = self.definition.draw(dtype)
        return replace(case, samples=len(self._data.x), drawn=case.drawn and self.data is None)

    def _steps(self, dtype: str) -> Sequence[Step]:
        def make(index: int) -> Step:
            if index < self.steps:
                return self._step(self._trained(index), dtype)
            samples = self.looks[index - self.steps]
            return self._step(PlannedStep(index, "eval", False, samples, None), dtype)

        return LazySteps(self.steps + len(self.looks), make)

    @cached_property
    def _written_out(self) -> Sequence[PlannedStep]:
        """The steps that the case writes out one by one, if it does."""
        written = self._plan.document.steps is not None and self.data is None
        return self._plan.steps if written else ()

    def _trained_before(self, index: int) -> int:
        """Steps of training before this one, which schedules count."""
        if not self._written_out:
            return index
        return sum(step.mode == "train" for step in self._written_out[:index])

    def _trained(self, index: int) -> PlannedStep:
        if self._written_out:
            return self._written_out[index]
        epoch, position = divmod(index, self.epoch)
        first = position * self.batch_size
        chosen = self._order(epoch)[first : first + self.batch_size]
        return PlannedStep(index, "train", True, tuple(int(i) for i in chosen), None)

    def _order(self, epoch: int) -> Array:
        """The samples as they are seen in an epoch; that of the last one asked for is kept."""
        kept = self._last_order.get(epoch)
        if kept is None:
            kept = np.arange(len(self._data.x))
            if self.seed is not None:
                kept = np.random.default_rng([self.seed, epoch]).permutation(kept)
            self._last_order.clear()
            self._last_order[epoch] = kept
        return kept

    @cached_property
    def _last_order(self) -> dict[int, Array]:
        return {}

    def _step(self, planned: PlannedStep, dtype: str) -> Step:
        given, memory = self._plan.document.input.dtype, self._plan.document.input.memory
        rows = self._rows(self._data.x, self._data.held_out_x, planned.samples)
        raw = rows.astype(given or dtype)
        prepared = prepare(raw.astype(np.float64), self._plan.preparation).astype(dtype)
        as_given = self._plan.preparation or given is not None
        target = self._rows(self._data.target, self._data.held_out_target, planned.samples)
        updates = self._plan.updates if planned.mode == "train" else None
        trained = self._trained_before(planned.index)
        return Step(
            index=planned.index,
            mode=planned.mode,
            backward=planned.backward,
            update=updates is not None,
            samples=planned.samples,
            raw=raw if as_given else view(raw, memory),
            input=view(prepared, memory),
            target=target.astype(np.int64 if target.dtype.kind in "iu" else dtype),
            upstream=None,
            masks=self._masks(planned, dtype),
            lr=None if updates is None else updates.lr(planned, trained),
            learning_rates=MappingProxyType(
                {} if updates is None else updates.learning_rates(planned, trained)
            ),
        )

    def _masks(self, planned: PlannedStep, dtype: str) -> dict[str, Array]:
        """Drawn again each time they are asked for: kept, they would be as many as the steps."""
        return {
            name: mask.batch(planned.index, planned.samples).astype(dtype)
            for name, mask in self._plan.masks.items()
        }

    def _rows(self, train: Array, held_out: Array | None, samples: Sequence[int]) -> Array:
        chosen = np.asarray(samples)
        if chosen[0] < len(train) or held_out is None:
            return np.asarray(train[chosen])
        return np.asarray(held_out[chosen - len(train)])


@dataclass(frozen=True, eq=False)
class Excerpt(Definition):
    """Some steps of a lesson, as a case to be judged."""

    case: Callable[[str], Case]

    def draw(self, dtype: str) -> Case:
        """The case with fresh writable arrays."""
        return self.case(dtype)


def _batches(samples: range, size: int) -> Iterator[tuple[int, ...]]:
    for start in range(0, len(samples), size):
        yield tuple(samples[start : start + size])


def lesson(
    definition: Definition,
    data: Dataset | None = None,
    *,
    steps: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    seed: int | None = None,
) -> Lesson:
    """The training of a case, for `steps`, or for so many `epochs`, or for as many steps as the
    case has, but at least FEWEST where its learning rates go on for ever.

    Raises DataError where there is nothing to learn, or the data do not fit the network.
    """
    _check(definition, data)
    document = definition.plan.document
    own = document.training.batch_size if document.training is not None else None
    chosen = batch_size or own or definition.plan.samples
    made = Lesson(definition, 1, chosen, data, seed)
    if document.steps is not None and data is None:
        written = len(document.steps)
        if epochs is not None:
            raise DataError("the case writes out its steps, and has no epochs: give --steps")
        if (batch_size, seed) != (None, None):
            option = "--batch-size" if batch_size is not None else "--seed"
            raise DataError(f"the case writes out the samples of its steps: {option} has no place")
        if steps is not None and steps > written:
            raise DataError(f"the case writes out {written} steps, and cannot have {steps}")
        largest = max(len(step.samples) for step in definition.plan.steps)
        return replace(made, steps=steps or written, batch_size=largest)
    count = len(made.samples.x)
    if chosen > count:
        raise DataError(f"batches of {chosen}, and only {_samples(count)} to learn from")
    lasting = _written_rates(definition)
    asked = steps if epochs is None else epochs * made.epoch
    if asked is None:
        asked = max(FEWEST, len(definition.plan.steps)) if lasting is None else lasting
    if asked > MOST:
        raise DataError(f"{asked:,} steps, where at most {MOST:,} are trained")
    if lasting is not None and asked > lasting:
        raise DataError(
            f"{definition.id} writes out {lasting} learning rates, one for each step of training: "
            f"they do not last for {asked} steps; ask for fewer, or give the case one lr or a "
            "scheduler"
        )
    return replace(made, steps=asked)


def _check(definition: Definition, data: Dataset | None) -> None:
    """Whether there is something to learn, and a way to learn it."""
    if definition.raises is not None:
        raise DataError(f"{definition.id} has to be refused: there is nothing to train")
    if definition.plan.objective.loss is None:
        raise DataError(f"{definition.id} has no [loss]: there is nothing to learn")
    if definition.plan.objective.loss.reduction == "none":
        raise DataError(f"{definition.id} has a loss for each sample: it falls only as one number")
    if definition.plan.updates is None:
        raise DataError(
            f"{definition.id} has no [optimizer]: nothing would change from step to step"
        )
    for name, mask in definition.plan.masks.items():
        if data is not None and not isinstance(mask.form, Fill):
            raise DataError(
                f"{definition.id} writes out the mask of {name} for its own "
                f"{definition.plan.samples} samples: for other data it has to be a fill"
            )


def _written_rates(definition: Definition) -> int | None:
    """Steps that learning rates last for which are written out, None where none are."""
    updates = definition.plan.updates
    assert updates is not None
    rates = (updates.optimizer.lr, *updates.rates.values())
    return min((len(rate) for rate in rates if isinstance(rate, tuple)), default=None)


def _samples(count: int) -> str:
    return "1 sample" if count == 1 else f"{count} samples"
