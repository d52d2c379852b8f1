"""Tables of a case file as pydantic models, with messages for people.

Types and unknown keys are checked here, and nothing else: what a number may be, and what shapes fit
together, is checked later, because a case that expects a refusal (`[raises]`) skips those checks.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Strict, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

KeyPath = tuple[str | int, ...]
"""Where something stands in a file: ("layers", 0, "weight")."""

Integer = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Text = Annotated[str, Strict()]
Number = Annotated[float, Strict()]


@dataclass(frozen=True)
class Overflowing:
    """A number as a file has it that no float64 holds, such as 1e400."""

    text: str


class Table(BaseModel):
    """A table with the keys of the model and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @model_validator(mode="wrap")
    @classmethod
    def _in_words(cls, value: Any, handler: Any) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            raise _explained(cls, error) from None


def fields(table: type[Table]) -> dict[str, FieldInfo]:
    """The keys of a table, in order."""
    return table.model_fields


def fault(text: str) -> PydanticCustomError:
    """A problem at the place that is being validated, in the words given."""
    return PydanticCustomError("case", "{text}", {"text": text})


def located(value: Any, problems: Iterable[tuple[KeyPath, str]]) -> ValidationError:
    """Problems at places below the one that is being validated."""
    lines = [InitErrorDetails(type=fault(text), loc=key, input=value) for key, text in problems]
    return ValidationError.from_exception_data("case", lines)


def problems_of(error: ValidationError) -> list[tuple[KeyPath, str]]:
    """What `fault`, `located` and the models have to say, as (place, text)."""
    return [(line["loc"], _text(line, ())) for line in error.errors()]


def found(value: Any) -> str:
    """A value as its author wrote it, cut where it is long."""
    if isinstance(value, Overflowing):
        return f"{value.text}, which is more than a float64 holds"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, float | str):
        return _cut(repr(value))
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else "an integer of more than 30 digits"
    if isinstance(value, list):
        return _list(value)
    return f"a {type(value).__name__}"


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`, did you mean 'x'?`, or nothing where no name is close."""
    if not isinstance(name, str):
        return ""
    lower = {other.lower(): other for other in known}
    close = difflib.get_close_matches(name[:100].lower(), list(lower), n=1, cutoff=0.6)
    return f", did you mean {lower[close[0]]!r}?" if close else ""


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """An unknown name, the closest known one, and all of them."""
    names = tuple(known)
    close = did_you_mean(name, names) or ";"
    return f"unknown {what} {found(name)}{close} allowed: {', '.join(names)}"


def listed(names: Iterable[object]) -> str:
    """Names in a row: `a, b or c`."""
    words = [str(name) for name in names]
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def key_text(key: Sequence[str | int]) -> str:
    """A place in the file as people write it: `layers[0].weight`."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            quoted = part if part.replace("_", "a").replace("-", "a").isalnum() else f'"{part}"'
            text += f".{quoted}" if text else quoted
    return text


def _explained(table: type[Table], error: ValidationError) -> ValidationError:
    return ValidationError.from_exception_data(
        table.__name__,
        [
            InitErrorDetails(
                type=fault(_text(line, table.model_fields)), loc=line["loc"], input=line["input"]
            )
            for line in error.errors()
        ],
    )


_EXPECTED = {
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be a text in quotes",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
}


def _text(line: ErrorDetails, keys: Iterable[str]) -> str:
    kind, value = line["type"], line["input"]
    if kind == "case":
        return str(line["ctx"]["text"])
    if kind == "missing":
        return "missing"
    if kind == "extra_forbidden":
        close = did_you_mean(line["loc"][-1], keys) or ";"
        return f"unknown key{close} allowed: {', '.join(keys)}"
    if kind == "literal_error":
        allowed = str(line["ctx"]["expected"])
        close = did_you_mean(value, re.findall("'([^']*)'", allowed))
        return f"must be {allowed}, got {found(value)}{close}"
    expected = _EXPECTED.get(kind)
    if expected == "must be a list" and isinstance(value, dict):
        return f"there may be several: write it with two brackets, [[{line['loc'][-1]}]]"
    return f"{expected}, got {found(value)}" if expected else f"{line['msg']}, got {found(value)}"


def _list(value: list[Any]) -> str:
    if any(isinstance(item, list | dict) for item in value[:10]):
        return f"a list of {len(value)}"
    return "[" + ", ".join(found(item) for item in value[:8]) + (", ...]" if value[8:] else "]")


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
