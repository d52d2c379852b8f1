"""The reader of idx files says what is wrong with a file, and believes no header."""

import gzip
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from oracles.learning.data import idx
from oracles.learning.data.dataset import DataError
from tests.learning.data.packed import packed, put


@pytest.mark.parametrize("name", [pytest.param("x", id="plain"), pytest.param("x.gz", id="gzip")])
def test_elements_come_in_the_order_of_the_file(tmp_path: Path, name: str) -> None:
    """The last dimension runs fastest."""
    read = idx.read(put(tmp_path, name, packed(3, 28, 28)))
    assert np.array_equal(read, (np.arange(3 * 28 * 28) % 10).reshape(3, 28, 28))


def test_dimensions_are_big_endian_and_keep_their_order(tmp_path: Path) -> None:
    """Any number of them; what they mean is the caller's business."""
    assert idx.read(put(tmp_path, "x", packed(2, 300, 5))).shape == (2, 300, 5)
    assert idx.read(put(tmp_path, "y", packed(258))).shape == (258,)


@pytest.mark.parametrize(
    ("kind", "code", "dtype"),
    [
        pytest.param(0x09, "b", np.int8, id="signed bytes"),
        pytest.param(0x0B, "h", np.int16, id="short integers"),
        pytest.param(0x0C, "i", np.int32, id="integers"),
        pytest.param(0x0D, "f", np.float32, id="floats"),
        pytest.param(0x0E, "d", np.float64, id="doubles"),
    ],
)
def test_every_type_of_the_format_is_read(
    tmp_path: Path, kind: int, code: str, dtype: type[np.generic]
) -> None:
    """Big-endian in the file, the machine's own order in memory."""
    elements = struct.pack(f">6{code}", -3, 0, 1, 2, 100, 4)
    read = idx.read(put(tmp_path, "x", packed(2, 3, elements=elements, kind=kind)))
    assert read.dtype == np.dtype(dtype)
    assert read.dtype.isnative
    assert read.tolist() == [[-3, 0, 1], [2, 100, 4]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", r"is truncated: .* header of 4 bytes, got 0$", id="empty"),
        pytest.param(b"\0\0\x08", "header of 4 bytes, got 3$", id="cut in the magic number"),
        pytest.param(b"\0\0\x08\x03\0\0", "3 dimensions take 12 bytes, got 2$", id="cut in a size"),
        pytest.param(
            packed(2, 3, 4)[:-1],
            "is truncated: 2x3x4 needs 40 bytes, a file of its size holds at most 39$",
            id="one element short",
        ),
        pytest.param(packed(2, 3, 4) + b"\0", "more bytes follow after the 24 of", id="too long"),
        pytest.param(
            b"\x89PNG\r\n", "starts with 89 50 4e 47, which is a PNG image, exp", id="a PNG"
        ),
        pytest.param(b"label,pixel0\n", "which is text, expected 00 00, a type", id="a table"),
        pytest.param(b"\x93NUMPY\1\0", "file, whose name should end in .npy, exp", id="npy"),
        pytest.param(b"\0\0\x07\x03", "starts with 00 00 07 03", id="no such type"),
        pytest.param(gzip.compress(b""), "its name should end in .gz$", id="gzip, not so named"),
        pytest.param(packed(), "has 0 dimensions, expected 1 to 8$", id="no dimensions"),
        pytest.param(
            packed(1, 2, 3, kind=0x0D),
            "1x2x3 of float32 needs 40 bytes, a file of its size holds at most 22$",
            id="floats one byte long",
        ),
        pytest.param(
            packed(60_000, 2**31, 2**31, elements=b""), "expected at most 1073741824$", id="huge"
        ),
        pytest.param(
            packed(10_000, 100, 100, elements=b""), "needs 100000016 bytes", id="claims 100 MB"
        ),
    ],
)
def test_a_plain_file_is_refused_that_is(tmp_path: Path, content: bytes, message: str) -> None:
    """Each message names the file, what was found and what is expected."""
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        idx.read(path)
    assert str(path) in str(caught.value)


_COMPRESSED = gzip.compress(packed(2, 3, 4), mtime=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "is truncated: .* header of 4 bytes, got 0$", id="empty"),
        pytest.param(packed(2, 3, 4), "cannot be decompressed: Not a gzipped file", id="plain"),
        pytest.param(_COMPRESSED[:-9], "cannot be decompressed: .* ended before", id="cut"),
        pytest.param(
            _COMPRESSED[:-8] + bytes(8), "cannot be decompressed: CRC check failed", id="altered"
        ),
        pytest.param(
            _COMPRESSED[:10] + b"\xff" * 20, "cannot be decompressed: .* invalid", id="garbage"
        ),
        pytest.param(
            gzip.compress(packed(2, 3, 4)[:-1]),
            "is truncated: 2x3x4 needs 24 bytes after the header, got 23$",
            id="one element short inside",
        ),
        pytest.param(
            gzip.compress(packed(10_000, 100, 100, elements=b"")),
            "needs 100000016 bytes, a file of its size holds at most",
            id="claiming more than gzip can pack",
        ),
    ],
)
def test_a_compressed_file_is_refused_that_is(tmp_path: Path, content: bytes, message: str) -> None:
    """Whatever goes wrong inside gzip or zlib arrives as the same error with the file's name."""
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        idx.read(path)
    assert str(path) in str(caught.value)


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Of 50 MB of zeros behind a small header, only what the header promises is unpacked."""
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(packed(2, 3, 4) + bytes(50_000_000), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(DataError, match=r"more bytes follow after the 24 of 2x3x4$"):
        idx.read(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5_000_000


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """Some tools unpack into a folder of the file's name."""
    with pytest.raises(DataError, match=r"is not a regular file$"):
        idx.read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to would hang."""
    path = tmp_path / "images"
    os.mkfifo(path)
    with pytest.raises(DataError, match=r"is not a regular file$"):
        idx.read(path)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """What the operating system says is passed on."""
    with pytest.raises(DataError, match=r"images cannot be read: No such file or directory$"):
        idx.read(tmp_path / "images")
