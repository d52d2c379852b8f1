"""Reading idx files, the format of MNIST, plain or compressed by gzip.

Format (numbers are big-endian):
    byte 0, 1   zero
    byte 2      type of the elements: 0x08 is unsigned bytes, the only one read here
    byte 3      number of dimensions: 3 for images (N, H, W), 1 for labels (N)
    4 bytes each dimension
    the elements, row-major, to the end of the file

Nothing is believed before it is checked: dimensions are held against the size of the file before
memory is taken for them.

Source:
    The description at the end of the page "The MNIST database of handwritten digits" by LeCun,
    Cortes and Burges.
"""

import gzip
import math
import stat
import struct
import zlib
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]

MOST_BYTES = 2**28  # five times MNIST's largest file
_MOST_PER_COMPRESSED_BYTE = 1032  # what deflate can reach
_TYPES = {
    0x08: "unsigned bytes",
    0x09: "signed bytes",
    0x0B: "short integers",
    0x0C: "integers",
    0x0D: "floats",
    0x0E: "doubles",
}


class IdxError(ValueError):
    """A file or folder is not what it should be; the message says which and how."""


def read_pair(folder: Path, prefix: str) -> tuple[Bytes, Bytes]:
    """Images (N, 28, 28) and labels (N) of `folder`, for the prefix "train" or "t10k".

    Raises:
        IdxError: a file is missing, broken, too large or of another kind; images and labels differ
            in number; a label is not one of 0..9.
    """
    images_path = find(folder, f"{prefix}-images-idx3-ubyte")
    labels_path = find(folder, f"{prefix}-labels-idx1-ubyte")
    images, labels = read(images_path, ndim=3), read(labels_path, ndim=1)
    if images.shape[1:] != (28, 28):
        raise IdxError(
            f"{images_path}: expected images of 28x28 pixels, got "
            f"{images.shape[1]}x{images.shape[2]}"
        )
    if len(images) != len(labels):
        raise IdxError(
            f"{images_path} has {len(images)} images, but {labels_path} has {len(labels)} labels"
        )
    if len(images) == 0:
        raise IdxError(f"{images_path} has no images")
    if labels.max() > 9:
        position = int(np.argmax(labels > 9))
        raise IdxError(
            f"{labels_path}: expected labels 0..9, got {labels[position]} at position {position}"
        )
    return images, labels


def find(folder: Path, name: str) -> Path:
    """The file `name` in the folder, or `name`.gz."""
    if not folder.exists():
        raise IdxError(f"there is no folder {folder}")
    if not folder.is_dir():
        raise IdxError(f"{folder} is a file, expected the folder with the idx files")
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise IdxError(f"{folder} has neither {name} nor {name}.gz")


def read(path: Path, ndim: int) -> Bytes:
    """The elements of one file with so many dimensions; by gzip if its name ends in .gz."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise IdxError(f"{path} is not a regular file")
        if path.suffix != ".gz":
            with path.open("rb") as file:
                return _elements(file, path, ndim, most=status.st_size)
        with gzip.open(path) as file:
            return _elements(file, path, ndim, most=status.st_size * _MOST_PER_COMPRESSED_BYTE)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise IdxError(f"{path} is named .gz but cannot be decompressed: {error}") from error
    except OSError as error:
        raise IdxError(f"{path} cannot be read: {error.strerror or error}") from error


def _elements(file: IO[bytes] | gzip.GzipFile, path: Path, ndim: int, most: int) -> Bytes:
    """What follows the header, in the shape that the header says."""
    shape = _shape(file, path, ndim)
    count, header = math.prod(shape), 4 + 4 * ndim
    size = "x".join(map(str, shape))
    if count > MOST_BYTES:
        raise IdxError(f"{path}: {size} is {count} bytes, expected at most {MOST_BYTES}")
    if header + count > most:
        raise IdxError(
            f"{path} is truncated: {size} needs {header + count} bytes, a file of its size "
            f"holds at most {most}"
        )
    elements = file.read(count + 1)  # one more shows whether the file ends there
    if len(elements) < count:
        raise IdxError(
            f"{path} is truncated: {size} needs {count} bytes after the header, got {len(elements)}"
        )
    if len(elements) > count:
        raise IdxError(f"{path}: more bytes follow after the {count} of {size}")
    return np.frombuffer(elements, dtype=np.uint8).reshape(shape)


def _shape(file: IO[bytes] | gzip.GzipFile, path: Path, ndim: int) -> tuple[Any, ...]:
    """The dimensions that the header gives."""
    magic = file.read(4)
    if magic[:2] == b"\x1f\x8b":
        raise IdxError(f"{path} is compressed by gzip: its name should end in .gz")
    if len(magic) < 4:
        raise IdxError(
            f"{path} is truncated: an idx file has a header of 4 bytes, got {len(magic)}"
        )
    if magic[:2] != b"\0\0" or magic[2] not in _TYPES:
        raise IdxError(
            f"{path} is not an idx file: it starts with {magic.hex(' ')}, expected 00 00 08 0{ndim}"
        )
    if magic[2] != 0x08:
        raise IdxError(f"{path} holds {_TYPES[magic[2]]}, expected unsigned bytes (type 0x08)")
    if magic[3] != ndim:
        raise IdxError(
            f"{path} has {magic[3]} dimensions, expected {ndim} "
            "(images have 3: count, rows, columns; labels have 1)"
        )
    dimensions = file.read(4 * ndim)
    if len(dimensions) < 4 * ndim:
        raise IdxError(
            f"{path} is truncated: {ndim} dimensions take {4 * ndim} bytes, got {len(dimensions)}"
        )
    return struct.unpack(f">{ndim}I", dimensions)
