"""An evaluation between two training steps."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.contract.case import Case, Step
from oracles.properties.agreement import Pair, apart, pairs
from oracles.properties.breach import Breach, ended, numbers
from oracles.properties.rounding import Exact, Rounding
from oracles.properties.subject import Recorded, Subject
from oracles.properties.variants import evaluation, fresh, of_samples, with_steps

NAME = "state.changed_by_eval"

_STEPS = 3
"""Train steps are enough to see momentum and running statistics go on."""

_ADVICE = (
    "Usually running statistics are updated in eval mode too, the network is not put back into "
    "train mode, or what the optimizer remembers is cleared. In eval mode read the running "
    "statistics, write nothing, and set the mode from step.mode at every step."
)


def changed_by_eval(subject: Subject) -> Iterator[Breach]:
    """An evaluation between two training steps changes nothing: the steps after it give what they
    give without it, and running statistics stay as they are."""
    if not _train_steps(subject.case()):
        return
    training = subject.run(lambda: _training(subject.case()), "two train steps")
    mixed = subject.run(lambda: _mixed(subject.case()), "an evaluation between two train steps")
    claim = "An evaluation between two train steps ends with an error"
    if training.finished and (breach := ended(NAME, claim, subject, mixed, _ADVICE)):
        yield breach
    steps = {2 * step.index: step.index for step in training.make().steps}
    if touched := apart(_statistics(mixed), Exact()):
        claim = "An evaluation changes the running statistics"
        where = numbers(touched, mixed.make(), now="after the evaluation", before="before it")
        yield Breach(NAME, claim, where, _ADVICE)
    elif found := apart(pairs(mixed, training, steps), Rounding(training)):
        claim = "A train step gives other numbers where an evaluation comes before it"
        where = numbers(found, mixed.make(), now="with the evaluation", before="without it")
        yield Breach(NAME, claim, where, _ADVICE)


def _training(case: Case) -> Case:
    return with_steps(case, _train_steps(case), "train")


def _mixed(case: Case) -> Case:
    """Train, eval, train, eval, ..., train."""
    first, *rest = _train_steps(case)
    steps = [first]
    for step in rest:
        backwards = tuple(reversed(range(len(step.samples))))
        steps += [evaluation(of_samples(step, backwards)), step]
    return with_steps(case, steps, "eval-between")


def _train_steps(case: Case) -> list[Step]:
    """The first train steps of the case; a single one is taken twice."""
    steps = [step for step in case.steps if step.mode == "train"][:_STEPS]
    return steps if len(steps) != 1 else [steps[0], fresh(steps[0])]


def _statistics(mixed: Recorded) -> Iterator[Pair]:
    """Running statistics after an evaluation, and before it."""
    for entry in mixed.trace.entries.values():
        before = f"step{entry.step - 1}.{entry.name.partition('.')[2]}"
        recorded = entry.name in mixed.trace and before in mixed.trace
        if entry.kind == "state" and entry.step % 2 == 1 and recorded:
            yield Pair(entry, mixed.trace[entry.name], mixed.trace[before], before)
