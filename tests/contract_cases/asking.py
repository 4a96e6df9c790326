"""What a case may expect: each key is a question to a month's result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sla_monitor.assess.credit_inputs import charges
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.kpis.kpi import RatioKpi, ServiceTimeKpi
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.intervals import length
from sla_monitor.periods.months import last_day
from sla_monitor.periods.service_hours import agreed_hours
from sla_monitor.periods.working_days import add_working_days, working_days_between
from sla_monitor.sla.aggregation import seen_together
from sla_monitor.sla.downtime import counted_ms, downtime_ms
from sla_monitor.sla.failed_requests import slot_outcome
from sla_monitor.sla.money.apportionment import participant_shares, shared
from sla_monitor.sla.money.at_risk import truly_at_risk_percent
from sla_monitor.sla.money.claim_deadlines import claim_by
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.rounding import round_to
from sla_monitor.sla.samples import Samples
from sla_monitor.sla.slow_responses import timed_spans
from sla_monitor.sla.tickets import elapsed_ms
from sla_monitor.sla.working import Step

from .reading import Case, frame_of, seen_of

MINUTE = 60_000


class Answers:
    """One month of a case with its result, which is the last of the run's so far."""

    def __init__(self, case: Case, terms: Terms, row: dict[str, Any], so_far: Sequence[PeriodResult]) -> None:
        self.contract, self.row, self.so_far, self.result = terms, row, so_far, so_far[-1]
        self.frame = frame_of(case, terms, row)

    def to(self, question: str, expected: Any) -> Any:
        """The answer in the form of what is expected; figures rounded to the digits that a decimal is quoted with."""
        if isinstance(expected, dict) and question in OF_KPI:
            return {name: like(OF_KPI[question](self, name), value) for name, value in expected.items()}
        return like(OF_MONTH[question](self), expected)

    def kpi(self, name: str) -> Any:
        found = self.result.kpi(name)
        assert found is not None, f"{name} has no result in {self.result.month}"
        return found

    def terms(self, name: str) -> Any:
        return next(kpi for kpi in self.contract.kpis if kpi.id == name)

    def availability(self, name: str) -> tuple[ServiceTimeKpi, Any]:
        kpi, seen = self.terms(name), seen_of(name, self.row, self.frame)
        assert isinstance(kpi, ServiceTimeKpi)
        return kpi, seen.seconds

    def allowance(self, name: str) -> Fraction:
        kpi, seconds = self.availability(name)
        return kpi.allowed_ms(seconds.agreed_ms) / MINUTE

    def downtime(self, name: str) -> Fraction:
        kpi, seconds = self.availability(name)
        return Fraction(downtime_ms(seconds.losses, kpi.counting)) / MINUTE

    def outages(self, name: str) -> list[Fraction]:
        kpi, seconds = self.availability(name)
        return [Fraction(counted_ms(loss, kpi.counting)) / MINUTE for loss in seconds.losses]

    def elapsed(self, name: str) -> list[Fraction]:
        kpi, frame = self.terms(name), self.frame
        assert isinstance(kpi, RatioKpi)
        calendar = frame.calendars.get(kpi.clock.calendar)
        tickets = seen_of(name, self.row, frame).tickets
        return [Fraction(elapsed_ms(one, kpi, calendar, frame.zone, frame.now_ms), MINUTE) for one in tickets]

    def agreed_minutes(self, name: str) -> Fraction:
        """The service hours of a whole month."""
        service = next(one for one in self.contract.services if one.id == name)
        calendar, period = self.contract.calendars.get(service.service_hours), self.frame.period
        return Fraction(length(agreed_hours(calendar, self.frame.zone, period.start_ms, period.end_ms)), MINUTE)

    def borne_by(self, name: str) -> Decimal:
        """A participant's part of the month's charges."""
        parts = (
            shared(amount, participant_shares(self.contract, service or None)).get(name, Decimal(0))
            for service, amount in self.result.charges.items()
        )
        return sum(parts, Decimal(0))

    def month_charges(self, name: str) -> Decimal:
        """What a service costs in the month by the contract's own charges, part months included."""
        return charges(Contract((TermsVersion(0, self.contract),)), self.result.month)[name]

    def working_days(self, name: str) -> int:
        """`2026-12-24 to 2027-01-08`: the first day is not counted."""
        start, end = map(date.fromisoformat, name.split(" to "))
        return working_days_between(start, end, self.contract.working_calendar)

    def report_due(self) -> date:
        days = self.contract.reporting.report_working_days
        return add_working_days(last_day(self.result.month), days, self.contract.working_calendar)

    def review_due(self) -> date:
        days = self.contract.reporting.review_working_days
        return add_working_days(self.report_due(), days, self.contract.working_calendar)

    def states(self, name: str) -> list[str]:
        """Of probes: [down, active] places, [failed, all] requests of a slot, or the milliseconds of an answer."""
        counting, probes = self.terms(name).counting, self.row["looks"][name]
        if counting.quorum:
            return [str(seen_together(down, active, counting.quorum)) for down, active in probes]
        if counting.failed_requests:
            return [str(slot_outcome(failed, requests, counting.failed_requests)) for failed, requests in probes]
        answers = [Samples.of([(0, Outcome.UP, duration_ms * 1000, None)]) for duration_ms in probes]
        return [str(span.outcome) for one in answers for span in timed_spans([one], 1, counting.slow_as_down)]


def like(answer: Any, expected: Any) -> Any:
    """A number is rounded half up to the digits after the point of what is expected, and not at all where that is a
    whole number: 100 is 100 and nothing near it. Lists item by item."""
    if isinstance(expected, list) and isinstance(answer, list | tuple) and len(answer) == len(expected):
        return [like(one, other) for one, other in zip(answer, expected, strict=True)]
    if isinstance(answer, Fraction) and isinstance(expected, Decimal):
        return round_to(answer, max(-int(expected.as_tuple().exponent), 0), "half_up")
    return list(answer) if isinstance(answer, tuple) else answer


def told(day: date | None) -> str | None:
    return None if day is None else str(day)


def formulas(working: Iterable[Step]) -> list[str]:
    """The numbers of each step, as a calculator would be given them."""
    return [f"{step.formula} = {step.result}" for step in working]


OF_KPI: dict[str, Callable[[Answers, str], Any]] = {
    "value": lambda asked, name: asked.kpi(name).value,
    "rounded": lambda asked, name: asked.kpi(name).rounded,
    "band": lambda asked, name: asked.kpi(name).band,
    "met": lambda asked, name: asked.kpi(name).is_met,
    "material": lambda asked, name: asked.kpi(name).is_material,
    "kpi_points": lambda asked, name: asked.kpi(name).points,
    "repeat": lambda asked, name: asked.kpi(name).is_repeat,
    "difference": lambda asked, name: asked.kpi(name).difference,
    "allowance_minutes": Answers.allowance,
    "downtime_minutes": Answers.downtime,
    "allowance_hours": lambda asked, name: asked.allowance(name) / 60,
    "downtime_hours": lambda asked, name: asked.downtime(name) / 60,
    "outage_minutes": Answers.outages,
    "outage_ms": lambda asked, name: [one * MINUTE for one in asked.outages(name)],
    "unseen_minutes": lambda asked, name: Fraction(asked.availability(name)[1].unknown_ms, MINUTE),
    "elapsed_minutes": Answers.elapsed,
    "states": Answers.states,
    "agreed_minutes": Answers.agreed_minutes,
    "borne_by": Answers.borne_by,
    "month_charges": Answers.month_charges,
    "coverage": lambda asked, name: asked.kpi(name).coverage * 100,
    "working_days": Answers.working_days,
}

OF_MONTH: dict[str, Callable[[Answers], Any]] = {
    "points": lambda asked: asked.result.points,
    "points_so_far": lambda asked: sum(result.points for result in asked.so_far),
    "credit": lambda asked: asked.result.credit.total,
    "before_caps": lambda asked: asked.result.credit.before_caps,
    "lines": lambda asked: [line.amount for line in asked.result.credit.lines],
    "held": lambda asked: [line.amount for line in asked.result.credit.held],
    "by_itself": lambda asked: [line.by_itself for line in asked.result.credit.lines],
    "by_service": lambda asked: dict(asked.result.credit.by_service),
    "line_months": lambda asked: [line.month for line in asked.result.credit.lines],
    "line_tickets": lambda asked: [line.ticket for line in asked.result.credit.lines],
    "days": lambda asked: [line.given and line.given.days for line in asked.result.credit.lines],
    "line_working": lambda asked: [list(map(str, line.working)) for line in asked.result.credit.lines],
    "credit_working": lambda asked: [formulas(line.working[-1:]) for line in asked.result.credit.lines],
    "withheld": lambda asked: asked.result.withheld,
    "triggers": lambda asked: [result.trigger for result in asked.result.triggers],
    "trigger_months": lambda asked: [list(result.months) for result in asked.result.triggers],
    "trigger_on": lambda asked: [told(result.on) for result in asked.result.triggers],
    "trigger_working": lambda asked: [formulas(result.working) for result in asked.result.triggers],
    "cap_limit": lambda asked: [cap.limit for cap in asked.result.credit.caps],
    "cap_left": lambda asked: [cap.left for cap in asked.result.credit.caps],
    "at_risk_percent_of_all_charges": lambda asked: [
        truly_at_risk_percent(cap.limit, sum(asked.result.charges.values(), Decimal(0)))
        for cap in asked.result.credit.caps
    ],
    "credit_percent_of_charges": lambda asked: (
        Fraction(asked.result.credit.total) * 100 / Fraction(sum(asked.result.charges.values(), Decimal(0)))
    ),
    "period_minutes": lambda asked: Fraction(asked.frame.period.end_ms - asked.frame.period.start_ms, MINUTE),
    "assessed": lambda asked: [result.kpi for result in asked.result.kpis],
    "report_due": lambda asked: str(asked.report_due()),
    "review_due": lambda asked: str(asked.review_due()),
    "claim_by": lambda asked: told(claim_by(asked.result.month, asked.contract.claims)),
}
