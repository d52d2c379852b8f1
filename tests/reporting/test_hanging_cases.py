"""What `validate` says of a case whose verdict would hang on a rounding."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from oracles.__main__ import main

HEAD = 'format = 1\ntitle = "t"\nwhy = "w"\n'
RELU = '[[layers]]\ntype = "ReLU"\nname = "relu"\n'
POOL = '[[layers]]\ntype = "MaxPool2d"\nname = "pool"\nkernel_size = 2\n'
UPSTREAM = '[upstream]\nfill = "uniform"\n'
CONV = '[[layers]]\ntype = "Conv2d"\nin_channels = {}\nout_channels = {}\nkernel_size = {}\n'

DRAWN = (
    f'{HEAD}[input]\nshape = [8, 3, 12, 11]\nfill = "uniform"\nseed = 22\n'
    f"{CONV.format(3, 16, 3)}{RELU}{UPSTREAM}"
)
"""11,520 sums before a ReLU, the closest to 0 by 2e-6 with seed 22."""

CLOSE = (
    f'{HEAD}[input]\nshape = [1, 1, 8, 8]\nfill = "uniform"\nlow = 1000\nhigh = 1000.0009765625\n'
    f"{CONV.format(1, 2, 1)}{POOL}{UPSTREAM}"
)
"""Numbers of which there are no others than close ones."""

LITERAL = (
    f'{HEAD}input = [[1, 1, 1]]\n[[layers]]\ntype = "Linear"\nname = "fc"\nin_features = 3\n'
    f"out_features = 1\nbias = false\nweight = [[0.1, 0.2, -0.3]]\n{RELU}{UPSTREAM}"
)

TIED = f"{HEAD}[input]\nvalues = [[[[1, 2], [2, 0]]]]\n{POOL}{UPSTREAM}"

REPORTED = (
    DRAWN.replace(UPSTREAM, "")
    + '[loss]\ntype = "MSELoss"\ntarget = { fill = "uniform" }\n[observed]\n"step0.loss" = 1.5\n'
)
"""A number that belongs to these seeds and no others."""

RIGHT = """
import numpy as np
class Right:
    name = "right"
    def run(self, case, trace):
        step = case.steps[0]
        x = step.input
        trace["step0.forward.pool"] = x.max(axis=(2, 3), keepdims=True)
        gradient = np.zeros_like(x)
        gradient[0, 0, 0, 1] = step.upstream[0, 0, 0, 0]
        trace["step0.backward.pool"] = gradient
implementation = Right()
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the case of a test is written."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    return tmp_path / "a.case.toml"


def checked(path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit status of `validate --no-run`, and what it prints."""
    path.write_text(text, encoding="utf-8")
    status = main(["validate", "--no-run", path.name])
    return status, capsys.readouterr().out


@pytest.mark.parametrize(
    "part",
    [
        r"^a\.case\.toml:7: input\.seed: step0\.forward\.relu at \[4, 7, 7, 1\]",
        r"the ReLU compares 0 with -2\.\d+e-06, 2e-06 apart",
        r"Rounding in float32 moves that distance by [45]\.\de-07 \(standard deviation\)",
        r"a right implementation whose sums are rounded differently takes the other branch",
        r"Take \[input\] seed = \d+: with it nothing hangs on a rounding$",
    ],
)
def test_a_drawn_case_is_refused(path: Path, capsys: pytest.CaptureFixture[str], part: str) -> None:
    """The line, the element, the two numbers, why that is a problem, and what to do."""
    status, printed = checked(path, DRAWN, capsys)
    assert status == 1
    assert re.search(part, printed, re.MULTILINE)


def test_the_seed_that_is_named_helps(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever takes it has a case that is accepted."""
    _, refused = checked(path, DRAWN, capsys)
    (seed,) = re.findall(r"\[input\] seed = (\d+)", refused)
    status, printed = checked(path, DRAWN.replace("seed = 22", f"seed = {seed}"), capsys)
    assert (status, printed) == (0, "1 file read, nothing to refuse\n")


def test_another_seed_does_not_always_help(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where all drawn numbers are close, that is said instead of a seed."""
    status, printed = checked(path, CLOSE, capsys)
    assert status == 1
    assert "stands in the same window" in printed
    assert "None of 100 other seeds helps" in printed


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        pytest.param(
            LITERAL,
            "a.case.toml: remark: step0.forward.relu at [0, 0] hangs on a rounding",
            id="numbers of its own",
        ),
        pytest.param(
            REPORTED,
            "a.case.toml: remark: step0.forward.relu at [4, 7, 7, 1] hangs on a rounding",
            id="reported numbers",
        ),
        pytest.param(
            TIED,
            "a.case.toml: remark: 1 element of step0.forward.pool (the first at [0, 0, 0, 0]) "
            "decide between equal numbers, on which frameworks differ: "
            'conventions = ["max_pool.ties"] says that the case means what PyTorch does',
            id="equal numbers",
        ),
    ],
)
def test_a_remark_refuses_nothing(
    path: Path, capsys: pytest.CaptureFixture[str], text: str, remark: str
) -> None:
    """A report has the numbers it has."""
    status, printed = checked(path, text, capsys)
    assert status == 0
    assert remark in printed


def test_a_case_that_names_the_convention_is_not_remarked_on(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tie is its point."""
    named = TIED.replace("[input]", 'conventions = ["max_pool.ties"]\n[input]')
    assert checked(path, named, capsys)[1] == "1 file read, nothing to refuse\n"


def test_a_tie_of_rounded_sums_is_the_point_of_a_case_that_names_it(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """0.1 - 0.1 is 0 in any order of two terms, which the sizes alone do not know."""
    tied = LITERAL.replace("[[0.1, 0.2, -0.3]]", "[[0.1, -0.1, 0]]")
    assert "hangs on a rounding" in checked(path, tied, capsys)[1]
    named = tied.replace("input = ", 'conventions = ["relu.gradient_at_zero"]\ninput = ')
    assert checked(path, named, capsys)[1] == "1 file read, nothing to refuse\n"


def test_a_refused_case_is_not_run(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its verdict would mean nothing."""
    path.write_text(DRAWN, encoding="utf-8")
    assert main(["validate", "a.case.toml", "--implementation", "right.py"]) == 1
    printed = capsys.readouterr().out
    assert "1 invalid-case" in printed
    assert "hangs on a rounding" in printed


def test_a_remark_is_a_finding_of_a_run(path: Path) -> None:
    """It stands in the report, and fails nothing."""
    path.write_text(TIED, encoding="utf-8")
    command = ["validate", "a.case.toml", "--implementation", "right.py", "--report", "r.json"]
    assert main(command) == 0
    results = json.loads((path.parent / "r.json").read_text("utf-8"))["results"]
    assert {finding["finding"] for one in results for finding in one["findings"]} == {
        "case.unnamed_tie"
    }
