"""A contract's running month as the status page shows it: points, money, caps, triggers, and what is due. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.counting_in_words import imported_words
from sla_monitor.sla.results import CapResult, PeriodResult
from sla_monitor.web.page.kpi_rows import KpiRow, kpi_rows, tally
from sla_monitor.wording.durations import format_duration, format_short_duration
from sla_monitor.wording.instants import format_day, format_month
from sla_monitor.wording.numbers import format_count, format_counted_points, format_money, format_points
from sla_monitor.wording.recovery import describe_account
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import describe_id


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure with its label. `basis`: what it is made of; `tone`: `missed`, `near` or nothing."""

    label: str
    figure: str
    basis: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class ContractSummary:
    """`kpis` is what the folded table says of itself; `is_open`: something in it needs to be looked at. `credits`: what
    became of those of earlier months, empty where nothing is open; `is_overdue`: some of it is late."""

    anchor: str
    facts: tuple[Fact, ...]
    kpis: str
    rows: tuple[KpiRow, ...]
    caps: tuple[str, ...]
    accounting: tuple[str, ...]
    money: str
    credits: str
    is_overdue: bool

    @property
    def is_open(self) -> bool:
        return any(row.is_in_danger for row in self.rows)


def _imports(contract: ContractAssessment) -> Iterator[str]:
    """What of it others have seen, and nobody here."""
    zone = ZoneInfo(contract.time_zone)
    for one in contract.imports:
        times = ", ".join(f"{service} {format_duration(ms)}" for service, ms in one.services.items())
        yield f"Import {one.record.number}: {imported_words(one.record, zone)}; agreed time of {times or 'none'}."


def money_line(contract: ContractAssessment) -> str:
    """The month's points and money in one line, with its contract; empty while nothing is known of them."""
    said = money_words(contract)
    return f"{plain(contract.title or contract.contract)}, this month so far: {said}" if said else ""


def money_words(contract: ContractAssessment) -> str:
    """The month's points and money; empty while nothing is known of them."""
    if contract.result is None or not contract.result.is_measured:
        return ""
    credit = _credit(contract, contract.result)
    return f"{format_counted_points(contract.result.points)}, {credit.figure} service credit ({credit.basis})"


def contract_summary_of(contract: ContractAssessment, now_ms: int) -> ContractSummary | None:
    """None while nothing of it is known."""
    at = (ZoneInfo(contract.time_zone), now_ms)
    rows = kpi_rows(contract.kpis, contract.contract, at)
    if not rows:
        return None
    caps = contract.result.credit.caps if contract.result else ()
    return ContractSummary(
        anchor=f"kpis--{contract.contract}",
        facts=(_period(contract, now_ms), *_facts(contract, now_ms)),
        kpis=tally(rows),
        rows=rows,
        caps=tuple(_cap(cap, contract.currency) for cap in caps),
        accounting=tuple(map(plain, (*contract.accounting, *_imports(contract)))),
        money=money_line(contract),
        credits=describe_account(contract.recovery, contract.currency),
        is_overdue=contract.recovery.overdue_since is not None,
    )


def _period(contract: ContractAssessment, now_ms: int) -> Fact:
    ends = f"{contract.status}, ends in {format_short_duration(max(0, contract.period.end_ms - now_ms))}"
    return Fact("Month", format_month(contract.period.name), ends)


def _facts(contract: ContractAssessment, now_ms: int) -> Iterator[Fact]:
    if contract.result is not None and not contract.result.is_measured:
        yield Fact("Service points and credit", "not assessed", "no KPI can be assessed yet")
    elif contract.result is not None:
        yield _points(contract, contract.result)
        yield _credit(contract, contract.result)
        yield _triggers(contract, contract.result)
    if contract.pending:
        number = format_count(len(contract.pending), "entry", "entries")
        ago = format_short_duration(max(0, now_ms - min(entry.at_ms for entry in contract.pending)))
        yield Fact("Awaiting a decision", number, f"oldest for {ago}", "near")
    yield from _due(contract)


def _points(contract: ContractAssessment, result: PeriodResult) -> Fact:
    worst = contract.forecast.worst.points if contract.forecast else None
    said = f"at worst {format_points(worst)} by the month's end" if worst is not None else "as it stands"
    if worst is not None and worst < result.points:
        said = "at worst none: charges are withheld in their place"
    return Fact("Service points", format_points(result.points), said, "missed" if result.points else "")


def _credit(contract: ContractAssessment, result: PeriodResult) -> Fact:
    amount = result.credit.total + result.withheld
    worst = contract.forecast.worst.credit if contract.forecast else None
    said = f"at worst {format_money(worst, contract.currency)}" if worst is not None else "as it stands"
    return Fact("Service credit", format_money(amount, contract.currency), said, "missed" if amount else "")


def _triggers(contract: ContractAssessment, result: PeriodResult) -> Fact:
    names = ", ".join(
        describe_id(plain(one.trigger)) + (f" on {format_day(one.on)}" if one.on else "") for one in result.triggers
    )
    of = f"of {format_count(len(contract.triggers), 'trigger')} in the terms"
    return Fact("Set off", names or "nothing", of, "missed" if names else "")


def _due(contract: ContractAssessment) -> Iterator[Fact]:
    if contract.missing_figures:
        number = len(contract.missing_figures)
        names = ", ".join(f"{plain(kpi)} {format_month(month)}" for kpi, month in contract.missing_figures[:2])
        more = f" and {number - 2} more" if number > 2 else ""
        yield Fact("Figures owed", f"{number:,}", f"{names}{more}", "near")
    if contract.claim_by is not None:
        yield Fact("Claim credits by", format_day(contract.claim_by), "or the next one lapses", "near")


def _cap(cap: CapResult, currency: str) -> str:
    scope = f" ({plain(cap.scope)})" if cap.scope else ""
    left, limit = format_money(cap.left, currency), format_money(cap.limit, currency)
    return f"{describe_id(plain(cap.cap))}{scope}: {left} left of {limit}"
