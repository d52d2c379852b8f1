"""How a trial ends: one implementation, one case, one judgement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracles.contract.case import Case
from oracles.contract.definition import Definition
from oracles.contract.reading import read_case
from oracles.contract.trace import Trace
from oracles.judging.judgement import NO_OPINION, Judgement
from oracles.reporting.failure import failure_text
from oracles.reporting.result import Result
from oracles.trial import judge
from tests.judging.replay import Replay

LINEAR = """
format = 1
title = "one layer"
why = "the smallest thing that can be wrong"
[input]
shape = [3, 2]
fill = "uniform"
[[layers]]
type = "Linear"
name = "fc"
in_features = 2
out_features = 4
[upstream]
fill = "uniform"
"""


@dataclass(frozen=True)
class Scripted:
    """An implementation that does what a test says."""

    script: Callable[[Case, Trace], None]
    name: str = "scripted"
    dtypes: tuple[str, ...] | None = None
    keeps_dtype: bool = False
    checks_messages: bool = False
    refuses: bool = False
    expected_failures: dict[str, str] = field(default_factory=dict)

    def run(self, case: Case, trace: Trace) -> None:
        self.script(case, trace)


def right(case: Case, trace: Trace) -> None:
    """Everything as it should be."""
    Replay().run(case, trace)


def wrong(case: Case, trace: Trace) -> None:
    """The output doubled."""
    Replay({"step0.forward.fc": lambda y: 2 * y}).run(case, trace)


def refusing(case: Case, trace: Trace) -> None:
    """What a careful layer does with shapes that make no sense."""
    raise ValueError("expected input with 2 features, got 3")


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Definition]:
    """Makes a case of its text."""

    def write(text: str) -> Definition:
        path = tmp_path / "one.case.toml"
        path.write_text(text)
        return read_case(path)

    return write


@pytest.fixture
def linear(written: Callable[[str], Definition]) -> Definition:
    """The case above."""
    return written(LINEAR)


def finding_names(judgement: Judgement) -> list[str]:
    """What was found beside numbers."""
    return [finding.finding for finding in judgement.findings]


def test_right(linear: Definition) -> None:
    """Everything exposed, everything the same."""
    judgement = judge(Scripted(right), linear)
    assert (judgement.outcome, judgement.message) == ("passed", "judged 5 of 5")
    assert judgement.oracles == ("pytorch",)
    assert judgement.seconds > 0


def test_wrong(linear: Definition) -> None:
    """The first wrong entry is in the message."""
    judgement = judge(Scripted(wrong), linear)
    assert judgement.outcome == "diverged"
    assert judgement.message == "step0.forward.fc is wrong first"


def test_unsupported(linear: Definition) -> None:
    """Saying no is not a failure."""

    def unable(case: Case, trace: Trace) -> None:
        raise case.unsupported("no dense layers yet")

    judgement = judge(Scripted(unable), linear)
    assert (judgement.outcome, judgement.message) == ("unsupported", "no dense layers yet")


def test_dtype_that_makes_no_sense(linear: Definition) -> None:
    """An implementation for one dtype is not asked for another."""
    judgement = judge(Scripted(right, dtypes=("float32",)), linear, "float64")
    assert (judgement.outcome, judgement.message) == ("unsupported", "scripted is for float32")


def test_error_after_a_fault(linear: Definition) -> None:
    """What was recorded before a crash is judged."""

    def crashes(case: Case, trace: Trace) -> None:
        trace["step0.forward.fc"] = np.zeros((3, 4))
        raise RuntimeError("backward is not written yet")

    judgement = judge(Scripted(crashes), linear)
    assert judgement.outcome == "error"
    assert judgement.message.startswith("RuntimeError: backward is not written yet (test_trial.py:")
    assert judgement.first_divergence is not None
    assert judgement.first_divergence.entry == "step0.forward.fc"


def test_wrong_shape(linear: Definition) -> None:
    """A wrong shape ends the run at the line that recorded it."""

    def transposed(case: Case, trace: Trace) -> None:
        trace["step0.forward.fc"] = np.zeros((4, 3))

    judgement = judge(Scripted(transposed), linear)
    assert judgement.outcome == "error"
    assert "step0.forward.fc has shape (4, 3), expected (3, 4)" in judgement.message
    assert "in transposed)" in judgement.message


def test_timeout(linear: Definition) -> None:
    """An implementation that never ends is ended."""

    def endless(case: Case, trace: Trace) -> None:
        while True:
            pass

    judgement = judge(Scripted(endless), linear, timeout=0.05)
    assert judgement.outcome == "timeout"
    assert "still running after 0.05 s" in judgement.message


@pytest.mark.parametrize(
    ("hidden", "missing"),
    [
        ("forward", "judged 4 of 5: nothing of outputs and loss"),
        ("gradient", "judged 3 of 5: nothing of gradients and updates of fc"),
    ],
)
def test_incomplete(linear: Definition, hidden: str, missing: str) -> None:
    """An implementation that shows too little does not pass."""
    implementation = Replay(hide=lambda entry: f".{hidden}." in entry)
    judgement = judge(implementation, linear)
    assert judgement.outcome == "incomplete"
    assert judgement.message == missing


def supplied(case: Case, trace: Trace) -> None:
    """Everything right, and nothing of it the implementation's own."""
    recorded = Trace(case)
    right(case, recorded)
    for entry in recorded:
        trace.supply(entry, recorded[entry])


def test_supplied_entries_do_not_count(linear: Definition) -> None:
    """What the harness computed itself proves nothing, and fails nobody."""
    judgement = judge(Scripted(supplied), linear)
    assert judgement.outcome == "unsupported"
    assert judgement.message == "not scripted's own: the harness did outputs and loss"
    assert {entry.verdict for entry in judgement.entries} == {"supplied"}


def test_input_modified(linear: Definition) -> None:
    """An input that is scaled in place is somebody else's input."""

    def in_place(case: Case, trace: Trace) -> None:
        right(case, trace)
        x = case.steps[0].input
        x *= 2

    judgement = judge(Scripted(in_place), linear)
    assert judgement.outcome == "diverged"
    assert finding_names(judgement) == ["state.input_modified"]
    assert judgement.message.startswith("step0.input was changed in place")


def test_parameters_may_be_updated_in_place(linear: Definition) -> None:
    """Parameters belong to the run."""

    def in_place(case: Case, trace: Trace) -> None:
        right(case, trace)
        case.layers[0].parameters["weight"] -= 1

    assert judge(Scripted(in_place), linear).outcome == "passed"


@pytest.mark.parametrize(
    ("samples", "dtype", "findings"),
    [
        (5000, "float32", ["float32.long_sum"]),
        (5000, "float64", []),
        (4000, "float32", []),
    ],
)
def test_long_sums(
    written: Callable[[str], Definition], samples: int, dtype: str, findings: list[str]
) -> None:
    """Whoever passes a sum of thousands of terms in float32 is told what that is worth."""
    definition = written(LINEAR.replace("shape = [3, 2]", f"shape = [{samples}, 2]"))
    judgement = judge(Scripted(right), definition, dtype)
    assert judgement.outcome == "passed"
    assert finding_names(judgement) == findings


def in_dtype(dtype: str) -> Callable[[Case, Trace], None]:
    """Everything right, but handed over in this dtype."""

    def script(case: Case, trace: Trace) -> None:
        recorded = Trace(case)
        right(case, recorded)
        for entry in recorded:
            trace[entry] = recorded[entry].astype(dtype)

    return script


@pytest.mark.parametrize(
    ("asked", "given", "keeps", "finding", "outcome"),
    [
        ("float32", "float32", True, [], "passed"),
        ("float32", "float64", False, ["dtype.wider"], "passed"),
        ("float32", "float64", True, ["dtype.wider"], "diverged"),
        ("float64", "float32", False, ["dtype.narrower"], "diverged"),
    ],
)
def test_dtypes(
    linear: Definition, asked: str, given: str, keeps: bool, finding: list[str], outcome: str
) -> None:
    """A wider result is a remark, or an error where the dtype is promised; a narrower one fails."""
    judgement = judge(Scripted(in_dtype(given), keeps_dtype=keeps), linear, asked)
    assert finding_names(judgement) == finding
    assert judgement.outcome == outcome


@pytest.mark.parametrize(
    ("script", "pattern", "outcome", "message"),
    [
        (wrong, "*one", "expected-failure", "not written yet"),
        (wrong, "*two", "diverged", "step0.forward.fc is wrong first"),
        (right, "*one", "error", "expected to fail (not written yet), but passes: take '*one' out"),
    ],
    ids=["announced", "another case", "stale"],
)
def test_expected_failures(
    linear: Definition, script: Any, pattern: str, outcome: str, message: str
) -> None:
    """Failures may be announced; announcements that are out of date are errors."""
    implementation = Scripted(script, expected_failures={pattern: "not written yet"})
    judgement = judge(implementation, linear)
    assert (judgement.outcome, judgement.message) == (outcome, message)


REFUSAL = LINEAR.replace("in_features = 2", "in_features = 3").replace(
    "[upstream]", '[raises]\nmatch = "2 features"\n[upstream]'
)


def supplied_entry(case: Case, trace: Trace) -> None:
    """A harness that goes through with it."""
    trace.supply("step0.input", case.steps[0].input)


def unknown_entry(case: Case, trace: Trace) -> None:
    """A mistake in the adapter, which refuses nothing."""
    trace["step0.forwards.fc"] = 1.0


@pytest.mark.parametrize(
    ("script", "checks", "outcome"),
    [
        pytest.param(refusing, True, "passed", id="refused with this message"),
        pytest.param(lambda case, trace: 1 / 0, False, "passed", id="refused with any"),
        pytest.param(lambda case, trace: 1 / 0, True, "diverged", id="another message"),
        pytest.param(lambda case, trace: None, False, "unsupported", id="accepted"),
        pytest.param(supplied_entry, False, "unsupported", id="accepted by the harness"),
        pytest.param(unknown_entry, False, "error", id="an entry that there is not"),
    ],
)
def test_refusals(
    written: Callable[[str], Definition], script: Any, checks: bool, outcome: str
) -> None:
    """A case that makes no sense passes by being refused."""
    implementation = Scripted(script, checks_messages=checks)
    assert judge(implementation, written(REFUSAL)).outcome == outcome


def test_who_promises_to_refuse_is_held_to_it(written: Callable[[str], Definition]) -> None:
    """Accepting what makes no sense is a failure of those who say that they do not."""
    implementation = Scripted(lambda case, trace: None, refuses=True)
    judgement = judge(implementation, written(REFUSAL))
    assert judgement.outcome == "diverged"
    assert judgement.message == "accepted what makes no sense; it should raise an error"


PUBLISHED = """
format = 1
title = "published numbers"
why = "somebody printed them"
[input]
values = [1.0, 2.0, 3.0, 4.0]
shape = [2, 2]
[[layers]]
type = "Linear"
name = "fc"
in_features = 2
out_features = 1
weight = [[0.3333, 0.25]]
bias = false
[upstream]
values = [1.0, 1.0]
shape = [2, 1]
[expect]
"step0.forward.fc" = { values = [0.833, 2.0], shape = [2, 1], atol = %s }
"step0.gradient.fc.weight" = { values = [4.0, 6.0], shape = [1, 2] }
"""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_published_numbers(written: Callable[[str], Definition], dtype: str) -> None:
    """Numbers printed with few digits hold within the tolerance that the case states."""
    judgement = judge(Scripted(right), written(PUBLISHED % "5e-4"), dtype)
    assert judgement.outcome == "passed"
    assert judgement.oracles == ("pytorch", "published")


def test_published_numbers_that_no_oracle_reproduces(
    written: Callable[[str], Definition],
) -> None:
    """When PyTorch and the publication disagree, the report says so instead of blaming anybody."""
    judgement = judge(Scripted(right), written(PUBLISHED % "1e-5"))
    assert judgement.outcome == "diverged"
    assert finding_names(judgement) == ["oracles.split"]
    assert "the oracles disagree on step0.forward.fc[0, 0]" in judgement.findings[0].message


def test_published_alone(written: Callable[[str], Definition]) -> None:
    """Without PyTorch, only what was published is judged."""
    definition = written(PUBLISHED % "5e-4")
    fault = Replay({"step0.gradient.fc.weight": lambda g: g + 1})
    judgement = judge(fault, definition, oracles=["published"])
    assert judgement.first_divergence is not None
    assert judgement.first_divergence.oracle == "published"
    other = Replay({"step0.backward.fc": lambda g: g + 1})
    assert judge(other, definition, oracles=["published"]).outcome == "passed"


CONV = """
format = 1
title = "a convolution and what follows"
why = "every oracle has something to say on it"
[input]
shape = [2, 2, 5, 4]
fill = "uniform"
[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 2
out_channels = 3
kernel_size = 2
[[layers]]
type = "Tanh"
name = "tanh"
[upstream]
fill = "uniform"
"""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("oracle", ["pytorch", "loops", "differences", "dot2"])
def test_each_oracle_by_itself(
    written: Callable[[str], Definition], oracle: str, dtype: str
) -> None:
    """Finds nothing in what is right, and a gradient that is wrong, under its own name."""
    definition = written(CONV)
    right_one = judge(Replay(), definition, dtype, oracles=[oracle])
    assert right_one.divergences == ()
    assert right_one.oracles == (oracle,)
    fault = Replay({"step0.gradient.conv.weight": lambda g: g[..., ::-1, ::-1]})
    found = judge(fault, definition, dtype, oracles=[oracle])
    assert found.first_divergence is not None
    assert found.first_divergence.entry == "step0.gradient.conv.weight"
    assert found.first_divergence.oracle == oracle


def test_an_oracle_without_an_opinion_decides_nothing(
    written: Callable[[str], Definition],
) -> None:
    """What sums of products have nothing to do with is undecided, right or wrong."""
    fault = Replay({"step0.forward.tanh": lambda y: y + 1})
    judgement = judge(fault, written(CONV), oracles=["dot2"])
    verdicts = {entry.entry: entry.verdict for entry in judgement.entries}
    assert verdicts["step0.forward.tanh"] == "undecided"
    assert verdicts["step0.forward.conv"] in ("exact", "same")


def test_without_an_opinion_nothing_fails(written: Callable[[str], Definition]) -> None:
    """Gradients alone are enough where only gradients can be judged, and nobody is told of choices
    that rounding turns."""
    judgement = judge(Replay(), written(CONV), oracles=["differences"])
    assert judgement.outcome == "passed"
    unjudged = {entry.entry: entry.remark for entry in judgement.entries}
    assert unjudged["step0.forward.conv"] == NO_OPINION
    text = failure_text(Result(judgement))
    assert "No opinion of differences on 3 entries." in text
    assert "Undecided" not in text


def test_published_alone_on_a_case_without_any(written: Callable[[str], Definition]) -> None:
    """It is said that there is nothing, and nobody is blamed."""
    judgement = judge(Replay(), written(CONV), oracles=["published"])
    assert judgement.outcome == "unsupported"
    assert "has no opinion on what is exposed here" in judgement.message


@pytest.mark.parametrize(
    ("attributes", "match"),
    [
        pytest.param({"dtypes": "float32"}, "`dtypes` must be a tuple", id="forgotten comma"),
        pytest.param({"dtypes": ("floaty",)}, "`dtypes` must be a tuple", id="no dtype"),
        pytest.param({"dtypes": ()}, "`dtypes` must be a tuple", id="none at all"),
        pytest.param(
            {"expected_failures": ["conv2d/*"]}, "`expected_failures` must be", id="a list"
        ),
    ],
)
def test_announcements_that_make_no_sense(
    linear: Definition, attributes: dict[str, Any], match: str
) -> None:
    """Say so, as the implementation's own error."""
    judgement = judge(Scripted(right, **attributes), linear)
    assert judgement.outcome == "error"
    assert match in judgement.message


def test_a_memory_that_cannot_be_written_ends_nothing(
    written: Callable[[str], Definition], tmp_path: Path
) -> None:
    """The oracles are asked again the next time."""
    file = tmp_path / "file"
    file.write_text("")
    text = CONV.replace("out_channels = 3", "out_channels = 5")
    assert judge(Replay(), written(text), memory=file).outcome == "passed"


def test_a_large_case_is_not_kept_waiting(written: Callable[[str], Definition]) -> None:
    """The others would take minutes; PyTorch decides alone, and it is said."""
    text = CONV.replace("[2, 2, 5, 4]", "[8, 2, 200, 200]").replace(
        "out_channels = 3", "out_channels = 8"
    )
    judgement = judge(Replay(), written(text), "float32")
    assert judgement.outcome == "passed"
    assert "oracles.not_heard" in finding_names(judgement)


def test_one_objection_is_enough(written: Callable[[str], Definition]) -> None:
    """Of several oracles asked, the first that objects is named."""
    fault = Replay({"step0.gradient.conv.bias": lambda g: 2 * g})
    judgement = judge(fault, written(CONV), oracles=["dot2", "differences"])
    assert judgement.oracles == ("differences", "dot2")
    assert judgement.first_divergence is not None
    assert judgement.first_divergence.oracle == "differences"


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"oracles": ["jax"]}, r"oracles must be among pytorch, .*published, got \['jax'\]"),
        ({"oracles": []}, r"oracles must be among pytorch, .*published, got \[\]"),
        ({"dtype": "float16"}, "dtype must be float32 or float64, got 'float16'"),
    ],
)
def test_wrong_questions(linear: Definition, options: dict[str, Any], match: str) -> None:
    """What cannot be asked is refused."""
    with pytest.raises(ValueError, match=match):
        judge(Scripted(right), linear, **options)
