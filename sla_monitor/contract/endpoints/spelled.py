"""An endpoint's terms, spelled as in a contract file."""

from __future__ import annotations

from typing import Any

from sla_monitor.contract.fields import Strict, spelled_duration

ALWAYS_TOLD = {"every_ms", "timeout_ms", "expect", "status"}
"""Terms that decide the verdict also when the file leaves them to their defaults."""


def spelled(model: Strict) -> dict[str, Any]:
    """What the file says beyond the defaults, and what decides the verdict; plain values, ready for JSON."""
    told = {}
    for key, field in type(model).model_fields.items():
        value = getattr(model, key)
        if key in ALWAYS_TOLD or field.is_required() or value != field.get_default(call_default_factory=True):
            told[field.alias or key] = _value(key, value)
    return told


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
