"""The days that a contract sets for a month's credit: its notice, its invoice, its payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.money.invoicing import Invoicing
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import period_of
from sla_monitor.periods.months import last_day, shifted
from sla_monitor.periods.terms_slices import terms_in
from sla_monitor.periods.working_days import add_working_days


@dataclass(frozen=True, slots=True)
class CreditDays:
    """The days that the contract sets for a month's credit. `notify_by` None: there is no deadline for a notice."""

    notify_by: date | None
    invoice_by: date
    payment_days: int


def credit_days(contract: Contract, month: str) -> CreditDays:
    """By the terms in force at the month's end."""
    period = period_of(contract, month)
    terms = terms_in(contract, period, period.end_ms)
    invoicing = terms.invoicing or Invoicing()
    notify = invoicing.notify_working_days
    notify_by = None if notify is None else _after(month, notify, terms)
    invoice_by = _after(shifted(month, invoicing.invoice_months), invoicing.invoice_working_days, terms)
    return CreditDays(notify_by, invoice_by, invoicing.payment_days)


def _after(month: str, working_days: int, terms: Terms) -> date:
    """So many Working Days after a month's end; days of the calendar where there are no Working Days."""
    try:
        return add_working_days(last_day(month), working_days, terms.working_calendar)
    except ValueError:
        return last_day(month) + timedelta(days=working_days)
