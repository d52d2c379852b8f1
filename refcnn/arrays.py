"""The array types that appear in signatures."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.floating[Any]]
"""float32 or float64, of any strides, possibly read-only."""

AnyArray: TypeAlias = NDArray[Any]
"""An array of any kind: class indices, counters, masks."""

Scalar: TypeAlias = np.floating[Any]
"""A NumPy scalar of the dtype it was computed in."""

Pair: TypeAlias = tuple[int, int]
"""One value per axis: height, width."""
