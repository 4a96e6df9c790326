"""Durations where a KPI counts minutes: `4h` in its target, its bands and the tables of its credits is 240."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from sla_monitor.contract.fields import UNITS_MS, Misplaced, parse_duration
from sla_monitor.contract.rules.plain_values import RuleProblem

_LEVELS = {"target", "threshold", "at_least", "above", "below", "at_most", "measured_from", "step", "to"}
_MINUTE_MS = UNITS_MS["m"]


def in_minutes(rule: Any) -> Any:
    """A KPI, or a credit, as written, with its durations as numbers of minutes. Raises Misplaced."""
    problems: list[RuleProblem] = []
    found = _converted(rule, (), problems)
    if problems:
        raise Misplaced(problems)
    return found


def credits_in_minutes(terms: Any, indicators: Collection[str]) -> Any:
    """Terms as written, with the credits of KPIs of these indicators in minutes. Raises Misplaced."""
    if not isinstance(terms, Mapping):
        return terms
    kpis = {
        kpi["id"]
        for kpi in _mappings(terms.get("kpis"))
        if kpi.get("indicator") in indicators and isinstance(kpi.get("id"), str)
    }
    if not kpis:
        return terms
    problems: list[RuleProblem] = []
    several = [
        _converted(rule, ("credits", position), problems) if _is_of(rule, kpis) else rule
        for position, rule in enumerate(terms.get("credits") or ())
    ]
    if problems:
        raise Misplaced(problems)
    return {**terms, "credits": several} if several else terms


def _is_of(rule: Any, kpis: Collection[str]) -> bool:
    if not isinstance(rule, Mapping):
        return False
    several = rule.get("kpis")
    named = several if isinstance(several, list | tuple) else [rule.get("kpi")]
    return bool(named) and all(isinstance(name, str) and name in kpis for name in named)


def _mappings(several: Any) -> list[Mapping[str, Any]]:
    return [one for one in several if isinstance(one, Mapping)] if isinstance(several, list | tuple) else []


def _converted(value: Any, path: tuple[str | int, ...], problems: list[RuleProblem]) -> Any:
    if isinstance(value, Mapping):
        return {key: _level(key, inner, (*path, key), problems) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_converted(inner, (*path, position), problems) for position, inner in enumerate(value)]
    return value


def _level(key: str, value: Any, path: tuple[str | int, ...], problems: list[RuleProblem]) -> Any:
    if key not in _LEVELS or not isinstance(value, str) or not value.endswith(tuple(UNITS_MS)):
        return _converted(value, path, problems)
    try:
        milliseconds = parse_duration(value)
    except ValueError as error:
        problems.append((path, str(error)))
        return value
    if milliseconds % _MINUTE_MS:
        problems.append((path, "must be whole minutes (write for example 30m, or 7.5 for seven and a half)"))
    return Decimal(milliseconds // _MINUTE_MS)
