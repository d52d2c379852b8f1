"""What `pip install refcnn` puts on somebody's machine."""

import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel of this tree, built by the backend that pip would call, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=_ROOT, capture_output=True, check=True)
    (file,) = folder.glob("refcnn-*.whl")
    with zipfile.ZipFile(file) as archive:
        yield archive


def test_bundled_cases_are_the_cases_of_the_tree(wheel: zipfile.ZipFile) -> None:
    """`pytest --bundled-cases` judges by the same cases as a checkout, side files included."""
    here = {path.relative_to(_ROOT).as_posix() for path in _files_below(_ROOT / "cases")}
    bundled = {name.removeprefix("oracles/") for name in _below(wheel, "oracles/cases/")}
    assert here
    assert bundled == here


@pytest.mark.parametrize("package", ["refcnn", "oracles"])
def test_package_is_complete_and_typed(wheel: zipfile.ZipFile, package: str) -> None:
    """Every module is there, and py.typed, without which nobody's mypy looks at our types."""
    here = {path.relative_to(_ROOT).as_posix() for path in (_ROOT / package).rglob("*.py")}
    assert here | {f"{package}/py.typed"} <= set(wheel.namelist())


def test_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    """A wheel that ships `tests` or `cases` at the top writes into everybody's site-packages."""
    top = {name.partition("/")[0].partition("-")[0] for name in wheel.namelist()}
    assert top == {"refcnn", "oracles"}


def test_plugin_is_registered_under_the_name_of_its_module(wheel: zipfile.ZipFile) -> None:
    """Under another name `-p oracles.pytest_plugin` would register the same options twice."""
    (entry_points,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert "oracles.pytest_plugin = oracles.pytest_plugin" in wheel.read(entry_points).decode()


def test_plain_install_needs_numpy_and_scipy_alone() -> None:
    """Everything else is an extra."""
    required = {Requirement(line).name for line in _project()["dependencies"]}
    assert required == {"numpy", "scipy"}


def test_every_dependency_is_pinned_in_constraints() -> None:
    """Two people who run `make test` on the same commit run the same versions."""
    extras = _project()["optional-dependencies"]
    named = {_name(requirement) for extra in extras.values() for requirement in extra}
    lines = (_ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {_name(line) for line in lines if "==" in line and not line.startswith("#")}
    assert named - {"refcnn"} - pinned == set()


def _name(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement.partition("#")[0]).name)


def _files_below(folder: Path) -> list[Path]:
    return [
        path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]


def _below(wheel: zipfile.ZipFile, folder: str) -> list[str]:
    return [name for name in wheel.namelist() if name.startswith(folder)]


def _project() -> dict[str, dict[str, list[str]]]:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project  # type: ignore[no-any-return]
