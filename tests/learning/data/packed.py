"""idx files for tests to read."""

from __future__ import annotations

import gzip
import math
import struct
from collections.abc import Mapping
from pathlib import Path


def packed(*shape: int, elements: bytes | None = None, kind: int = 0x08) -> bytes:
    """An idx file; the elements are 0, 1, ..., 9, 0, 1, ... unless they are given."""
    if elements is None:
        elements = bytes(i % 10 for i in range(math.prod(shape)))
    return struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape) + elements


def put(folder: Path, name: str, content: bytes) -> Path:
    """The file in the folder, compressed if its name ends in .gz."""
    path = folder / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def put_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Several of them."""
    for name, content in files.items():
        put(folder, name, content)
