"""What both command lines accept, checked before anything heavy is imported."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

DTYPES = ("float64", "float32")
ORACLES = ("pytorch", "loops", "differences", "dot2", "published")
"""Every oracle there is, in the order in which they are asked."""

DECIDING = ("pytorch", "published")
"""Those whose numbers count unless others are asked for. The others judge these."""

TIMEOUT = 60.0

DIAGNOSES = 3
"""Failures of a kind that are searched for their cause, unless another number is asked for."""


def seconds(text: str) -> float:
    """A time limit."""
    return _above_nothing(text, "a number of seconds above 0")


def report(text: str) -> str:
    """The name of a report, by whose suffix its format is chosen."""
    from oracles.reporting.report_file import FORMATS

    if Path(text).suffix not in FORMATS:
        raise argparse.ArgumentTypeError(f"a report ends in {' or '.join(FORMATS)}, got {text!r}")
    return text


def diagnoses(text: str) -> int | None:
    """How many failures of a kind are searched for their cause: a number, `all` (None) or `none`
    (0)."""
    if text == "all":
        return None
    try:
        return 0 if text == "none" else _integer(text, 0)
    except argparse.ArgumentTypeError:
        message = f"a number, all or none, got {text!r}"
        raise argparse.ArgumentTypeError(message) from None


def positive(text: str) -> int:
    """A count."""
    return _integer(text, 1)


def positive_or_zero(text: str) -> int:
    """A seed, or the number of something counted from 0."""
    return _integer(text, 0)


def rate(text: str) -> float:
    """A learning rate."""
    return _above_nothing(text, "a number above 0")


def _above_nothing(text: str, expected: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{expected}, got {text!r}")
    return number


def _integer(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(f"an integer of at least {least}, got {text!r}")
    return number
