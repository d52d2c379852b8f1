"""What is judged, as the harness sees it. No base class: any object of this shape will do."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from oracles.contract.case import Case
from oracles.contract.trace import Trace


@runtime_checkable
class Implementation(Protocol):
    """An object with a `name` and `run(case, trace)`, which computes the steps of the case and
    records what it has: `trace["step0.forward.conv1"] = y`.

    Optional attributes, all read with `getattr`:

    dtypes              the dtypes that make sense, e.g. ("float32",)
    keeps_dtype         True: a result wider than the dtype asked for is an error
    expected_failures   {"conv2d/dilation*": "no dilation yet"}; one that does not fail is an error
    refuses             True: held to the cases that make no sense and should raise an error
    checks_messages     True: messages of refusals are held to the case's `match`
    algorithm           "normwise": sums of products are computed by FFT, Winograd or kernels made
                        of them (NNPACK), whose error is small against the whole and not against
                        each element; they are judged by norms
    """

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def run(self, case: Case, trace: Trace) -> None:
        """Run all steps of the case, from nothing, and record what there is."""
        ...


def declares_normwise(implementation: Any) -> bool:
    """Whether the implementation declares `algorithm = "normwise"`.

    Raises ValueError for any other algorithm: one that nobody reads would promise something.
    """
    algorithm = getattr(implementation, "algorithm", None)
    if algorithm not in (None, "normwise"):
        raise ValueError(
            f'`algorithm` must be "normwise" or left out, got {algorithm!r}; "normwise" is for '
            "sums of products by FFT, Winograd or kernels that are made of them"
        )
    return algorithm is not None
