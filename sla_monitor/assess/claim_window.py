"""Until when relief of a failure can be claimed, by the terms in force when it began."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sla_monitor.assess.known_days import KnownDays
from sla_monitor.contract.local_time import local_date
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.working_days import add_working_days
from sla_monitor.wording.rulings import describe_claim_period, describe_claim_window


@dataclass(frozen=True, slots=True)
class ClaimWindow:
    """`last_on`: the last day at all; `notice_by`: that of the notice, as if the cause was known when it began;
    `notice_days`: in its place where only the period of the failure is known, the Working Days that it may take;
    `is_refused_late`: a later notice is refused by the contract itself. None: nothing limits it."""

    today: date
    last_on: date | None
    notice_by: date | None
    notice_days: int | None
    is_refused_late: bool

    @property
    def is_closed(self) -> bool:
        """Whether no claim can be granted any more, whenever the cause was known."""
        return self.last_on is not None and self.today > self.last_on

    @property
    def words(self) -> str:
        """`until 30 Nov 2026`; empty: nothing limits it."""
        if self.notice_days is not None and not self.is_closed:
            return describe_claim_period(self.last_on, self.notice_days)
        return describe_claim_window(self.today, self.last_on, self.notice_by, is_refused_late=self.is_refused_late)


def claim_window(days: KnownDays, start_ms: int, now_ms: int, *, is_period: bool = False) -> ClaimWindow:
    """Of a failure that began at an instant. `is_period`: a period begins there in which it failed at some time: no
    notice is counted from its beginning."""
    terms = days.contract.version_at(start_ms).terms
    zone, relief = terms.time_zone, terms.relief
    notice_by = None
    if relief.notice_working_days is not None and not is_period:
        try:
            began_on = local_date(start_ms, zone)
            notice_by = add_working_days(began_on, relief.notice_working_days, terms.working_calendar)
        except ValueError:  # a calendar without any Working Day: no notice is ever late
            notice_by = None
    last_on = days.relief_by(month_at(start_ms, zone))
    notice_days = relief.notice_working_days if is_period else None
    return ClaimWindow(local_date(now_ms, zone), last_on, notice_by, notice_days, relief.late == "refused")
