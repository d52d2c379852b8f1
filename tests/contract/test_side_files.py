"""Files beside a case file: what is read, and what is refused before anything of it is read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from oracles.contract.definition import Definition
from tests.contract.snippets import HEAD, RELU, UPSTREAM

Complaint = Callable[[str | bytes], str]
Read = Callable[[str], Definition]


def case_of(name: str, more: str = "") -> str:
    """A case whose input is a side file; `file` is on line 5."""
    return f"{HEAD}[input]\nfile = '{name}'\n{more}{RELU}{UPSTREAM}"


ARRAY = np.arange(6, dtype=np.float64).reshape(2, 3) - 2.5


@pytest.mark.parametrize(
    "array",
    [
        ARRAY,
        ARRAY.astype(np.float32),
        np.asfortranarray(ARRAY),
        ARRAY.astype(">f8"),
        np.array([[0, 255]], dtype=np.uint8),
        np.array([[-5, 7]], dtype=np.int64),
    ],
    ids=["float64", "float32", "fortran", "big endian", "uint8", "int64"],
)
def test_an_array_is_read_as_it_is(tmp_path: Path, read: Read, array: np.ndarray) -> None:
    """Whatever real dtype and order the file has."""
    np.save(tmp_path / "x.npy", array)
    assert np.array_equal(read(case_of("x.npy")).draw("float64").steps[0].input, array)


@pytest.mark.parametrize(
    "name",
    [
        "../x.npy",
        "/etc/x.npy",
        "sub/x.npy",
        "sub\\x.npy",
        "C:\\x.npy",
        "C:x.npy",
        "\\\\server\\share\\x.npy",
        "x.npy:stream.npy",
        "..",
        "x.npz",
        "x.npy ",
        ".npy",
    ],
)
def test_only_plain_names(complaint: Complaint, name: str) -> None:
    """No way out of the folder, on any system."""
    assert complaint(case_of(name)).startswith(
        "a:5: input.file: must be the plain name of a .npy file in the folder of the case file"
    )


def test_a_file_that_is_not_there(complaint: Complaint) -> None:
    """By its name."""
    message = "a:5: input.file: x.npy cannot be read: No such file or directory"
    assert complaint(case_of("x.npy")) == message


def test_no_links(tmp_path: Path, complaint: Complaint) -> None:
    """A link may lead anywhere."""
    np.save(tmp_path / "y.npy", ARRAY)
    (tmp_path / "x.npy").symlink_to(tmp_path / "y.npy")
    message = "a:5: input.file: x.npy is a link: it must be a regular file"
    assert complaint(case_of("x.npy")) == message


def test_no_pipes(tmp_path: Path, complaint: Complaint) -> None:
    """Reading one would wait forever."""
    os.mkfifo(tmp_path / "x.npy")
    message = "a:5: input.file: x.npy is not a regular file: it must be a regular file"
    assert complaint(case_of("x.npy")) == message


def test_no_pickle(tmp_path: Path, complaint: Complaint) -> None:
    """An array of objects would run code."""
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
    message = "a:5: input.file: x.npy has dtype object: it must hold integers or floats"
    assert complaint(case_of("x.npy")) == message


@pytest.mark.parametrize("dtype", ["complex128", "bool", "U3", "i4,f8", "datetime64[s]"])
def test_only_real_numbers(tmp_path: Path, complaint: Complaint, dtype: str) -> None:
    """Integers and floats of at most eight bytes."""
    np.save(tmp_path / "x.npy", np.zeros((2, 3), dtype=dtype))
    assert "it must hold integers or floats" in complaint(case_of("x.npy"))


def with_header(path: Path, shape: str, data: bytes) -> None:
    """A file whose header says what it likes."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (118 - len(header) - 1) + "\n"
    path.write_bytes(
        b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode() + data
    )


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("(100000000000000,)", "x.npy: (100000000000000,) has 100,000,000,000,000 elements"),
        ("(2, 4)", "x.npy says (2, 4) of float64, 64 bytes, but holds 48 bytes of numbers"),
        ("(2, 2)", "x.npy says (2, 2) of float64, 32 bytes, but holds 48 bytes of numbers"),
        ("(-2, -3)", "x.npy has the shape (-2, -3)"),
        ("(2, 3", "x.npy is not a .npy file: "),
    ],
)
def test_headers_that_lie(tmp_path: Path, complaint: Complaint, shape: str, message: str) -> None:
    """Header and size of the file are compared before memory is taken."""
    with_header(tmp_path / "x.npy", shape, b"\0" * 48)
    assert complaint(case_of("x.npy")).startswith(f"a:5: input.file: {message}")


@pytest.mark.parametrize("data", [b"", b"\x93NUM", b"PK\x03\x04" * 20], ids=["empty", "cut", "zip"])
def test_what_is_no_npy_file(tmp_path: Path, complaint: Complaint, data: bytes) -> None:
    """Whatever it is."""
    (tmp_path / "x.npy").write_bytes(data)
    assert complaint(case_of("x.npy")).startswith("a:5: input.file: x.npy is not a .npy file: ")


def test_a_shape_beside_the_file_is_checked(tmp_path: Path, complaint: Complaint) -> None:
    """It may be given, and has to be right then."""
    np.save(tmp_path / "x.npy", ARRAY)
    message = "a:6: input.shape: is (3, 2) here, x.npy has (2, 3)"
    assert complaint(case_of("x.npy", "shape = [3, 2]\n")) == message


def test_nan_in_a_file(tmp_path: Path, complaint: Complaint) -> None:
    """As in a list."""
    np.save(tmp_path / "x.npy", np.array([[1.0, np.nan]]))
    message = "a:4: input: operands are finite numbers of float64, got nan at (0, 1)"
    assert complaint(case_of("x.npy")) == message
