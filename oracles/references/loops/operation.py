"""What loops knows of one type of layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oracles.contract.case import Array
from oracles.contract.reference import Call

Gradients = tuple[list[Array], dict[str, Array]]
"""With respect to the inputs, and to the parameters by their names."""


def no_buffers(call: Call) -> dict[str, Array]:
    """A layer that remembers nothing."""
    return {}


def one_for_each_number(call: Call) -> int:
    """Products of a layer that works on each number by itself: as many as numbers go in."""
    return sum(x.size for x in call.inputs)


@dataclass(frozen=True)
class Operation:
    """The formulas of one type of layer. The arrays of a call are float64, and copies:
    what comes out may be a view of them.

    forward    call -> output; on complex128 operands its analytic continuation
    backward   (call, grad_output) -> gradients, from the operands of the call alone
    products   call -> how many products `forward` takes, from shapes alone
    buffers    call -> the buffers after the forward pass
    """

    forward: Callable[[Call], Array]
    backward: Callable[[Call, Array], Gradients]
    products: Callable[[Call], int] = one_for_each_number
    buffers: Callable[[Call], dict[str, Array]] = no_buffers
