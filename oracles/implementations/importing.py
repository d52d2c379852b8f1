"""Imports code of somebody else, and says in their words why it does not import."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TypeVar

from oracles.implementations.errors import ImplementationError
from oracles.implementations.frames import described, innermost, shortened, traceback_frames
from oracles.implementations.running import contained
from oracles.implementations.spec_hint import file_meant
from oracles.implementations.time_limit import TimeLimit, time_limit

_Result = TypeVar("_Result")
_numbers = itertools.count()
_helpers: dict[str, Path] = {}
"""Modules that loaded files imported from their own folders, with the folder."""


def import_file(path: Path, timeout: float) -> ModuleType:
    """The module of a file, under a name that no other import finds. ImplementationError where it
    does not import."""
    name = f"_implementation_{next(_numbers)}_{re.sub(r'[^0-9a-zA-Z_]', '_', path.stem)}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader

    def execute() -> ModuleType:
        sys.modules[name] = module
        loader.exec_module(module)
        return module

    with first_on_path(path.parent), _helpers_of_its_own(path.parent):
        try:
            return _imported(execute, path.name, timeout)
        except ImplementationError:
            sys.modules.pop(name, None)
            raise


@contextmanager
def first_on_path(folder: Path) -> Iterator[None]:
    """First while it is imported; afterwards last, for imports inside functions: a `random.py` of
    the user's must not get in the way of what the harness imports later."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        if str(folder) not in sys.path:
            sys.path.append(str(folder))


@contextmanager
def _helpers_of_its_own(folder: Path) -> Iterator[None]:
    """`a/my_cnn.py` and `b/my_cnn.py` may each import a `layers.py` beside them: forget the one of
    the other folder. What the harness itself had imported stays."""
    for name, home in list(_helpers.items()):
        top = name.partition(".")[0]
        if home != folder and ((folder / f"{top}.py").exists() or (folder / top).is_dir()):
            sys.modules.pop(name, None)
            del _helpers[name]
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(folder):
                _helpers[name] = folder


def import_module(name: str, timeout: float) -> ModuleType:
    """A module by its name. ImplementationError where there is none, or it does not import."""
    for length in range(1, name.count(".") + 2):
        part = ".".join(name.split(".")[:length])
        if part not in sys.modules and not _exists(part, timeout):
            raise ImplementationError(
                f"there is no module {part!r}, neither installed nor in {Path.cwd()}"
                f"{file_meant(name)}"
            )
    return _imported(lambda: importlib.import_module(name), name, timeout)


def _exists(name: str, timeout: float) -> bool:
    """Whether the module can be found; its parents are imported for that."""
    return _imported(lambda: importlib.util.find_spec(name), name, timeout) is not None


def _imported(execute: Callable[[], _Result], what: str, timeout: float) -> _Result:
    """Run an import so that whatever it does ends here, and tell why it failed."""
    error: BaseException
    importlib.invalidate_caches()
    try:
        with contained([]), time_limit(timeout):
            return execute()
    except KeyboardInterrupt:
        raise
    except SyntaxError as syntax:
        raise ImplementationError(_syntax_message(what, syntax)) from None
    except BaseException as raised:  # noqa: BLE001  a file may raise what it likes
        error = raised
    raise ImplementationError(_import_message(what, error, timeout)) from None


def _syntax_message(what: str, error: SyntaxError) -> str:
    place = Path(error.filename).name if error.filename else what
    line = (error.text or "").strip()
    return f"{what} does not import: {place}:{error.lineno}: {error.msg}\n  {line}"


def _import_message(what: str, error: BaseException, timeout: float) -> str:
    guard = 'put what is to run as a script under `if __name__ == "__main__":`'
    frames = traceback_frames(error.__traceback__)
    if isinstance(error, TimeLimit):
        place = f" (it was at {error.where})" if error.where else ""
        return f"{what} takes longer than {timeout:g} s to import{place}; {guard}"
    if isinstance(error, SystemExit):
        return f"{what} leaves Python while it is imported, at {innermost(frames)}; {guard}"
    hint = ""
    if isinstance(error, ImportError) and "relative import" in str(error):
        hint = "\nA file with relative imports belongs to a package: give it as package.module"
    if isinstance(error, ImplementationError):
        return f"{what} does not import: {error}\n  at {innermost(frames)}"
    if not frames:
        return f"{what} does not import: {described(error)}{hint}"
    return f"{what} does not import:\n{shortened(error, frames)}{hint}"
