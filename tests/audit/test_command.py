"""`python -m oracles audit`: its exit status, its tables and its files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from oracles.__main__ import main
from oracles.audit import report
from oracles.audit.cases.case import random_case
from oracles.audit.implementations.choices import Choices
from oracles.audit.implementations.convolutions.im2col import Im2col
from oracles.audit.implementations.rules import FormulaRules
from oracles.audit.implementations.table import Correct
from oracles.audit.mistakes.mistake import Mistake, MistakenRules
from oracles.audit.mistakes.table import ROWS

NUMBER = next(n for n in range(99) if random_case(0, n).get("loss", {}).get("type") == "MSELoss")
"""A case with a loss."""

FEW = ["audit", "--workers", "1", "--comparisons", "100"]


@pytest.fixture
def two_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two quick rows of the table."""
    monkeypatch.setattr("oracles.audit.detection.ROWS", ROWS[:2])


@pytest.mark.usefixtures("two_rows")
def test_good_judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 0, tables, and both files."""
    files = [tmp_path / "audit.json", tmp_path / "audit.md"]
    asked = [*FEW, "--trials", "2", "--json", str(files[0]), "--markdown", str(files[1])]
    assert main(asked) == 0
    printed = capsys.readouterr().out
    assert "0 false alarms in" in printed
    assert "2 of 2 rows reach their goals" in printed
    data = json.loads(files[0].read_text())
    assert data["good"] is True
    assert data["alarms"]["arrays"] >= 100
    assert [row["mistake"] for row in data["detection"]] == [row.title for row in ROWS[:2]]
    markdown = files[1].read_text()
    assert "python -m oracles audit --seed 0 --comparisons 100" in markdown
    assert ROWS[0].title in markdown


def test_figures_go_between_the_marks_of_a_page() -> None:
    """What stands around them stays; what was between them goes."""
    page = "before\n<!-- audit: written by -->\nold\n<!-- end of audit -->\nafter\n"
    changed = report.MARKS.filled(page, "new\n")
    assert changed == (
        "before\n<!-- audit: written by -->\n\nnew\n\n<!-- end of audit -->\nafter\n"
    )
    assert report.MARKS.filled(changed, "new\n") == changed
    assert report.MARKS.filled("no marks", "new\n") == "new\n"


def _with_one_more(choices: Choices) -> MistakenRules:
    wrong = Mistake(loss=lambda case, step, prediction, loss: loss + 1)
    return MistakenRules(FormulaRules(Im2col(), choices), wrong)


def test_false_alarm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 1, and a file that is a case."""
    monkeypatch.setattr(
        "oracles.audit.alarms.IMPLEMENTATIONS", (Correct("tampered", _with_one_more),)
    )
    asked = [*FEW, "--only", "alarms", "--case", str(NUMBER), "--keep", str(tmp_path)]
    assert main([*asked, "--json", str(tmp_path / "audit.json")]) == 1
    assert f"--case {NUMBER}" in capsys.readouterr().out
    case = tmp_path / "cases" / "seed0" / f"{NUMBER}.case.toml"
    assert main(["show", str(case)]) == 0
    first = json.loads((tmp_path / "audit.json").read_text())["alarms"]["alarms"][0]
    assert first["entry"] == "step0.loss"


def test_missed_goal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1 where a mistake is not seen, and a line that says how far it is off."""
    blind = replace(ROWS[0], mistake=Mistake())
    monkeypatch.setattr("oracles.audit.detection.ROWS", (blind,))
    assert main(["audit", "--workers", "1", "--only", "detection", "--trials", "1"]) == 1
    assert "caught 0 %, should be 100 %" in capsys.readouterr().out


def test_as_many_comparisons_as_asked(tmp_path: Path) -> None:
    """No more cases than it takes."""
    assert 100 <= _arrays(tmp_path, 100) < _arrays(tmp_path, 300)


def _arrays(folder: Path, comparisons: int) -> int:
    file = folder / f"{comparisons}.json"
    asked = ["audit", "--workers", "1", "--only", "alarms", "--json", str(file)]
    main([*asked, "--comparisons", str(comparisons)])
    return int(json.loads(file.read_text())["alarms"]["arrays"])


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        pytest.param("--comparisons", "0", "an integer of at least 1, got '0'", id="none"),
        pytest.param("--workers", "two", "an integer of at least 1, got 'two'", id="no number"),
        pytest.param("--seed", "-1", "an integer of at least 0, got '-1'", id="negative"),
    ],
)
def test_options_that_make_no_sense(
    option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, as for the other commands."""
    with pytest.raises(SystemExit, match="2"):
        main(["audit", option, value])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        pytest.param("--implementation", "numpy", "must be among torch oneDNN", id="nobody"),
        pytest.param("--json", "nowhere/a.json", "a folder that is not there", id="no folder"),
    ],
)
def test_what_would_end_a_long_run_ends_it_at_once(
    option: str, value: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, before anything is computed."""
    assert main([*FEW, option, value]) == 2
    assert said in capsys.readouterr().err
