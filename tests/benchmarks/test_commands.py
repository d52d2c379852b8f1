"""The benchmarks run, as a user types them. What they measure is nobody's to assert."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.texts import many
from oracles.contract.reading import read_case

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.parametrize(
    ("script", "arguments", "shown"),
    [
        pytest.param(
            "judging.py", ["--steps", "1", "--repetitions", "1"], "judging adds", id="one step"
        ),
        pytest.param("many_cases.py", ["--cases", "20"], "20 passed", id="a case of each kind"),
        pytest.param(
            "diagnosing.py", ["--mutants", "2"], "earlier causes first", id="two mistakes"
        ),
    ],
)
def test_runs(tmp_path: Path, script: str, arguments: list[str], shown: str) -> None:
    """From any folder, without a word on stderr."""
    command = [sys.executable, str(_BENCHMARKS / script), *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    assert shown in done.stdout


def test_no_two_cases_are_the_same() -> None:
    """Otherwise what is kept by content would make many cases cheaper than they are."""
    names, texts = zip(*many(240), strict=True)
    assert len(set(names)) == len(set(texts)) == 240


def test_every_kind_is_read_in_both_dtypes(tmp_path: Path) -> None:
    """Sizes, fills and dtypes change with the row, and each of them makes a valid case."""
    for name, text in many(240):
        (tmp_path / f"{name}.case.toml").write_text(text)
    dtypes = {read_case(path).dtypes for path in tmp_path.glob("*.case.toml")}
    assert dtypes == {("float32",), ("float64",)}
