"""The JSON Schema (2020-12) of the files, so that editors complete and check while one types.

Pydantic describes the models; what the loader adds (`versions`, and `from`, `until`, `ref` in the items of lists)
is added here.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.terms import Terms
from sla_monitor.contract.versions import FROM, REF, UNTIL, VERSIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/"
_CHANGED = " (changed)"
_DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "examples": ["2026-04-01"]}
_NOTICE = {"type": "string", "minLength": 1, "description": "The change notice.", "examples": ["CCN-12"]}

Schema = dict[str, Any]


def model_schema(model: type[BaseModel], title: str) -> Schema:
    """The schema of a file without versions."""
    schema = model.model_json_schema(by_alias=True)
    _spell_defaults(schema)
    return {"$schema": DIALECT, **schema, "title": title}


def shape_schema(shape: type, title: str) -> Schema:
    """The schema of what the program writes: a TypedDict, whose keys are described by the text below each."""
    # Settings reach TypedDicts only from a type around them that is none.
    adapter = TypeAdapter(tuple[shape], config=ConfigDict(use_attribute_docstrings=True, extra="forbid"))  # type: ignore[valid-type]
    schema = adapter.json_schema(mode="serialization")
    definitions: dict[str, Schema] = schema["$defs"]
    return {"$schema": DIALECT, **definitions.pop(shape.__name__), "$defs": definitions, "title": title}


def _spell_defaults(schema: Any) -> None:
    """Defaults as a file would spell them: `60s` and not 60000; those of whole mappings stand with their keys."""
    if isinstance(schema, dict):
        default = schema.get("default")
        if isinstance(default, dict):
            del schema["default"]
        elif schema.get("$comment") == "duration" and isinstance(default, int):
            schema["default"] = spelled_duration(default)
        elif default == [[200, 299]]:
            schema["default"] = ["200-299"]
        for value in schema.values():
            _spell_defaults(value)
    elif isinstance(schema, list):
        for value in schema:
            _spell_defaults(value)


def contract_schema() -> Schema:
    """The schema of a contract file."""
    schema = model_schema(Terms, "SLA monitor: a contract")
    definitions: dict[str, Schema] = schema["$defs"]
    listed = set(_listed(schema))
    changed = {name + _CHANGED: _as_change(definition) for name, definition in definitions.items()}
    whole = _as_change(schema)
    for name, definition in definitions.items():
        _add_versions(definition, {"$ref": _REF + name + _CHANGED})
        if name in listed:
            _add_period(definition)
    del whole["$defs"], whole["$schema"]
    _add_versions(schema, {"$ref": f"{_REF}Terms{_CHANGED}"})
    schema["$defs"] = {**definitions, **changed, f"Terms{_CHANGED}": whole}
    return schema


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix(_REF)
        for key, value in schema.items():
            yield from () if key == "discriminator" else _refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _refs(value)


def _listed(schema: Any) -> Iterator[str]:
    """The definitions that are items of a list somewhere."""
    if isinstance(schema, dict):
        if schema.get("type") == "array":
            yield from _refs(schema.get("items"))
        for value in schema.values():
            yield from _listed(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _listed(value)


def _as_change(definition: Schema) -> Schema:
    """What a version of a mapping may hold: any of its keys, mappings in part, lists whole; and its date."""
    change = deepcopy(definition)
    change["properties"] = {
        FROM: {**_DATE, "description": "In force from midnight on this date, in the contract's zone."},
        REF: _NOTICE,
        **{key: _in_part(value) for key, value in change.get("properties", {}).items()},
    }
    change.pop("required", None)
    change.pop("title", None)
    change["description"] = "What changes on a date."
    return change


def _in_part(value: Schema) -> Schema:
    """A mapping inside a version is merged key by key, so that it needs no key."""
    if "patternProperties" in value:
        named = {pattern: _in_part(inner) for pattern, inner in value["patternProperties"].items()}
        return {**value, "patternProperties": named}
    if isinstance(value.get("additionalProperties"), dict):
        return {**value, "additionalProperties": _in_part(value["additionalProperties"])}
    return {**value, "$ref": value["$ref"] + _CHANGED} if "$ref" in value else value


def _add_versions(definition: Schema, change: Schema) -> None:
    if definition.get("type") == "object" and "properties" in definition:
        item = {"allOf": [change], "required": [FROM]}
        description = "What changes on later dates, oldest first."
        definition["properties"][VERSIONS] = {"type": "array", "items": item, "description": description}


def _add_period(definition: Schema) -> None:
    definition["properties"] |= {
        FROM: {**_DATE, "description": "The first day with this item."},
        UNTIL: {**_DATE, "description": "The first day without this item."},
        REF: _NOTICE,
    }
