"""Where in an array it is wrong, and in which steps."""

from __future__ import annotations

import numpy as np

from oracles.contract.case import Array
from oracles.diagnosis.describing.difference import Difference


def not_finite(d: Difference) -> str | None:
    """NaN or infinite where numbers belong."""
    lost = ~np.isfinite(d.actual) & np.isfinite(d.expected)
    if not np.any(lost):
        return None
    what = "NaN" if np.any(np.isnan(d.actual)) else "infinite"
    many = "all of it is" if np.all(lost) else f"{int(np.sum(lost))} of {lost.size} elements are"
    return f"{many} {what}: an overflow, a division by zero or a logarithm of zero on the way"


def where(d: Difference) -> str | None:
    """The indices of each axis at which something is wrong, where they are few or at an edge."""
    wrong = d.wrong
    if not np.any(wrong) or np.all(wrong):
        return None
    parts = [text for axis in range(wrong.ndim) if (text := _along(d, axis))]
    if not parts and wrong.ndim == 4 and min(wrong.shape[2:]) > 2 and not d.entry.parameter:
        inner = np.zeros_like(wrong)
        inner[:, :, 1:-1, 1:-1] = True
        if not np.any(wrong & inner):
            return "only the border is wrong"
    if _edges(d):
        return _edges(d)
    return f"only {' of '.join(reversed(parts))} is wrong" if parts else None


def only_zeros(d: Difference) -> str | None:
    """Wrong exactly where what came in is zero, as it is at a kink."""
    step, layer = d.entry.step, d.entry.layer
    if d.entry.kind != "backward" or not layer or np.all(d.wrong):
        return None
    source = d.evidence.case.layer(layer).inputs[d.entry.index]
    name = f"step{step}.input" if source == "input" else f"step{step}.forward.{source}"
    x = d.evidence.own.get(name, d.evidence.base[name])
    if x.shape == d.wrong.shape and np.array_equal(d.wrong, (x == 0) & d.wrong) and np.any(d.wrong):
        return "it is wrong only where the input of the layer is exactly zero"
    return None


def from_which_step(d: Difference) -> str | None:
    """Right in the first steps, wrong from a later one on."""
    head, _, rest = d.entry.name.partition(".")
    step = int(head.removeprefix("step"))
    before = [f"step{k}.{rest}" for k in range(step)]
    if step == 0 or not all(name in d.evidence.passing for name in before):
        return None
    lr = [one.lr for one in d.evidence.case.steps]
    changed = d.entry.kind in ("update", "optimizer") and lr[step] != lr[step - 1]
    rate = ", in which the learning rate changes" if changed else ""
    return f"it is right until step {step - 1}, and wrong from step {step} on{rate}"


def _along(d: Difference, axis: int) -> str:
    """Which indices of one axis are wrong: the first, the last, all but the first, one."""
    others = tuple(other for other in range(d.wrong.ndim) if other != axis)
    at = np.any(d.wrong, axis=others)
    size, count = at.size, int(np.sum(at))
    name = d.axes[axis]
    if size == 1 or count == size:
        return ""
    found = np.flatnonzero(at)
    if count == 1:
        first, last = found[0] == 0, found[0] == size - 1
        return (
            f"the {'first' if first else 'last'} {name}" if first or last else f"{name} {found[0]}"
        )
    if count == size - 1 and not at[0]:
        return f"every {name} but the first"
    if count == size - 1 and not at[-1]:
        return f"every {name} but the last"
    if count <= 3:
        return f"{name}s {', '.join(map(str, found))}"
    step = found[1] - found[0]
    if np.all(np.diff(found) == step) and step > 1:
        return f"every {step}th {name}, from {found[0]} on"
    return ""


def _edges(d: Difference) -> str | None:
    """Only the last row and column, or the first ones."""
    wrong = d.wrong
    if wrong.ndim < 2 or min(wrong.shape[-2:]) < 2:
        return None
    for which, index in (("last", -1), ("first", 0)):
        row: Array = np.zeros_like(wrong)
        column: Array = np.zeros_like(wrong)
        row[..., index, :] = column[..., :, index] = True
        beside = np.any(wrong & row & ~column) and np.any(wrong & column & ~row)
        if beside and not np.any(wrong & ~row & ~column):
            return f"only the {which} {d.axes[-2]} and {d.axes[-1]} are wrong"
    return None
