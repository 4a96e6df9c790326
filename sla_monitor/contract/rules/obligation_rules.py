"""Obligations between parts of a contract: ids, calendars, what they lead to, and whether any day of theirs comes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sla_monitor.contract.fields import parse_day
from sla_monitor.contract.recurrence import parse_rule, recurring_days
from sla_monitor.contract.rules.plain_values import RuleProblem, calendar_names, entries, names_in, unknown

AROUND = timedelta(days=366)
"""A plan may be due before the services begin, and a handing over after they have ended."""


def obligation_problems(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """What is wrong with the obligations of one resolved contract, given as plain values."""
    seen: set[str] = set()
    priced = [names_in(contract, key) for key in ("triggers", "credits")]
    known = None if None in priced else [name for names in priced for name in names or ()]
    for i, one in entries(contract, "obligations"):
        path, name = ("obligations", i), one.get("id")
        if isinstance(name, str) and name in seen:
            yield (*path, "id"), f"obligation {name!r} is given twice (choose another id)"
        seen.add(str(name))
        yield from unknown("calendar", (*path, "calendar"), one.get("calendar"), calendar_names(contract))
        yield from unknown("trigger or credit", (*path, "leads_to"), one.get("leads_to"), known)
        yield from (((*path, key), told) for key, told in _days(contract, one))


def _days(contract: dict[str, Any], one: dict[str, Any]) -> Iterator[tuple[str, str]]:
    term = contract.get("term")
    first, last = (_day(term.get(key)) if isinstance(term, dict) else None for key in ("start", "end"))
    if first is None or last is None or last < first:
        return
    due, starting = _day(one.get("due")), _day(one.get("starting"))
    for key, day in (("due", due), ("starting", starting)):
        if day is not None and not first - AROUND <= day <= last + AROUND:
            yield key, f"is more than a year outside the term, {first} to {last} (check the year)"
            return
    rule = one.get("rrule")
    if isinstance(rule, str) and _is_rule(rule) and not recurring_days(rule, starting or first, last):
        yield "rrule", f"gives no day from {starting or first} up to the end of the term, {last} (check its parts)"


def _is_rule(rule: str) -> bool:
    try:
        return bool(parse_rule(rule))
    except ValueError:
        return False


def _day(value: Any) -> date | None:
    try:
        return parse_day(value)
    except ValueError:
        return None
