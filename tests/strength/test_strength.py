"""How strong the cases are is measured, and a mutant that survives is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oracles.__main__ import main
from oracles.strength.killing import Kills, Task, kills
from oracles.strength.naming import chosen, naming
from oracles.strength.report import fewest

SPEC = "tests.strength.few"


def test_a_case_kills_what_it_sees() -> None:
    """The first wrong entry is kept; a kernel of 1 x 1 turns into itself."""
    found = kills(Task(SPEC, "conv2d: turned"))
    assert set(found.killed["conv2d/all_sizes_differ"].values()) == {"step0.gradient.conv.weight"}
    assert "conv2d/kernel_one_stride_two" in found.quiet


def test_what_changes_nothing_is_killed_nowhere() -> None:
    """A mutant whose numbers are all the same is quiet in every case that asks for it."""
    found = kills(Task(SPEC, "conv2d: nothing"))
    assert not found.killed
    assert "conv2d/all_sizes_differ" in found.quiet


@pytest.mark.parametrize(
    ("switch", "answer", "certain"),
    [("conv2d: turned", "right", "right"), ("conv2d: misnamed", "wrong", "wrong")],
)
def test_the_answer_is_held_to_what_is_true(switch: str, answer: str, certain: str) -> None:
    """A name that is not that of the mutant counts against the diagnosis."""
    killed = {
        name: {"float32": "step0"} for name in ("conv2d/all_sizes_differ", "conv2d/two_layers")
    }
    found = naming(chosen(SPEC, switch, killed))
    assert {(one.answer, one.certain) for one in found.cases} == {(answer, certain)}
    assert found.together == answer


def test_what_is_left_out_is_described() -> None:
    """Without the true hypothesis nothing is named, and the difference is put into words."""
    killed = {"conv2d/all_sizes_differ": {"float32": "step0"}}
    (found,) = naming(chosen(SPEC, "conv2d: turned", killed)).without
    assert (found.names, found.described) == ((), True)


def test_a_small_set_of_cases_is_found() -> None:
    """Greedy: the case that kills most, then what is left."""
    one, both = {"a": {"float32": ""}}, {"a": {"float32": ""}, "b": {"float32": ""}}
    found = fewest(
        [
            Kills("x", one, (), ()),
            Kills("y", both, (), ()),
            Kills("z", {"b": {"float32": ""}}, (), ()),
            Kills("survives", {}, (), ()),
        ]
    )
    assert found == [("a", 2), ("b", 1)]


def test_the_command_says_what_survives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1 as long as a mutant survives or is wrongly named, everything in the file, the
    table in its place on the page."""
    file, page = tmp_path / "strength.json", tmp_path / "page.md"
    page.write_text("before\n<!-- strength: begin -->\nold\n<!-- strength: end -->\nafter\n")
    words = ["strength", "--mutants", SPEC, "--workers", "1", "--pairs", "1", "--hidden", "1"]
    status = main([*words, "--json", str(file), "--markdown", str(page)])
    printed = capsys.readouterr().out
    assert status == 1
    assert "No case kills: conv2d: nothing" in printed
    assert "conv2d: misnamed: wrong on" in printed
    assert {one["switch"] for one in json.loads(file.read_text("utf-8"))["kills"]} == {
        "conv2d: turned",
        "conv2d: misnamed",
        "conv2d: nothing",
    }
    written = page.read_text("utf-8")
    assert written.startswith("before\n<!-- strength: begin -->\n\n`python -m oracles strength")
    assert "| conv2d | 3 | 2 | 2 |" in written
    assert "old" not in written
    assert written.endswith("\n<!-- strength: end -->\nafter\n")


def test_a_page_without_a_place_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody measures for minutes to learn it."""
    page = tmp_path / "page.md"
    page.write_text("no marks\n")
    assert main(["strength", "--mutants", SPEC, "--markdown", str(page)]) == 2
    assert "has no marks" in capsys.readouterr().err
    assert page.read_text() == "no marks\n"


def test_a_module_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Outside of a checkout there are no mutants."""
    assert main(["strength", "--mutants", "no.such.mutants"]) == 2
    assert "run this in a checkout" in capsys.readouterr().err


def test_an_area_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """The areas there are, are listed."""
    assert main(["strength", "--mutants", SPEC, "--only", "conv3d"]) == 2
    assert "must be among conv2d" in capsys.readouterr().err
