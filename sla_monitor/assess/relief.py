"""Relief: the claims that are granted, for a listed cause, notified in time, and decided."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.assess.rulings import RequestContext, Ruling, decided, format_working_days, meant_by
from sla_monitor.contract.local_time import local_date
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import Period, month_at
from sla_monitor.periods.intervals import intersect, normal
from sla_monitor.periods.months import shifted
from sla_monitor.periods.working_days import working_days_between
from sla_monitor.register.entries import Claim, Entry


def claims(case: RequestContext, period: Period) -> Iterator[Ruling]:
    """Every claim about time that reaches into a month, for each service that it is for. One that names tickets and
    no services is about those tickets alone."""
    for entry, said in case.effective.of(Claim):
        is_about_time = bool(said.services) or not said.tickets
        if is_about_time and said.start_ms < period.end_ms and said.end_ms > period.start_ms:
            for _, service in meant_by(case, said):
                yield _ruling(case, entry, said, service.id, period)


def is_granted(case: RequestContext, entry: Entry, said: Claim) -> bool:
    """Whether a claim is granted at all."""
    return decided(case, entry, said).span is not None and not refusal(case, entry, said)


def refusal(case: RequestContext, entry: Entry, said: Claim) -> str:
    """Why a claim is refused by the contract itself; empty: it is not."""
    terms = case.contract.version_at(said.start_ms).terms
    relief, told_ms = terms.relief, entry.at_ms if said.notified_ms is None else said.notified_ms
    if said.cause not in relief.causes:
        return f"{said.cause} is no cause of the contract"
    if relief.late == "refused" and (late := lateness(case, entry, said)):
        return late
    return _past_deadline(said, told_ms, terms)


def _past_deadline(said: Claim, told_ms: int, terms: Terms) -> str:
    """That a claim told at an instant is told after the last month for it; empty: it is not."""
    allowed, zone = terms.relief.deadline_months, terms.time_zone
    if allowed is None or month_at(told_ms, zone) <= shifted(month_at(said.start_ms, zone), allowed):
        return ""
    return f"claimed more than {allowed} months after"


def lateness(case: RequestContext, entry: Entry, said: Claim) -> str:
    """How late a claim was notified, whatever follows from it; empty: in time."""
    terms = case.contract.version_at(said.start_ms).terms
    allowed, told_ms = terms.relief.notice_working_days, entry.at_ms if said.notified_ms is None else said.notified_ms
    if allowed is None or (days := _days_late(said, told_ms, terms)) <= allowed:
        return ""
    return f"notified {format_working_days(days)} after it was known; {allowed} are allowed"


def told_by_its_word(case: RequestContext, entry: Entry, said: Claim) -> str:
    """That a claim is in time only by the day on which it says that it was notified; empty: also by its entry."""
    if said.notified_ms is None:
        return ""
    terms = case.contract.version_at(said.start_ms).terms
    months = terms.relief.deadline_months
    if _past_deadline(said, entry.at_ms, terms) and not _past_deadline(said, said.notified_ms, terms):
        return f"in time only by its own word: entered more than {months} months after the month of the failure"
    if lateness(case, entry, said):
        return ""
    allowed, days = terms.relief.notice_working_days, _days_late(said, entry.at_ms, terms)
    if allowed is None or days <= allowed:
        return ""
    return (
        f"in time only by its own word: entered {format_working_days(days)} after it was known; {allowed} are allowed"
    )


def _days_late(said: Claim, told_ms: int, terms: Terms) -> int:
    known_ms = said.start_ms if said.aware_ms is None else said.aware_ms
    known_on, told_on = local_date(known_ms, terms.time_zone), local_date(told_ms, terms.time_zone)
    return working_days_between(known_on, told_on, terms.working_calendar)


def _ruling(case: RequestContext, entry: Entry, said: Claim, service: str, period: Period) -> Ruling:
    asked = (max(said.start_ms, period.start_ms), min(said.end_ms, period.end_ms))
    grant, refused = decided(case, entry, said), refusal(case, entry, said)
    is_pending = grant.is_pending and not refused
    ruling = Ruling(entry.number, "claim", service, asked, kpis=said.kpis, is_pending=is_pending)
    if grant.span is None or refused:
        return ruling.refused(refused or grant.why)
    return ruling.with_granted(intersect([asked], normal([grant.span])), grant.why, "not in what was granted")
