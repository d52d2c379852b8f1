"""The same case with another seed for one of its arrays."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, count, islice, product

from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.drawing import Numbers, assemble
from oracles.contract.fill_tables import DefaultFill
from oracles.contract.fills import Floats
from oracles.contract.operands import Operand
from oracles.contract.plan import Plan
from oracles.contract.schedule import PlannedStep

_OF_THE_INPUT = 50


def other_seeds(plan: Plan, attempts: int) -> Iterator[tuple[Operand, int]]:
    """Arrays of the file with a seed to try for each: 50 for the first one, which is the input if
    that is drawn, then the others in turn. An array that the file leaves out has no place for one.
    """
    drawn = [o for o in plan.operands if o.drawn and not isinstance(o.form, DefaultFill)]
    first, others = drawn[:1], drawn[1:]
    tried = chain(
        product(first, range(1, _OF_THE_INPUT + 1)),
        ((operand, seed) for seed in count(1) for operand in others or first),
    )
    new = (one for one in tried if one[0].seed != one[1])
    return islice(new, attempts if drawn else 0)


def draw_with(definition: Definition, operand: Operand, seed: int, dtype: str) -> Case:
    """The case as it is if `operand` has that seed."""
    numbers = _Reseeded(definition.plan, operand, seed)
    return assemble(definition.plan, numbers, definition.id, dtype)


class _Reseeded(Numbers):
    """The numbers of a plan, those of one operand from another seed."""

    def __init__(self, plan: Plan, operand: Operand, seed: int) -> None:
        super().__init__(plan)
        self._operand, self._seed = operand, seed

    def whole(self, operand: Operand) -> Floats:
        return super().whole(self._seeded(operand))

    def batch(self, operand: Operand, step: PlannedStep) -> Floats:
        return super().batch(self._seeded(operand), step)

    def _seeded(self, operand: Operand) -> Operand:
        return operand.with_seed(self._seed) if operand.key == self._operand.key else operand
