"""Days that follow from a contract alone: worked out once, and kept from one assessment to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sla_monitor.assess.deadlines import Deadline, deadlines_of, month_deadlines
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.credit_days import CreditDays, credit_days
from sla_monitor.periods.due_dates import DueDate, due_dates
from sla_monitor.periods.edges import period_of
from sla_monitor.periods.months import last_day, shifted
from sla_monitor.periods.terms_slices import terms_in


@dataclass(slots=True)
class KnownDays:
    """Of one contract, as long as nobody changes it. To count Working Days costs more than all that is made of them."""

    contract: Contract
    _due: tuple[date, tuple[DueDate, ...]] | None = None
    _deadlines: tuple[date, tuple[Deadline, ...]] | None = None
    _months: dict[str, tuple[Deadline, ...]] = field(default_factory=dict)
    _relief: dict[str, date | None] = field(default_factory=dict)
    _credit: dict[str, CreditDays] = field(default_factory=dict)

    def due_dates(self, until: date) -> tuple[DueDate, ...]:
        """Every due date up to a day."""
        if self._due is None or self._due[0] != until:
            self._due = until, due_dates(self.contract, until)
        return self._due[1]

    def deadlines(self, today: date) -> tuple[Deadline, ...]:
        """Those from a day on."""
        if self._deadlines is None or self._deadlines[0] != today:
            self._deadlines = today, deadlines_of(self.contract, today)
        return self._deadlines[1]

    def of_month(self, month: str) -> tuple[Deadline, ...]:
        """Those about a month, be they over or not."""
        if month not in self._months:
            self._months[month] = tuple(month_deadlines(self.contract, month))
        return self._months[month]

    def relief_by(self, month: str) -> date | None:
        """The last day to claim relief for a month, by the terms at its end; None: there is none."""
        if month not in self._relief:
            period = period_of(self.contract, month)
            months = terms_in(self.contract, period, period.end_ms).relief.deadline_months
            self._relief[month] = None if months is None else last_day(shifted(month, months))
        return self._relief[month]

    def of_credit(self, month: str) -> CreditDays:
        """The days of a month's credit."""
        if month not in self._credit:
            self._credit[month] = credit_days(self.contract, month)
        return self._credit[month]
