"""A case file as a whole: which tables and keys there are, and their types."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, ValidationError, create_model

from oracles.contract.arrays import ARRAY_FORMS, AnArray, SideFile, Values, one_of, schema_of
from oracles.contract.attribute_types import is_name
from oracles.contract.losses import LOSSES, Loss
from oracles.contract.operations.operation import Operation
from oracles.contract.operations.table import OPERATIONS
from oracles.contract.optimizers import OPTIMIZERS, SGD
from oracles.contract.preparation import APreparation
from oracles.contract.tables import (
    Flag,
    Integer,
    KeyPath,
    Number,
    Table,
    Text,
    fault,
    found,
    located,
    problems_of,
    unknown,
)


class InputOptions(Table):
    """What `[input]` says beside its array."""

    dtype: Literal["uint8"] | None = Field(None, description="hand out raw integers 0 .. 255")
    memory: Literal["NHWC", "reversed", "strided"] | None = Field(
        None, description="hand it out as a view with these strides"
    )


class Comparison(Table):
    """What `[expect]` and `[observed]` say beside their numbers."""

    atol: Number | None = Field(None, description="holds in place of the bound on rounding")
    rtol: Number | None = Field(None, description="beside atol, times the number here")
    why: Text = Field("", description="where the tolerance comes from")


class Derivation(Table):
    """What `[expect]` says of numbers that an oracle wrote."""

    derived: Text | None = Field(None, description="the oracle that wrote them; they judge nobody")


class Training(Table):
    """Batches cut from the input in order; after the last one the first one again."""

    steps: Integer = Field(1, description="at least 1")
    batch_size: Integer | None = Field(None, description="default: all samples")


class StepTable(Table):
    """One step."""

    mode: Literal["train", "eval"] = "train"
    samples: tuple[Integer, ...] | None = Field(None, description="default: all, in order")
    lr: Number | None = Field(None, description="learning rate of this step")
    backward: Flag | None = Field(None, description="true: gradients in eval mode as well")


class RaisesTable(Table):
    """The case has to be refused."""

    match: Text | None = Field(None, description="regular expression to find in the message")


class Unreadable(Operation):
    """Stands for a layer with problems, so that the rest of the file can be checked."""

    type: Literal["Unreadable"] = "Unreadable"


INPUT_FORMS: tuple[type[Table], ...] = tuple(
    create_model(f"Input{form.__name__}", __base__=(InputOptions, form), __doc__=form.__doc__)
    for form in ARRAY_FORMS
)
OBSERVED_FORMS: tuple[type[Table], ...] = tuple(
    create_model(f"Observed{form.__name__}", __base__=(Comparison, form), __doc__=form.__doc__)
    for form in (Values, SideFile)
)
EXPECTED_FORMS: tuple[type[Table], ...] = tuple(
    create_model(
        f"Expected{form.__name__}", __base__=(Derivation, Comparison, form), __doc__=form.__doc__
    )
    for form in (Values, SideFile)
)


def _input(value: Any) -> Any:
    return one_of(value, INPUT_FORMS)


def _expected(value: Any) -> Any:
    return _written_out(value, EXPECTED_FORMS)


def _observed(value: Any) -> Any:
    return _written_out(value, OBSERVED_FORMS)


def _written_out(value: Any, forms: tuple[type[Table], ...]) -> Any:
    if isinstance(value, dict) and not {"values", "file", "fill"} & set(value):
        inner = next(iter(value.values()), None)
        if isinstance(inner, dict):
            raise fault('the name of an entry has quotes: "step0.forward.conv1" = { values = ... }')
    if isinstance(value, int | float) and not isinstance(value, bool):
        return one_of({"values": value}, forms)
    if not isinstance(value, dict | list):
        text = f"must be numbers, or a table with values or file, got {found(value)}"
        raise fault(text)
    return one_of(value, forms)


def _layer(value: Any) -> Operation:
    if isinstance(value, Unreadable):
        return value
    return _named(value, "type of layer", OPERATIONS)  # type: ignore[no-any-return]


def _loss(value: Any) -> Loss:
    return _named(value, "loss", LOSSES)  # type: ignore[no-any-return]


def _optimizer(value: Any) -> SGD:
    return _named(value, "optimizer", OPTIMIZERS)  # type: ignore[no-any-return]


def _named(value: Any, what: str, models: Any) -> Any:
    if not isinstance(value, dict):
        raise fault(f"must be a table, got {found(value)}")
    if "type" not in value:
        raise located(value, [(("type",), f"missing; allowed: {', '.join(models)}")])
    name = value["type"]
    if not isinstance(name, str) or name not in models:
        raise located(value, [(("type",), unknown(what, name, models))])
    return models[name].model_validate(value)


def _union(models: Any) -> Any:
    union: Any = None
    for model in models.values():
        union = model if union is None else union | model
    return union


class Document(Table):
    """A case file."""

    format: Integer = Field(description="version of this format: 1")
    title: Text = Field(description="what the case is about")
    why: Text = Field(description="which mistake it sees")
    source: Text | None = Field(None, description="where it comes from")
    tags: tuple[Text, ...] = Field((), description="from a fixed list")
    dtypes: tuple[Literal["float64", "float32"], ...] = Field(
        ("float64", "float32"), description="the dtypes it is run in"
    )
    conventions: tuple[Text, ...] = Field(
        (),
        description="choices on which frameworks differ, from a fixed list",
    )
    cause: Text | None = Field(None, description="the cause that explains what was observed")
    preparation: tuple[APreparation, ...] = Field((), description="done to each sample, in order")
    input: Annotated[Any, PlainValidator(_input, json_schema_input_type=schema_of(INPUT_FORMS))] = (
        Field(description="N C H W, or N and any axes")
    )
    layers: tuple[
        Annotated[Operation, PlainValidator(_layer, json_schema_input_type=_union(OPERATIONS))], ...
    ] = Field(description="`[[layers]]`, in an order of evaluation")
    upstream: AnArray | None = Field(
        None, description="gradient with respect to the output, in place of a loss"
    )
    loss: Annotated[Loss, PlainValidator(_loss, json_schema_input_type=_union(LOSSES))] | None = (
        Field(None, description="what the output is compared with")
    )
    optimizer: (
        Annotated[SGD, PlainValidator(_optimizer, json_schema_input_type=_union(OPTIMIZERS))] | None
    ) = Field(None, description="updates the parameters after train steps")
    training: Training | None = Field(None, description="several train steps")
    steps: tuple[StepTable, ...] | None = Field(None, description="`[[steps]]`, one by one")
    expect: dict[
        Text,
        Annotated[Any, PlainValidator(_expected, json_schema_input_type=schema_of(EXPECTED_FORMS))],
    ] = Field(default_factory=dict, description="known right values of entries of the trace")
    observed: dict[
        Text,
        Annotated[Any, PlainValidator(_observed, json_schema_input_type=schema_of(OBSERVED_FORMS))],
    ] = Field(default_factory=dict, description="values somebody got and reported")
    raises: RaisesTable | None = Field(None, description="the case has to be refused")


def parse(
    raw: dict[str, Any],
) -> tuple[Document | None, frozenset[str], list[tuple[KeyPath, str]]]:
    """The document, the tables that are left out because of problems, and the problems.

    What has no problems is kept, so that it can be checked further in the same run.
    """
    try:
        return Document.model_validate(raw), frozenset(), []
    except ValidationError as error:
        problems = problems_of(error)
    rest, broken = _without_problems(raw, problems)
    try:
        return Document.model_validate(rest), broken, problems
    except ValidationError:
        return None, broken, problems


_STAND_INS: dict[str, Any] = {
    "format": 1,
    "title": "?",
    "why": "?",
    "input": {"fill": "uniform", "shape": [1, 1]},
    "layers": [Unreadable()],
}


def _without_problems(
    raw: dict[str, Any], problems: list[tuple[KeyPath, str]]
) -> tuple[dict[str, Any], frozenset[str]]:
    rest, broken = dict(raw), set()
    for key, _ in problems:
        top = str(key[0])
        broken.add(top)
        if top == "layers" and len(key) > 1 and isinstance(rest["layers"], list):
            name = _name_of(raw["layers"][key[1]], int(key[1]))
            rest["layers"] = list(rest["layers"])
            rest["layers"][int(key[1])] = Unreadable(name=name)
        else:
            rest.pop(top, None)
    stand_ins = {key: value for key, value in _STAND_INS.items() if key not in rest}
    return {**rest, **stand_ins}, frozenset(broken)


def _name_of(layer: Any, position: int) -> str:
    """The name by which other layers call a layer that has problems."""
    keys = layer if isinstance(layer, dict) else {}
    default = f"{str(keys.get('type')).lower()}_{position}"
    names = (keys.get("name"), default)
    return next((name for name in names if is_name(name)), f"layer_{position}")
