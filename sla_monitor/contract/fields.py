"""The kinds of value a contract file holds: durations, identifiers, zones, hours, secrets by reference.

Each is a pydantic type whose error message says what is wrong and what would be right.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(?:\d+(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+)(ms|s|m|h|d)")


class Strict(BaseModel):
    """Base of every model: unknown keys are refused, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse_duration(value: Any) -> int:
    """`90s`, `5m`, `1h30m` as milliseconds."""
    if isinstance(value, str) and _DURATION.fullmatch(value):
        return sum(int(number) * UNITS_MS[unit] for number, unit in _PART.findall(value))
    raise ValueError(f"{value!r} is not a duration (write 500ms, 30s, 5m, 1h30m or 2d)")


def _positive(value: int) -> int:
    if value <= 0:
        raise ValueError("must be longer than nothing (write for example 30s)")
    return value


DURATION_SCHEMA = {"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["30s", "5m", "1h30m"]}

DurationMs = Annotated[int, BeforeValidator(parse_duration), AfterValidator(_positive), WithJsonSchema(DURATION_SCHEMA)]
"""A duration as `30s` or `5m`; milliseconds inside."""


def _identifier(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", value):
        raise ValueError(
            f"{value!r} is not an identifier (letters, digits, '.', '_' and '-', at most 63, letter or digit first)"
        )
    return value


Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"}),
]


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    if isinstance(value, str) and value in available_timezones():
        return ZoneInfo(value)
    raise ValueError(f"{value!r} is not a time zone (write an IANA name such as Europe/London)")


TimeZone = Annotated[
    ZoneInfo,
    BeforeValidator(_zone),
    WithJsonSchema({"type": "string", "examples": ["Europe/London", "UTC"]}),
]


def _decimal(value: Any) -> Any:
    """Numbers are exact: the YAML loader hands over Decimal and int; a JSON float would already be inexact."""
    if isinstance(value, bool | float):
        raise ValueError("write a decimal number such as 99.9")
    return value


Percent = Annotated[
    Decimal, BeforeValidator(_decimal), Field(ge=0, le=100), WithJsonSchema({"type": ["number", "string"]})
]
"""Per hundred, exact; the engine divides by 100 as a Fraction."""

Money = Annotated[Decimal, BeforeValidator(_decimal), Field(ge=0), WithJsonSchema({"type": ["number", "string"]})]
