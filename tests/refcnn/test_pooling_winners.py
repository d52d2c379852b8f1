"""Which value of a window wins, where several could."""

from typing import Any

import numpy as np
import pytest

from tests.refcnn.closeness import assert_all_close
from tests.refcnn.torch_twin import drawn, output_shape, pair_of, run_ours, run_torch

NAN, INF = np.nan, np.inf

IMAGES: dict[str, Any] = {
    "all equal": np.full((4, 6), 3.0),
    "ties in rows": np.tile([1.0, 1.0, 0.0], (4, 2)),
    "ties in columns": np.tile([[1.0], [0.0], [1.0], [1.0]], (1, 6)),
    "ties across a diagonal": np.tile([[0.0, 1.0], [1.0, 0.0]], (2, 3)),
    "zeros of both signs": np.tile([[-0.0, 0.0], [0.0, -0.0]], (2, 3)),
    "small integers": np.random.default_rng(0).integers(0, 3, (4, 6)).astype(float),
    "one NaN": np.where(np.arange(24).reshape(4, 6) == 8, NAN, 1.0),
    "several NaN": np.where(np.arange(24).reshape(4, 6) % 5 == 0, NAN, 2.0),
    "only NaN": np.full((4, 6), NAN),
    "NaN and infinity": np.tile([[NAN, INF], [INF, 0.0]], (2, 3)),
    "only -inf": np.full((4, 6), -INF),
    "all negative": -1.0 - np.arange(24.0).reshape(4, 6),
}
POOLS: dict[str, dict[str, Any]] = {
    "2x2": {"kernel_size": 2},
    "3x2 overlapping": {"kernel_size": (3, 2), "stride": 1},
    "2x3 with padding": {"kernel_size": (2, 3), "stride": 1, "padding": 1},
    "3x3 with padding in ceil mode": {
        "kernel_size": 3,
        "stride": 2,
        "padding": 1,
        "ceil_mode": True,
    },
    "2x2 dilated with padding": {"kernel_size": 2, "stride": 1, "padding": 1, "dilation": 2},
}


@pytest.mark.parametrize("image", IMAGES.values(), ids=IMAGES.keys())
@pytest.mark.parametrize("options", POOLS.values(), ids=POOLS.keys())
def test_the_same_value_wins_as_in_torch(options: dict[str, Any], image: Any) -> None:
    """First maximum in row-major order, NaN above all; the gradient says which one won."""
    ours, theirs = pair_of("MaxPool2d", **options)
    x = np.stack([image, image[::-1]])[None].copy()
    grad_output = drawn(output_shape(theirs, x))
    assert_all_close(run_ours(ours, x, grad_output), run_torch(theirs, x, grad_output))
