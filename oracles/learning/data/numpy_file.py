"""Reading .npy files: no pickles, and no memory before header and size of the file agree."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from oracles.contract.side_files import SideFileError, npy_header
from oracles.learning.data.dataset import MOST_BYTES, Array, DataError
from oracles.learning.data.kinds import looks_like

_AXES = 8


def read(path: Path) -> Array:
    """The array of integers or floats in a file.

    Raises DataError where the file is missing, broken, too large or of another kind.
    """
    try:
        if not path.is_file():
            raise DataError(f"{path} is not a regular file" if path.exists() else _missing(path))
        with path.open("rb") as file:
            start = file.read(4)
            if start != b"\x93NUM":
                raise DataError(
                    f"{path} is not a .npy file: it starts with {start.hex(' ') or 'nothing'}"
                    f"{looks_like(start)}, expected 93 4e 55 4d"
                )
            file.seek(0)
            shape, dtype, fortran = npy_header(file, str(path), _too_large)
            count = math.prod(shape) * dtype.itemsize
            if count > MOST_BYTES:
                raise DataError(
                    f"{path}: {shape} of {dtype} is {count} bytes, expected at most {MOST_BYTES}"
                )
            flat = np.fromfile(file, dtype=dtype, count=math.prod(shape))
    except SideFileError as error:
        raise DataError(str(error)) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    array = flat.reshape(shape[::-1]).transpose() if fortran else flat.reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _missing(path: Path) -> str:
    return f"{path} cannot be read: No such file or directory"


def _too_large(shape: tuple[int, ...]) -> str | None:
    return f"has {len(shape)} axes, expected at most {_AXES}" if len(shape) > _AXES else None
