"""The kinds of value a contract file holds: durations, identifiers, zones, hours, secrets by reference.

Each is a pydantic type whose error message says what is wrong and what would be right.
"""

from __future__ import annotations

import os
import re
from datetime import date, time
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, WithJsonSchema

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"(?:\d+(?:ms|s|m|h|d))+")
_PART = re.compile(r"(\d+)(ms|s|m|h|d)")


class Strict(BaseModel):
    """Base of every model: unknown keys are refused, values never change after loading."""

    # Built when first used, and then as part of a whole: each model alone would be built at import, used or not.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Misplaced(ValueError):  # noqa: N818 - several mistakes at once
    """Mistakes found by a rule between several values: each with the path, from the value that the rule is about
    down to the one that is wrong."""

    def __init__(self, problems: list[tuple[tuple[str | int, ...], str]]) -> None:
        super().__init__("; ".join(message for _, message in problems))
        self.problems = problems


Whole = Annotated[int, Field(strict=True)]
"""A whole number; `true` and `5.0` are none."""

YesNo = Annotated[bool, Field(strict=True)]


def parse_duration(value: Any) -> int:
    """`90s`, `5m`, `1h30m` as milliseconds."""
    if isinstance(value, str) and len(value) <= 20 and _DURATION.fullmatch(value):
        return sum(int(number) * UNITS_MS[unit] for number, unit in _PART.findall(value))
    raise ValueError(f"{value!r} is not a duration (write 500ms, 30s, 5m, 1h30m or 2d)")


def spelled_duration(milliseconds: int) -> str:
    """Milliseconds as a file would spell them, in the largest unit that leaves no rest."""
    unit = next(unit for unit in reversed(UNITS_MS) if milliseconds % UNITS_MS[unit] == 0)
    return f"{milliseconds // UNITS_MS[unit]}{unit}"


def rounded_duration(milliseconds: Fraction | int) -> str:
    """Spelled as in a file and rounded down for reading: `43.2s`, `4m 19s`, `24h 5m`."""
    tenths = int(milliseconds) // 100
    minutes, seconds = divmod(tenths // 10, 60)
    if minutes >= 60:
        return f"{minutes // 60}h {minutes % 60}m"
    return f"{minutes}m {seconds}s" if minutes else f"{tenths / 10:g}s"


def _positive(value: int) -> int:
    if value <= 0:
        raise ValueError("must be longer than zero (write for example 30s)")
    if value > 366 * UNITS_MS["d"]:
        raise ValueError("must not be longer than a year (write for example 30s)")
    return value


DURATION_SCHEMA = {
    "$comment": "duration",
    "type": "string",
    "pattern": f"^{_DURATION.pattern}$",
    "examples": ["30s", "5m", "1h30m"],
}

DurationMs = Annotated[int, BeforeValidator(parse_duration), AfterValidator(_positive), WithJsonSchema(DURATION_SCHEMA)]
"""A duration as `30s` or `5m`; milliseconds inside."""


is_identifier = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}").fullmatch


def _identifier(value: str) -> str:
    if not is_identifier(value):
        raise ValueError(
            f"{value!r} is not an identifier (letters, digits, '.', '_' and '-', at most 63, letter or digit first)"
        )
    return value


Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    WithJsonSchema({"$comment": "identifier", "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"}),
]


@cache
def time_zones() -> frozenset[str]:
    """The names of all time zones: the library reads some hundred files for them, at each call."""
    return frozenset(available_timezones())


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    if isinstance(value, str) and value in time_zones():
        return ZoneInfo(value)
    name = value if isinstance(value, str) else ""
    near = get_close_matches(name[:40], sorted(time_zones()), 1, 0.75)
    right = f"did you mean {near[0]}?" if near else "write an IANA name such as Europe/London"
    raise ValueError(f"{value!r} is not a time zone ({right})")


TimeZone = Annotated[
    ZoneInfo,
    BeforeValidator(_zone),
    WithJsonSchema({"$comment": "time zone", "type": "string", "examples": ["Europe/London", "UTC"]}),
]


def _decimal(value: Any) -> Any:
    """Numbers are exact: the YAML loader hands over Decimal and int; a JSON float would already be inexact."""
    if isinstance(value, bool | float) or not isinstance(value, int | str | Decimal):
        raise ValueError("must be a number (write for example 99.9)")
    return value


Percent = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, le=100, max_digits=12, decimal_places=9),
    WithJsonSchema({"$comment": "number", "type": ["number", "string"]}),
]
"""Per hundred, exact; the engine divides by 100 as a Fraction."""

Money = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, max_digits=18, decimal_places=2),
    WithJsonSchema({"$comment": "number", "type": ["number", "string"]}),
]
"""An amount in the contract's currency, exact to a hundredth."""


Price = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    Field(ge=0, max_digits=18, decimal_places=9),
    WithJsonSchema({"$comment": "number", "type": ["number", "string"]}),
]
"""What one of many costs, finer than a coin: only their sum is rounded."""


def parse_day(value: Any) -> date:
    """`2026-04-01`; years outside 1970 to 2199 are typing mistakes."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and re.fullmatch(r"(19[7-9]|20[0-9]|21[0-9])[0-9]-[0-9]{2}-[0-9]{2}", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError("must be a date (write for example 2026-04-01)")


Day = Annotated[
    date,
    BeforeValidator(parse_day),
    WithJsonSchema(
        {"$comment": "date", "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "examples": ["2026-04-01"]}
    ),
]


def _time_of_day(value: Any) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?", value, re.ASCII):
        return time.fromisoformat(value)
    raise ValueError(f"{value!r} is not a time of day (write for example 02:00)")


TimeOfDay = Annotated[
    time,
    BeforeValidator(_time_of_day),
    WithJsonSchema(
        {
            "$comment": "time of day",
            "type": "string",
            "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$",
            "examples": ["02:00"],
        }
    ),
]


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


Name = Annotated[str, AfterValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
"""Text that says something."""


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value, re.ASCII):
        raise ValueError("must be a currency's three capital letters (write for example GBP)")
    return value


Currency = Annotated[
    str, AfterValidator(_currency), WithJsonSchema({"$comment": "currency", "type": "string", "pattern": "^[A-Z]{3}$"})
]


def absolute(value: str, info: ValidationInfo) -> str:
    """A path in a file is relative to that file, whose folder the loader gives as `context["folder"]`."""
    if "\0" in value or not value:
        raise ValueError("is not a path (write for example ../var/ca.pem)")
    folder = (info.context or {}).get("folder")
    return os.path.normpath(folder / value) if folder else value


def _file_path(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str | Path):
        raise ValueError("must be a path (write for example ../var/ca.pem)")
    return Path(absolute(str(value), info))


FilePath = Annotated[
    Path, BeforeValidator(_file_path), WithJsonSchema({"$comment": "path", "type": "string", "minLength": 1})
]
"""A path; absolute once a file has been loaded."""
