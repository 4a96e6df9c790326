"""An endpoint's terms, spelled as in a contract file."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from sla_monitor.contract.fields import Strict, spelled_duration

ALWAYS_TOLD = {"every_ms", "timeout_ms", "expect", "status"}
"""Terms that decide the verdict also when the file leaves them to their defaults."""


def spelled(model: Strict) -> dict[str, Any]:
    """What the file says beyond the defaults, and what decides the verdict; plain values, ready for JSON."""
    told = {}
    for key, name, is_always, default in _keys(type(model)):
        value = getattr(model, key)
        if is_always or value != default:
            told[name] = _value(key, value)
    return told


class _Key(NamedTuple):
    """A field: its name here and in a file, whether it is always told, and its default."""

    key: str
    name: str
    is_always: bool
    default: Any


@cache
def _keys(model: type[Strict]) -> tuple[_Key, ...]:
    """Asked of pydantic once: that would be four fifths of the cost, at a hundred thousand endpoints five seconds."""
    return tuple(
        _Key(key, field.alias or key, is_always, None if is_always else field.get_default(call_default_factory=True))
        for key, field in model.model_fields.items()
        for is_always in [key in ALWAYS_TOLD or field.is_required()]
    )


def _value(key: str, value: Any) -> Any:
    """Durations with their unit, ranges of statuses with their dash, a secret as its reference."""
    if isinstance(value, Strict):
        return spelled(value)
    if key == "status":
        return [str(first) if first == last else f"{first}-{last}" for first, last in value]
    if isinstance(value, dict):
        return {name: _value("", each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_value("", each) for each in value]
    if key.endswith("_ms") and value is not None:
        return spelled_duration(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)
