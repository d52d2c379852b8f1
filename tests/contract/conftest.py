"""Case files are written into a temporary folder, read, and judged by what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from oracles.contract.definition import Definition
from oracles.contract.errors import InvalidCase
from oracles.contract.reading import read_case


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], Definition]:
    """Write a case file and read it."""

    def read(text: str) -> Definition:
        path = tmp_path / "a.case.toml"
        path.write_text(text, encoding="utf-8")
        return read_case(path)

    return read


@pytest.fixture
def complaint(tmp_path: Path) -> Callable[[str | bytes], str]:
    """Write a case file and return what is wrong with it, the path left out."""

    def complaint(text: str | bytes) -> str:
        path = tmp_path / "a.case.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(InvalidCase) as caught:
            read_case(path)
        return str(caught.value).replace(f"{path}", "a")

    return complaint
