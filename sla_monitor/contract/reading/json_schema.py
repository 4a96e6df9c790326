"""The JSON Schema (2020-12) of the files, so that editors complete and check while one types.

Pydantic describes the models; what the loader adds (`versions`, `lists`, and `from`, `until`, `ref` and `for_each` in
the items of lists) is added here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.reading.repeating import FOR_EACH, LISTS
from sla_monitor.contract.terms import Terms
from sla_monitor.contract.versions import FROM, REF, UNTIL, VERSIONS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/"
_CHANGED = " (changed)"
_DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "examples": ["2026-04-01"]}
_NOTICE = {"type": "string", "minLength": 1, "description": "The change notice.", "examples": ["CCN-12"]}
_PLACEHOLDER = "Placeholder"
_ROW = {
    "type": "object",
    "properties": {"id": {"type": "string", "minLength": 1, "description": "The name of the row; it stays the same."}},
    "additionalProperties": True,
    "required": ["id"],
}

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


def shapes_schema(shapes: Iterable[type], reference: str) -> Schema:
    """The definitions of several such shapes, each after those that it adds keys to, by their names. `reference`: how
    one leads to another, with `{model}` for the name."""
    shapes = tuple(shapes)
    adapter = TypeAdapter(tuple[*shapes], config=ConfigDict(use_attribute_docstrings=True, extra="forbid"))  # type: ignore[valid-type]
    schema = adapter.json_schema(mode="serialization", ref_template=reference)
    definitions: Schema = schema["$defs"]
    for shape in shapes:
        for base in getattr(shape, "__orig_bases__", ()):
            _inherit(definitions[shape.__name__], definitions.get(base.__name__, {}))
    return definitions


def _inherit(definition: Schema, base: Schema) -> None:
    """What keys mean that come from a base: pydantic reads it below the keys of the shape itself."""
    for key, value in base.get("properties", {}).items():
        definition["properties"][key].setdefault("description", value["description"])


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
            _add_item_keys(definition)
    del whole["$defs"], whole["$schema"]
    _add_versions(schema, {"$ref": f"{_REF}Terms{_CHANGED}"})
    _add_lists(schema)
    _add_lists(whole)
    parts = {name: _with_placeholders(part) for name, part in {**definitions, **changed}.items()}
    placeholder = {"type": "string", "pattern": r"\$\{[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\}", "examples": ["${site.id}"]}
    schema["$defs"] = {**parts, f"Terms{_CHANGED}": whole, _PLACEHOLDER: placeholder}
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


def _add_lists(definition: Schema) -> None:
    rows = {"type": "array", "items": _ROW}
    definition["properties"][LISTS] = {
        "type": "object",
        "additionalProperties": rows,
        "description": "Rows by the name of their list, for items with `for_each`.",
    }


def _with_placeholders(schema: Any) -> Any:
    """The schema, where a value that is not any text may also be a text with placeholders."""
    if not isinstance(schema, dict) or "const" in schema or "discriminator" in schema:
        return schema
    schema = dict(schema)
    for key in ("properties", "patternProperties"):
        if key in schema:
            schema[key] = {name: _with_placeholders(value) for name, value in schema[key].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            schema[key] = _with_placeholders(schema[key])
    if "properties" in schema or not _is_constrained(schema):
        return schema
    about = {key: schema.pop(key) for key in ("description", "default", "examples", "title") if key in schema}
    members = schema.pop("anyOf", None) if schema.keys() == {"anyOf"} else None
    return {"anyOf": [*(members or [schema]), {"$ref": _REF + _PLACEHOLDER}], **about}


def _is_constrained(schema: Schema) -> bool:
    """Whether a plain value fits, but not any text."""
    if "anyOf" in schema:
        return any(_is_constrained(member) for member in schema["anyOf"])
    kind = schema.get("type")
    kinds = set(kind) if isinstance(kind, list) else {kind}
    if "string" in kinds:
        return bool({"pattern", "enum"} & schema.keys())
    return bool(kinds & {"number", "integer", "boolean"})


def _add_item_keys(definition: Schema) -> None:
    definition["properties"] |= {
        FOR_EACH: {"type": "string", "description": "The list for each of whose rows the item is repeated."},
        FROM: {**_DATE, "description": "The first day with this item."},
        UNTIL: {**_DATE, "description": "The first day without this item."},
        REF: _NOTICE,
    }
