"""What is judged, as the harness sees it. No base class: any object of this shape will do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

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
    follows             names of conventions (docs/causes) that it follows where PyTorch has
                        another one: it is held to these instead
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


def follows_of(implementation: object) -> tuple[str, ...]:
    """The conventions that an implementation follows where PyTorch has another one.

    Raises ValueError for what is no list of names.
    """
    declared = getattr(implementation, "follows", None) or ()
    listed = isinstance(declared, list | tuple | set | frozenset)
    if not listed or not all(isinstance(name, str) for name in declared):
        raise ValueError(
            "`follows` must be a tuple of names of conventions, such as "
            f'("batch_norm2d.running.variance_biased",), got {declared!r}'
        )
    return tuple(declared)


def dtypes_of(implementation: object) -> tuple[str, ...] | None:
    """The dtypes an implementation is for, None for all.

    Raises ValueError for what is no list of them.
    """
    declared = getattr(implementation, "dtypes", None)
    if declared is None:
        return None
    try:
        names = tuple(np.dtype(one).name for one in declared)
    except TypeError:
        names = ()
    if isinstance(declared, str) or not names or not {"float32", "float64"}.issuperset(names):
        raise ValueError(
            '`dtypes` must be a tuple of "float32" and "float64", such as ("float32",), '
            f"got {declared!r}"
        )
    return names


def expected_failures_of(implementation: object) -> Mapping[str, Any]:
    """{pattern of case ids: why} of what an implementation announces to fail.

    Raises ValueError for anything else.
    """
    announced = getattr(implementation, "expected_failures", None) or {}
    if not isinstance(announced, Mapping):
        raise ValueError(
            '`expected_failures` must be a mapping, such as {"conv2d/dilation*": "no dilation '
            f'yet"}}, got {announced!r}'
        )
    return announced
