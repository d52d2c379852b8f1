"""Types of attributes beyond numbers: pairs, `"none"`, and what else torch.nn's arguments take.

A `Described` in the annotation is the type's name in the documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import Field, PlainValidator

from oracles.contract.arrays import ARRAY_FORMS, ArrayForm, one_of, schema_of
from oracles.contract.tables import did_you_mean, fault, found

Pair = tuple[int, int]


@dataclass(frozen=True)
class Described:
    """How the documentation calls a type."""

    text: str


def is_name(value: Any) -> TypeGuard[str]:
    """Whether a layer may be called this."""
    return isinstance(value, str) and bool(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value))


def _name(value: Any) -> str:
    if is_name(value):
        return value
    raise fault(
        f"must be a name of letters, digits and _, not starting with a digit, got {found(value)}"
    )


def _pair(value: Any) -> Pair:
    pair = _integers(value, 2)
    if pair is None:
        raise fault(f"must be an integer or two, [height, width], got {found(value)}")
    return pair[0], pair[1]


def _pair_or_none(value: Any) -> Pair | None:
    if value == "none":
        return None
    pair = _integers(value, 2)
    if pair is None:
        text = 'must be an integer, two, [height, width], or "none"'
        raise fault(f"{text}, got {found(value)}")
    return pair[0], pair[1]


def _conv_padding(value: Any) -> Pair | str:
    if value in ("same", "valid"):
        return str(value)
    pair = _integers(value, 2)
    if pair is None:
        text = "must be an integer, two, [height, width], 'same' or 'valid'"
        raise fault(f"{text}, got {found(value)}{did_you_mean(value, ('same', 'valid'))}")
    return pair[0], pair[1]


def _four(value: Any) -> tuple[int, int, int, int]:
    four = _integers(value, 4)
    if four is None:
        text = "must be an integer or four, [left, right, top, bottom]"
        raise fault(f"{text}, got {found(value)}")
    return four[0], four[1], four[2], four[3]


def _number_or_none(value: Any) -> float | None:
    if value == "none":
        return None
    if type(value) in (int, float) and abs(value) <= 1e300:
        return float(value)
    raise fault(f'must be a number or "none", got {found(value)}')


def _integer_or_none(value: Any) -> int | None:
    if value == "none":
        return None
    if type(value) is int:
        return value
    raise fault(f'must be an integer or "none", got {found(value)}')


def _bias(value: Any) -> ArrayForm | bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, list | dict):
        raise fault(f"must be true, false or an array, got {found(value)}")
    return one_of(value, ARRAY_FORMS)  # type: ignore[no-any-return]


def _integers(value: Any, count: int) -> tuple[int, ...] | None:
    if type(value) is int:
        return (value,) * count
    if isinstance(value, list) and len(value) == count and all(type(i) is int for i in value):
        return tuple(value)
    return None


_Integers2 = Annotated[list[int], Field(min_length=2, max_length=2)]
_Integers4 = Annotated[list[int], Field(min_length=4, max_length=4)]

Name = Annotated[
    str,
    PlainValidator(_name, json_schema_input_type=Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")]),
]
IntegerPair = Annotated[
    Pair,
    PlainValidator(_pair, json_schema_input_type=int | _Integers2),
    Described("integer or pair"),
]
PairOrNone = Annotated[
    Pair | None,
    PlainValidator(_pair_or_none, json_schema_input_type=int | _Integers2 | Literal["none"]),
    Described('integer, pair or "none"'),
]
ConvPadding = Annotated[
    Pair | str,
    PlainValidator(
        _conv_padding, json_schema_input_type=int | _Integers2 | Literal["same", "valid"]
    ),
    Described('integer, pair, "same" or "valid"'),
]
Four = Annotated[
    tuple[int, int, int, int],
    PlainValidator(_four, json_schema_input_type=int | _Integers4),
    Described("integer or four"),
]
NumberOrNone = Annotated[
    float | None,
    PlainValidator(_number_or_none, json_schema_input_type=float | Literal["none"]),
    Described('number or "none"'),
]
IntegerOrNone = Annotated[
    int | None,
    PlainValidator(_integer_or_none, json_schema_input_type=int | Literal["none"]),
    Described('integer or "none"'),
]
Bias = Annotated[
    ArrayForm | bool,
    PlainValidator(_bias, json_schema_input_type=bool | schema_of(ARRAY_FORMS)),
    Described("true, false or array"),
]
