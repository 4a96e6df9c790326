"""Contracts -> rows: points, money, caps, triggers, and what is due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sla_monitor import names
from sla_monitor.assess.assessment import ContractAssessment, Outlook
from sla_monitor.assess.due_obligations import DueObligation
from sla_monitor.metrics.rows import Rows, maybe_seconds, of_contracts, within_contracts
from sla_monitor.metrics.series import Row
from sla_monitor.names import MetricName
from sla_monitor.sla.money.recovery import MonthCredit
from sla_monitor.sla.results import CapResult, PeriodResult


def _measured(contract: ContractAssessment) -> Iterator[PeriodResult]:
    """The latest months of which anything is known: a nought of others would be a claim."""
    return (month for month in contract.earlier[-names.MONTHS_KEPT :] if month.is_measured)


def _now(contract: ContractAssessment) -> PeriodResult | None:
    """The running month, once anything is known of it: the same rule."""
    return contract.result if contract.result is not None and contract.result.is_measured else None


def _month_points(contract: ContractAssessment) -> Iterator[Row]:
    yield from (((month.month,), float(month.points)) for month in _measured(contract))


def _month_credits(contract: ContractAssessment) -> Iterator[Row]:
    for month in _measured(contract):
        yield (contract.currency, month.month), float(month.credit.total + month.withheld)


def _credit(contract: ContractAssessment) -> Iterator[Row]:
    result = _now(contract)
    yield (contract.currency,), None if result is None else float(result.credit.total + result.withheld)


def _credit_before(contract: ContractAssessment) -> Iterator[Row]:
    result = _now(contract)
    yield (contract.currency,), None if result is None else float(result.credit.before_caps)


def _points(contract: ContractAssessment) -> float | None:
    result = _now(contract)
    return None if result is None else float(result.points)


def _caps(amount: Callable[[CapResult], Decimal]) -> Rows:
    def rows(contract: ContractAssessment) -> Iterator[Row]:
        for cap in contract.result.credit.caps if contract.result else ():
            yield (cap.cap, cap.scope or names.WHOLE_CONTRACT, contract.currency), float(amount(cap))

    return within_contracts(rows)


def _cases(contract: ContractAssessment) -> Mapping[str, Outlook]:
    """At best and at worst are limits, whatever was seen; as it stands is a figure."""
    forecast = contract.forecast
    if forecast is None:
        return {}
    limits = {"best": forecast.best, "worst": forecast.worst}
    return limits if _now(contract) is None else {"now": forecast.now, **limits}


def _outlook_points(contract: ContractAssessment) -> Iterator[Row]:
    yield from (((case,), float(outlook.points)) for case, outlook in _cases(contract).items())


def _outlook_credit(contract: ContractAssessment) -> Iterator[Row]:
    yield from (((contract.currency, case), float(outlook.credit)) for case, outlook in _cases(contract).items())


def _triggers(contract: ContractAssessment) -> Iterator[Row]:
    tripped = {result.trigger for result in contract.result.triggers} if contract.result else set()
    yield from (((trigger,), trigger in tripped) for trigger in contract.triggers)


def _claim_deadline(contract: ContractAssessment) -> float | None:
    """The end of the last day, in the contract's zone."""
    return None if contract.claim_by is None else _end_of(contract.claim_by, contract)


def _end_of(day: date, contract: ContractAssessment) -> float:
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(contract.time_zone)).timestamp()


def _oldest_pending(contract: ContractAssessment) -> float | None:
    return maybe_seconds(min((entry.at_ms for entry in contract.pending), default=None))


def _obligations(value: Callable[[Sequence[DueObligation]], float | None]) -> Rows:
    """A series for each obligation that has a day to tell."""

    def rows(contract: ContractAssessment) -> Iterator[Row]:
        several: dict[tuple[str, str], list[DueObligation]] = {}
        for one in contract.obligations.due:
            several.setdefault((one.terms.id, one.terms.party), []).append(one)
        yield from ((labels, value(dates)) for labels, dates in several.items())

    return within_contracts(rows)


def _next_due(dates: Sequence[DueObligation]) -> float | None:
    return maybe_seconds(min((one.end_ms for one in dates if one.is_open and one.state != "late"), default=None))


def _late_since(dates: Sequence[DueObligation]) -> float | None:
    return maybe_seconds(min((one.late_ms for one in dates if one.state == "late"), default=None))


def _credit_amounts(contract: ContractAssessment) -> Iterator[Row]:
    account = contract.recovery
    for step in ("expected", "notified", "invoiced", "recovered", "written_off", "open") if account else ():
        yield (contract.currency, step), float(getattr(account, step))


def _credit_open(contract: ContractAssessment) -> Iterator[Row]:
    ages = contract.recovery.by_age() if contract.recovery else {}
    yield from (((contract.currency, age), float(amount)) for age, amount in ages.items())


def _notify_deadline(contract: ContractAssessment) -> float | None:
    """The end of the last day, in the contract's zone."""
    found = (one.days.notify_by for one in contract.recovery.months if one.to_notify)
    first = min((day for day in found if day is not None), default=None)
    return None if first is None else _end_of(first, contract)


def _count(holds: Callable[[MonthCredit], bool]) -> Rows:
    return of_contracts(lambda contract: sum(map(holds, contract.recovery.months)) if contract.recovery else None)


CONTRACTS: Mapping[MetricName, Rows] = {
    names.CONTRACT_POINTS: of_contracts(_points),
    names.CONTRACT_CREDIT: within_contracts(_credit),
    names.CONTRACT_CREDIT_BEFORE: within_contracts(_credit_before),
    names.CAP_LIMIT: _caps(lambda cap: cap.limit),
    names.CAP_REMAINING: _caps(lambda cap: cap.left),
    names.OUTLOOK_POINTS: within_contracts(_outlook_points),
    names.OUTLOOK_CREDIT: within_contracts(_outlook_credit),
    names.TRIGGER: within_contracts(_triggers),
    names.REGISTER_PENDING: of_contracts(lambda contract: len(contract.pending)),
    names.OLDEST_PENDING: of_contracts(_oldest_pending),
    names.CLAIM_DEADLINE: of_contracts(_claim_deadline),
    names.FIGURES_MISSING: of_contracts(lambda contract: len(contract.missing_figures)),
    names.REPORT_DUE: of_contracts(lambda contract: maybe_seconds(contract.report_due_ms)),
    names.CREDIT_AMOUNT: within_contracts(_credit_amounts),
    names.CREDIT_OPEN: within_contracts(_credit_open),
    names.CREDIT_NOTIFY_DEADLINE: of_contracts(_notify_deadline),
    names.CREDIT_NOT_INVOICED: _count(lambda one: one.is_invoice_late),
    names.CREDIT_OVERDUE: _count(lambda one: one.days_late > 0),
    names.OBLIGATION_DUE: _obligations(_next_due),
    names.OBLIGATION_DUE_SOON: _obligations(lambda dates: any(one.state in {"due_soon", "due"} for one in dates)),
    names.OBLIGATION_LATE: _obligations(lambda dates: sum(one.state == "late" for one in dates)),
    names.OBLIGATION_LATE_SINCE: _obligations(_late_since),
    names.MONTH_POINTS: within_contracts(_month_points),
    names.MONTH_CREDIT: within_contracts(_month_credits),
}
