"""A lockstep for the terminal: how distance and tube grow, and the verdict in words."""

from __future__ import annotations

import math
from collections.abc import Iterator

from oracles.judging.judgement import Divergence
from oracles.judging.lockstep import Departure, Distance, Kind, Lockstep, LockstepStep
from oracles.reporting.wording import count, exact_number, place, quantity, short, times

_ROWS = 20
"""Of the table, about; the rest is in the JSON form."""

_SHOWN: tuple[Kind, ...] = ("parameters", "gradients", "outputs", "loss", "memory", "statistics")
"""The kind that the table follows: the first of these that was compared."""


def lockstep_lines(result: Lockstep) -> Iterator[str]:
    """Head, table and verdict."""
    yield f"{result.implementation} beside {result.oracle} on {result.case}, {result.dtype}"
    if result.kinds:
        yield f"{count(len(result.steps), 'step')} compared: {', '.join(result.kinds)}"
        yield ""
        yield from _table(result)
        yield ""
    yield from verdict(result)


def verdict(result: Lockstep) -> Iterator[str]:
    """What it comes to, in plain words."""
    if result.outcome in ("error", "timeout", "unsupported", "incomplete"):
        yield f"{result.outcome}: {result.message}"
        if not result.kinds or result.outcome == "incomplete":
            return
    if result.departure is not None:
        yield from _outside(result, result.departure)
    else:
        yield from _inside(result)
    if result.overflow is not None:
        yield (
            f"At step {result.overflow} the numbers of {result.oracle} itself leave "
            f"{result.dtype}: these settings do not train, and nothing is compared from there on."
        )
    yield from _judged(result)


def _table(result: Lockstep) -> Iterator[str]:
    kind = next(kind for kind in _SHOWN if kind in result.kinds)
    yield (
        f"{'':>6}  {'loss':^21}  {'distance of the ' + kind:^31}\n"
        f"{'step':>6} {_cut(result.implementation):>11} {result.oracle:>11}"
        f"  {'distance':>9} {'tube':>9} {'ratio':>9}  nearest to the edge"
    )
    for step in _rows(result):
        yield _row(step, kind)
    yield "distance and tube as shares of the oracle's numbers (root mean squares)"


def _rows(result: Lockstep) -> Iterator[LockstepStep]:
    """Every so many steps, the last one, and the one where the tube was left."""
    steps = result.steps
    every = max(1, _round(len(steps) / _ROWS))
    wanted = {0, len(steps) - 1, *range(0, len(steps), every)}
    if result.departure is not None:
        wanted |= {max(result.departure.step - 1, 0), result.departure.step}
    for position, step in enumerate(steps):
        if position in wanted:
            yield step


def _round(size: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    power: int = 10 ** max(0, math.floor(math.log10(max(size, 1.0))))
    steps: int = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= size)
    return steps


def _row(step: LockstepStep, kind: Kind) -> str:
    one = step.of(kind)
    numbers = f"{'':>9} {'':>9} {'':>9}"
    if one is not None:
        numbers = f"{_share(one.distance, one):>9} {_share(one.limit, one):>9} {_ratio(one):>9}"
    return (
        f"{step.step:>6} {_loss(step.loss):>11} {_loss(step.oracle_loss):>11}  {numbers}"
        f"  {_nearest(step)}"
    ).rstrip()


def _nearest(step: LockstepStep) -> str:
    if not step.distances:
        return ""
    one = _closest(step)
    mark = "  OUTSIDE" if one.outside else ""
    return f"{one.entry.partition('.')[2]} {_ratio(one)}{mark}"


def _closest(step: LockstepStep) -> Distance:
    return max(step.distances, key=_order)


def _order(one: Distance) -> float:
    return math.inf if math.isnan(one.ratio) else one.ratio


def _outside(result: Lockstep, departure: Departure) -> Iterator[str]:
    one, unit = departure.distance, 2.0**-24 if result.dtype == "float32" else 2.0**-53
    what = quantity(departure.entry_kind, departure.operation)
    layer = f' "{departure.layer}"' if departure.layer else ""
    yield f"It leaves the tube at step {departure.step}: {one.entry}, {what}{layer}"
    where = place(departure.index, departure.entry_kind, departure.operation)
    if where:
        yield f"  furthest at  {where}"
    yield f"  actual       {exact_number(departure.actual, unit)}"
    yield f"  expected     {exact_number(departure.expected, unit)}  ({result.oracle})"
    yield f"  distance     {short(one.distance)}, {_share(one.distance, one)} of the oracle's"
    yield f"  tube         {short(one.limit)}: the distance is {_times(one)} that"
    if departure.wrong > 1:
        yield f"  {count(departure.wrong - 1, 'more entry', 'more entries')} of this step outside"
    if departure.step:
        yield f"Until step {departure.step - 1} rounding explains the distance.{_growth(result)}"


def _inside(result: Lockstep) -> Iterator[str]:
    if not result.steps:
        return
    nearest = max(result.steps, key=lambda step: _order(_closest(step)) if step.distances else -1.0)
    one = _closest(nearest)
    yield (
        f"It stays inside the tube for {count(len(result.steps), 'step')}: rounding explains the "
        f"distance.{_growth(result)}\n"
        f"Nearest to the edge: {one.entry}, {_ratio(one)} of its limit."
    )
    if result.blind_from is not None:
        yield (
            f"From step {result.blind_from} on the tube is wider than the numbers themselves: "
            "nothing is decided there. Expose more (the parameters after each step), or take "
            "float64."
        )


def _growth(result: Lockstep) -> str:
    """How distance and tube grew while it was inside."""
    last = len(result.steps) if result.departure is None else result.departure.step
    kind = next(kind for kind in _SHOWN if kind in result.kinds)
    its = [(step.step, one) for step in result.steps[:last] if (one := step.of(kind)) is not None]
    if len(its) < 2:
        return ""
    (start, first), (end, final) = its[0], its[-1]
    return (
        f" That of the {kind} grows from {_share(first.distance, first)} to "
        f"{_share(final.distance, final)} of their size between step {start} and step {end}, the "
        f"tube from {_share(first.limit, first)} to {_share(final.limit, final)}."
    )


def _judged(result: Lockstep) -> Iterator[str]:
    if not result.judged_steps:
        return
    by_itself = f"Each step by itself ({count(result.judged_steps, 'step')} judged)"
    if result.first_wrong is not None:
        wrong = result.first_wrong
        yield f"{by_itself}: {wrong.entry} is wrong first, {_error(wrong)}."
    elif result.departure is None:
        right = "is right: the arithmetic is right, and the drift is rounding."
        if not 0 < result.judged == result.to_judge:
            right = (
                f"is right as far as it is exposed ({result.judged:,} of {result.to_judge:,} "
                "entries of outputs, gradients and parameters judged), and the drift is no more "
                "than rounding."
            )
        yield f"{by_itself} {right}"
    else:
        yield (
            f"{by_itself} is within its bound where it is exposed: the mistake is in what is not, "
            "or smaller in each step than rounding, and adds up."
        )


def _error(wrong: Divergence) -> str:
    if math.isfinite(wrong.ratio):
        return f"{times(wrong.ratio)} its bound"
    return "where no difference is allowed" if math.isinf(wrong.ratio) else "not a number"


def _times(one: Distance) -> str:
    return times(one.ratio) if math.isfinite(one.ratio) else "any number of times"


def _ratio(one: Distance) -> str:
    return f"{one.ratio:.2g}" if not 1e4 <= one.ratio < math.inf else f"{one.ratio:.1e}"


def _share(value: float, one: Distance) -> str:
    return f"{value / one.size:.1e}" if one.size else f"{value:.1e}"


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _cut(name: str) -> str:
    return name if len(name) <= 11 else f"{name[:10]}…"
