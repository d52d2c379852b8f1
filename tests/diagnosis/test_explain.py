"""`python -m oracles explain`: which known mistake gives the numbers that somebody reported."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from oracles.__main__ import main
from oracles.case_paths import bundled_cases, case_files
from oracles.contract.reading import read_case
from oracles.explain import explain

CASE = """
format = 1
title = "a kernel by hand"
why = "it is a test"
{more}
[input]
values = [[[[1, 2, 3], [0, 1, 5]]]]

[[layers]]
type = "Conv2d"
name = "conv"
in_channels = 1
out_channels = 1
kernel_size = [1, 2]
bias = false
weight = [[[[3, 1]]]]

[upstream]
values = [[[[1, 2], [1, 3]]]]
"""

RIGHT = "[[[[5, 9], [1, 8]]]]"
ROTATED = "[[[[7, 11], [3, 16]]]]"
ROUNDED = "[[[[7.004, 10.996], [3.004, 16.004]]]]"
STRANGE = "[[[[5, 9], [1, 8.5]]]]"


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a case is written."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "1")
    return tmp_path / "report.case.toml"


def _written(case: Path, observed: str, more: str = "") -> str:
    table = f'\n[observed]\n"step0.forward.conv" = {observed}\n' if observed else ""
    case.write_text(CASE.format(more=more) + table, encoding="utf-8")
    return str(case)


def _with(values: str, **tolerances: float) -> str:
    more = "".join(f", {key} = {value}" for key, value in tolerances.items())
    return f'{{ values = {values}{more}, why = "printed so" }}' if more else values


NAMED = 'cause = "conv2d.kernel.rotated"'
OTHER = 'cause = "conv2d.bias.missing"'


@pytest.mark.parametrize(
    ("observed", "more", "status", "said"),
    [
        pytest.param(ROTATED, "", 0, r"Cause \(likely, .*the kernel is rotated", id="cause"),
        pytest.param(ROTATED, "", 0, "Or else: the columns of the kernel are in rev", id="or else"),
        pytest.param(ROTATED, "", 0, "all 4 elements, up to 8 away from PyTorch's", id="how far"),
        pytest.param(ROTATED, NAMED, 0, "Declare it: oracles.from_layers", id="the cause named"),
        pytest.param(
            ROTATED, OTHER, 1, "The case names another cause: conv2d.bias.missing", id="another"
        ),
        pytest.param(RIGHT, "", 0, "Not a bug: these are PyTorch's numbers", id="nothing wrong"),
        pytest.param(RIGHT, NAMED, 1, "The case names another cause", id="no cause at all"),
        pytest.param(
            _with("[[[[5.004, 9], [1, 8]]]]", atol=5e-3),
            "",
            0,
            "Not a bug: within rounding and the tolerance given, up to 0.004 away",
            id="few digits",
        ),
        pytest.param(
            _with(ROUNDED, atol=5e-3),
            "",
            0,
            r"reproduces the one wrong array, within the tolerance of the case \(largest "
            r"difference 0\.004\)",
            id="cause behind few digits",
        ),
        pytest.param(
            _with(ROUNDED, atol=0.0, rtol=2e-3), "", 0, "the kernel is rotated", id="rtol"
        ),
        pytest.param(_with(ROUNDED, atol=1e-3), "", 1, "No known mistake", id="too far off"),
        pytest.param(STRANGE, "", 1, "No known mistake explains what is wrong", id="unknown"),
        pytest.param(
            ROUNDED, "", 1, "has no atol, and digits that were not printed", id="no tolerance"
        ),
    ],
)
def test_explanation(
    case: Path,
    capsys: pytest.CaptureFixture[str],
    observed: str,
    more: str,
    status: int,
    said: str,
) -> None:
    """What is behind the numbers, and the exit status a script sees."""
    assert main(["explain", _written(case, observed, more)]) == status
    assert re.search(said, " ".join(capsys.readouterr().out.split()))


def test_rounding_is_no_bug(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The last digit depends on the order of summation, unless the numbers are small integers."""
    _written(case, "[[[[0.5, 0.9], [0.1, 0.8000000000000002]]]]")
    case.write_text(case.read_text("utf-8").replace("[3, 1]", "[0.3, 0.1]"), encoding="utf-8")
    assert main(["explain", str(case)]) == 0
    assert "Not a bug: within rounding, up to " in capsys.readouterr().out


def test_one_number_is_only_possible(capsys: pytest.CaptureFixture[str]) -> None:
    """Too many rules give the same single number, and that is said."""
    (cause,) = explain("reports/scipy_convolve2d").diagnosis.causes
    assert cause.certainty == "possible"
    main(["explain", "reports/scipy_convolve2d"])
    assert "One number fits many rules. Add to [observed]" in capsys.readouterr().out


def test_several_numbers_are_not_called_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Who gave all there was is not asked for more."""
    main(["explain", "reports/discuss_pytorch_170134"])
    assert "One number" not in capsys.readouterr().out


def test_what_was_seen_most_comes_first() -> None:
    """Where two mistakes give the same numbers, the one that people have reported is named."""
    (cause,) = explain("reports/mxnet_18563").diagnosis.causes
    assert cause.cause == "max_pool2d.grad_input.ties_all"
    assert [tie.cause for tie in cause.ties] == ["max_pool2d.grad_input.everywhere"]


def test_several_mistakes_at_once() -> None:
    """Each is found where it is made, if the numbers between them are known."""
    explanation = explain("posts/003_tiny")
    assert [cause.cause for cause in explanation.diagnosis.causes] == [
        "loss.reduction.mean_twice",
        "dropout.grad_input.scale_missing",
        "tanh.grad_input.of_dropped_output",
        "sgd.sign.ascent_of_kernels",
    ]
    assert explanation.complete


def test_mistake_before_the_first_number_known() -> None:
    """Cost and gradients tell what was done to images that nobody has seen."""
    explanation = explain("posts/000_tiny")
    (cause,) = explanation.diagnosis.causes
    assert "step0.input" not in explanation.apart
    assert (cause.cause, cause.certainty) == ("data.reshape_mixes_images", "certain")


def test_two_mistakes_of_one_program_are_both_named() -> None:
    """Each has its own arrays: who mends the first knows what is still wrong."""
    explanation = explain("posts/002_tiny")
    assert {(one.cause, one.certainty) for one in explanation.diagnosis.causes} == {
        ("sigmoid.grad_input.omitted", "certain"),
        ("flatten.grad_input.sigmoid_derivative", "certain"),
    }
    assert explanation.complete


def test_half_of_it_explained_is_not_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a cause leaves over is named, and a script sees that something is left."""
    known = (bundled_cases() / "posts" / "002_tiny.case.toml").read_text("utf-8")
    case = tmp_path / "half.case.toml"
    case.write_text(known.replace("-0.005007902881495982", "0.5"), "utf-8")
    assert main(["explain", str(case)]) == 1
    said = capsys.readouterr().out
    assert "sigmoid.grad_input.omitted" in said
    assert "Not explained by it: step0.backward.flat" in said


@pytest.mark.parametrize(
    ("options", "line"),
    [([], "5 that are right: step0.backward.fc2,"), (["-v"], "step0.backward.fc2, the gradient")],
    ids=["in one line", "one by one"],
)
def test_right_numbers_are_listed(
    capsys: pytest.CaptureFixture[str], options: list[str], line: str
) -> None:
    """Shortly: what is wrong is what somebody wants to read about."""
    main(["explain", "posts/002_tiny", *options])
    assert f"\n  {line}" in capsys.readouterr().out


def test_nan_is_not_a_distance(capsys: pytest.CaptureFixture[str]) -> None:
    """NaN in place of a number is no number away from it."""
    main(["explain", "reports/dwave_555"])
    said = " ".join(capsys.readouterr().out.split())
    assert "1 of 6 elements, not finite where PyTorch's is, or the other way round" in said


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_numbers_are_explained_in_either_dtype(case: Path, dtype: str) -> None:
    """Who computed in float32 is held to the bounds of float32."""
    explanation = explain(_written(case, ROTATED), dtype)
    assert (explanation.judgement.dtype, explanation.status) == (dtype, 0)


def test_explanation_is_written_as_json(case: Path, tmp_path: Path) -> None:
    """The same keys as in a report."""
    file = tmp_path / "why.json"
    main(["explain", _written(case, ROTATED), "--json", str(file)])
    data = json.loads(file.read_text("utf-8"))
    assert [one["cause"] for one in data["diagnoses"]] == ["conv2d.kernel.rotated"]


@pytest.mark.parametrize(
    ("observed", "options", "message"),
    [
        ("", [], r'has no \[observed\]: .*"step0.forward.conv" = \{ values'),
        (ROTATED, ["--json", "no/such/folder.json"], "cannot be written"),
    ],
    ids=["nothing observed", "no folder"],
)
def test_what_cannot_be_explained(
    case: Path,
    capsys: pytest.CaptureFixture[str],
    observed: str,
    options: list[str],
    message: str,
) -> None:
    """Exit status 2, and what to write."""
    assert main(["explain", _written(case, observed), *options]) == 2
    assert re.search(message, capsys.readouterr().err, re.DOTALL)


def test_refused_case_has_no_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing right to hold them to."""
    refused = next(bundled_cases().joinpath("refusals").rglob("*.case.toml"))
    assert main(["explain", str(refused)]) == 2
    assert "no right numbers to go by" in capsys.readouterr().err


def _with_cause() -> list[str]:
    definitions = map(read_case, case_files([str(bundled_cases())]))
    return [one.id for one in definitions if one.cause is not None]


@pytest.mark.parametrize("name", _with_cause())
def test_bundled_reports_have_the_cause_they_name(name: str) -> None:
    """Numbers of real reports, and the mistake that is known to be behind them."""
    assert explain(name).status == 0
