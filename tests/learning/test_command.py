"""`python -m oracles learn`: exit status, messages, files."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from oracles.__main__ import main
from tests.learning.by_hand import small_case

ROOT = Path(__file__).parents[2]

MINE = """
from tests.learning.by_hand import ByHand

implementation = ByHand()
crashes = ByHand(raises_at=4)
silent = ByHand(hides=("forward", "loss"))


class Declines:
    name = "declines"

    def run(self, case, trace):
        raise case.unsupported("no tanh yet")


declines = Declines()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a case and implementations."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    text = small_case(tmp_path).path.read_text("utf-8")
    (tmp_path / "decays.case.toml").write_text(
        text.replace("weight_decay = 0.0", "weight_decay = 3.0"), "utf-8"
    )
    (tmp_path / "broken.case.toml").write_text(text.replace("Tanh", "TanH"), "utf-8")
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "status", "printed"),
    [
        pytest.param("small", 0, "PyTorch learns with these settings; give", id="settings learn"),
        pytest.param("decays", 1, "Your settings: PyTorch does not learn", id="settings do not"),
        pytest.param("small --implementation mine.py", 0, "Both learn: PyTorch", id="both"),
        pytest.param(
            "small --implementation mine.py:crashes",
            1,
            "Your code: it broke off, its last record is of step 3: RuntimeError: the well is dry",
            id="crash",
        ),
        pytest.param(
            "small --implementation mine.py:silent", 2, "Undecided: PyTorch learns", id="undecided"
        ),
        pytest.param(
            "small --implementation mine.py:declines",
            2,
            "mine cannot be trained: no tanh yet.",
            id="declined",
        ),
    ],
)
def test_exit_status_and_answer(
    capsys: pytest.CaptureFixture[str], command: str, status: int, printed: str
) -> None:
    """0 where it learns, 1 where code or settings are to blame, 2 where nobody can tell."""
    assert main(["learn", *command.split(), "--steps", "30"]) == status
    assert printed in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        pytest.param("nothing", "there is no file nothing", id="no case"),
        pytest.param("broken", "this file cannot be used", id="broken case"),
        pytest.param("small --implementation no.py", "no.py", id="no implementation"),
        pytest.param("small --data nowhere", "nowhere", id="no data"),
        pytest.param("small --labels l.npy", "--data", id="labels alone"),
        pytest.param("small --limit 3", "--data", id="limit alone"),
        pytest.param("small --batch-size 13", "only 12 samples", id="large batches"),
        pytest.param("linear/generic", "there is nothing to learn", id="no loss"),
        pytest.param("small --json no/a.json", "there is no folder no for no/a.json", id="json"),
        pytest.param("small --plot no/a.png", "there is no folder no for no/a.png", id="plot"),
        pytest.param("small --plot a.gif", "a plot ends in .png, .svg, .pdf, got a.gif", id="gif"),
        pytest.param("small --json folder", "folder cannot be written: Is a directory", id="dir"),
    ],
)
def test_what_cannot_be_carried_out(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    """It says why, on standard error, and ends with status 2."""
    (folder / "folder").mkdir()
    assert main(["learn", *command.split()]) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert not printed.out


def test_without_matplotlib_the_extra_is_named_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody trains for a minute to read that."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name == "matplotlib" else found(name)
    )
    assert main(["learn", "small", "--implementation", "no.py", "--plot", "a.png"]) == 2
    assert 'pip install "refcnn[plots]"' in capsys.readouterr().err


def test_data_and_plot_are_written(folder: Path) -> None:
    """Under the label of the implementation, with the versions of what took part."""
    options = ["--steps", "12", "--lr", "0.25", "--json", "a.json", "--plot", "a.png"]
    assert main(["learn", "small", "--implementation", "mine.py", *options]) in (0, 1)
    data = json.loads((folder / "a.json").read_text(encoding="utf-8"))
    assert (data["implementation"], data["oracle"]["steps"]) == ("mine", 12)
    assert "torch" in data["versions"]
    assert (folder / "a.png").stat().st_size > 10_000
