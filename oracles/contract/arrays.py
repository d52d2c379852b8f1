"""The forms in which a case file gives an array.

    [[1, 2], [3, 4]]                              a nested list
    { values = [1, 2, 3, 4], shape = [2, 2] }     a flat list and its shape
    { file = "x.npy" }                            a file beside the case file
    { fill = "uniform", seed = 3 }                drawn, see fills.py

The shape may be left out where it is known, as that of a weight is.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PlainValidator

from oracles.contract.fill_tables import FILLS, ClassesFill, Fill, ShapeOf, fill_name
from oracles.contract.fills import Floats
from oracles.contract.lists import numbers
from oracles.contract.tables import (
    Integer,
    Table,
    Text,
    did_you_mean,
    fault,
    found,
    listed,
    located,
    unknown,
)

NestedList = list[Any]
_Numbers = Annotated[Floats, PlainValidator(numbers, json_schema_input_type=float | NestedList)]


class Values(Table):
    """A flat list of numbers with its shape, or a nested list."""

    values: _Numbers
    shape: ShapeOf | None = Field(None, description="may be left out where it is known")


class SideFile(Table):
    """A file in the .npy format beside the case file."""

    file: Text = Field(description="a plain name that ends in .npy, in the folder of the case file")
    shape: ShapeOf | None = Field(None, description="checked against the file if given")


class Labels(Table):
    """Class labels written out, one-hot where the loss wants that."""

    classes: _Numbers


class Kept(Table):
    """A drawn mask of a Dropout layer: 1 with probability 1 - p."""

    seed: Integer | None = Field(None, description="0 .. 2^64 - 1; left out: CRC-32 of the name")


ArrayForm = Values | SideFile | Fill
TargetForm = Values | SideFile | Fill | Labels
MaskForm = Values | SideFile | Kept

ARRAY_FORMS: tuple[type[Table], ...] = (Values, SideFile, *FILLS)
TARGET_FORMS: tuple[type[Table], ...] = (Values, SideFile, Labels, *FILLS, ClassesFill)
MASK_FORMS: tuple[type[Table], ...] = (Values, SideFile, Kept)

_SOURCES = ("values", "file", "fill", "classes")


def one_of(value: Any, forms: tuple[type[Table], ...]) -> Any:
    """The form an array of a case file has."""
    if isinstance(value, list):
        written_out = next(form for form in forms if issubclass(form, Values))
        array = numbers(value)
        return written_out.model_construct(values=array, shape=array.shape)
    if not isinstance(value, dict):
        raise fault(f"must be a list or a table with {_sources(forms)}, got {found(value)}")
    named = [key for key in _SOURCES if key in value]
    if len(named) > 1:
        raise fault(f"{named[0]} and {named[1]} both say where the numbers come from: give one")
    if Kept in forms and not named:
        return Kept.model_validate(value)
    fitting = [form for form in forms if named and named[0] in form.model_fields]
    if not fitting:
        close = did_you_mean(next(iter(value), None), _SOURCES)
        raise fault(f"must say where the numbers come from: needs {_sources(forms)}{close}")
    form = fitting[0] if named[0] != "fill" else _fill_of(value, fitting)
    return form.model_validate(value)


def _fill_of(value: dict[str, Any], forms: list[type[Table]]) -> type[Table]:
    by_name = {fill_name(form): form for form in forms if issubclass(form, Fill)}
    fill = value["fill"]
    if isinstance(fill, str) and fill in by_name:
        return by_name[fill]
    if fill == "classes":
        raise located(value, [(("fill",), "'classes' is only for the target of a loss")])
    raise located(value, [(("fill",), unknown("fill", fill, by_name))])


def _sources(forms: tuple[type[Table], ...]) -> str:
    return listed(key for key in _SOURCES if any(key in form.model_fields for form in forms))


def _array(value: Any) -> ArrayForm:
    return one_of(value, ARRAY_FORMS)  # type: ignore[no-any-return]


def _target(value: Any) -> TargetForm:
    return one_of(value, TARGET_FORMS)  # type: ignore[no-any-return]


def _mask(value: Any) -> MaskForm:
    return one_of(value, MASK_FORMS)  # type: ignore[no-any-return]


def schema_of(forms: tuple[type[Table], ...]) -> Any:
    """What the JSON Schema says of these forms."""
    union: Any = NestedList
    for form in forms:
        union = union | form
    return union


AnArray = Annotated[
    ArrayForm, PlainValidator(_array, json_schema_input_type=schema_of(ARRAY_FORMS))
]
ATarget = Annotated[
    TargetForm, PlainValidator(_target, json_schema_input_type=schema_of(TARGET_FORMS))
]
AMask = Annotated[MaskForm, PlainValidator(_mask, json_schema_input_type=schema_of(MASK_FORMS))]
