"""Reading case files: `read_case("conv2d/stride.case.toml")` gives a `Definition`, or raises
`InvalidCase` with everything that is wrong with the file at once."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from oracles.contract.conventions import CONVENTIONS
from oracles.contract.definition import Definition, Raises
from oracles.contract.document import Document, parse
from oracles.contract.errors import InvalidCase, Problem
from oracles.contract.expectations import check_tolerances, published
from oracles.contract.findings import Findings
from oracles.contract.limits import INTEGER_LIMIT, SEED_LIMIT
from oracles.contract.locator import line_of, locate
from oracles.contract.losses import LOSSES
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS
from oracles.contract.plan import Plan, make_plan
from oracles.contract.tables import KeyPath, did_you_mean, found, key_text, unknown
from oracles.contract.tags import TAGS
from oracles.contract.toml import read_tables, read_text
from oracles.contract.values import check_values

FORMAT = 1
SUFFIX = ".case.toml"
FOLDER = "cases"


def read_case(path: str | Path) -> Definition:
    """Read a case file.

    Raises InvalidCase: every problem of the file, with line, key, what was found, what is allowed.
    """
    path = Path(path)
    text = read_text(path)
    raw = read_tables(path, text)
    if raw.get("format", FORMAT) != FORMAT:
        problem = (
            f"must be {FORMAT}, the format that this version reads, got {found(raw['format'])}"
        )
        raise _invalid(path, text, [(("format",), problem)])
    if outside := list(_large_integers((), raw)):
        raise _invalid(path, text, outside)
    document, broken, problems = parse(raw)
    if document is None:
        raise _invalid(path, text, problems)
    findings = Findings(refused="raises" in raw)
    findings.problems += problems
    _check_header(document, findings)
    plan = make_plan(document, broken, path.parent, findings)
    if plan is not None and not findings.problems:
        check_values(plan, findings)
    if plan is None or findings.problems:
        raise _invalid(path, text, findings.problems)
    definition = _definition(path, document, plan)
    definition = _with_values(definition, document, findings)
    if findings.problems:
        raise _invalid(path, text, findings.problems)
    return definition


def refusal(definition: Definition, problems: Iterable[tuple[KeyPath, str]]) -> InvalidCase:
    """What is wrong with a file that was read: what shows only in its numbers."""
    return _invalid(definition.path, read_text(definition.path), problems)


def _large_integers(key: KeyPath, value: object) -> Iterator[tuple[KeyPath, str]]:
    """Integers beyond what anybody computes with: no size, no index and no count is so large."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _large_integers((*key, name), inner)
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _large_integers((*key, i), inner)
    elif type(value) is int:
        limit = SEED_LIMIT if key and key[-1] == "seed" else INTEGER_LIMIT
        if not -limit <= value < limit:
            power = limit.bit_length() - 1
            yield key, f"must be smaller than 2^{power}, got {found(value)}"


def case_id(path: Path) -> str:
    """Path below the nearest folder named `cases`, or as given; without the suffix."""
    parts = Path(os.path.abspath(path)).parts  # noqa: PTH100 - resolve() would follow links
    name = path.as_posix()
    if FOLDER in parts[:-1]:
        start = len(parts) - 1 - parts[-2::-1].index(FOLDER)
        name = "/".join(parts[start:])
    return name.removesuffix(SUFFIX).removesuffix(".toml")


def _check_header(document: Document, findings: Findings) -> None:
    for key in ("title", "why"):
        if not getattr(document, key).strip():
            findings.add((key,), "must not be empty")
    types = (*OPERATIONS, *LOSSES, *OPTIMIZERS)
    for i, tag in enumerate(document.tags):
        if tag not in TAGS and tag not in types:
            close = did_you_mean(tag, TAGS) or ";"
            text = f"unknown tag {found(tag)}{close} allowed: {', '.join(TAGS)}"
            findings.add(("tags", i), text)
    for i, convention in enumerate(document.conventions):
        if convention not in CONVENTIONS:
            findings.add(("conventions", i), unknown("convention", convention, CONVENTIONS))
    if not document.dtypes or len(set(document.dtypes)) < len(document.dtypes):
        findings.add(("dtypes",), f"must name each dtype once, got {list(document.dtypes)}")
    if document.cause is not None and not document.observed:
        findings.add(("cause",), "explains what was observed, and there is no [observed]")
    check_tolerances("expect", document.expect, findings)
    check_tolerances("observed", document.observed, findings)
    if document.raises is not None:
        _check_raises(document, findings)


def _check_raises(document: Document, findings: Findings) -> None:
    assert document.raises is not None
    for table in ("expect", "observed"):
        if getattr(document, table):
            findings.add((table,), "a case that has to be refused ([raises]) has no values")
    try:
        re.compile(document.raises.match or "")
    except re.error as error:
        findings.add(("raises", "match"), f"is not a regular expression: {error}")


def _definition(path: Path, document: Document, plan: Plan) -> Definition:
    types = [layer.operation.type for layer in plan.layers]
    types += [table.type for table in (document.loss, document.optimizer) if table is not None]
    return Definition(
        id=case_id(path),
        path=path,
        title=document.title,
        why=document.why,
        source=document.source,
        tags=tuple(dict.fromkeys((*document.tags, *types))),
        dtypes=document.dtypes,
        conventions=document.conventions,
        published=(),
        derived=(),
        observed=(),
        cause=document.cause,
        raises=None if document.raises is None else Raises(document.raises.match),
        plan=plan,
    )


def _with_values(definition: Definition, document: Document, findings: Findings) -> Definition:
    if not document.expect and not document.observed:
        return definition
    case, folder = definition.draw("float64"), definition.path.parent
    expected = published("expect", document.expect, case, folder, findings)
    observed = published("observed", document.observed, case, folder, findings)
    return replace(
        definition,
        published=tuple(value for value in expected if value.derived is None),
        derived=tuple(value for value in expected if value.derived is not None),
        observed=observed,
    )


def _invalid(path: Path, text: str, problems: Iterable[tuple[KeyPath, str]]) -> InvalidCase:
    lines = locate(text)
    return InvalidCase(
        str(path),
        sorted({Problem(line_of(lines, key), key_text(key), words) for key, words in problems}),
    )
