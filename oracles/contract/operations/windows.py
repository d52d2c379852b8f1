"""Sizes of what a window leaves when it slides over an image."""

from __future__ import annotations

from collections.abc import Iterator

from oracles.contract.attribute_types import Pair
from oracles.contract.operations.operation import ShapeError, at_least
from oracles.contract.tables import KeyPath


def windows(
    size: int, kernel: int, stride: int, padding: int, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1 windows.

    With `ceil_mode` the division rounds up, but the last window must start inside the image or
    its left padding.
    """
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return room // stride + 1
    count = -(-room // stride) + 1
    return count - 1 if (count - 1) * stride >= size + padding else count


def sizes_left(sizes: Pair, counts: Pair, kernel: Pair, padding: Pair, dilation: Pair) -> Pair:
    """`counts`, if there is at least one window in both directions."""
    if min(counts) < 1:
        extent = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        padded = tuple(s + 2 * p for s, p in zip(sizes, padding, strict=True))
        raise ShapeError(f"has windows of {extent}, larger than the padded image {padded}")
    return counts


def half_of_kernel(padding: Pair, kernel: Pair) -> Iterator[tuple[KeyPath, str]]:
    """torch's rule for pooling: every window has a number of the image in it."""
    yield from at_least(0, padding=padding)
    if any(p > k // 2 for p, k in zip(padding, kernel, strict=True)):
        text = f"must be at most half of kernel_size, got padding = {list(padding)}"
        yield ("padding",), f"{text}, kernel_size = {list(kernel)}"
