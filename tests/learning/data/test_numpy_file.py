"""A .npy file is believed only as far as its size bears it out."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from numpy.lib import format as npy
from numpy.typing import NDArray

from oracles.learning.data import numpy_file
from oracles.learning.data.dataset import DataError


def _header(shape: tuple[int, ...], dtype: str = "|u1") -> bytes:
    """A file that ends with its header."""
    file = io.BytesIO()
    described = {"descr": dtype, "fortran_order": False, "shape": shape}
    npy.write_array_header_1_0(file, described)
    return file.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        pytest.param(np.arange(24, dtype=np.uint8).reshape(2, 3, 4), id="bytes"),
        pytest.param(np.arange(6, dtype=">i4").reshape(2, 3), id="big-endian"),
        pytest.param(np.asfortranarray(np.arange(6.0).reshape(2, 3)), id="column-major"),
        pytest.param(np.zeros((0, 3), dtype=np.float32), id="empty"),
    ],
)
def test_an_array_comes_back_as_it_was_saved(tmp_path: Path, array: NDArray[np.generic]) -> None:
    """Same numbers, same kind of numbers, in the machine's byte order."""
    np.save(tmp_path / "x.npy", array)
    read = numpy_file.read(tmp_path / "x.npy")
    assert np.array_equal(read, array)
    assert read.dtype == array.dtype.newbyteorder("=")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "it starts with nothing, expected 93 4e 55 4d$", id="empty"),
        pytest.param(b"1,2,3\n", "31 2c 32 2c, which is text, expected", id="text"),
        pytest.param(b"PK\x03\x04", "which is a zip archive or .npz file: unpack", id="npz"),
        pytest.param(b"\x93NUMPY\x01\x00", "is not a .npy file: EOF", id="cut in the header"),
        pytest.param(
            _header((10_000, 100, 100)), "100000000 bytes, but holds 0 bytes", id="claims 100 MB"
        ),
        pytest.param(_header((2, 3)) + bytes(5), "6 bytes, but holds 5 bytes", id="one short"),
        pytest.param(_header((2, 3)) + bytes(7), "6 bytes, but holds 7 bytes", id="one too many"),
        pytest.param(_header((1,) * 9) + b"\0", "has 9 axes, expected at most 8", id="nine axes"),
        pytest.param(
            _header((1,), "|O"), "has dtype object: it must hold integers or floats", id="pickled"
        ),
        pytest.param(_header((1,), "<c8") + bytes(8), "has dtype complex64", id="complex"),
        pytest.param(_header((1,), "|b1") + b"\1", "has dtype bool", id="truth values"),
    ],
)
def test_a_file_is_refused_that_is(tmp_path: Path, content: bytes, message: str) -> None:
    """Each message begins with the file; none takes memory for what is not there."""
    path = tmp_path / "x.npy"
    path.write_bytes(content)
    tracemalloc.start()
    with pytest.raises(DataError, match=message) as caught:
        numpy_file.read(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(caught.value).startswith(str(path))
    assert most < 1_000_000


def test_more_than_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A file with a hole in it takes no room on the disk, and as an array would take 2 GiB."""
    path = tmp_path / "x.npy"
    header = _header((2**28, 1), "<f8")
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 2**31)
    with pytest.raises(DataError, match=r"is 2147483648 bytes, expected at most 1073741824$"):
        numpy_file.read(path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("nowhere.npy", "cannot be read: No such file", id="missing"),
        pytest.param(".", "is not a regular file$", id="a folder"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, name: str, message: str) -> None:
    """Before it is opened."""
    with pytest.raises(DataError, match=message):
        numpy_file.read(tmp_path / name)
