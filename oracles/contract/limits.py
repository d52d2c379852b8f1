"""How large a case may be. Checked on shapes, as Python integers, before any memory is taken."""

from __future__ import annotations

import math

from oracles.contract.fills import Shape

FILE_BYTES = 1_000_000
NESTING = 64
ARRAY_ELEMENTS = 10**7
CASE_ELEMENTS = 10**8
STEPS = 10**4
LAYERS = 10**3
AXES = 8
INTEGER_LIMIT = 2**53
SEED_LIMIT = 2**64
KEY_PARTS = 64
"""Parts of a dotted key: tomllib's time grows with their square."""


def too_large(shape: Shape) -> str | None:
    """What to say of an array of this shape, if it is larger than an array may be."""
    if len(shape) > AXES:
        return f"has {len(shape)} axes, an array has at most {AXES}"
    elements = math.prod(shape)
    if elements <= ARRAY_ELEMENTS:
        return None
    return f"{shape} has {_rounded(elements)} elements, an array has at most {ARRAY_ELEMENTS:,}"


def case_too_large(elements: int) -> str | None:
    """What to say of a case whose arrays have this many elements."""
    if elements <= CASE_ELEMENTS:
        return None
    return (
        f"the arrays of this case, over all steps, have {_rounded(elements)} elements, "
        f"a case has at most {CASE_ELEMENTS:,}"
    )


def _rounded(count: int) -> str:
    return f"{count:,}" if count < 10**15 else f"about 10^{int(math.log10(count))}"
