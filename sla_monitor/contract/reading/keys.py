"""Which keys a place in a file may have, read off the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from sla_monitor.contract.reading.nodes import Path

TAG_KEYS = ("kind", "indicator", "method")
"""The keys that say which of several models a mapping is: endpoints, KPIs, credits."""


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Every model that a field's type names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


def fields_of(model: type[BaseModel]) -> dict[str, Any]:
    """A model's keys as a file spells them, with their types."""
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def known_keys(model: type[BaseModel], loc: Path) -> list[str]:
    """The keys of the place to which a path of pydantic's leads (tags of unions included)."""
    return sorted({key for candidate in models_at(model, loc) for key in fields_of(candidate)})


def models_at(model: type[BaseModel], loc: Path) -> list[type[BaseModel]]:
    """What may stand at the place to which a path of pydantic's leads."""
    models: list[type[BaseModel]] = [model]
    is_table = False
    for segment in loc:
        if is_table or isinstance(segment, int):
            # A name that the writer chose (a calendar's), or a position: the models stay the same.
            is_table = False
            continue
        tagged = [candidate for candidate in models if _tag(candidate) == segment]
        if tagged and len(models) > 1:
            # Before keys: a member of a union may have a key that is called like a tag (a tier credit's tiers).
            models = tagged
            continue
        types = [fields_of(candidate)[segment] for candidate in models if segment in fields_of(candidate)]
        if types:
            models = [found for kind in types for found in models_in(kind)]
            is_table = any(_is_table(kind) for kind in types)
    return models


def _is_table(annotation: Any) -> bool:
    return get_origin(annotation) is dict


def _tag(model: type[BaseModel]) -> str | None:
    """By what a model is known in a union: the one word that a field of it may hold."""
    fields = (model.model_fields[key] for key in TAG_KEYS if key in model.model_fields)
    words = (get_args(field.annotation) for field in fields)
    return next((str(word[0]) for word in words if len(word) == 1), None)
