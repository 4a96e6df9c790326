"""Where terms name a KPI: values and keys of the type `KpiId`, however deep and whatever they are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from sla_monitor.contract.fields import Identifier

_NAMES_A_KPI = "names a KPI"

KpiId = Annotated[Identifier, _NAMES_A_KPI]
"""The id of a KPI of the contract. Whatever has this type is checked: a name that leads to no KPI is refused."""

KpiReference = tuple[tuple[str | int, ...], Any]
"""The path from the terms down to the name, and the name; in plain values, which may be junk, anything else."""


def find_kpi_references(model: type[BaseModel], terms: Any) -> Iterator[KpiReference]:
    """Every KPI that terms of a model name, in the order of its keys. `terms`: the model's own, or the plain values
    that a file has for them."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        if isinstance(terms, BaseModel):
            value = getattr(terms, name)
        else:
            value = terms.get(key) if isinstance(terms, Mapping) else None
        marked = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
        yield from (((key, *path), found) for path, found in _references(marked, value))


def _references(annotation: Any, value: Any) -> Iterator[KpiReference]:
    """Those in a value of a type; what is not of the type is passed over, for the model speaks of that."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if value is None:
        return
    if origin is Annotated:
        yield from [((), value)] if _NAMES_A_KPI in arguments[1:] else _references(arguments[0], value)
    elif origin in {Union, UnionType}:
        yield from (one for argument in arguments for one in _references(argument, value))
    elif origin in {tuple, dict}:
        for key, kind, item in _items(origin, arguments, value):
            yield from (((key, *path), name) for path, name in _references(kind, item))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from find_kpi_references(annotation, value)


def _items(origin: Any, arguments: tuple[Any, ...], value: Any) -> Iterator[tuple[str | int, Any, Any]]:
    """What a list or a mapping holds, keys included: where it stands, of which type it is, and the value."""
    if origin is dict and isinstance(value, Mapping):
        for key, item in value.items():
            yield key, arguments[0], key
            yield key, arguments[1], item
    elif origin is tuple and isinstance(value, tuple | list):
        yield from ((position, arguments[0], item) for position, item in enumerate(value))
