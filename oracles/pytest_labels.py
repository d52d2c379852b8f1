"""What an implementation is called in node ids, before anything of it is imported.

Node ids must not depend on whether, or in which worker, an implementation loads.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

_FILE = re.compile(r"(?P<path>.+\.py)(:[\w.]+)?")


def labels_of(specs: Sequence[str]) -> dict[str, str]:
    """{label: spec}, each label as short as it is unique."""
    from oracles.implementations.loading import Loaded, labels

    nothing = cast("Any", None)
    unloaded = [Loaded(spec, _stem(spec), nothing) for spec in specs]
    return dict(zip(labels(unloaded), specs, strict=True))


def _stem(spec: str) -> str:
    match = _FILE.fullmatch(spec)
    return Path(match["path"]).stem if match else spec.partition(":")[0]
