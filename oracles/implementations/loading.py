"""From what stands behind `--implementation` to an object that runs cases."""

from __future__ import annotations

import importlib.util
import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from oracles.contract.implementation import (
    Implementation,
    declares_normwise,
    dtypes_of,
    expected_failures_of,
)
from oracles.implementations.adapter_hint import adapter_to_write
from oracles.implementations.errors import ImplementationError, did_you_mean
from oracles.implementations.importing import first_on_path, import_file, import_module
from oracles.implementations.spec_hint import file_meant

__all__ = ["ImplementationError", "Loaded", "labels", "load"]

_DEFAULT = "implementation"
_FILE = re.compile(r"(?P<path>.+\.py)(:(?P<object>[\w.]+))?")
_PACKAGE = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*)(:(?P<object>[\w.]+))?")


@dataclass(frozen=True)
class Loaded:
    """An implementation that was found.

    spec    as it was typed
    label   stem of the file or name of the package; `labels` makes them unique
    """

    spec: str
    label: str
    implementation: Implementation


def load(spec: str, *, timeout: float = 60.0) -> Loaded:
    """Import `path/to/file.py[:object]` or `package[.module][:object]` and take the object out.

    The default object is `implementation`; a package may also have a submodule of that name. A file
    is imported under a name of its own, with its folder first on `sys.path`, within `timeout`
    seconds (where `time_limit` can); a package with the working folder first.

    Raises:
        ImplementationError: there is no such thing, it does not import, or it is not runnable.
    """
    if spec.startswith("program:"):
        raise ImplementationError(
            f"{spec}: programs in other languages come later; until then, a Python file can start "
            "your program in `run` and record what it answers"
        )
    if match := _FILE.fullmatch(spec):
        path = Path(match["path"])
        return _loaded(spec, _from_file(path, match["object"], timeout))
    if match := _PACKAGE.fullmatch(spec):
        module = match["module"]
        return _loaded(spec, _from_package(spec, module, match["object"], timeout))
    raise ImplementationError(
        f"{spec!r} is neither a Python file (path/to/file.py[:object]) nor a package "
        f"(package[.module][:object]){file_meant(spec)}"
    )


def labels(specs: Sequence[Loaded | str]) -> list[str]:
    """One label for each spec, as short as they are unique: `my_cnn`, or `a/my_cnn` and
    `b/my_cnn`. Nothing needs to be loaded for it: a label follows from the spec."""
    candidates = [_longer_labels(one if isinstance(one, str) else one.spec) for one in specs]
    lengths = [0] * len(candidates)
    while True:
        shown = [names[length] for names, length in zip(candidates, lengths, strict=True)]
        growing = [
            i
            for i, names in enumerate(candidates)
            if lengths[i] + 1 < len(names) and _clashes(i, shown, candidates)
        ]
        if not growing:
            return [_numbered(shown, i) for i in range(len(shown))]
        for i in growing:
            lengths[i] += 1


def _clashes(i: int, shown: Sequence[str], candidates: Sequence[Sequence[str]]) -> bool:
    """Whether another spec, not the same one again, has the same label."""
    others = zip(shown, candidates, strict=True)
    return any(label == shown[i] and names != candidates[i] for label, names in others)


def _longer_labels(spec: str) -> list[str]:
    """my_cnn, my_cnn:object, and then with one folder more in front each time."""
    match = _FILE.fullmatch(spec)
    if match is None:
        package = _PACKAGE.fullmatch(spec)
        return list(dict.fromkeys([package["module"] if package else spec, spec]))
    folders = Path(match["path"]).resolve().with_suffix("").parts[1:]
    names = ["/".join(folders[-count:]) for count in range(1, len(folders) + 1)]
    if not match["object"]:
        return names
    return [names[0], *(f"{name}:{match['object']}" for name in names)]


def _numbered(shown: Sequence[str], position: int) -> str:
    earlier = shown[:position].count(shown[position])
    return f"{shown[position]}#{earlier + 1}" if earlier else shown[position]


def _loaded(spec: str, found: Any) -> Loaded:
    _check_runnable(spec, found)
    return Loaded(spec, _longer_labels(spec)[0], found)


# -------------------------------------------------------------------------------------- a file


def _from_file(path: Path, name: str | None, timeout: float) -> Any:
    if not path.is_file():
        raise ImplementationError(_no_such_file(path))
    module = import_file(path.resolve(), timeout)
    found = _attribute(module, name or _DEFAULT)
    if found is not _ABSENT:
        return found
    if name is not None:
        raise ImplementationError(_no_such_object(path, module, name))
    if callable(getattr(module, "run", None)) and hasattr(module, "name"):
        return module
    hint = adapter_to_write(module, path.name)
    raise ImplementationError(f"{path} has no object `implementation`.\n{hint}")


def _no_such_file(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a folder; name the file"
    if not path.parent.is_dir():
        return f"there is no folder {str(path.parent)!r} (looked in {Path.cwd()})"
    near = [str(other) for other in path.parent.glob("*.py")]
    return f"there is no file {str(path)!r} (looked in {Path.cwd()}){did_you_mean(str(path), near)}"


# ----------------------------------------------------------------------------------- a package


def _from_package(spec: str, module_name: str, name: str | None, timeout: float) -> Any:
    with first_on_path(Path.cwd()):
        module = import_module(module_name, timeout)
        found = _attribute(module, name or _DEFAULT)
        if found is not _ABSENT:
            return found
        if name is not None:
            raise ImplementationError(_no_such_object(module_name, module, name))
        if callable(getattr(module, "run", None)) and hasattr(module, "name"):
            return module
        submodule = f"{module_name}.{_DEFAULT}"
        if hasattr(module, "__path__") and importlib.util.find_spec(submodule):
            return _from_package(spec, submodule, None, timeout)
    hint = adapter_to_write(module, spec)
    raise ImplementationError(f"{spec} has no object and no submodule `implementation`.\n{hint}")


# ------------------------------------------------------------------------------------ the object

_ABSENT = object()


def _attribute(module: ModuleType, path: str) -> Any:
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, _ABSENT)
        if found is _ABSENT:
            return _ABSENT
    return found


def _no_such_object(where: object, module: ModuleType, name: str) -> str:
    public = [other for other in vars(module) if not other.startswith("_")]
    close = did_you_mean(name, public)
    return f"{where} has no object {name!r}{close or '; it has ' + (', '.join(public) or 'none')}"


def _check_runnable(spec: str, found: Any) -> None:
    """It has a name and a `run(case, trace)`."""
    if isinstance(found, type):
        raise ImplementationError(
            f"{spec}: `implementation` is the class {found.__name__}; give an object of it: "
            f"{_DEFAULT} = {found.__name__}()"
        )
    kind = f"{spec}: `implementation`, of type {type(found).__name__},"
    if isinstance(found, Mapping):
        raise ImplementationError(f"{kind} cannot run; wrap it: oracles.from_functions({{...}})")
    run = getattr(found, "run", None)
    if not callable(run):
        raise ImplementationError(f"{kind} has no method `run(case, trace)`{_methods_hint(found)}")
    if not isinstance(getattr(found, "name", None), str):
        raise ImplementationError(f"{kind} has no attribute `name`, a string")
    try:
        declares_normwise(found)
        dtypes_of(found)
        expected_failures_of(found)
    except ValueError as error:
        raise ImplementationError(f"{kind}: {error}") from None
    try:
        inspect.signature(run).bind(None, None)
    except TypeError as error:
        raise ImplementationError(
            f"{kind} has a `run` that cannot be called as run(case, trace): {error}"
        ) from None
    except ValueError:  # built in, without a signature
        pass


def _methods_hint(found: Any) -> str:
    public = [name for name in dir(found) if not name.startswith("_")]
    return did_you_mean("run", public) or (f"; it has {', '.join(public[:8])}" if public else "")
