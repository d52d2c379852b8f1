"""What one pytest run was asked to judge: options, ini keys and what is installed."""

from __future__ import annotations

import importlib.util
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from oracles.case_paths import SUFFIX, bundled_cases

BUNDLED = "oracles/cases"
"""How node ids and arguments name the folder of bundled cases."""

_NEEDED = ("numpy", "pydantic", "rich", "torch")


@dataclass(frozen=True)
class Settings:
    """Everything an item needs to know of the command line.

    specs     of implementations, as they are loaded
    dtypes    empty: those of the case
    oracles   empty: all of them
    diagnose  failures of a kind that are searched for their cause; None: all, 0: none
    reports   files to write
    here      folder pytest was started in
    """

    asked: bool
    specs: tuple[str, ...]
    dtypes: tuple[str, ...]
    oracles: tuple[str, ...]
    timeout: float
    diagnose: int | None
    reports: tuple[Path, ...]
    here: Path

    @classmethod
    def of(cls, config: pytest.Config) -> Settings:
        """Read them from a configuration; a report nobody could write is refused here."""
        here = config.invocation_params.dir
        return cls(
            asked=asked_for(config),
            specs=_specs(config),
            dtypes=tuple(dict.fromkeys(config.getoption("oracles_dtypes"))),
            oracles=tuple(dict.fromkeys(config.getoption("oracles_oracles"))),
            timeout=config.getoption("oracles_timeout"),
            diagnose=config.getoption("oracles_diagnose"),
            reports=tuple(_writable(here / name) for name in config.getoption("oracles_reports")),
            here=here,
        )

    def labelled(self) -> dict[str, str]:
        """{label: spec}: what the implementations are called, before anything of them is imported,
        since node ids must not depend on whether, or in which worker, an implementation loads."""
        from oracles.implementations.loading import labels

        return dict(zip(labels(self.specs), self.specs, strict=True))

    def command(self, path: Path, name: str, spec: str) -> str:
        """What to type to run one item again, from the folder this run was started in."""
        words = ["pytest"]
        target = path
        if path.is_relative_to(self.here):
            target = path.relative_to(self.here)
        elif path.is_relative_to(bundled_cases()):
            words.append("--bundled-cases")
            target = Path(BUNDLED, path.relative_to(bundled_cases()))
        words += [f"{target.as_posix()}::{name}", "--implementation", spec]
        words += [word for oracle in self.oracles for word in ("--case-oracle", oracle)]
        return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)

    def as_given(self, path: Path) -> Path:
        """The path whose text is the id of a case outside of a folder of cases."""
        below = path.is_relative_to(self.here) and Path.cwd() == self.here
        return path.relative_to(self.here) if below else path


settings_key = pytest.StashKey[Settings]()


def asked_for(config: pytest.Config) -> bool:
    """Whether this run was asked to judge; works before the configuration is complete."""
    options = config.known_args_namespace
    arguments = [str(argument) for argument in getattr(options, "file_or_dir", None) or ()]
    return bool(
        getattr(options, "oracles_implementations", None)
        or getattr(options, "oracles_bundled_cases", False)
        or config.getini("implementation")
        or any(argument.partition("::")[0].endswith(SUFFIX) for argument in arguments)
    )


def relative_path(path: Path, here: Path) -> str:
    """A path the way a person in that folder writes it."""
    try:
        return Path(os.path.relpath(path, here)).as_posix()
    except ValueError:  # another drive of Windows
        return path.as_posix()


def memory(config: pytest.Config) -> Path | None:
    """Where it is kept what oracles say about each other: in pytest's cache, which `--cache-clear`
    empties and `-p no:cacheprovider` does without."""
    cache = getattr(config, "cache", None)
    try:
        return None if cache is None else Path(cache.mkdir("oracles"))
    except OSError:
        return None


def missing() -> tuple[str, ...]:
    """Packages of the harness that are not installed."""
    return tuple(name for name in _NEEDED if importlib.util.find_spec(name) is None)


def bundled_arguments(config: pytest.Config) -> None:
    """Add the folder of bundled cases to the arguments, or, where single ones are named as node
    ids name them (`oracles/cases/...`), put their paths there.

    Workers of xdist get the arguments as they were typed, so that this runs in each of them.
    """
    folder = bundled_cases()
    if not folder.is_dir():
        raise pytest.UsageError(f"--bundled-cases: there is no folder {folder}")
    typed = [] if config.args_source is not pytest.Config.ArgsSource.ARGS else list(config.args)
    prefix = f"{BUNDLED}/"
    named = [_is_named(argument, prefix) for argument in typed]
    config.args = [
        str(folder / argument.removeprefix(prefix)) if bundled else argument
        for argument, bundled in zip(typed, named, strict=True)
    ]
    if not any(named):
        config.args.append(str(folder))


def _is_named(argument: str, prefix: str) -> bool:
    return argument.startswith(prefix) and not Path(argument.partition("::")[0]).exists()


def _specs(config: pytest.Config) -> tuple[str, ...]:
    given = config.getoption("oracles_implementations")
    if not given:
        folder = config.inipath.parent if config.inipath is not None else config.rootpath
        given = [_beside(folder, line.strip()) for line in config.getini("implementation")]
    return tuple(dict.fromkeys(given))


def _beside(folder: Path, spec: str) -> str:
    """A file named in an ini file is relative to that file."""
    path, colon, name = spec.partition(".py:")
    if spec.endswith(".py"):
        return str(folder / spec)
    return f"{folder / path}{colon}{name}" if colon else spec


def _writable(path: Path) -> Path:
    if not path.parent.is_dir():
        raise pytest.UsageError(f"--case-report {path}: there is no folder {path.parent}")
    if path.is_dir():
        raise pytest.UsageError(f"--case-report {path} is a folder")
    return path
