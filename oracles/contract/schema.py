"""The JSON Schema of case files, for editors (Taplo, Even Better TOML)."""

from __future__ import annotations

from typing import Any

from oracles.contract.document import Document
from oracles.contract.tags import TAGS


def json_schema() -> dict[str, Any]:
    """What a case file may have in it, as far as a schema can say."""
    schema = without_null(Document.model_json_schema())
    assert isinstance(schema, dict)
    schema["properties"]["format"] = {**schema["properties"]["format"], "const": 1}
    schema["properties"]["tags"]["items"] = {"type": "string", "enum": list(TAGS)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "Case file (.case.toml)",
    }


def without_null(schema: Any) -> Any:
    """The same without null, which TOML does not have: a key is left out instead."""
    if isinstance(schema, list):
        return [without_null(item) for item in schema if item != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    cleaned = {
        key: without_null(value)
        for key, value in schema.items()
        if not (key == "default" and value is None)
    }
    if len(cleaned.get("anyOf", [])) == 1:
        cleaned.update(cleaned.pop("anyOf")[0])
    return cleaned
