"""A case file is a test file: which items there are, how they are found, how they end."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.conftest import Project


def test_item_per_dtype_and_implementation(project: Project) -> None:
    """The node id is the file, the dtype and the label of the implementation."""
    project.case("cases/relu/small", dtypes=("float64", "float32"))
    project.implementation("other.py")
    result = project.run(
        "cases", "--implementation", "my_cnn.py", "--implementation", "other.py", "-v"
    )
    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(
        [
            "cases/relu/small.case.toml::float64[[]my_cnn[]] PASSED*",
            "cases/relu/small.case.toml::float64[[]other[]] PASSED*",
            "cases/relu/small.case.toml::float32[[]my_cnn[]] PASSED*",
            "cases/relu/small.case.toml::float32[[]other[]] PASSED*",
        ]
    )


def test_one_item_by_its_node_id(project: Project) -> None:
    """What a failure prints can be typed."""
    project.case("b", dtypes=("float64", "float32"))
    result = project.run("b.case.toml::float32[my_cnn]", "--implementation", "my_cnn.py")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        pytest.param(["-k", "relu"], 2, id="-k part of the case id"),
        pytest.param(["-k", "pool and float32"], 1, id="-k file and dtype"),
        pytest.param(["-k", "ties"], 2, id="-k tag"),
        pytest.param(["-k", "Sigmoid"], 2, id="-k operation"),
        pytest.param(["-k", "not my_cnn"], 0, id="-k label"),
        pytest.param(["-m", "ties"], 2, id="-m tag"),
        pytest.param(["-m", "Sigmoid"], 2, id="-m operation"),
        pytest.param(["-m", "stride"], 0, id="-m tag that no file here has"),
        pytest.param(["--case-dtype", "float32"], 2, id="--case-dtype"),
        pytest.param(["-x"], 4, id="-x"),
    ],
)
def test_items_are_chosen_by(project: Project, arguments: list[str], passed: int) -> None:
    """Pytest's own options work, also under --strict-markers."""
    both = ("float64", "float32")
    project.case("cases/relu/pool", tags=("ties",), dtypes=both)
    project.case("cases/other/net", operation="Sigmoid", dtypes=both)
    result = project.run("cases", "--implementation", "my_cnn.py", *arguments)
    assert result.parseoutcomes().get("passed", 0) == passed
    assert "errors" not in result.parseoutcomes()


@pytest.mark.parametrize(
    ("outcome", "ends"),
    [
        ("passed", "passed"),
        ("diverged", "failed"),
        ("error", "failed"),
        ("timeout", "failed"),
        ("incomplete", "failed"),
        ("invalid-case", "failed"),
        ("harness-error", "failed"),
        ("unsupported", "skipped"),
        ("expected-failure", "xfailed"),
    ],
)
def test_outcome_ends_the_item(project: Project, outcome: str, ends: str) -> None:
    """Only a pass passes."""
    project.implementation(a=outcome)
    result = project.run("a.case.toml", "--implementation", "my_cnn.py", "-rsxf")
    assert result.parseoutcomes().get(ends, 0) == 1
    if outcome not in {"passed", "diverged"}:
        result.stdout.fnmatch_lines(f"*the reason it is {outcome}*")


def test_fault_of_the_harness_fails_its_item_with_a_traceback(project: Project) -> None:
    """Others go on."""
    project.case("b")
    project.implementation(a="raise")
    result = project.run(".", "--implementation", "my_cnn.py")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["harness-error: RuntimeError: *", "*please report it.", "*RuntimeError: the harness*"]
    )


def test_last_failed_runs_again(project: Project) -> None:
    """Ids are the same in the next run."""
    project.case("b")
    project.implementation(b="error")
    project.run(".", "--implementation", "my_cnn.py")
    result = project.run(".", "--implementation", "my_cnn.py", "--lf")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines("run-last-failure: rerun previous 1 failure*")


def test_failure_is_the_text_of_the_judgement(project: Project) -> None:
    """No traceback through pytest or the harness, and a command to repeat it."""
    project.implementation("with space/my_cnn.py", a="diverged")
    result = project.run("a.case.toml", "--implementation", "with space/my_cnn.py")
    result.stdout.fnmatch_lines(
        [
            "diverged: first wrong in the gradient with respect to the input of Conv2d",
            "  a (float64, my_cnn)",
            "  a case",
            "First wrong: step0.backward.conv1, *",
            "Repeat:",
            "  pytest 'a.case.toml::float64[[]my_cnn[]]' --implementation 'with space/my_cnn.py'",
        ],
        consecutive=False,
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_files_of_one_name_have_longer_labels(project: Project) -> None:
    """`a/my_cnn.py` and `b/my_cnn.py` would have one node id."""
    project.implementation("x/my_cnn.py")
    project.implementation("y/my_cnn.py", a="error")
    result = project.run(
        ".", "--implementation", "x/my_cnn.py", "--implementation", "y/my_cnn.py", "-v"
    )
    result.stdout.fnmatch_lines(
        ["*float64[[]x/my_cnn[]] PASSED*", "*float64[[]y/my_cnn[]] FAILED*"]
    )


def test_junit_has_properties(project: Project) -> None:
    """Case, dtype, outcome and first divergence, for whoever reads XML."""
    project.implementation(a="diverged")
    project.run("a.case.toml", "--implementation", "my_cnn.py", "--junitxml", "junit.xml")
    xml = (project.path / "junit.xml").read_text("utf-8")
    assert 'name="case" value="a"' in xml
    assert 'name="dtype" value="float64"' in xml
    assert 'name="outcome" value="diverged"' in xml
    assert 'name="first_divergence" value="step0.backward.conv1"' in xml


def test_output_of_an_implementation_is_captured(project: Project) -> None:
    """Pytest shows it with the failure, and only there."""
    text = project.implementation(a="error").read_text("utf-8")
    project.file("my_cnn.py", text.replace("outcome = OUT", "print('seen');outcome = OUT"))
    result = project.run("a.case.toml", "--implementation", "my_cnn.py")
    result.stdout.fnmatch_lines(["*Captured stdout call*", "seen"])
