"""Names in the rules about points and money: each leads to a KPI, a cap, a service or a trigger, and none is given
twice. Like `consistency`, on plain values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sla_monitor.contract.kpis.kpi_references import find_kpi_references
from sla_monitor.contract.money.credit_methods import METHODS
from sla_monitor.contract.money.trigger_terms import Trigger
from sla_monitor.contract.rules.plain_values import RuleProblem, calendar_names, entries, listed, names_in, unknown

Path = tuple[str | int, ...]


def performance_problems(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """What is wrong between the KPIs, credits, caps and triggers of a contract."""
    for key, what in (
        ("credits", "credit"),
        ("combined", "combination"),
        ("caps", "cap"),
        ("triggers", "trigger"),
    ):
        yield from _twice(contract, key, what)
    yield from _kpis(contract)
    yield from _calendars(contract)
    yield from _jobs(contract)
    yield from _published(contract)
    yield from _charges(contract)
    yield from _credits(contract)
    yield from _combined(contract)
    for i, trigger in entries(contract, "triggers"):
        yield from _trigger(contract, ("triggers", i), trigger, _above(contract, "triggers", i))


def _twice(contract: dict[str, Any], key: str, what: str) -> Iterator[RuleProblem]:
    seen: set[str] = set()
    for i, entry in entries(contract, key):
        name = entry.get("id")
        if isinstance(name, str) and name in seen:
            yield (key, i, "id"), f"{what} {name!r} is given twice (choose another id)"
        seen.add(str(name))


def _above(contract: dict[str, Any], key: str, position: int) -> list[str] | None:
    """The ids of the items that stand before one."""
    return names_in({key: list(listed(contract, key))[:position]}, key)


def _kpis(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    for i, kpi in entries(contract, "kpis"):
        clock = kpi.get("clock")
        if isinstance(clock, dict):
            name = clock.get("calendar")
            yield from unknown("calendar", ("kpis", i, "clock", "calendar"), name, calendar_names(contract))
        for j, name in enumerate(listed(kpi, "endpoints")):
            yield from unknown("endpoint", ("kpis", i, "endpoints", j), name, _endpoints(contract, kpi.get("service")))
        for j, part in entries(kpi, "parts"):
            path = ("kpis", i, "parts", j, "kpi")
            yield from unknown("KPI above this one", path, part.get("kpi"), _above(contract, "kpis", i))


def _endpoints(contract: dict[str, Any], service: Any) -> list[str] | None:
    """The ids of a service's endpoints, or of all; None if any of them is missing."""
    several = (one for _, one in entries(contract, "services") if service is None or one.get("id") == service)
    found = [names_in(one, "endpoints") for one in several]
    return None if None in found else [name for names in found for name in names or ()]


def _calendars(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """Calendars that are neither a service's hours nor a clock's."""
    known = calendar_names(contract)
    name = contract.get("working_days")
    yield from unknown("calendar", ("working_days",), name, known)
    own = contract.get("calendars")
    named = own.get(name) if isinstance(own, dict) and isinstance(name, str) else None
    if isinstance(named, dict) and named.get("hours") == {}:
        yield ("working_days",), "has no hours on any weekday, so that no day would be a Working Day (choose another)"
    for path, owner in (((), contract), *((("services", i), one) for i, one in entries(contract, "services"))):
        maintenance = owner.get("maintenance")
        if isinstance(maintenance, dict):
            yield from unknown("calendar", (*path, "maintenance", "hours"), maintenance.get("hours"), known)


def _jobs(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """Calendars by which jobs are expected."""
    own = contract.get("calendars")
    for i, service in entries(contract, "services"):
        for j, endpoint in entries(service, "endpoints"):
            expected = endpoint.get("expected")
            name = expected.get("calendar") if isinstance(expected, dict) else None
            path = ("services", i, "endpoints", j, "expected", "calendar")
            yield from unknown("calendar", path, name, calendar_names(contract))
            calendar = own.get(name) if isinstance(own, dict) and isinstance(name, str) else None
            if isinstance(calendar, dict) and calendar.get("hours") == {} and not calendar.get("open_on"):
                yield path, "has no hours on any day, so that the job would never be expected (choose another)"


def _published(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """Bands that are given a rating."""
    reporting = contract.get("reporting")
    ratings = reporting.get("publish") if isinstance(reporting, dict) else None
    for name in ratings if isinstance(ratings, dict) else ():
        yield from unknown("band", ("reporting", "publish", name), name, _bands(contract))


def _bands(contract: dict[str, Any]) -> list[str]:
    """The bands of all KPIs, and those that KPIs without bands have."""
    named = [band.get("name") for _, kpi in entries(contract, "kpis") for _, band in entries(kpi, "bands")]
    return ["met", "missed", "below_threshold", *(name for name in named if isinstance(name, str))]


def _charges(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    charges, services = contract.get("charges"), names_in(contract, "services")
    for i, charge in entries(charges, "monthly") if isinstance(charges, dict) else ():
        path = ("charges", "monthly", i, "service")
        yield from unknown("service", path, charge.get("service"), services)


def _credits(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    kpis, services = names_in(contract, "kpis"), names_in(contract, "services")
    for i, credit in entries(contract, "credits"):
        yield from unknown("service", ("credits", i, "service"), credit.get("service"), services)
        # A method that is none has no terms to name KPIs in: its name is the mistake, and the model speaks of it.
        terms = METHODS.get(str(credit.get("method")))
        for path, name in find_kpi_references(terms, credit) if terms is not None else ():
            yield from unknown("KPI", ("credits", i, *path), name, kpis)


def _combined(contract: dict[str, Any]) -> Iterator[RuleProblem]:
    """Rules that are combined: each is there, and in one combination alone."""
    rules, services = names_in(contract, "credits"), names_in(contract, "services")
    methods = {rule.get("id"): METHODS.get(str(rule.get("method"))) for _, rule in entries(contract, "credits")}
    owners: dict[str, Any] = {}
    for i, group in entries(contract, "combined"):
        yield from unknown("service", ("combined", i, "service"), group.get("service"), services)
        for j, name in enumerate(listed(group, "credits")):
            path = ("combined", i, "credits", j)
            yield from unknown("credit", path, name, rules)
            terms = methods.get(name) if isinstance(name, str) else None
            if terms is not None and not terms.is_combinable:
                yield path, f"{name} gives no credit in money (leave it out)"
            if isinstance(name, str) and owners.setdefault(name, i) != i:
                yield path, f"{name} is in another combination above (leave it out of one of them)"


def _trigger(
    contract: dict[str, Any], path: Path, trigger: dict[str, Any], above: list[str] | None
) -> Iterator[RuleProblem]:
    kpis, caps = names_in(contract, "kpis"), names_in(contract, "caps")
    yield from unknown("cap", (*path, "cap"), trigger.get("cap"), caps)
    for inside, name in find_kpi_references(Trigger, trigger):
        yield from unknown("KPI", (*path, *inside), name, kpis)
    for j, condition in entries(trigger, "conditions"):
        here = (*path, "conditions", j)
        yield from unknown("cap", (*here, "cap"), condition.get("cap"), caps)
        yield from unknown("trigger above this one", (*here, "trigger"), condition.get("trigger"), above)
        for k, name in enumerate(listed(condition, "triggers")):
            yield from unknown("trigger above this one", (*here, "triggers", k), name, above)
        for k, name in enumerate(listed(condition, "bands")):
            yield from unknown("band", (*here, "bands", k), name, _bands(contract))
