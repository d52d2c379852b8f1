"""What the README tells people to type works."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import oracles
from oracles.explain import explain

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)


def block(language: str, containing: str) -> str:
    """The one block of this language with these words."""
    (found,) = [text for name, text in BLOCKS if name == language and containing in text]
    return found


def test_library_example_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Thirty steps on four kinds of bars are enough."""
    monkeypatch.chdir(tmp_path)
    exec(block("python", "refcnn.Sequential"), {})  # noqa: S102  the README is ours
    loss = float(capsys.readouterr().out.split(":")[1])
    assert loss < 0.01
    assert list(np.load(tmp_path / "bars.npz")) == ["0.weight", "0.bias", "4.weight", "4.bias"]


def test_adapter_example_passes(tmp_path: Path) -> None:
    """The dense layer of the README is right."""
    space: dict[str, object] = {}
    exec(block("python", "# my_cnn.py"), space)  # noqa: S102  the README is ours
    case = oracles.read_case(ROOT / "cases" / "linear" / "generic.case.toml")
    assert oracles.judge(space["implementation"], case).outcome == "passed"  # type: ignore[arg-type]


def test_case_example_is_a_case(tmp_path: Path) -> None:
    """The case of the README reads, and is about what it says."""
    path = tmp_path / "my_report.case.toml"
    path.write_text(block("toml", "[[layers]]"))
    case = oracles.read_case(path).draw("float64")
    assert case.layers[0].output_shape == (4, 4, 3)
    assert (8 + 2 * 1 - 3) % 2 == 1


def test_observed_numbers_of_the_readme_are_explained(tmp_path: Path) -> None:
    """Appended to the case, they have the cause that stands there."""
    path = tmp_path / "my_report.case.toml"
    path.write_text(block("toml", "[[layers]]") + block("toml", "[observed]"))
    (cause,) = explain(str(path)).diagnosis.causes
    assert f"Cause ({cause.certainty}): {cause.title}" in README
    assert f'{cause.cause} in "conv1"' in README
