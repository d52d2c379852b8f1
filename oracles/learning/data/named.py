"""From what stands behind `--data` to a data set."""

from __future__ import annotations

from pathlib import Path

from oracles.learning.data.dataset import DataError, Dataset
from oracles.learning.data.digits import digits
from oracles.learning.data.idx_folder import idx_folder
from oracles.learning.data.two_files import two_files


def named(spec: str, labels: str | None = None) -> Dataset:
    """The data set that `spec` names: `digits`, a folder with idx files, or a file, .npy or idx,
    to which `labels` is the other one. A folder called digits is ./digits.

    Raises DataError where it cannot be read.
    """
    path = Path(spec)
    alone = spec == "digits" or path.is_dir()
    if alone and labels is not None:
        raise DataError(f"{spec} has its own labels: --labels goes with a file of samples")
    if spec == "digits":
        return digits()
    if path.is_dir():
        return idx_folder(path)
    if not path.exists():
        raise DataError(
            f"there is no {spec}: expected digits, a folder with idx files, or a file .npy or idx"
        )
    if labels is None:
        raise DataError(
            f"{spec} is a file of samples: name the file with what they belong to by --labels"
        )
    return two_files(path, Path(labels))
