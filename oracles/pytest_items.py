"""A case file as pytest sees it: one item per dtype and implementation, or one that says why not.

What needs the extra of the harness, or takes time to import, is imported where it is used.
"""

from __future__ import annotations

import dataclasses
import re
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from oracles.case_paths import SUFFIX, bundled_cases
from oracles.options import DECIDING
from oracles.pytest_settings import BUNDLED, memory, missing, relative_path, settings_key
from oracles.pytest_watchdog import watchdog

if TYPE_CHECKING:
    from oracles.contract.definition import Definition
    from oracles.diagnosis.remembering import Allowance, Remembering
    from oracles.judging.judgement import Judgement, Outcome
    from oracles.trial import Diagnose

_diagnoses_key: pytest.StashKey[dict[str, Remembering]] = pytest.StashKey()
_allowance_key: pytest.StashKey[Allowance] = pytest.StashKey()
_loaded_key = pytest.StashKey[dict[str, Any]]()
_shown_key = pytest.StashKey[Counter[str]]()
_said_key = pytest.StashKey[set[str]]()

_FULL_TEXTS = 3
"""Failures that begin alike are told in full so many times; after that it is one more of them."""


class CaseFailure(Exception):
    """An item that is not right; its text is all there is to show."""


class CaseFile(pytest.File):
    """A `.case.toml` file. Collecting it never fails: what is wrong with it is an item."""

    @classmethod
    def at(cls, path: Path, parent: pytest.Collector) -> CaseFile:
        """The file as a node. Outside the rootdir pytest has no node id that tells two files
        apart, so that it is given one."""
        config = parent.config
        if path.is_relative_to(config.rootpath):
            return cls.from_parent(parent, path=path)
        if path.is_relative_to(bundled_cases()):
            name = f"{BUNDLED}/{path.relative_to(bundled_cases()).as_posix()}"
        else:
            name = relative_path(path, config.stash[settings_key].here)
        return cls.from_parent(parent, path=path, nodeid=name)

    def collect(self) -> Iterator[pytest.Item]:
        """Items in the order of the dtypes of the case, then of the implementations given. After
        them, for a case with that tag, those about properties."""
        settings = self.config.stash[settings_key]
        if absent := missing():
            yield from self._problem("no-harness", _no_harness(absent), once=True)
            return
        if not settings.specs:
            text = _no_implementation(relative_path(self.path, settings.here))
            yield from self._problem("no-implementation", text, once=True)
            return
        from oracles.contract.errors import InvalidCase
        from oracles.contract.reading import read_case

        try:
            definition = read_case(settings.as_given(self.path))
        except InvalidCase as error:
            yield from self._problem("invalid", str(error), outcome="invalid-case")
            return
        except Exception as error:  # noqa: BLE001  a fault of ours must not end the whole run
            text = _harness_fault(error)
            yield from self._problem("invalid", text, outcome="harness-error")
            return
        named = settings.labelled()
        for dtype in definition.dtypes:
            if not settings.dtypes or dtype in settings.dtypes:
                for label, spec in named.items():
                    yield CaseItem.of(self, definition, dtype, spec, label)
        from oracles.pytest_properties import property_items

        yield from property_items(self, definition, named)

    def _problem(
        self, name: str, text: str, *, outcome: Outcome = "error", once: bool = False
    ) -> Iterator[ProblemItem]:
        """One item, or one under each name that was asked for: whoever repeats a single item of a
        file that has become unreadable wants to read why, not that the item is unknown."""
        for each in _asked_names(self.config, self.path) or [name]:
            yield ProblemItem.of(self, each, text, outcome, once=once)


class ProblemItem(pytest.Item):
    """A file that cannot be run, as one failing item that no `-k` and no `-m` hides."""

    text: str
    outcome: Outcome
    once: bool
    result: dict[str, Any] | None = None

    @classmethod
    def of(cls, parent: CaseFile, name: str, text: str, outcome: Outcome, *, once: bool) -> Any:
        """The item; `once` says the text for the first file of a run alone."""
        item = cls.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}")
        item.text, item.outcome, item.once = text, outcome, once
        return item

    def runtest(self) -> None:
        """Fail with the text."""
        if self.once and _said(self.config, self.text.partition("\n")[0]):
            skip("not run, for the reason of the first item that failed")
        case = self._case()
        from oracles.judging.judgement import Judgement
        from oracles.reporting.json_report import as_json

        self.result = as_json(Judgement(case, "", "", self.outcome, self.text))
        self.user_properties = [("case", case), ("outcome", self.outcome)]
        raise CaseFailure(self.text)

    def _case(self) -> str:
        """The id of the case; its path where what knows about ids is not installed."""
        if missing():
            here = self.config.stash[settings_key].here
            return relative_path(self.path, here).removesuffix(SUFFIX)
        from oracles.contract.reading import case_id

        return case_id(self.config.stash[settings_key].as_given(self.path))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text, without a traceback."""
        if isinstance(excinfo.value, CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the file is, and the headline of the failure."""
        return self.path, 0, f"{self.path.name} {self.name}"


class CaseItem(pytest.Item):
    """One case in one dtype, judged for one implementation.

    about   what the name of the item begins with in place of the dtype
    """

    about: ClassVar[str] = ""

    definition: Definition
    dtype: str
    spec: str
    label: str
    result: dict[str, Any] | None = None

    @classmethod
    def of(
        cls, parent: CaseFile, definition: Definition, dtype: str, spec: str, label: str
    ) -> CaseItem:
        """The item, found by `-k` under the parts of the case id and the tags, by `-m` under the
        tags."""
        # A node id that was parsed is what --lf compares with; put together from its parts it is
        # another one in pytest 9, because of the brackets.
        name = f"{cls.about or dtype}[{label}]"
        item: CaseItem = cls.from_parent(parent, name=name, nodeid=f"{parent.nodeid}::{name}")
        item.definition, item.dtype, item.spec, item.label = definition, dtype, spec, label
        item.extra_keyword_matches |= {*definition.id.split("/"), *definition.tags}
        for tag in definition.tags:
            register(item.config, tag)
            item.add_marker(marker_name(tag))
        return item

    def runtest(self) -> None:
        """Judge, and end as the outcome says."""
        implementation, judgement = self._loaded()
        if implementation is not None:
            judgement = self._judged(implementation)
        assert judgement is not None
        text = self._record(judgement)
        if judgement.outcome == "passed":
            return
        if judgement.outcome == "unsupported":
            skip(judgement.message or "unsupported")
        if judgement.outcome == "expected-failure":
            raise pytest.xfail.Exception(judgement.message)
        if implementation is None and _said(self.config, judgement.message):
            skip(f"not run: {self.spec} does not load, as the first item of it says")
        raise CaseFailure(text)

    def _loaded(self) -> tuple[Any, Judgement | None]:
        """The implementation, or what the item ends with. Loading waits for the first item: the
        items of a run do not depend on it, and a crash of it is the crash of an item."""
        from oracles.implementations.loading import load

        known = self.config.stash.setdefault(_loaded_key, {})
        timeout = self.config.stash[settings_key].timeout
        if self.spec not in known:
            try:
                with watchdog(self.config, timeout):
                    known[self.spec] = load(self.spec, timeout=timeout)
            except Exception as error:  # noqa: BLE001  one implementation must not end the others
                known[self.spec] = error
        found = known[self.spec]
        if isinstance(found, Exception):
            return None, self._not_loaded(found)
        return found.implementation, None

    def _not_loaded(self, error: Exception) -> Judgement:
        from oracles.implementations.errors import ImplementationError

        if isinstance(error, ImplementationError):
            return self._judgement("error", str(error))
        return self._judgement("harness-error", _harness_fault(error))

    def _judged(self, implementation: Any) -> Judgement:
        try:
            judgement = self._trial(implementation)
        except Exception as error:  # noqa: BLE001  a fault of ours, shown as one; others go on
            return self._judgement("harness-error", _harness_fault(error))
        return dataclasses.replace(judgement, implementation=self.label)

    def _trial(self, implementation: Any) -> Judgement:
        from oracles import trial

        settings = self.config.stash[settings_key]
        with watchdog(self.config, settings.timeout):
            return trial.judge(
                implementation,
                self.definition,
                self.dtype,
                oracles=settings.oracles or DECIDING,
                timeout=settings.timeout,
                memory=memory(self.config),
                diagnose=self._diagnose(),
            )

    def _diagnose(self) -> Diagnose | None:
        """What finds causes, and remembers those of this implementation in this process."""
        most = self.config.stash[settings_key].diagnose
        if most == 0:
            return None
        from oracles.diagnosis.remembering import Allowance, Remembering

        known = self.config.stash.setdefault(_diagnoses_key, {})
        if self.label not in known:
            shared = self.config.stash.setdefault(_allowance_key, Allowance())
            known[self.label] = Remembering(shared, most)
        return known[self.label]

    def _judgement(self, outcome: Outcome, message: str) -> Judgement:
        from oracles.judging.judgement import Judgement

        return Judgement(self.definition.id, self.dtype, self.label, outcome, message)

    def _record(self, judgement: Judgement) -> str:
        """Keep the result for the report; return the text of a failure."""
        from oracles.reporting.failure import failure_text, repeated_text
        from oracles.reporting.features import features
        from oracles.reporting.json_report import as_json
        from oracles.reporting.result import Result
        from oracles.reporting.tally import alike

        result = Result(
            judgement, self.definition.title, self._command(), features(self.definition)
        )
        self.result = as_json(
            judgement, title=result.title, command=result.command, features=result.features
        )
        first = judgement.first_divergence
        causes = judgement.diagnosis.causes if judgement.diagnosis is not None else ()
        self.user_properties += [
            ("case", judgement.case),
            ("dtype", judgement.dtype),
            ("outcome", judgement.outcome),
            ("first_divergence", first.entry if first is not None else ""),
            ("cause", " ".join(cause.cause for cause in causes)),
        ]
        verbose = self.config.get_verbosity() > 0
        shown = self.config.stash.setdefault(_shown_key, Counter())
        if result.fails:
            shown[alike(judgement)] += 1
        if shown[alike(judgement)] > _FULL_TEXTS and not verbose:
            return repeated_text(result)
        return failure_text(result, verbose=verbose)

    def _command(self) -> str:
        settings = self.config.stash[settings_key]
        return settings.command(self.path, self.name, self.spec)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the judgement says, without a traceback through the harness."""
        if isinstance(excinfo.value, CaseFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is, and the headline of a failure."""
        return self.path, 0, f"{self.definition.id} {self.name}"


def every_tag() -> dict[str, str]:
    """All tags a case can have and what they mean; none where the harness is not installed."""
    if missing():
        return {}
    from oracles.contract.losses import LOSSES
    from oracles.contract.operations.table import OPERATIONS
    from oracles.contract.optimizers import OPTIMIZERS
    from oracles.contract.tags import TAGS

    return {**TAGS, **{name: f"cases with {name}" for name in (*OPERATIONS, *LOSSES, *OPTIMIZERS)}}


def register(config: pytest.Config, tag: str, meaning: str = "a tag of a case") -> None:
    """Make a tag a marker that `-m` and --strict-markers know."""
    name = marker_name(tag)
    if not any(line.startswith(f"{name}:") for line in config.getini("markers")):
        config.addinivalue_line("markers", f"{name}: {meaning}")


def marker_name(tag: str) -> str:
    """A tag as the name of a marker."""
    return re.sub(r"\W", "_", tag)


def skip(reason: str) -> None:
    """Skip the item that runs, at its own file."""
    raise pytest.skip.Exception(reason, _use_item_location=True)


def _said(config: pytest.Config, text: str) -> bool:
    """Whether a text was shown before in this process; from now on it was."""
    said = config.stash.setdefault(_said_key, set())
    before = text in said
    said.add(text)
    return before


def _asked_names(config: pytest.Config, path: Path) -> list[str]:
    here = config.invocation_params.dir
    names = []
    for argument in config.args:
        base, colons, name = argument.partition("::")
        if colons and here / base == path and name not in names:
            names.append(name)
    return names


def _harness_fault(error: BaseException) -> str:
    lines = traceback.format_exception(error)
    return (
        f"{type(error).__name__}: {error}\n"
        "This is a fault of the harness, not of what it judges; please report it.\n\n"
        + "".join(lines).rstrip()
    )


def _no_harness(absent: Iterable[str]) -> str:
    return (
        f"Case files need {', '.join(absent)}, which is not installed. Install the harness with\n"
        '  pip install "refcnn[oracles]"'
    )


def _no_implementation(path: str) -> str:
    return (
        "There is nothing to judge. Name your implementation, a file or a module:\n"
        f"  pytest {path} --implementation my_cnn.py\n"
        "or write it into the ini file of pytest:\n"
        '  implementation = ["my_cnn.py"]'
    )
