"""The text of a case file as tables, or the one problem that prevents it."""

from __future__ import annotations

import math
import re
import stat
import tomllib
from pathlib import Path
from typing import Any

from oracles.contract.errors import InvalidCase, Problem
from oracles.contract.limits import FILE_BYTES, KEY_PARTS, NESTING
from oracles.contract.tables import Overflowing

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?(?:"{3,5}|\Z)|'  # one without an end goes to the end of the file
    + r"'''.*?(?:'{3,5}|\Z)|"
    + r'"(?:\\.|[^"\\\n])*"|'
    + r"'[^'\n]*'|"
    + r"#[^\n]*|[\[\]{}.\n=,]",
    re.DOTALL,
)


def read_text(path: Path) -> str:
    """The text of a file; raises InvalidCase."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise _invalid(path, 0, "is a folder, not a case file")
        if not stat.S_ISREG(status.st_mode):
            raise _invalid(path, 0, "is not a regular file")
        with path.open("rb") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise _invalid(path, 0, f"cannot be read: {error.strerror}") from None
    if len(data) > FILE_BYTES:
        text = f"is larger than {FILE_BYTES:,} bytes; put large arrays into .npy files beside it"
        raise _invalid(path, 0, text)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _invalid(path, line, f"is not UTF-8: byte 0x{data[error.start]:02x}") from None


def read_tables(path: Path, text: str) -> dict[str, Any]:
    """The text as tomllib reads it; raises InvalidCase."""
    _check_nesting(path, text)
    try:
        return tomllib.loads(text, parse_float=_float)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", message)
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        words = message[: place.start()] if place else message
        column = f" at column {place[2]}" if place and place[2] else " at the end of the file"
        raise _invalid(path, line, f"is not TOML: {words[:1].lower()}{words[1:]}{column}") from None
    except RecursionError:
        raise _invalid(path, 0, f"is nested more than {NESTING} deep") from None
    except ValueError as error:
        digits = re.search(r"[0-9_]{1000,}", text)
        line = text.count("\n", 0, digits.start()) + 1 if digits else 0
        words = "has an integer of more digits than Python reads" if digits else str(error)
        raise _invalid(path, line, words) from None


def _float(text: str) -> Any:
    number = float(text)
    if math.isinf(number) and "inf" not in text:
        return Overflowing(text if len(text) < 30 else text[:27] + "...")
    return number


def _check_nesting(path: Path, text: str) -> None:
    """Before tomllib reads it: Python's stack, and tomllib's time for keys of many parts."""
    depth, parts, line = 0, 0, 1
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in ("[", "{"):
            depth += 1
        elif token in ("]", "}"):
            depth = max(depth - 1, 0)
        parts = parts + 1 if token == "." else parts if token[0] in "\"'" else 0
        if depth > NESTING:
            raise _invalid(path, line, f"is nested more than {NESTING} deep")
        if parts >= KEY_PARTS:
            raise _invalid(path, line, f"has a key of more than {KEY_PARTS} parts")
        line += token.count("\n")


def _invalid(path: Path, line: int, text: str) -> InvalidCase:
    return InvalidCase(str(path), [Problem(line, "", text)])
