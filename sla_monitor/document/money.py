"""A month's points and money in an assessment's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from sla_monitor.document.values import Money, Number, StepJson, money, number, steps
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.results import CapResult, CreditLine, PeriodResult, TriggerResult


class ServiceMoney(TypedDict):
    """An amount that belongs to a service."""

    service: str
    """Its id; empty: the contract as a whole."""
    amount: Money
    """How much."""


class DaysJson(TypedDict):
    """A credit that is no money."""

    days: int
    """So many."""
    of: Literal["free_service", "added_term"]
    """What they are of."""


class Credit(TypedDict):
    """One line of credit, before the caps; a negative one is earned back, or a bonus."""

    rule: str
    """The id of the contract's rule."""
    kpi: str | None
    """The KPI that it is for, if one."""
    service: str
    """Whose charges it is taken from; empty: the contract as a whole."""
    amount: Money
    """Rounded to the smallest coin."""
    month: str | None
    """The month of the failure, where it is an earlier one; otherwise null."""
    given: NotRequired[DaysJson]
    """What there is in place of an amount; only where there is something."""
    ticket: NotRequired[str]
    """The ticket that it is for; only where it is for one."""
    outage: NotRequired[str]
    """When the outage that it is for began; only where it is for one on record."""
    earned: NotRequired[Money]
    """The bonus that the month earned, of which the amount is what was set off or paid; only where there is one."""
    before_combining: NotRequired[Money]
    """What its rule gives by itself; only where it is one of several of which not all are paid."""
    working: list[StepJson]
    """How it comes about."""


class CapJson(TypedDict):
    """A cap in the month."""

    cap: str
    """Its id."""
    scope: str
    """A service; empty: the contract as a whole."""
    limit: Money
    """Over its window of months."""
    used: Money
    """By earlier months of the window."""
    before: Money
    """Credit before this cap."""
    after: Money
    """Credit after it."""
    left: Money
    """What later months of the window may still take."""
    working: list[StepJson]
    """How the limit comes about."""


class TriggerJson(TypedDict):
    """Something that several results together set off."""

    trigger: str
    """Its id."""
    months: list[str]
    """Those that set it off."""
    on: str | None
    """The first day of the month on which it was set off, where it goes by days; otherwise null."""
    effects: list[str]
    """What follows."""
    working: list[StepJson]
    """Why."""


class Month(TypedDict):
    """The month's points and money, agreed view."""

    points: Number
    """All service points."""
    charges: list[ServiceMoney]
    """Those that percentages are taken of."""
    lines: list[Credit]
    """What failures cost."""
    held: list[Credit]
    """What failures would cost that cost nothing unless they repeat; no part of any sum."""
    before_caps: Money
    """The sum of the lines."""
    caps: list[CapJson]
    """One after the other."""
    by_service: list[ServiceMoney]
    """What the caps leave, by service."""
    credit: Money
    """The sum of that."""
    unclaimed: Money
    """What is not deducted for want of a claim, where the contract asks for one."""
    claim_lapsed: bool
    """Whether the last day for claiming it has passed."""
    withheld: Money
    """Charges kept back as compensation in place of credits."""
    deducted: Money
    """All that the supplier is not paid for the month: credit and what is withheld."""
    working: list[StepJson]
    """About claims."""
    triggers: list[TriggerJson]
    """What was set off."""


class Earlier(TypedDict):
    """An earlier month, used by caps, repeats and triggers."""

    month: str
    """Its name."""
    points: Number
    """All service points."""
    charges: list[ServiceMoney]
    """Those that caps add up, and that percentages were taken of."""
    before_caps: Money
    """Credit before the caps."""
    by_service: list[ServiceMoney]
    """What the caps left, by service."""
    credit: Money
    """What was deducted."""
    withheld: Money
    """Compensation in place of credits."""
    bands: dict[str, str | None]
    """The band of each KPI whose measurement period ended in it."""


def month(result: PeriodResult, currency: str) -> Month:
    credit = result.credit
    return {
        "points": number(result.points),
        "charges": _by_service(result.charges, currency),
        "lines": [_line(line, currency) for line in credit.lines],
        "held": [_line(line, currency) for line in credit.held],
        "before_caps": money(credit.before_caps, currency),
        "caps": [_cap(cap, currency) for cap in credit.caps],
        "by_service": _by_service(credit.by_service, currency),
        "credit": money(credit.total, currency),
        "unclaimed": money(credit.unclaimed, currency),
        "claim_lapsed": credit.is_lapsed,
        "withheld": money(result.withheld, currency),
        "deducted": money(result.deducted, currency),
        "working": steps(credit.working),
        "triggers": [_trigger(trigger) for trigger in result.triggers],
    }


def earlier(result: PeriodResult, currency: str) -> Earlier:
    return {
        "month": result.month,
        "points": number(result.points),
        "charges": _by_service(result.charges, currency),
        "before_caps": money(result.credit.before_caps, currency),
        "by_service": _by_service(result.credit.by_service, currency),
        "credit": money(result.credit.total, currency),
        "withheld": money(result.withheld, currency),
        "bands": {one.kpi: one.band for one in result.kpis},
    }


def _by_service(amounts: Mapping[str, Decimal], currency: str) -> list[ServiceMoney]:
    return [{"service": name, "amount": money(amount, currency)} for name, amount in amounts.items()]


def _line(line: CreditLine, currency: str) -> Credit:
    told: Credit = {
        "rule": line.rule,
        "kpi": line.kpi,
        "service": line.service,
        "amount": money(line.amount, currency),
        "month": line.month,
        "working": steps(line.working),
    }
    if line.given is not None:
        told["given"] = {"days": line.given.days, "of": line.given.of}
    if line.ticket is not None:
        told["ticket"] = line.ticket
    if line.outage_ms is not None:
        told["outage"] = format_utc(line.outage_ms)
    if line.earned:
        told["earned"] = money(line.earned, currency)
    if line.before_combining is not None:
        told["before_combining"] = money(line.before_combining, currency)
    return told


def _cap(cap: CapResult, currency: str) -> CapJson:
    return {
        "cap": cap.cap,
        "scope": cap.scope,
        "limit": money(cap.limit, currency),
        "used": money(cap.used, currency),
        "before": money(cap.before, currency),
        "after": money(cap.after, currency),
        "left": money(cap.left, currency),
        "working": steps(cap.working),
    }


def _trigger(trigger: TriggerResult) -> TriggerJson:
    return {
        "trigger": trigger.trigger,
        "months": list(trigger.months),
        "on": None if trigger.on is None else f"{trigger.on}",
        "effects": list(trigger.effects),
        "working": steps(trigger.working),
    }
