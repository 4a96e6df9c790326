"""The tables of docs/configuration.md, made from the schemas so that they cannot say anything else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]
_REF = "#/$defs/"
_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false", "null": "nothing"}


def key_tables(schema: Schema, heading: str, told: Schema | None = None) -> str:
    """A heading and a table for the file and for every mapping in it, in the order in which they are met.

    `told`: the schema of another file, whose mappings have their tables already.
    """
    schema = _spelled_out(schema, schema["$defs"])
    definitions: dict[str, Schema] = schema["$defs"]
    names = [name for name in dict.fromkeys(_met(schema, definitions)) if name not in (told or {}).get("$defs", {})]
    return "\n".join([_table(heading, schema), *(_table(_heading(name), definitions[name]) for name in names)])


def _spelled_out(schema: Any, definitions: dict[str, Schema]) -> Any:
    """The schema with words of a closed set in place of their name: only mappings have tables to be linked to."""
    if isinstance(schema, list):
        return [_spelled_out(value, definitions) for value in schema]
    if not isinstance(schema, dict):
        return schema
    named = definitions.get(str(schema.get("$ref", "")).removeprefix(_REF), {})
    if "enum" in named:
        schema = {"enum": named["enum"], **{key: value for key, value in schema.items() if key != "$ref"}}
    return {key: _spelled_out(value, definitions) for key, value in schema.items()}


def _met(schema: Any, definitions: dict[str, Schema], seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of the definitions that a schema leads to."""
    for name in _refs(schema):
        if name not in seen and definitions[name].get("properties"):
            yield name
            yield from _met(definitions[name], definitions, seen | {name})


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].removeprefix(_REF)
        for key, value in schema.items():
            yield from () if key in {"$defs", "discriminator", "default"} else _refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _refs(value)


def _heading(name: str) -> str:
    """`HttpEndpoint` as `Http endpoint`."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).split()
    return " ".join([words[0], *(word.lower() for word in words[1:])])


def _table(heading: str, definition: Schema) -> str:
    required = set(definition.get("required", ()))
    about = definition.get("description", "").split("\n\n")[0].replace("\n", " ")
    rows = [_row(key, value, key in required) for key, value in definition["properties"].items()]
    head = ["| key | type | default | meaning |", "|---|---|---|---|"]
    return "\n".join([f"### {heading}", "", about, "", *head, *rows, ""])


def _row(key: str, value: Schema, is_required: bool) -> str:
    default = "**required**" if is_required else _default(value.get("default"))
    meaning = value.get("description", "").replace("\n", " ").replace("|", "\\|")
    return f"| `{key}` | {type_of(value)} | {default} | {meaning} |"


def _default(value: Any) -> str:
    if value in (None, "", []):
        return ""
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def type_of(value: Schema) -> str:
    """A type in words; other mappings as links to their tables."""
    if "$ref" in value:
        heading = _heading(value["$ref"].removeprefix(_REF))
        return f"[{heading}](#{heading.lower().replace(' ', '-')})"
    if "$comment" in value:
        return str(value["$comment"])
    members = value.get("anyOf", value.get("oneOf", ()))
    if members:
        words = [type_of(member) for member in members if member.get("type") != "null"]
        return " or ".join(dict.fromkeys(words))
    return _simple_type(value)


def _simple_type(value: Schema) -> str:
    if "enum" in value or "const" in value:
        return ", ".join(f"`{choice}`" for choice in value.get("enum", [value.get("const")]))
    if value.get("type") == "array":
        return f"list of {type_of(value.get('items', {}))}"
    inner = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
    if isinstance(inner[0], dict):
        return f"name: {type_of(inner[0])}"
    kinds = value.get("type")
    return " or ".join(_WORDS.get(str(kind), str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds]))
