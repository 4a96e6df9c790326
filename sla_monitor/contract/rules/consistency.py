"""Rules between parts of a contract: every name leads somewhere, and no identifier is given twice.

They work on plain values, junk included, so that a file's broken references are told together with its other
mistakes and not one round later. What they cannot make sense of they pass over: the models speak of that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import time
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from sla_monitor.contract.fields import parse_day, parse_duration, spelled_duration
from sla_monitor.contract.kpis.kpi import INDICATORS
from sla_monitor.contract.money.credit_tables import parse_fraction
from sla_monitor.contract.rules.obligation_rules import obligation_problems
from sla_monitor.contract.rules.plain_values import (
    ALWAYS,
    RuleProblem,
    calendar_names,
    entries,
    listed,
    names_in,
    unknown,
)
from sla_monitor.contract.rules.references import performance_problems

EARLY_MS = 60_000
"""A report that comes so much before its time of day still answers for it: the job goes by another clock than ours."""


def inconsistencies(contract: Any) -> list[RuleProblem]:
    """What is wrong between the parts of one resolved contract, given as plain values."""
    if not isinstance(contract, dict):
        return []
    return [
        *_term(contract),
        *_given_twice(contract),
        *_services(contract),
        *_paces(contract),
        *_kpis(contract),
        *_archive(contract),
        *performance_problems(contract),
        *obligation_problems(contract),
        *sharing_problems(contract),
    ]


def as_written(value: Any) -> Any:
    """A model as a file would hold it, but for what the models have made of the values."""
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {field.alias or name: as_written(getattr(value, name)) for name, field in fields.items()}
    if isinstance(value, tuple):
        return [as_written(item) for item in value]
    return {key: as_written(item) for key, item in value.items()} if isinstance(value, dict) else value


def misfits(
    every_ms: int | None, timeout_ms: int | None, slow_ms: int | None, down_ms: int | None
) -> Iterator[RuleProblem]:
    """What is wrong between the times of one endpoint: its interval, its deadline, and when slow is too slow.

    A time that is None is not given, or makes no sense by itself: nothing is said of it.
    """
    if every_ms is not None and every_ms % 1000:
        yield ("every",), "must be whole seconds (write for example 30s)"
    if every_ms is not None and timeout_ms is not None and timeout_ms > every_ms:
        both = f"{spelled_duration(timeout_ms)}, and every is {spelled_duration(every_ms)}"
        yield (
            ("timeout",),
            f"is {both}: probes would overlap (write a shorter timeout, by default 10s, or a longer every)",
        )
    if down_ms is not None and timeout_ms is not None and down_ms >= timeout_ms:
        yield ("down_above",), f"{_never(down_ms, 'timeout', timeout_ms)} (write less, or a longer timeout)"
    limit, limit_ms = ("down_above", down_ms) if down_ms is not None else ("timeout", timeout_ms)
    if slow_ms is not None and limit_ms is not None and slow_ms >= limit_ms:
        yield ("degraded_above",), f"{_never(slow_ms, limit, limit_ms)} (write less, or a longer {limit})"


def _never(value_ms: int, limit: str, limit_ms: int) -> str:
    """Why a limit of slowness has no effect: another one comes first."""
    values = f"{spelled_duration(value_ms)}, and {limit} is {spelled_duration(limit_ms)}"
    return f"is {values}: a probe never takes so long without being DOWN already"


def report_misfits(period_ms: int | None, grace_ms: int, at: Sequence[time]) -> Iterator[RuleProblem]:
    """What is wrong between the times of a job: how often or when it reports, and how much later is in time."""
    if period_ms is None and not at:
        yield ("period",), "is missing (write for example period: 1d, or expected: {at: ['02:00']})"
    if period_ms is not None and at:
        yield ("period",), "must not be given beside expected.at (leave one of them out)"
    seconds = sorted((one.hour * 60 + one.minute) * 60 + one.second for one in at)
    if len(set(seconds)) < len(seconds):
        yield ("expected", "at"), "names a time twice (leave one of them out)"
    elif seconds:
        following = [*seconds[1:], seconds[0] + 86_400]
        shortest_ms = 1000 * min(later - earlier for earlier, later in zip(seconds, following, strict=True))
        if grace_ms + EARLY_MS >= shortest_ms:
            message = "must end a minute before the next run is due, or one report would answer for two"
            yield ("grace",), f"{message} (less than {(shortest_ms - EARLY_MS) // 60_000}m)"


def _term(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    term = contract.get("term")
    if isinstance(term, dict):
        try:
            backwards = parse_day(term.get("end")) < parse_day(term.get("start"))
        except ValueError:
            return
        if backwards:
            yield ("term", "end"), "must not be before start (write the last day of the contract)"


def _paces(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    for i, service in entries(contract, "services"):
        for j, endpoint in entries(service, "endpoints"):
            times = {"every": "60s", "timeout": "10s", **endpoint}
            found = misfits(*(_time(times.get(k)) for k in ("every", "timeout", "degraded_above", "down_above")))
            yield from ((("services", i, "endpoints", j, *path), message) for path, message in found)


def _time(value: Any) -> int | None:
    try:
        return parse_duration(value) or None
    except ValueError:
        return None


def _identifiers(contract: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
    for key, what in (
        ("services", "service"),
        ("kpis", "KPI"),
        ("participants", "participant"),
        ("contacts", "contact"),
    ):
        yield from (((key, i, "id"), what, entry.get("id")) for i, entry in entries(contract, key))
    for i, service in entries(contract, "services"):
        for j, endpoint in entries(service, "endpoints"):
            yield ("services", i, "endpoints", j, "id"), "endpoint", endpoint.get("id")


def _given_twice(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """Endpoint ids are unique in the whole contract: they carry the history, whatever service they move to."""
    seen = set()
    for path, what, name in _identifiers(contract):
        if isinstance(name, str) and (what, name) in seen:
            yield path, f"{what} {name!r} is given twice (choose another id)"
        seen.add((what, str(name)))


def _services(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    calendars = calendar_names(contract)
    participants, contacts = names_in(contract, "participants"), names_in(contract, "contacts")
    if calendars.count(ALWAYS) > 1:
        yield ("calendars", ALWAYS), f"the calendar {ALWAYS!r} is built in (choose another name)"
    for i, service in entries(contract, "services"):
        path = ("services", i)
        yield from unknown("calendar", (*path, "service_hours"), service.get("service_hours"), calendars)
        for j, name in enumerate(listed(service, "participants")):
            yield from unknown("participant", (*path, "participants", j), name, participants)
        for j, name in enumerate(listed(service, "contacts")):
            yield from unknown("contact", (*path, "contacts", j), name, contacts)
        yield from _count(path, service)


def _count(path: tuple[str | int, ...], service: dict[str, Any]) -> Iterator[RuleProblem]:
    wanted, endpoints = service.get("available_when"), listed(service, "endpoints")
    if isinstance(wanted, int) and wanted > max(len(endpoints), 1):
        yield (*path, "available_when"), f"there are only {len(endpoints)} endpoints (write a smaller number)"


def _kpis(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    services = names_in(contract, "services")
    for i, kpi in entries(contract, "kpis"):
        yield from unknown("service", ("kpis", i, "service"), kpi.get("service"), services)


def _archive(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """A figure that is made of single observations must come out the same from the archive."""
    archive = contract.get("archive")
    phases = archive.get("phases") if isinstance(archive, dict) else None
    for _, kpi in entries(contract, "kpis") if phases in {"ms", "none"} else ():
        counting = kpi.get("counting")
        keys = ("slow_as_down", "failed_requests")
        is_judged = isinstance(counting, dict) and any(counting.get(key) is not None for key in keys)
        indicator = INDICATORS.get(str(kpi.get("indicator")))
        if is_judged or (indicator is not None and indicator.is_of_samples):
            message = f"must be us: {kpi.get('id')} is made of single observations (write us, or leave it out)"
            yield ("archive", "phases"), message
            return


SHARE_REMEDY = "write for example share: 60, all of them together 100"


def sharing_problems(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """What is wrong with the shares and weights of one resolved contract."""
    yield from _shares(contract)
    for i, service in entries(contract, "services"):
        yield from _weights(service, ("services", i))


def _shares(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """Every participant in force has a share, or none has; and the shares make a whole."""
    participants = entries(contract, "participants")
    given = [_exact(one.get("share")) for _, one in participants if one.get("share") is not None]
    if not given or None in given:
        return
    for i, participant in participants:
        if participant.get("share") is None:
            yield ("participants", i, "share"), f"is missing, and others have one ({SHARE_REMEDY})"
    total = sum((share for share in given if share is not None), Fraction(0))
    if len(given) == len(listed(contract, "participants")) and total != 100:
        added = f"{(Decimal(total.numerator) / total.denominator).normalize():f}"
        yield ("participants",), f"shares add up to {added} per cent, not to 100 ({SHARE_REMEDY})"


def _weights(service: dict[str, Any], path: tuple[str | int, ...]) -> Iterator[RuleProblem]:
    if service.get("available_when") == "weighted":
        return
    for j, endpoint in entries(service, "endpoints"):
        if _number(endpoint.get("weight", 1)) not in {Decimal(1), None}:
            yield (*path, "endpoints", j, "weight"), "belongs to a service that is available_when: weighted"


def _exact(value: Any) -> Fraction | None:
    """The same, or a fraction such as `100/3`."""
    fraction, number = parse_fraction(value), _number(value)
    return Fraction(number) if fraction is None and number is not None else fraction


def _number(value: Any) -> Decimal | None:
    """An exact number as a file may write it; None for junk, of which the models speak."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
