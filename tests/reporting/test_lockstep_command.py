"""`python -m oracles lockstep`: exit status, messages, files."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from oracles.__main__ import main
from tests.lockstep.small_case import SMALL

ROOT = Path(__file__).parents[2]

MINE = """
from dataclasses import replace
from tests.lockstep.torch_by_hand import TorchByHand

implementation = TorchByHand()
wrong = replace(implementation, forgets_at=2)
silent = replace(implementation, exposes=lambda entry: False)

class Declines:
    name = "declines"
    def run(self, case, trace):
        raise case.unsupported("no momentum yet")

class Crashes:
    name = "crashes"
    def run(self, case, trace):
        implementation.run(case, trace)
        raise IndexError("no such batch")

declines, crashes = Declines(), Crashes()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a case and implementations."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    (tmp_path / "small.case.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "broken.case.toml").write_text(SMALL.replace("ReLU", "RELU"), encoding="utf-8")
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "status", "printed"),
    [
        pytest.param("mine.py --steps 3", 0, "3 steps compared: loss, outputs", id="inside"),
        pytest.param("mine.py", 0, "inside the tube for 5 steps", id="the case's own steps"),
        pytest.param("mine.py --dtype float32", 0, "small, float32", id="float32"),
        pytest.param("mine.py:wrong", 1, "leaves the tube at step 2: step2.optimizer", id="wrong"),
        pytest.param("mine.py:crashes", 1, "error: IndexError: no such batch", id="crash"),
        pytest.param("mine.py:declines", 2, "unsupported: no momentum yet", id="declined"),
        pytest.param("mine.py:silent", 2, "incomplete: nothing was recorded", id="silent"),
    ],
)
def test_exit_status_and_verdict(
    capsys: pytest.CaptureFixture[str], command: str, status: int, printed: str
) -> None:
    """0 inside, 1 outside or failed, 2 nothing to compare."""
    assert main(["lockstep", "small.case.toml", "--implementation", *command.split()]) == status
    assert printed in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        pytest.param("small.case.toml --implementation no.py", "no.py", id="no implementation"),
        pytest.param("nothing --implementation mine.py", "there is no file nothing", id="no case"),
        pytest.param(
            "broken.case.toml --implementation mine.py", "cannot be used", id="broken case"
        ),
        pytest.param(
            "small.case.toml --implementation mine.py --steps 0", "at least 1 step", id="no steps"
        ),
        pytest.param(
            "small.case.toml --implementation mine.py --json no/l.json",
            "there is no folder no",
            id="no folder",
        ),
        pytest.param(
            "small.case.toml --implementation mine.py --plot plot.gif",
            "a plot ends in .png, .svg, .pdf, got plot.gif",
            id="no such format",
        ),
        pytest.param(
            "small.case.toml --implementation mine.py --json folder.json",
            "folder.json cannot be written: Is a directory",
            id="no file",
        ),
    ],
)
def test_what_cannot_be_carried_out(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    """It says why, on standard error, and ends with status 2."""
    (folder / "folder.json").mkdir()
    assert main(["lockstep", *command.split()]) == 2
    assert message in capsys.readouterr().err


def test_without_matplotlib_the_extra_is_named_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody trains for a minute to read that."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "matplotlib" else found(name)
    )
    words = ["lockstep", "small.case.toml", "--implementation", "no.py", "--plot", "plot.png"]
    assert main(words) == 2
    assert 'pip install "refcnn[plots]"' in capsys.readouterr().err


def test_data_and_plot_are_written(folder: Path) -> None:
    """Under the label of the implementation, with the versions of what took part."""
    files = ["--json", "l.json", "--plot", "l.png"]
    assert main(["lockstep", "small.case.toml", "--implementation", "mine.py", *files]) == 0
    data = json.loads((folder / "l.json").read_text(encoding="utf-8"))
    assert (data["implementation"], len(data["steps"])) == ("mine", 5)
    assert "torch" in data["versions"]
    assert (folder / "l.png").stat().st_size > 10_000


def test_without_a_case_the_digits_are_trained(capsys: pytest.CaptureFixture[str]) -> None:
    """Two steps are enough to see that."""
    assert main(["lockstep", "--implementation", "refcnn", "--steps", "2"]) == 0
    assert "refcnn beside pytorch on training/digits, float64" in capsys.readouterr().out


def test_the_command_knows_no_matplotlib_before_it_draws() -> None:
    """Importing it costs half a second that the other commands do not have."""
    program = "import oracles.lockstep_command, sys; print('matplotlib' in sys.modules)"
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
