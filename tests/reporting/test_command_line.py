"""`python -m oracles`: exit status, messages, and what is printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from oracles.__main__ import main

CASE = """
format = 1
title = "a small net"
why = "it is a test"
dtypes = ["float64"]

[input]
shape = [2, 1, 3, 3]
fill = "integers"
low = -3
high = 3

[[layers]]
type = "ReLU"
name = "relu"

[upstream]
fill = "integers"
low = -3
high = 3
"""

RIGHT = """
class Right:
    name = "right"
    def run(self, case, trace):
        step = case.steps[0]
        trace["step0.forward.relu"] = step.input * (step.input > 0)
        trace["step0.backward.relu"] = step.upstream * (step.input > 0)
implementation = Right()
"""


CONV = """
format = 1
title = "a kernel"
why = "it is a test"
dtypes = ["float64"]

[input]
shape = [2, 1, 5, 6]
fill = "uniform"
seed = 1

[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 1
out_channels = 1
kernel_size = [2, 3]
bias = false

[upstream]
fill = "uniform"
seed = 2
"""

ROTATED = """
import numpy as np
class Rotated:
    name = "rotated"
    def run(self, case, trace):
        kernel = case.layers[0].parameters["weight"][0, 0, ::-1, ::-1]
        windows = np.lib.stride_tricks.sliding_window_view(case.steps[0].input, (2, 3), (2, 3))
        trace["step0.forward.conv"] = np.einsum("ncijuv,uv->ncij", windows, kernel)
implementation = Rotated()
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a case, a broken one, a right implementation, a wrong one and none."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    files = {
        "relu.case.toml": CASE,
        "broken/broken.case.toml": CASE.replace("ReLU", "RELU"),
        "right.py": RIGHT,
        "wrong.py": RIGHT.replace("step.upstream *", "2 * step.upstream *"),
        "unsupported.py": RIGHT.replace("step =", "raise case.unsupported('no');"),
        "notes.toml": "",
        "conv.case.toml": CONV,
        "rotated.py": ROTATED,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "status", "printed"),
    [
        pytest.param(
            "validate relu.case.toml --implementation right.py", 0, "1 item: 1 passed", id="right"
        ),
        pytest.param(
            "validate relu.case.toml --implementation wrong.py",
            1,
            "First wrong: step0.backward.relu",
            id="wrong",
        ),
        pytest.param(
            "validate relu.case.toml --implementation wrong.py",
            1,
            "python -m oracles validate relu.case.toml --implementation wrong.py --dtype float64",
            id="command that repeats it",
        ),
        pytest.param(
            "validate conv --implementation rotated.py",
            1,
            "Cause (certain, a convention other than PyTorch's): the kernel is rotated by 180",
            id="cause",
        ),
        pytest.param(
            "validate conv --implementation rotated.py",
            1,
            "rotated: 1 case fails, by one cause",
            id="cause of the run",
        ),
        pytest.param(
            "validate relu --implementation unsupported.py", 1, "Nothing passed", id="unsupported"
        ),
        pytest.param(
            "validate relu broken --implementation right.py", 1, "1 invalid-case", id="broken file"
        ),
        pytest.param(
            "validate --no-run relu", 0, "1 file read, nothing to refuse", id="files only"
        ),
        pytest.param(
            "validate --no-run relu broken", 1, "broken/broken.case.toml:14: layers[0].type",
            id="files only, one broken",
        ),
        pytest.param("show relu", 0, "relu = ReLU(", id="show network"),
        pytest.param("show relu.case.toml", 0, "step0.backward.relu", id="show entries"),
        pytest.param("show relu --values", 0, "[[[[", id="show values"),
    ],
)  # fmt: skip
def test_command(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, status: int, printed: str
) -> None:
    """What is typed, what is printed, and the exit status a script sees."""
    assert main(command.split()) == status
    assert printed in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("show rleu", "there is no file rleu; did you mean relu.case.toml?"),
        ("show broken", "broken is a folder, and one case file is wanted, such as broken/broken"),
        ("show broken/broken", "this file cannot be used\nbroken/broken.case.toml:14: layers"),
        ("show notes.toml", "notes.toml is no case file: the name of one ends in .case.toml"),
        ("show relu --dtype float32", "relu.case.toml is a case in float64, not in float32"),
        ("validate empty --implementation right.py", "there is no *.case.toml below empty"),
        ("validate relu", "--implementation is missing"),
        ("validate relu --implementation rihgt.py", "there is no file 'rihgt.py'"),
        ("validate relu --implementation right.py --report no/r.md", "there is no folder no"),
    ],
)
def test_command_that_cannot_be_carried_out(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, message: str
) -> None:
    """Exit status 2 and one sentence, not a traceback."""
    assert main(command.split()) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--report r.txt", "a report ends in .json or .md, got 'r.txt'"),
        ("--timeout soon", "a number of seconds above 0, got 'soon'"),
        ("--diagnose some", "a number, all or none, got 'some'"),
        ("--oracle torch", "invalid choice: 'torch'"),
    ],
)
def test_option_that_makes_no_sense(
    capsys: pytest.CaptureFixture[str], option: str, message: str
) -> None:
    """Argparse says so, with exit status 2."""
    with pytest.raises(SystemExit, match="2"):
        main(["validate", "relu", *option.split()])
    assert message in capsys.readouterr().err


def test_causes_are_searched_unless_nobody_wants_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Judging alone is faster."""
    arguments = ["validate", "conv", "--implementation", "rotated.py"]
    assert main([*arguments, "--diagnose", "none"]) == 1
    assert "Cause" not in capsys.readouterr().out


def test_report_of_the_command_line(folder: Path) -> None:
    """The same report as pytest writes."""
    arguments = ["validate", "relu", "--implementation", "right.py"]
    main([*arguments, "--report", "r.json", "--report", "r.md"])
    report = json.loads((folder / "r.json").read_text("utf-8"))
    assert report["results"][0]["case"] == "relu"
    assert report["results"][0]["outcome"] == "passed"
    assert "| relu | float64 | right | passed |" in (folder / "r.md").read_text("utf-8")


def test_shown_values_are_complete(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No dots in place of numbers: somebody copies them."""
    big = CASE.replace("[2, 1, 3, 3]", "[2, 1, 40, 40]")
    (folder / "relu.case.toml").write_text(big, encoding="utf-8")
    main(["show", "relu", "--values"])
    shown = capsys.readouterr().out.partition("step0.forward.relu")[2].partition("step0.")[0]
    assert len(re.findall(r"-?\d\.", shown.partition("\n")[2])) == 2 * 40 * 40


def test_shown_numbers_of_the_file_stand_beside_the_oracles(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who reports numbers wants to know how far off they are, and where."""
    path = folder / "reported.case.toml"
    path.write_text(
        'format = 1\ntitle = "t"\nwhy = "w"\n[input]\nvalues = [[1, 2], [3, 4]]\nshape = [2, 2]\n'
        '[[layers]]\ntype = "Identity"\nname = "same"\n[upstream]\nfill = "uniform"\n'
        '[expect]\n"step0.forward.same" = [[1, 2], [3, 4]]\n'
        '[observed]\n"step0.forward.same" = [[1, 2], [3, 4.5]]\n'
    )
    assert main(["show", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-5:] == [
        "Published numbers, beside PyTorch's",
        "  step0.forward.same: equal",
        "",
        "Observed numbers, beside PyTorch's",
        "  step0.forward.same: up to 0.5 away, at [1, 1] 4.5 for 4",
    ]


def test_properties_are_judged_without_pytest_too(folder: Path) -> None:
    """One result more for a case with the tag, whose command repeats it."""
    tagged = CASE.replace('why = "', 'tags = ["properties"]\nwhy = "')
    (folder / "tagged.case.toml").write_text(tagged, encoding="utf-8")
    report = folder / "report.json"
    arguments = ["validate", "tagged.case.toml", "--implementation", "right.py"]
    assert main([*arguments, "--report", str(report)]) == 0
    values, properties = json.loads(report.read_text("utf-8"))["results"]
    assert (values["about"], properties["about"]) == ("values", "properties")
    assert (properties["outcome"], properties["dtype"]) == ("passed", "float64")
    assert properties["command"] == (
        "python -m oracles validate tagged.case.toml --implementation right.py --dtype float64"
    )
