"""Instants as other people's tools write them, spelled as ours.

Nothing is guessed. A date whose day and month could be exchanged, and a year of two digits, are refused with the option
that says which is meant; general date parsers choose for themselves (docs/dependencies.md).
"""

from __future__ import annotations

import re
from typing import Literal

from sla_monitor import remedies

Dates = Literal["iso", "day-first", "month-first"]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
         "december")  # fmt: skip
_NAMES = {name: number for several in (_MONTHS, _FULL) for number, name in enumerate(several, 1)} | {"sept": 9}

_CLOCK = re.compile(
    r"(?P<date>\S.*?)(?:[T ]|,\s)\s*"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?"
    r"(?:\s*\(?(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)\)?)?",
    re.ASCII | re.IGNORECASE,
)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})", re.ASCII)
_NUMBERS = re.compile(r"(?P<first>\d{1,2})([-/.])(?P<second>\d{1,2})\2(?P<year>\d{4}|\d{2})", re.ASCII)
_DAY_AND_NAME = re.compile(r"(?P<day>\d{1,2})([-/. ])(?P<name>[a-z]{3,9})\2(?P<year>\d{4}|\d{2})", re.ASCII | re.I)
_NAME_AND_DAY = re.compile(r"(?P<name>[a-z]{3,9}) (?P<day>\d{1,2}),? (?P<year>\d{4})", re.ASCII | re.I)
_SERIAL = re.compile(r"\d{4,6}(?:[.,]\d+)?", re.ASCII)

_SPACES = re.compile("[ \u00a0\u202f]+")
"""Some tools stand a space that does not break before PM. A line end in a date is a quote in the wrong place."""

NOON = 12


def iso_spelling(text: str, dates: Dates = "iso", *, two_digit_years: bool = False) -> str:
    """`05/10/2026 2:00 pm` as `2026-10-05 14:00`, for parse_instant; what has no known shape is left as it is.

    Parts of a millisecond are cut off. `two_digit_years`: 26 is 2026. Raises ValueError for what can be read in two
    ways, with the remedy.
    """
    text = _SPACES.sub(" ", text.strip())
    if _SERIAL.fullmatch(text):
        raise ValueError(f"{text} is a spreadsheet's number of a day (format the column as date and time)")
    match = _CLOCK.fullmatch(text)
    day = _day(match["date"] if match else text, text, dates, two_digit_years=two_digit_years)
    if day is None:
        return text
    return f"{day} {_clock(match, text)}{_offset(match['zone'])}" if match else day


def _day(day: str, text: str, dates: Dates, *, two_digit_years: bool) -> str | None:
    if match := _YEAR_FIRST.fullmatch(day):
        return _iso_day(match["year"], match["month"], match["day"])
    if match := _DAY_AND_NAME.fullmatch(day) or _NAME_AND_DAY.fullmatch(day):
        number = _NAMES.get(match["name"].casefold())
        if number is None:
            return None
        return _iso_day(_year(match["year"], text, known=two_digit_years), str(number), match["day"])
    match = _NUMBERS.fullmatch(day)
    if match is None:
        return None
    year = _year(match["year"], text, known=two_digit_years)
    if dates == "iso":
        raise ValueError(f"{text} begins with the day or the month ({remedies.ORDER_OF_DATES})")
    month, of_month = (match["second"], match["first"]) if dates == "day-first" else (match["first"], match["second"])
    return _iso_day(year, month, of_month)


def _year(year: str, text: str, *, known: bool) -> str:
    if len(year) == len("2026"):
        return year
    if not known:
        raise ValueError(f"{text} has a year of two digits (export it with four, or {remedies.YEARS})")
    return f"20{year}"


def _iso_day(year: str, month: str, day: str) -> str:
    return f"{year}-{month.zfill(2)}-{day.zfill(2)}"


def _clock(match: re.Match[str], text: str) -> str:
    hour = int(match["hour"])
    if match["half"]:
        if not 1 <= hour <= NOON:
            raise ValueError(f"{text} is no time of a 12-hour clock (its hours are 1 to 12)")
        hour = hour % NOON + (NOON if match["half"] in "pP" else 0)
    second = f":{match['second']}" if match["second"] else ""
    part = f".{match['part'][:3]}" if match["part"] else ""
    return f"{hour:02}:{match['minute']}{second}{part}"


def _offset(zone: str | None) -> str:
    if zone is None:
        return ""
    if zone.upper() in {"Z", "UTC", "GMT"}:
        return "Z"
    digits = zone[1:].replace(":", "")
    return f"{zone[0]}{digits[:2]}:{digits[2:] or '00'}"
