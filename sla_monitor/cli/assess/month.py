"""One contract in one month, for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import VIEWS, ContractAssessment, KpiAssessment
from sla_monitor.assess.counting_in_words import imported_words
from sla_monitor.cli.assess.exclusions_table import told_exclusions
from sla_monitor.cli.assess.outlook import told_forecast
from sla_monitor.cli.assess.restatement import told_restatement
from sla_monitor.cli.register.formatting import told_entry
from sla_monitor.cli.shared.table_figures import (
    NONE,
    told_duration,
    told_figure,
    told_money,
    told_percent,
    told_points,
    told_target,
    told_time,
)
from sla_monitor.cli.shared.terminal import Row, plain, table, wrapped
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.results import CapResult, CreditLine, PeriodResult

STATUS = {
    "running": "running: figures so far",
    "provisional": "provisional: it has ended, and nobody has signed it off",
    "final": "final: signed off",
}
VIEWS_TOLD = (
    "gross: nothing is taken out; claimed: all that was asked for; agreed: what was granted. Bands, points and money go"
    " by the agreed figure."
)
DISPENSABLE = ("title", "clause", "repeat", "coverage")
"""What a narrow terminal does without, in this order; the three views stay side by side."""


def told_assessment(one: ContractAssessment, contract: Contract, columns: int | None, origin: str = "") -> str:
    """Everything at one glance; the working is told separately. `origin`: what it was worked out from, in words."""
    blocks = [*_head(one, origin, columns), *told_restatement(one, columns), _kpis(one, columns)]
    if one.result is not None:
        blocks += _money(one, one.result, columns)
    blocks += _imports(one, columns)
    blocks += [*told_exclusions(one, contract, columns), *told_forecast(one, columns), *_register(one, columns)]
    return "\n\n".join(block for block in blocks if block)


def _head(one: ContractAssessment, origin: str, columns: int | None) -> Iterator[str]:
    zone = ZoneInfo(one.time_zone)
    since = f"terms of {told_time(one.terms_from_ms, zone)[:10]}"
    reference = f" ({plain(one.terms_reference)})" if one.terms_reference else ""
    title = f"{plain(one.title)} ({one.contract})" if one.title else one.contract
    lines = [f"{title}, {one.period.name}", f"{plain(one.authority)} / {plain(one.supplier)}; {since}{reference}"]
    if one.total_value is not None:
        worth = f"{told_money(one.total_value, one.currency)} {one.currency}"
        lines.append(f"worth {worth} over its term, {one.starts_on} to {one.ends_on}")
    until = f" up to {told_time(one.at_ms, zone)}" if one.status == "running" else ""
    lines += [f"{STATUS[one.status]}{until}", *([origin] if origin else [])]
    yield "\n".join(wrapped(line, columns, "  ") for line in lines)


def _kpis(one: ContractAssessment, columns: int | None) -> str:
    if not one.kpis:
        return "No KPIs."
    return f"{table([_kpi(kpi) for kpi in one.kpis], DISPENSABLE, columns)}\n{wrapped(VIEWS_TOLD, columns)}"


def _kpi(kpi: KpiAssessment) -> Row:
    target = Fraction(kpi.terms.target) if kpi.terms else kpi.target_ratio * 100
    unit = kpi.terms.unit if kpi.terms else "percent"
    figures = {view: kpi.views.get(view) for view in VIEWS}
    values: dict[str, str] = {
        view: told_figure(figure.value if figure else None, target) for view, figure in figures.items()
    }
    return {
        "KPI": kpi.kpi,
        "title": kpi.title,
        "target": told_target(target, unit),
        **values,
        "band": _band(kpi),
        "points": told_points(kpi.result.points) if kpi.result else NONE,
        "repeat": f"{kpi.result.failures_in_a_row} in a row" if kpi.result and kpi.result.is_repeat else "",
        "coverage": told_percent(kpi.coverage_ratio),
        "clause": kpi.clause,
    }


def _band(kpi: KpiAssessment) -> str:
    """What the figure comes to; in words where the contract has no bands."""
    agreed = kpi.views.get("agreed")
    found = kpi.result or agreed
    if found is None or found.value is None:
        return "no figure"
    if found.band is not None:
        return found.band.replace("_", " ")
    if found.is_met is None:
        return "not assessable"
    return "met" if found.is_met else "missed"


def _money(one: ContractAssessment, result: PeriodResult, columns: int | None) -> Iterator[str]:
    credit, code = result.credit, one.currency
    sums = f"Points {told_points(result.points)}. Credit {told_money(credit.total, code)} {code}"
    sums += f" (before caps {told_money(credit.before_caps, code)})" if credit.before_caps != credit.total else ""
    sums += f". Withheld {told_money(result.withheld, code)} {code}" if result.withheld else ""
    yield sums + "." + _unclaimed(one, result)
    if credit.lines:
        yield "Credits\n" + table([_line(line, code) for line in credit.lines])
    if credit.caps:
        yield "Caps\n" + table([_cap_row(cap, code) for cap in credit.caps], ("used", "before"), columns)
    if len(one.shares) > 1:
        yield "Shares\n" + table(
            [{"participant": name, "amount": told_money(p, code)} for name, p in one.shares.items()]
        )
    for trigger in result.triggers:
        effects = ", ".join(effect.replace("_", " ") for effect in trigger.effects)
        yield wrapped(f"Trigger {trigger.trigger} is set off by {', '.join(trigger.months)}: {effects}.", columns, "  ")


def _unclaimed(one: ContractAssessment, result: PeriodResult) -> str:
    if not result.credit.unclaimed:
        return ""
    amount = f"{told_money(result.credit.unclaimed, one.currency)} {one.currency}"
    if result.credit.is_lapsed:
        return f"\n{amount} lapsed: it was to be claimed by {result.credit.claim_by}."
    return f"\n{amount} more if it is claimed" + (f" by {one.claim_by}." if one.claim_by else ".")


def _line(line: CreditLine, code: str) -> Row:
    whose = line.service or "contract"
    return {"rule": line.rule, "KPI": line.kpi or "", "of": whose, "amount": told_money(line.amount, code)}


def _cap_row(cap: CapResult, code: str) -> Row:
    return {
        "cap": cap.cap,
        "of": cap.scope or "contract",
        "limit": told_money(cap.limit, code),
        "used": told_money(cap.used, code),
        "before": told_money(cap.before, code),
        "after": told_money(cap.after, code),
        "left": told_money(cap.left, code),
    }


def _imports(one: ContractAssessment, columns: int | None) -> Iterator[str]:
    """What of it others have seen, and nobody here."""
    zone = ZoneInfo(one.time_zone)
    for imported in one.imports:
        times = ", ".join(f"{service} {told_duration(ms)}" for service, ms in imported.services.items())
        told = plain(imported_words(imported.record, zone))
        yield wrapped(f"Import {imported.record.number}: {told}; agreed time of {times or 'none'}.", columns, "  ")


def _register(one: ContractAssessment, columns: int | None) -> Iterator[str]:
    zone = ZoneInfo(one.time_zone)
    if one.pending:
        lines = (wrapped(f"  {told_entry(entry, zone)}", columns, "  ") for entry in one.pending)
        yield "\n".join(["Awaiting a decision", *lines])
    if one.missing_figures:
        owed = ", ".join(f"{kpi} for {month}" for kpi, month in one.missing_figures)
        yield wrapped(f"Figures owed: {owed}.", columns, "  ")
