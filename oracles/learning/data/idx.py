"""Reading idx files, the format of MNIST, plain or compressed by gzip.

Format (numbers are big-endian):
    byte 0, 1   zero
    byte 2      type of the elements, see `TYPES`
    byte 3      number of dimensions: 3 for images (N, H, W), 1 for labels (N)
    4 bytes each dimension
    the elements, row-major, to the end of the file

Nothing is believed before it is checked: dimensions are held against the size of the file before
memory is taken for them.

Source:
    The description at the end of the page "The MNIST database of handwritten digits" by LeCun,
    Cortes and Burges.
"""

from __future__ import annotations

import gzip
import math
import stat
import struct
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from oracles.learning.data.dataset import MOST_BYTES, Array, DataError
from oracles.learning.data.kinds import looks_like

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""NumPy's names of the types of elements."""

_MOST_PER_COMPRESSED_BYTE = 1032  # what deflate can reach
_MOST_DIMENSIONS = 8

_File = IO[bytes] | gzip.GzipFile


def read(path: Path) -> Array:
    """The elements of a file; by gzip if its name ends in .gz.

    Raises DataError where the file is missing, broken, too large or of another kind.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path} is not a regular file")
        if path.suffix != ".gz":
            with path.open("rb") as file:
                return _elements(file, path, most=status.st_size)
        with gzip.open(path) as file:
            return _elements(file, path, most=status.st_size * _MOST_PER_COMPRESSED_BYTE)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is named .gz but cannot be decompressed: {error}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def _elements(file: _File, path: Path, most: int) -> Array:
    """What follows the header, in the shape that the header says."""
    dtype, shape = _header(file, path)
    size = "x".join(map(str, shape)) + (f" of {dtype.name}" if dtype.itemsize > 1 else "")
    count, header = math.prod(shape) * dtype.itemsize, 4 + 4 * len(shape)
    if count > MOST_BYTES:
        raise DataError(f"{path}: {size} is {count} bytes, expected at most {MOST_BYTES}")
    if header + count > most:
        raise DataError(
            f"{path} is truncated: {size} needs {header + count} bytes, a file of its size "
            f"holds at most {most}"
        )
    elements = file.read(count + 1)  # one more shows whether the file ends there
    if len(elements) < count:
        raise DataError(
            f"{path} is truncated: {size} needs {count} bytes after the header, got {len(elements)}"
        )
    if len(elements) > count:
        raise DataError(f"{path}: more bytes follow after the {count} of {size}")
    array = np.frombuffer(elements, dtype=dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header(file: _File, path: Path) -> tuple[np.dtype[np.generic], tuple[int, ...]]:
    """Type and dimensions."""
    magic = file.read(4)
    if magic[:2] == b"\x1f\x8b":
        raise DataError(f"{path} is compressed by gzip: its name should end in .gz")
    if len(magic) < 4:
        raise DataError(
            f"{path} is truncated: an idx file has a header of 4 bytes, got {len(magic)}"
        )
    if magic[:2] != b"\0\0" or magic[2] not in TYPES:
        raise DataError(
            f"{path} is not an idx file: it starts with {magic.hex(' ')}{looks_like(magic)}, "
            "expected 00 00, a type (08 is bytes) and the number of dimensions"
        )
    ndim = magic[3]
    if not 1 <= ndim <= _MOST_DIMENSIONS:
        raise DataError(f"{path} has {ndim} dimensions, expected 1 to {_MOST_DIMENSIONS}")
    dimensions = file.read(4 * ndim)
    if len(dimensions) < 4 * ndim:
        raise DataError(
            f"{path} is truncated: {ndim} dimensions take {4 * ndim} bytes, got {len(dimensions)}"
        )
    return np.dtype(TYPES[magic[2]]), struct.unpack(f">{ndim}I", dimensions)
