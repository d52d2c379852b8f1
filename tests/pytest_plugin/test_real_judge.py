"""The plugin with the real judge: once, because each process imports torch."""

from __future__ import annotations

import json

from tests.pytest_plugin.conftest import Project

RELU = """
import oracles

def forward(x, layer):
    return x * (x > 0), x

def backward(grad_output, x):
    return grad_output * (x > {threshold}), {{}}

implementation = oracles.from_functions({{"ReLU": (forward, backward)}})
"""


def test_right_and_wrong_implementation_are_told_apart(project: Project) -> None:
    """From the command line to the report, in workers."""
    project.case("b", dtypes=("float64", "float32"))
    project.file("right.py", RELU.format(threshold="0"))
    project.file("wrong.py", RELU.format(threshold="-1"))
    result = project.pytester.runpytest_subprocess(
        *("-p", "oracles.pytest_plugin", "-p", "no:hypothesispytest", "-n", "1"),
        *(".", "--implementation", "right.py", "--implementation", "wrong.py"),
        *("--case-report", "report.json"),
    )
    report = json.loads((project.path / "report.json").read_text("utf-8"))
    ended = {(r["case"], r["dtype"], r["implementation"]): r for r in report["results"]}
    assert {r["outcome"] for k, r in ended.items() if k[2] == "right"} == {"passed"}
    assert {r["outcome"] for k, r in ended.items() if k[2] == "wrong"} == {"diverged"}
    first = ended["b", "float32", "wrong"]["first_divergence"]
    assert (first["entry"], first["oracle"]) == ("step0.backward.first", "pytorch")
    result.assert_outcomes(passed=3, failed=3)
    result.stdout.fnmatch_lines(["First wrong: step0.backward.first, *", "Right before it (1): *"])
