from typing import Any

import numpy as np
import pytest

from refcnn.preparation import prepare
from tests.refcnn.closeness import assert_close

RAW = np.arange(2 * 12, dtype=np.uint8).reshape(2, 12)
IMAGE = RAW.reshape(2, 3, 2, 2).astype(np.float64)
FLAT = np.array([[4.0, 4.0, 4.0], [1.0, 2.0, 5.0]])

ACTIONS: dict[str, tuple[Any, list[dict[str, Any]], Any]] = {
    "nothing": (RAW, [], RAW.astype(np.float64)),
    "reshape": (RAW, [{"reshape": (3, 2, 2)}], IMAGE),
    "divide by one number": (RAW, [{"divide": 255.0}], RAW / 255),
    "divide channels": (
        IMAGE, [{"divide": (1.0, 2.0, 4.0)}], IMAGE / np.array([1, 2, 4])[:, None, None],
    ),
    "subtract from channels": (
        IMAGE, [{"subtract": (1.0, 2.0, 4.0)}], IMAGE - np.array([1, 2, 4])[:, None, None],
    ),
    "one number for all channels": (IMAGE, [{"subtract": (3.0,)}], IMAGE - 3),
    "scale each sample": (FLAT, [{"minmax": (-1.0, 1.0)}], [[-1.0] * 3, [-1.0, -0.5, 1.0]]),
    "several in their order": (
        RAW, [{"reshape": (3, 2, 2)}, {"subtract": 2.0}, {"divide": 4.0}], (IMAGE - 2) / 4,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "actions", "expected"), ACTIONS.values(), ids=ACTIONS.keys())
def test_actions_are_applied_per_sample(
    raw: Any, actions: list[dict[str, Any]], expected: Any
) -> None:
    """The formula of each action, written a second time."""
    assert_close(prepare(raw, actions, np.dtype(np.float64)), expected)


def test_result_is_rounded_once_at_the_end() -> None:
    """Computed in float64: 1/3 - 1/3 of a float32 would not be zero."""
    actions = [{"divide": 3.0}, {"subtract": 1 / 3}]
    prepared = prepare(np.ones((1, 1), dtype=np.float32), actions, np.dtype(np.float32))
    assert (prepared.dtype.name, prepared.item()) == ("float32", 0.0)
