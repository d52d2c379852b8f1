"""The items about properties: one per implementation for a case with that tag.

    cases/conv2d/strided_generic.case.toml::properties[my_cnn]

Everything else is as with the items about values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from oracles.contract.tags import PROPERTIES
from oracles.pytest_items import CaseFile, CaseItem
from oracles.pytest_settings import settings_key
from oracles.pytest_watchdog import watchdog

if TYPE_CHECKING:
    from oracles.contract.definition import Definition
    from oracles.judging.judgement import Judgement, Outcome


def property_items(
    parent: CaseFile, definition: Definition, implementations: Mapping[str, str]
) -> Iterator[CaseItem]:
    """One item per implementation, in the first of the dtypes asked for that it is for."""
    asked = parent.config.stash[settings_key].dtypes
    dtypes = [dtype for dtype in definition.dtypes if not asked or dtype in asked]
    if PROPERTIES in definition.tags and dtypes:
        for label, spec in implementations.items():
            yield PropertiesItem.of(parent, definition, dtypes[0], spec, label)


class PropertiesItem(CaseItem):
    """One case, run again and again for one implementation."""

    about: ClassVar[str] = PROPERTIES

    def _trial(self, implementation: Any) -> Judgement:
        from oracles.properties.trial import dtype_for, judge_properties

        settings = self.config.stash[settings_key]
        asked = [name for name in self.definition.dtypes if name in settings.dtypes]
        self.dtype = dtype_for(implementation, asked or self.definition.dtypes)
        watched = _Watched(implementation, self.config, settings.timeout)
        return judge_properties(watched, self.definition, self.dtype, timeout=settings.timeout)

    def _judgement(self, outcome: Outcome, message: str) -> Judgement:
        from oracles.judging.judgement import Judgement

        return Judgement(
            self.definition.id, self.dtype, self.label, outcome, message, about="properties"
        )

    def _command(self) -> str:
        """The name of the item does not have the dtype, so that the command names it where it was
        asked for."""
        asked = self.config.stash[settings_key].dtypes
        return " ".join([super()._command(), *(f"--case-dtype {dtype}" for dtype in asked)])


class _Watched:
    """An implementation each run of which is watched for itself: there are many in one item."""

    def __init__(self, implementation: Any, config: pytest.Config, timeout: float) -> None:
        self._implementation = implementation
        self._config = config
        self._timeout = timeout

    def __getattr__(self, name: str) -> Any:
        return getattr(self._implementation, name)

    @property
    def name(self) -> str:
        return str(self._implementation.name)

    def run(self, case: Any, trace: Any) -> None:
        with watchdog(self._config, self._timeout):
            self._implementation.run(case, trace)
