"""The reader of MNIST's files says what is wrong with a file, and believes no header."""

import gzip
import math
import os
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from examples.lockstep import idx

_IMAGES, _LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def _packed(*shape: int, elements: bytes | None = None, kind: int = 0x08) -> bytes:
    """An idx file; the elements are 0, 1, ..., 9, 0, 1, ... unless they are given."""
    if elements is None:
        elements = bytes(i % 10 for i in range(math.prod(shape)))
    return struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape) + elements


def _fill(folder: Path, images: bytes, labels: bytes, ending: str = "") -> None:
    pack = gzip.compress if ending else bytes
    (folder / f"{_IMAGES}{ending}").write_bytes(pack(images))
    (folder / f"{_LABELS}{ending}").write_bytes(pack(labels))


@pytest.mark.parametrize("ending", [pytest.param("", id="plain"), pytest.param(".gz", id="gzip")])
def test_a_pair_is_read(tmp_path: Path, ending: str) -> None:
    """Images come row by row, labels in the same order."""
    _fill(tmp_path, _packed(3, 28, 28), _packed(3), ending)
    images, labels = idx.read_pair(tmp_path, "train")
    assert np.array_equal(images, (np.arange(3 * 28 * 28) % 10).reshape(3, 28, 28))
    assert labels.tolist() == [0, 1, 2]


def test_dimensions_are_big_endian_and_keep_their_order(tmp_path: Path) -> None:
    """Rows and columns of other numbers than 28 are the caller's to refuse."""
    path = tmp_path / "images"
    path.write_bytes(_packed(2, 300, 5))
    assert idx.read(path, ndim=3).shape == (2, 300, 5)


def test_a_plain_file_is_taken_before_a_compressed_one(tmp_path: Path) -> None:
    """Somebody who unpacked a file means the unpacked one."""
    _fill(tmp_path, _packed(3, 28, 28), _packed(3), ".gz")
    _fill(tmp_path, _packed(2, 28, 28), _packed(2))
    assert len(idx.read_pair(tmp_path, "train")[1]) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", r"is truncated: .* header of 4 bytes, got 0$", id="empty"),
        pytest.param(b"\0\0\x08", "header of 4 bytes, got 3$", id="cut in the magic number"),
        pytest.param(b"\0\0\x08\x03\0\0", "3 dimensions take 12 bytes, got 2$", id="cut in a size"),
        pytest.param(
            _packed(2, 3, 4)[:-1],
            "is truncated: 2x3x4 needs 40 bytes, a file of its size holds at most 39$",
            id="one element short",
        ),
        pytest.param(_packed(2, 3, 4) + b"\0", "more bytes follow after the 24 of", id="too long"),
        pytest.param(b"\x89PNG\r\n", "starts with 89 50 4e 47, expected 00 00 08 03$", id="a PNG"),
        pytest.param(b"\0\0\x07\x03", "starts with 00 00 07 03", id="no such type"),
        pytest.param(gzip.compress(b""), "its name should end in .gz$", id="gzip, not so named"),
        pytest.param(_packed(4), "has 1 dimensions, expected 3 .images have 3", id="labels"),
        pytest.param(
            _packed(1, 2, 3, kind=0x0D), "holds floats, expected unsigned bytes", id="floats"
        ),
        pytest.param(
            _packed(60_000, 2**31, 2**31, elements=b""), "expected at most 268435456$", id="huge"
        ),
        pytest.param(
            _packed(10_000, 100, 100, elements=b""), "needs 100000016 bytes", id="claims 100 MB"
        ),
    ],
)
def test_a_plain_file_is_refused_that_is(tmp_path: Path, content: bytes, message: str) -> None:
    """Each message names the file, what was found and what is expected."""
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(idx.IdxError, match=message) as caught:
        idx.read(path, ndim=3)
    assert str(path) in str(caught.value)


_COMPRESSED = gzip.compress(_packed(2, 3, 4), mtime=0)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "is truncated: .* header of 4 bytes, got 0$", id="empty"),
        pytest.param(_packed(2, 3, 4), "cannot be decompressed: Not a gzipped file", id="plain"),
        pytest.param(_COMPRESSED[:-9], "cannot be decompressed: .* ended before", id="cut"),
        pytest.param(
            _COMPRESSED[:-8] + bytes(8), "cannot be decompressed: CRC check failed", id="altered"
        ),
        pytest.param(
            _COMPRESSED[:10] + b"\xff" * 20, "cannot be decompressed: .* invalid", id="garbage"
        ),
        pytest.param(
            gzip.compress(_packed(2, 3, 4)[:-1]),
            "is truncated: 2x3x4 needs 24 bytes after the header, got 23$",
            id="one element short inside",
        ),
        pytest.param(
            gzip.compress(_packed(10_000, 100, 100, elements=b"")),
            "needs 100000016 bytes, a file of its size holds at most",
            id="claiming more than gzip can pack",
        ),
    ],
)
def test_a_compressed_file_is_refused_that_is(tmp_path: Path, content: bytes, message: str) -> None:
    """Whatever goes wrong inside gzip or zlib arrives as the same error with the file's name."""
    path = tmp_path / "images.gz"
    path.write_bytes(content)
    with pytest.raises(idx.IdxError, match=message) as caught:
        idx.read(path, ndim=3)
    assert str(path) in str(caught.value)


def test_a_gzip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Of 50 MB of zeros behind a small header, only what the header promises is unpacked."""
    path = tmp_path / "images.gz"
    path.write_bytes(gzip.compress(_packed(2, 3, 4) + bytes(50_000_000), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(idx.IdxError, match=r"more bytes follow after the 24 of 2x3x4$"):
        idx.read(path, ndim=3)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 5_000_000


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        pytest.param(_packed(2, 28, 28), _packed(3), "2 images, but .* has 3 labels$", id="count"),
        pytest.param(_packed(0, 28, 28), _packed(0), "has no images$", id="none"),
        pytest.param(_packed(2, 20, 28), _packed(2), "28x28 pixels, got 20x28$", id="size"),
        pytest.param(
            _packed(2, 28, 28),
            _packed(2, elements=b"\x09\x0a"),
            "expected labels 0..9, got 10 at position 1$",
            id="label",
        ),
    ],
)
def test_a_pair_is_refused_for_its(
    tmp_path: Path, images: bytes, labels: bytes, message: str
) -> None:
    """Two sound files may still not belong together."""
    _fill(tmp_path, images, labels)
    with pytest.raises(idx.IdxError, match=message):
        idx.read_pair(tmp_path, "train")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    """The likeliest mistake is a path with a slip."""
    with pytest.raises(idx.IdxError, match=r"^there is no folder .*mnits$"):
        idx.read_pair(tmp_path / "mnits", "train")


def test_a_folder_without_the_file_is_named_with_both_names_looked_for(tmp_path: Path) -> None:
    """The folder may be empty, or hold other files."""
    with pytest.raises(idx.IdxError, match=f"has neither {_IMAGES} nor {_IMAGES}.gz$"):
        idx.read_pair(tmp_path, "train")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """Naming one of the four files is the second likeliest mistake."""
    path = tmp_path / _IMAGES
    path.write_bytes(_packed(1, 28, 28))
    with pytest.raises(idx.IdxError, match=r"is a file, expected the folder with the idx files$"):
        idx.read_pair(path, "train")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    """Some tools unpack into a folder of the file's name."""
    (tmp_path / _IMAGES).mkdir()
    (tmp_path / _LABELS).mkdir()
    with pytest.raises(idx.IdxError, match=f"{_IMAGES} is not a regular file$"):
        idx.read_pair(tmp_path, "train")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this platform has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """Opening a pipe that nobody writes to would hang."""
    path = tmp_path / "images"
    os.mkfifo(path)
    with pytest.raises(idx.IdxError, match=r"is not a regular file$"):
        idx.read(path, ndim=3)


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """What the operating system says is passed on."""
    with pytest.raises(idx.IdxError, match=r"images cannot be read: No such file or directory$"):
        idx.read(tmp_path / "images", ndim=3)
