"""The 1,797 handwritten digits that scikit-learn brings along."""

from __future__ import annotations

import numpy as np

from oracles.learning.data.dataset import DataError, Dataset

_LEARNED_FROM = 1437


def digits() -> Dataset:
    """Images (8, 8) of grey levels 0 to 16; the last fifth, by other writers, is held out.

    Raises DataError where scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        raise DataError('the digits come with scikit-learn: pip install "refcnn[data]"') from None
    pixels, labels = load_digits(return_X_y=True)
    images = pixels.astype(np.uint8).reshape(-1, 8, 8)
    labels = labels.astype(np.int64)
    return Dataset(
        "scikit-learn's digits",
        images[:_LEARNED_FROM],
        labels[:_LEARNED_FROM],
        images[_LEARNED_FROM:],
        labels[_LEARNED_FROM:],
    )
