"""What cannot be run is an item that fails and says what to do; the rest of the run goes on."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.conftest import Project

BROKEN = "format = 1\ntitle = "


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="without options"),
        pytest.param(["-k", "float32"], id="-k dtype"),
        pytest.param(["-k", "not my_cnn"], id="-k not label"),
        pytest.param(["-m", "not large"], id="-m not tag"),
        pytest.param(["-m", "stride"], id="-m tag"),
        pytest.param(["-n", "1"], id="-n 1"),
    ],
)
def test_broken_file_is_one_failing_item_that_nothing_hides(
    project: Project, arguments: list[str]
) -> None:
    """Neither an aborted run, nor a file that silently is no test any more."""
    project.file("broken.case.toml", BROKEN)
    result = project.run(".", "--implementation", "my_cnn.py", *arguments)
    assert result.parseoutcomes()["failed"] == 1
    assert "errors" not in result.parseoutcomes()
    result.stdout.fnmatch_lines(["FAILED broken.case.toml::invalid*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_others_run_beside_a_broken_file(project: Project) -> None:
    """One file of somebody else stops nobody."""
    project.file("broken.case.toml", BROKEN)
    result = project.run(".", "--implementation", "my_cnn.py")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["broken.case.toml*:2:*"])


def test_deselect_hides_a_broken_file(project: Project) -> None:
    """Who names it means it."""
    project.file("broken.case.toml", BROKEN)
    result = project.run(
        ".", "--implementation", "my_cnn.py", "--deselect", "broken.case.toml::invalid"
    )
    result.assert_outcomes(passed=1, deselected=1)


def test_item_of_a_file_that_has_become_broken_says_so(project: Project) -> None:
    """Not: "not found"."""
    project.file("a.case.toml", BROKEN)
    result = project.run("a.case.toml::float64[my_cnn]", "--implementation", "my_cnn.py")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["a.case.toml*:2:*"])


@pytest.mark.parametrize("arguments", [[], ["-k", "float64"]], ids=["alone", "-k"])
def test_case_file_without_an_implementation_says_what_to_type(
    project: Project, arguments: list[str]
) -> None:
    """Zero items would look like success; the same text for each of 500 files would be noise."""
    project.case("b")
    result = project.run(".", *arguments)
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(["  pytest a.case.toml --implementation my_cnn.py"])


def test_implementation_that_does_not_load_is_said_once(project: Project) -> None:
    """The first item has the message; the others are skipped, and do not pass."""
    project.case("b")
    project.case("c")
    project.file("my_cnn.py", "import no_such_module\n")
    result = project.run(".", "--implementation", "my_cnn.py", "--case-report", "report.md")
    result.assert_outcomes(failed=1, skipped=2)
    result.stdout.fnmatch_lines(["*no_such_module*", "3 cases: error: *", "3 items: 3 error"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_one_implementation_that_does_not_load_leaves_the_others(project: Project) -> None:
    """Each stands for itself."""
    result = project.run(".", "--implementation", "my_cnn.py", "--implementation", "no_such.py")
    result.assert_outcomes(passed=1, failed=1)


def test_harness_that_is_not_installed_says_how_to_install_it(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plugin is installed without the extra as well."""
    project.case("b")
    monkeypatch.setattr("oracles.pytest_settings._NEEDED", ("no_such_package",))
    result = project.run(".", "--implementation", "my_cnn.py")
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["*need no_such_package, which is not installed*", '  pip install "refcnn[[]oracles[]]"']
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--case-report", "report.txt"], "*a report ends in .json or .md, got 'report.txt'*"),
        (["--case-report", "no/report.md"], "*there is no folder *no*"),
        (["--case-timeout", "0"], "*a number of seconds above 0, got '0'*"),
        (["--case-timeout", "nan"], "*a number of seconds above 0, got 'nan'*"),
        (["--case-dtype", "float16"], "*invalid choice: 'float16'*"),
        (["--case-oracle", "torch"], "*invalid choice: 'torch'*"),
    ],
)
def test_option_that_makes_no_sense_is_refused_at_once(
    project: Project, arguments: list[str], message: str
) -> None:
    """Before anything runs."""
    result = project.run("a.case.toml", "--implementation", "my_cnn.py", *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
