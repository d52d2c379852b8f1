"""Arrays in files beside a case file. Nothing is read before header and size of the file agree."""

from __future__ import annotations

import math
import re
import stat
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from oracles.contract.fills import Floats, Shape
from oracles.contract.limits import too_large

_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. -]*\.npy")


class SideFileError(ValueError):
    """A file that cannot be used, in words."""


class NumpyFile:
    """A .npy file of real numbers: its shape at once, its numbers when they are asked for."""

    def __init__(self, folder: Path, name: str) -> None:
        if not _PLAIN_NAME.fullmatch(name):
            raise SideFileError(
                "must be the plain name of a .npy file in the folder of the case file "
                f"(letters, digits, _ . - and spaces), got {name[:60]!r}"
            )
        self.path = folder / name
        try:
            with _opened(self.path) as file:
                self.shape, self._dtype, self._fortran = npy_header(file, name)
        except OSError as error:
            raise SideFileError(f"{name} cannot be read: {error.strerror}") from None

    @cached_property
    def numbers(self) -> Floats:
        """The array, in float64."""
        with _opened(self.path) as file:
            if npy_header(file, self.path.name) != (self.shape, self._dtype, self._fortran):
                raise SideFileError(f"{self.path.name} changed while it was read")
            flat = np.fromfile(file, dtype=self._dtype, count=math.prod(self.shape))
        numbers = flat.astype(np.float64)
        if self._fortran:
            return np.ascontiguousarray(numbers.reshape(self.shape[::-1]).transpose())
        return numbers.reshape(self.shape)


def _opened(path: Path) -> BinaryIO:
    status = path.lstat()
    if not stat.S_ISREG(status.st_mode):
        kind = "a link" if stat.S_ISLNK(status.st_mode) else "not a regular file"
        raise SideFileError(f"{path.name} is {kind}: it must be a regular file")
    return path.open("rb")


def npy_header(
    file: BinaryIO, name: str, too_large: Callable[[Shape], str | None] = too_large
) -> tuple[Shape, np.dtype[np.generic], bool]:
    """Shape, dtype, and whether the numbers are in column-major order; `file` is left where they
    begin, and holds exactly as many as the header says. `too_large` says what is wrong with the
    size of a shape, None where nothing is.

    Raises SideFileError.
    """
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(file)
    except Exception as error:  # noqa: BLE001 - whatever a hostile header makes NumPy raise
        raise SideFileError(f"{name} is not a .npy file: {str(error)[:100]}") from None
    if dtype.kind not in "fiu" or dtype.itemsize > 8:
        raise SideFileError(f"{name} has dtype {dtype}: it must hold integers or floats")
    if min(shape, default=0) < 0:
        raise SideFileError(f"{name} has the shape {shape}")
    if text := too_large(shape):
        raise SideFileError(f"{name}: {text}")
    held = Path(file.name).stat().st_size - file.tell()
    if held != math.prod(shape) * dtype.itemsize:
        needed = math.prod(shape) * dtype.itemsize
        raise SideFileError(
            f"{name} says {shape} of {dtype}, {needed} bytes, but holds {held} bytes of numbers"
        )
    return tuple(shape), dtype, bool(fortran)
