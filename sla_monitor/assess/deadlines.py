"""Deadlines that reporting, invoicing and claims set, month by month: reports, reviews, notices, claims of credits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from sla_monitor.contract.contract import Contract
from sla_monitor.periods.credit_days import credit_days
from sla_monitor.periods.edges import period_of, run_of
from sla_monitor.periods.months import last_day, name_of, shifted, span
from sla_monitor.periods.terms_slices import terms_in
from sla_monitor.periods.working_days import add_working_days
from sla_monitor.sla.money.claim_deadlines import claim_by

BACK, AHEAD = 12, 12
"""Months before and after this one: a credit of a year ago may still have to be claimed."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day for something about a month. `kind`: the report with its figures; the review, in which the month is
    signed off; the notice of its credit, where there may be one; the claim of it; the end of the term (of which `month`
    is the last one)."""

    on: date
    kind: Literal["report", "review", "notice", "claim", "term_end"]
    month: str


def deadlines_of(contract: Contract, today: date) -> tuple[Deadline, ...]:
    """Those from a day on, a year ahead, by the terms in force at each month's end; ascending."""
    this, run = name_of(today), run_of(contract)
    first, last = max(run.first, shifted(this, -BACK)), min(run.last or this, shifted(this, AHEAD))
    months = span(first, last) if first <= last else ()
    found = {one for month in months for one in month_deadlines(contract, month)}
    found.add(Deadline(contract.term.end_on, "term_end", run.last or this))
    until = last_day(shifted(this, AHEAD))
    return tuple(sorted((one for one in found if today <= one.on <= until), key=lambda one: (one.on, one.kind)))


def month_deadlines(contract: Contract, month: str) -> Iterator[Deadline]:
    """Those about one month, be they over or not."""
    terms = terms_in(contract, period := period_of(contract, month), period.end_ms)
    claim_on = claim_by(month, terms.claims)
    if claim_on is not None:
        yield Deadline(claim_on, "claim", month)
    if terms.invoicing is not None and (notify_by := credit_days(contract, month).notify_by) is not None:
        yield Deadline(notify_by, "notice", month)
    try:
        report_on = add_working_days(last_day(month), terms.reporting.report_working_days, terms.working_calendar)
        yield Deadline(report_on, "report", month)
        review_on = add_working_days(report_on, terms.reporting.review_working_days, terms.working_calendar)
        yield Deadline(review_on, "review", month)
    except ValueError:  # a calendar without any Working Day: nobody knows the day
        return
