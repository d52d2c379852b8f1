"""What `oracles` hands out for this."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import oracles
from oracles.__main__ import main
from oracles.learning.answer import Answer
from oracles.learning.learn import learn
from oracles.learning.telling.json import answer_as_json
from tests.learning import answers
from tests.learning.by_hand import ByHand, small_case

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "learning.md").read_text("utf-8")


def test_learn_is_public() -> None:
    """With the answer that it returns."""
    assert oracles.learn is learn
    assert oracles.Answer is Answer


def test_an_implementation_is_an_object(tmp_path: Path) -> None:
    """No command line is needed."""
    answer = oracles.learn(small_case(tmp_path), ByHand(), steps=20)
    assert (answer.verdict, answer.implementation) == ("both learn", "by_hand")


def test_the_parting_is_where_the_losses_part(tmp_path: Path) -> None:
    """Also where nothing else is recorded."""
    losses = ByHand(lr_from=40, hides=("input", "forward", "backward", "gradient", "update"))
    assert oracles.learn(small_case(tmp_path), losses, steps=60).parted_at == 40


def test_progress_is_told_step_by_step(tmp_path: Path) -> None:
    """Of each training, and then check by check."""
    told: list[tuple[str, int, int]] = []
    oracles.learn(small_case(tmp_path), steps=20, progress=lambda *one: told.append(one))
    assert ("PyTorch trains", 20, 20) in told
    assert any(what == "settings are checked" and 0 < done < total for what, done, total in told)


def test_every_finding_is_on_the_page() -> None:
    """In the table of checks, and no other."""
    sources = [path.read_text("utf-8") for path in (ROOT / "oracles" / "learning").rglob("*.py")]
    named = {name for text in sources for name in re.findall(r'finding="(settings\.\w+)"', text)}
    assert set(re.findall(r"^\| `(settings\.\w+)` \|", PAGE, re.MULTILINE)) == named


def test_every_option_is_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    """Those that the command names when it is asked."""
    with pytest.raises(SystemExit):
        main(["learn", "--help"])
    options = set(re.findall(r"^  (?:-v, )?(--[\w-]+)", capsys.readouterr().out, re.MULTILINE))
    written = set(re.findall(r"^\| `(--[\w-]+)", PAGE, re.MULTILINE))
    assert options - written == {"--verbose"}
    assert written <= options


KEYS = re.findall(r"^\| (`[a-z_`, ]+`) \|", PAGE.partition("## As data")[2], re.MULTILINE)


def test_every_key_of_the_data_is_on_the_page() -> None:
    """And no other."""
    written = {key.strip("` ") for keys in KEYS for key in keys.split(",")}
    assert written == {*answer_as_json(answers.BOTH), "versions"}
