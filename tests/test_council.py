"""The oracles judge each other, and what they find is kept by the content of the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor

from oracles import council
from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.errors import Unsupported
from oracles.contract.fingerprint import fingerprint
from oracles.contract.reading import read_case
from oracles.contract.reference import Call, Reference
from oracles.contract.trace import Trace
from oracles.council import Voter, hold_council, values_opinion, verdicts
from oracles.judging.judgement import JudgedEntry
from oracles.references.pytorch import PyTorch, Replacement, TorchRun
from oracles.trial import judge
from tests.judging.replay import Replay

POOL = """
format = 1
title = "equal numbers in a window"
why = "which of them gets the gradient is a choice"
conventions = ["max_pool.ties"]
[input]
values = [1.0, 2.0, 2.0, 0.5, 3.0, 1.0, 1.0, 3.0]
shape = [2, 1, 2, 2]
[[layers]]
type = "MaxPool2d"
name = "pool"
kernel_size = 2
[upstream]
values = [1.0, -2.0]
shape = [2, 1, 1, 1]
"""


def _halved(call: Call, inputs: Sequence[Tensor], parameters: Mapping[str, Tensor]) -> Tensor:
    """Maxima whose gradient is divided among equal numbers, as torch.amax has it."""
    return torch.amax(inputs[0], dim=(2, 3), keepdim=True)


class Dividing(PyTorch):
    """An oracle with another convention."""

    def __init__(self, name: str) -> None:
        super().__init__(Replacement(forward={"pool": _halved}))
        self.name = name


class Named(PyTorch):
    """An oracle that agrees."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class Silent(PyTorch):
    """An oracle that has nothing to say on pooling."""

    name = "silent"

    def run(self, call: Call) -> TorchRun:
        raise Unsupported("no pooling")


class Broken(PyTorch):
    """An oracle with a fault of its own."""

    name = "broken"

    def run(self, call: Call) -> TorchRun:
        raise ZeroDivisionError("an oracle divides by zero")


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Definition]:
    """Makes a case of its text."""

    def write(text: str) -> Definition:
        path = tmp_path / "mine.case.toml"
        path.write_text(text, encoding="utf-8")
        return read_case(path)

    return write


def voters(*references: Reference) -> dict[str, Voter]:
    """The references as those who vote."""
    return {one.name: partial(values_opinion, reference=one) for one in references}


def voter_of(oracle: type[Dividing | Named]) -> Callable[..., Mapping[str, JudgedEntry]]:
    """What stands in for the opinion of every oracle."""
    return lambda name, case, trace: values_opinion(case, trace, oracle(name))


@pytest.mark.parametrize(
    ("references", "alone"),
    [
        pytest.param([Dividing("one"), Named("two")], "one", id="one of three"),
        pytest.param([Dividing("one"), Dividing("two")], "pytorch", id="PyTorch"),
        pytest.param([Dividing("one"), Silent()], "", id="one of two: nobody can tell"),
    ],
)
def test_who_stands_alone(
    written: Callable[[str], Definition], references: list[Reference], alone: str
) -> None:
    """On the gradient of the pool, and on which convention."""
    definition = written(POOL)
    (split,) = hold_council(definition, definition.draw("float64"), voters(*references)).splits
    assert (split.entry, split.alone) == ("step0.backward.pool", alone)
    assert split.convention == "max_pool.ties"


def test_an_oracle_that_declines_has_no_vote(written: Callable[[str], Definition]) -> None:
    """What its deputy computes in its place is nobody's opinion."""
    definition = written(POOL)
    assert hold_council(definition, definition.draw("float64"), voters(Silent())).splits == ()


def test_an_oracle_that_raises_is_shown(written: Callable[[str], Definition]) -> None:
    """It ends nothing, and is not hidden."""
    definition = written(POOL)
    found = hold_council(definition, definition.draw("float64"), voters(Broken(), Dividing("one")))
    assert found.failed == {"broken": "ZeroDivisionError: an oracle divides by zero"}
    assert [split.alone for split in found.splits] == [""]


def test_published_numbers_vote(written: Callable[[str], Definition]) -> None:
    """Together with an oracle they outvote PyTorch."""
    text = POOL + '[expect]\n"step0.backward.pool" = '
    text += "{ values = [0.0, 0.5, 0.5, 0.0, -1.0, 0.0, 0.0, -1.0], shape = [2, 1, 2, 2] }\n"
    definition = written(text)
    (split,) = hold_council(definition, definition.draw("float64"), voters(Dividing("one"))).splits
    assert split.camps == (("one", "published"), ("pytorch",))
    assert split.alone == "pytorch"


def test_asked_once(
    written: Callable[[str], Definition], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process reads what was found; other content is asked for again."""
    memory = tmp_path / "memory"
    memory.mkdir()
    monkeypatch.setattr(council, "opinion", voter_of(Dividing))
    monkeypatch.setattr(council, "_remembered", {})
    first = verdicts(written(POOL), memory)
    monkeypatch.setattr(council, "opinion", voter_of(Named))
    monkeypatch.setattr(council, "_remembered", {})
    assert first.splits[0].alone == "pytorch"
    assert verdicts(written(POOL), memory) == first
    assert verdicts(written(POOL.replace("0.5", "0.25")), memory).splits == ()


def test_the_beginning_of_a_long_training_is_enough(
    written: Callable[[str], Definition], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who wants to know about hundreds of steps does not want to wait for minutes."""
    seen: list[int] = []

    def counting(name: str, case: Case, trace: Trace) -> dict[str, JudgedEntry]:
        seen.append(len(case.steps))
        return {}

    monkeypatch.setattr(council, "opinion", counting)
    training = "[training]\nsteps = 40\nbatch_size = 1\n[upstream]"
    verdicts(written(POOL.replace("[upstream]", training)))
    assert seen == [council.STEPS] * len(council.OTHERS)


@pytest.mark.parametrize("content", ["", "[]", '{"splits": [{"entry": 1}]}', "{"])
def test_a_spoilt_memory_is_asked_again(
    written: Callable[[str], Definition],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: str,
) -> None:
    """Whatever stands in the file."""
    monkeypatch.setattr(council, "opinion", voter_of(Dividing))
    monkeypatch.setattr(council, "_remembered", {})
    first = verdicts(written(POOL), tmp_path)
    (kept,) = tmp_path.glob("*.json")
    kept.write_text(content, encoding="utf-8")
    monkeypatch.setattr(council, "_remembered", {})
    assert verdicts(written(POOL), tmp_path) == first


def test_a_split_is_a_remark_of_the_judgement(
    written: Callable[[str], Definition], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PyTorch decides: whoever agrees with it passes, and reads that others would not."""
    monkeypatch.setattr(council, "opinion", voter_of(Dividing))
    monkeypatch.setattr(council, "_remembered", {})
    judgement = judge(Replay(), written(POOL))
    assert judgement.outcome == "passed"
    (finding,) = judgement.findings
    assert (finding.finding, finding.fails) == ("oracles.split", False)
    assert "pytorch stands alone, on max_pool.ties" in finding.message


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        pytest.param("equal numbers", "other words", True, id="title"),
        pytest.param("-2.0", "-2.5", False, id="upstream"),
        pytest.param("kernel_size = 2", "kernel_size = 2\nstride = 1", False, id="attribute"),
        pytest.param('name = "pool"', 'name = "other"', False, id="name of a layer"),
    ],
)
def test_fingerprint(
    written: Callable[[str], Definition], old: str, new: str, *, same: bool
) -> None:
    """Of what a case asks for, not of what it says about itself."""
    one, other = (written(text).draw("float64") for text in (POOL, POOL.replace(old, new)))
    assert (fingerprint(one) == fingerprint(other)) is same
