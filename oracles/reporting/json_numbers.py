"""Numbers as JSON can say them."""

from __future__ import annotations

import math
from typing import Any


def number_as_json(value: Any) -> Any:
    """A number as JSON can say it; anything else as it is."""
    if not hasattr(value, "__float__"):
        return value
    number = float(value)
    if math.isfinite(number):
        return int(value) if isinstance(value, int) else number
    return "nan" if math.isnan(number) else ("inf" if number > 0 else "-inf")
