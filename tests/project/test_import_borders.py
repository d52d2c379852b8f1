"""What an import loads: import-linter reads the source, these tests look at the interpreter."""

import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

_OURS = {"refcnn", "oracles"}
_PYTEST_AND_WHAT_IT_NEEDS = {
    "_pytest",
    "iniconfig",
    "packaging",
    "pluggy",
    "py",
    "pygments",
    "pytest",
}


@pytest.mark.parametrize(
    ("module", "allowed"),
    [
        pytest.param("refcnn", {"refcnn", "numpy", "scipy"}, id="refcnn: NumPy and SciPy"),
        pytest.param("oracles", {"oracles"} | _PYTEST_AND_WHAT_IT_NEEDS, id="oracles: pytest"),
        pytest.param(
            "oracles.pytest_plugin",
            {"oracles"} | _PYTEST_AND_WHAT_IT_NEEDS,
            id="the plugin: pytest",
        ),
        pytest.param(
            "oracles.references.loops.reference",
            {"oracles", "numpy", "scipy"} | _PYTEST_AND_WHAT_IT_NEEDS,
            id="loops: NumPy and SciPy",
        ),
    ],
)
def test_import_loads_nothing_beyond_the_standard_library_and(
    module: str, allowed: set[str]
) -> None:
    """A plain `pip install .` works, and the plugin costs other people's pytest nothing."""
    assert _packages_loaded_by(module) - allowed == set()


def test_loaded_packages_are_seen() -> None:
    """The test above would see a package that an import brings along."""
    assert {"pydantic", "pydantic_core"} <= _packages_loaded_by("pydantic")


def _packages_loaded_by(module: str) -> set[str]:
    """Return the top-level packages, ours and installed ones, that an import adds.

    Compiled modules of SciPy also register private names of their own; those belong to no package.
    """
    program = (
        "import sys; before = set(sys.modules); "
        f"import {module}; "
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split()) & (_OURS | set(packages_distributions()))
