"""Recurrence rules (RFC 5545, RRULE) that give days: read strictly, worked out in bounded time by python-dateutil."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from functools import lru_cache
from itertools import takewhile
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

LONGEST = 200
"""Characters of a rule."""
_DAY, _NUMBER = r"(?:MO|TU|WE|TH|FR|SA|SU)", r"[+-]?[1-9]\d{0,2}"
_PARTS = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,3}",
    "UNTIL": r"\d{8}",
    "BYMONTH": r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2]))*",
    "BYMONTHDAY": rf"{_NUMBER}(?:,{_NUMBER})*",
    "BYYEARDAY": rf"{_NUMBER}(?:,{_NUMBER})*",
    "BYWEEKNO": rf"{_NUMBER}(?:,{_NUMBER})*",
    "BYSETPOS": rf"{_NUMBER}(?:,{_NUMBER})*",
    "BYDAY": rf"(?:[+-]?[1-9]\d?)?{_DAY}(?:,(?:[+-]?[1-9]\d?)?{_DAY})*",
    "WKST": _DAY,
}
_LARGEST = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYSETPOS": 366}
_SAMPLE = "write for example FREQ=MONTHLY;BYMONTHDAY=-1"
_TIMES = frozenset({"BYHOUR", "BYMINUTE", "BYSECOND"})
_SHORT = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})
_CYCLE, _LAST_YEAR = 400, 9999


def parse_rule(value: Any) -> dict[str, str]:
    """The parts of a rule, by name. Raises ValueError with what would be right."""
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ValueError(f"must be a recurrence rule of at most {LONGEST} characters ({_SAMPLE})")
    parts: dict[str, str] = {}
    for part in value.split(";"):
        name, _, given = part.partition("=")
        if name in _TIMES or (name == "FREQ" and given in _SHORT):
            raise ValueError("gives more than one time a day, and a duty is due on a day (write FREQ=DAILY or longer)")
        if name not in _PARTS or not re.fullmatch(_PARTS[name], given, re.ASCII):
            raise ValueError(f"has a part that is none of a recurrence rule of days: {part[:40]!r} ({_SAMPLE})")
        if name in parts:
            raise ValueError(f"has {name} twice (leave one of them out)")
        parts[name] = given
    _consistent(parts)
    return parts


def _consistent(parts: dict[str, str]) -> None:
    if "FREQ" not in parts:
        raise ValueError(f"has no FREQ ({_SAMPLE})")
    for name, largest in _LARGEST.items():
        if any(abs(int(number)) > largest for number in parts.get(name, "1").split(",")):
            raise ValueError(f"has a {name} beyond {largest} (write less)")
    if parts["FREQ"] in {"DAILY", "WEEKLY"} and re.search(r"\d", parts.get("BYDAY", "")):
        raise ValueError("counts weekdays within days or weeks (write FREQ=MONTHLY, or BYDAY without numbers)")
    if "UNTIL" in parts and "COUNT" in parts:
        raise ValueError("has both UNTIL and COUNT (leave one of them out)")
    if "UNTIL" in parts:
        _until(parts["UNTIL"])


def _until(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        raise ValueError("has an UNTIL that is no day (write for example UNTIL=20351231)") from None


@lru_cache(maxsize=512)
def recurring_days(rule: str, first: date, last: date) -> tuple[date, ...]:
    """The days that a valid rule gives from `first`, where it begins to count, up to `last`; ascending, each once.

    The library looks for a day until the year 9999, also where there is none. The Gregorian calendar repeats itself
    every 400 years, weekdays included: the same days are looked for as late as can be, so that little is left to search
    (a fifth of a second at most, in place of five).
    """
    from dateutil.rrule import rrulestr

    parts = parse_rule(rule)
    end = min(last, _until(parts.pop("UNTIL"))) if "UNTIL" in parts else last
    later = (_LAST_YEAR - max(first, end).year) // _CYCLE * _CYCLE
    begin, stop = (datetime.combine(day.replace(year=day.year + later), time.min) for day in (first, end))
    found = rrulestr(";".join(f"{name}={given}" for name, given in parts.items()), dtstart=begin)
    within = takewhile(lambda at: at <= stop, found)
    return tuple(at.date().replace(year=at.year - later) for at in within)


def _rule(value: Any) -> Any:
    parse_rule(value)
    return value


RecurrenceRule = Annotated[
    str,
    BeforeValidator(_rule),
    WithJsonSchema({"$comment": "recurrence rule", "type": "string", "examples": ["FREQ=MONTHLY;BYMONTHDAY=-1"]}),
]
"""`FREQ=MONTHLY;BYMONTHDAY=-1`: RFC 5545 without times of day."""
