"""Where the program and the oracle disagree about a scene."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from sla_monitor.assess import assess_month
from sla_monitor.assess.assessment import VIEWS
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.spans import Span
from tests.assess.records import DEGRADED, DOWN, UNKNOWN, UP, Record, entries, one_version

from .money import Oracle
from .reckoning import Month
from .scene import STEP, Asked, Scene, Ticket, later

LISTED = {"agreed": "downtime_ms", "gross": "gross_ms", "claimed": "claimed_ms"}


def disagreements(scene: Scene) -> Iterator[str]:
    contract, record = one_version(**scene.terms), Record(seen_in(scene), said=entries(*entered_in(scene)))
    after, now = later(scene.months[-1], 1), scene.end + 40 * 2880
    oracle = Oracle(scene, now)
    expected = oracle.run()
    found = assess_month(contract, record, after, now * STEP)
    for month, own in zip(found.earlier, expected, strict=True):
        for about, told, ours in compared(month, own):
            if told != ours:
                yield f"{own.month}, {about}: the program {shown(told)}, the oracle {shown(ours)}"
    yield from of_time(scene, contract, record, oracle, now)


def compared(found: PeriodResult, own: Month) -> Iterator[tuple[str, Any, Any]]:
    for name, result in own.kpis.items():
        told = found.kpi(name)
        yield f"{name} value", told.value if told else None, result.value
        yield f"{name} met", told.is_met if told else None, result.is_met
        yield f"{name} points", told.points if told else 0, result.points
    yield "points", found.points, sum((one.points for one in own.kpis.values()), Fraction(0))
    yield "lines", lines(found.credit.lines), lines(own.lines)
    yield "held", lines(found.credit.held), lines(own.held)
    given = [(line.rule, line.given.days) for line in found.credit.lines if line.given and line.given.days]
    yield "days", given, [(line.rule, line.days) for line in own.lines if line.days]
    yield "before caps", Fraction(found.credit.before_caps), own.before_caps
    yield "caps", [Fraction(cap.after) for cap in found.credit.caps], own.caps
    yield "total", Fraction(found.credit.total), own.total
    yield (
        "triggers",
        sorted((one.trigger, str(one.on)) for one in found.triggers),
        sorted((name, str(day)) for name, day in own.triggers),
    )


def lines(several: Any) -> list[tuple[str, str, Fraction]]:
    """All that are something: a line of nothing may be there or not."""
    return sorted((line.rule, line.kpi or "", Fraction(line.amount)) for line in several if line.amount)


def of_time(scene: Scene, contract: Contract, record: Record, oracle: Oracle, now: int) -> Iterator[str]:
    """The last month in every view: figures, downtime, and what the outages add up to."""
    month = scene.months[-1]
    found = assess_month(contract, record, month, now * STEP)
    for one in found.kpis:
        terms = oracle.kpis[one.kpi]
        months = oracle.figures.period(terms, month)
        if not one.kpi.startswith("time-") or not months:
            continue
        for view in VIEWS:
            base, downtime, of_outages = oracle.figures.time(terms, months, view)
            figure = one.views[view]
            told = [figure.value, figure.downtime_ms, sum(getattr(each, LISTED[view]) for each in one.outages)]
            ours = [oracle.figures.time_figure(terms, months, view), downtime * STEP, of_outages * STEP]
            if told != ours and base:
                yield f"{month}, {one.kpi} {view}: the program {shown(told)}, the oracle {shown(ours)}"


def seen_in(scene: Scene) -> dict[str, list[Span]]:
    """One endpoint for each service, up but for what is listed."""
    return {f"e-{name}": list(_spans(scene, name)) for name in scene.down}


def _spans(scene: Scene, name: str) -> Iterator[Span]:
    until, several = scene.start, [(a, b, DOWN) for a, b in scene.down[name]]
    several += [(a, b, UNKNOWN) for a, b in scene.unseen[name]]
    several += [(a, b, DEGRADED) for a, b in scene.degraded[name]]
    for a, b, outcome in sorted(several):
        if until < a:
            yield _span(until, a, UP)
        yield _span(a, b, outcome)
        until = b
    yield _span(until, scene.end + 50 * 2880, UP)


def _span(a: int, b: int, outcome: Outcome) -> Span:
    return Span(a * STEP, b * STEP, b * STEP, outcome, None, 10)


def entered_in(scene: Scene) -> list[dict[str, Any]]:
    """The register: what is decided stands after all that it may be about."""
    found = [*map(_ticket, scene.tickets), *map(_asked, scene.asked)]
    first = len(scene.tickets) + 1
    decided = [(number, one) for number, one in enumerate(scene.asked, first) if one.granted is not None]
    for (kpi, month), value in scene.figures.items():
        found.append({"kind": "figure", "kpi": kpi, "month": month, "party": "authority", "value": value})
    for rule, month, area, lasted, used, repeats in scene.occurrences:
        about = {"rule": rule, "month": month, "area": area, "duration_ms": lasted * STEP}
        found.append({"kind": "occurrence", **about, "used": used, "repeats": repeats})
    for (name, start), (users, of) in scene.impacts.items():
        end = next(b for a, b in scene.down[name] if a == start)
        about = {"service": name, "start": start * STEP, "end": end * STEP}
        found.append({"kind": "impact", "users": users, "of": of, **about})
    for month, names, what in scene.waivers:
        found.append({"kind": "waiver", "month": month, "kpis": list(names), "what": what})
    return [*found, *({"kind": "decision", "about": number, "granted": one.granted} for number, one in decided)]


def _ticket(ticket: Ticket) -> dict[str, Any]:
    told = {"kind": "ticket", "id": ticket.id, "priority": ticket.priority, "opened": ticket.opened * STEP}
    ends = {"responded": ticket.responded, "ended": ticket.ended}
    told |= {key: step * STEP for key, step in ends.items() if step is not None}
    more = {"service": ticket.service, "attempts": ticket.attempts}
    told |= {key: value for key, value in more.items() if value is not None}
    return told | {"stops": [{"start": a * STEP, "end": b * STEP, "reason": why} for a, b, why in ticket.stops]}


def _asked(one: Asked) -> dict[str, Any]:
    told = {"kind": one.kind, "services": list(one.services), "start": one.start * STEP, "end": one.end * STEP}
    return told | ({"cause": "force_majeure", "tickets": list(one.tickets)} if one.kind == "claim" else {})


def shown(value: Any) -> str:
    if isinstance(value, Fraction):
        return f"{float(value):.9g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(shown, value)) + "]"
    return str(value)
