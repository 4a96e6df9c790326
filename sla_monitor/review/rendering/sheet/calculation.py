"""The month's credit from its figures to the amount that is deducted, in formulas.

Every formula carries the engine's own number, which a program shows until it recalculates; the tests recalculate.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from sla_monitor.contract.money.credit_methods import Credit, RepeatedCreditTerms
from sla_monitor.periods.months import TermMonths, name_of
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.sheet.combination import LimitFrame, LineCell, combine
from sla_monitor.review.rendering.sheet.grid import CellEntry, Grid, literal, rounded
from sla_monitor.review.rendering.sheet.kpi_sheet import KpiSheet, kpi_rows
from sla_monitor.review.rendering.sheet.methods import MethodFrame, formulas, payout
from sla_monitor.sla.money.charges import of_measurement_period
from sla_monitor.sla.results import CapResult, CreditLine, PeriodResult
from sla_monitor.sla.rounding import minor_units
from sla_monitor.wording.instants import format_month
from sla_monitor.wording.vocabulary import describe_id

ByService = dict[str, list[str]]


def calculation(case: PackInput) -> Grid:
    """The sheet; only a heading while there is no result."""
    grid = Grid()
    grid.title(f"Service credit for {format_month(case.month)}, {case.assessment.currency}")
    if case.result is None:
        grid.add(CellEntry("The month is still running: there is no credit yet."))
        return grid
    if not case.result.is_measured:
        grid.add(CellEntry("No KPI could be assessed: whether the month costs points or money is not known."))
        return grid
    grid.add(CellEntry("Numbers in blue can be changed; all others follow from them."))
    charges = _charges(grid, case, case.result)
    rows = kpi_rows(grid, case)
    by_service = _lines(grid, case, case.result, rows, charges)
    total = _caps(grid, case, case.result, by_service, charges)
    _deducted(grid, case.result, total)
    return grid


def _charges(grid: Grid, case: PackInput, result: PeriodResult) -> dict[str | None, str]:
    """Where each service's charges are; under None, all of them together."""
    grid.title("Charges of the month")
    names = {service.id: service.name or service.id for service in case.terms.services} | {"": "Contract as a whole"}
    cells: dict[str | None, str] = {}
    for service, amount in result.charges.items():
        cells[service] = grid.line(names.get(service, service), CellEntry(amount, style="amount"))
    total = sum(result.charges.values(), Decimal(0))
    cells[None] = grid.line("All charges", CellEntry(total, "=" + ("+".join(cells.values()) or "0"), "money"))
    return cells


def _lines(
    grid: Grid, case: PackInput, result: PeriodResult, rows: KpiSheet, charges: dict[str | None, str]
) -> ByService:
    """Every credit before caps; gives the cells by the service whose charges they are taken from."""
    kpis = {kpi.id: kpi for kpi in case.terms.kpis}
    left = list(result.credit.lines)
    accrual = _accrual(grid, result)
    by_service: ByService = defaultdict(list)
    by_rule: dict[str, list[LineCell]] = {}
    for rule in case.terms.credits:
        grid.title(f"Credit: {describe_id(rule.id)}{f' [{rule.clause}]' if rule.clause else ''}")
        grid.add(CellEntry(rule.summary.replace("`", ""), style="note"))
        ours = [line for line in left if line.rule == rule.id]
        left = [line for line in left if line.rule != rule.id]
        before = _charges_before(case, result, rule.service)
        frame = MethodFrame(grid, rows, kpis, charges.get(rule.service, "0"), _paid(ours), before, accrual)
        by_rule[rule.id] = _rule(grid, case, rule, frame, ours)
    limits = LimitFrame(charges, result.charges, minor_units(case.assessment.currency))
    for group in case.terms.combined:
        by_rule |= combine(grid, group, by_rule, limits)
    for one in (line for several in by_rule.values() for line in several):
        by_service[one.service].append(one.cell)
    if left:
        grid.title("Other entries")
    for line in left:
        by_service[line.service].append(_constant(grid, line))
    return by_service


def _charges_before(case: PackInput, result: PeriodResult, service: str | None) -> dict[str, Decimal]:
    """The charges of the earlier months of the measurement period, by the KPIs whose period has several."""
    run = TermMonths(name_of(case.assessment.starts_on), quarters=case.terms.accounting.quarters)
    known = {past.month: past.charges for past in case.assessment.earlier}
    return {
        kpi.id: sum(of_measurement_period(run, result.month, kpi.measurement_months, known, service), Decimal(0))
        for kpi in case.terms.kpis
        if kpi.measurement_months > 1
    }


def _accrual(grid: Grid, result: PeriodResult) -> str:
    """The switch that a trigger has turned off, where compensation takes the place of credits; otherwise nothing."""
    if not any("suppress_credits" in one.effects for one in result.triggers):
        return ""
    grid.title("Compensation takes the place of credits")
    return grid.line("Credits accrue (1 or 0)", CellEntry(0, style="input"))


def _paid(lines: list[CreditLine]) -> dict[str | None, Decimal]:
    """What the engine says that each KPI costs under one rule."""
    paid: dict[str | None, Decimal] = {}
    for line in lines:
        paid[line.kpi] = paid.get(line.kpi, Decimal(0)) + max(line.by_itself, Decimal(0))
    return paid


def _rule(grid: Grid, case: PackInput, rule: Credit, frame: MethodFrame, ours: list[CreditLine]) -> list[LineCell]:
    """The rule's lines as formulas; what the engine has besides (money earned back, reported amounts, credits for
    failures of earlier months) as numbers. Whether a failure repeats depends on months before: a number, too."""
    places, cells = minor_units(case.assessment.currency), list[LineCell]()
    service = rule.service or ""
    for kpi, expression in formulas(rule, frame):
        amount = next((line for line in ours if line.kpi == kpi and line.amount >= 0 and not line.month), None)
        ours = [line for line in ours if line is not amount]
        formula = payout(rule, rounded(expression, places, rule.rounding))
        if isinstance(rule, RepeatedCreditTerms) and rule.only_if_repeated:
            label = f"{kpi} missed its target {rule.only_if_repeated.periods} times in a row (1 or 0)"
            formula = f"{frame.number(label, Decimal(int(amount is not None)))}*{formula}"
        if frame.accrual:
            formula = f"{frame.accrual}*{formula}"
        value = amount.by_itself if amount else Decimal(0)
        cell = grid.line(f"Credit{f' for {kpi}' if kpi else ''}", CellEntry(value, f"={formula}", "money"))
        cells.append(LineCell(cell, service, Fraction(value)))
    constants = (LineCell(_constant(grid, one), service, Fraction(one.by_itself), one.amount >= 0) for one in ours)
    return [*cells, *constants]


def _constant(grid: Grid, line: CreditLine) -> str:
    said = str(line.working[-1]) if line.working else ""
    label = f"{describe_id(line.rule)}{f' for {line.about}' if line.about else ''}"
    return grid.line(label, CellEntry(line.by_itself, style="amount"), said)


def _caps(
    grid: Grid, case: PackInput, result: PeriodResult, by_service: ByService, charges: dict[str | None, str]
) -> str:
    """The caps in the contract's order; gives the cell with what is left after the last."""
    grid.title("Caps")
    sums = {service: f"({'+'.join(cells) or '0'})" for service, cells in by_service.items()}
    grid.line("Before caps", CellEntry(result.credit.before_caps, f"={_sum(sums)}", "money"))
    for cap in result.credit.caps:
        amount = sums.get(cap.scope, "0") if cap.scope else _sum(sums)
        after = _cap(grid, case, cap, amount, charges)
        sums = sums | {cap.scope: after} if cap.scope else {"": after}
    total = f"({_sum(sums)})"
    if not case.terms.claims.automatic:
        claimed = grid.line("Claimed (1 or 0)", CellEntry(int(not result.credit.unclaimed), style="input"))
        total = f"{total}*{claimed}"
    return grid.line("Service credit after caps", CellEntry(result.credit.total, f"={total}", "total"))


def _cap(grid: Grid, case: PackInput, cap: CapResult, amount: str, charges: dict[str | None, str]) -> str:
    name = case.cap_name(cap)
    terms = next((one for one in case.terms.caps if one.id == cap.cap), None)
    limit = CellEntry(cap.limit, style="amount")
    if terms is not None and terms.percent is not None and terms.base == "period":
        of = charges.get(cap.scope or None, "0")
        formula = rounded(f"{literal(terms.percent)}/100*{of}", minor_units(case.assessment.currency), "half_up")
        limit = CellEntry(cap.limit, f"={formula}", "money")
    limit_cell = grid.line(f"Limit: {name}", limit, terms.clause if terms else "")
    used = grid.line("Used in earlier months", CellEntry(cap.used, style="amount"))
    return grid.line(f"After {name}", CellEntry(cap.after, f"=MIN({amount},MAX(0,{limit_cell}-{used}))", "money"))


def _sum(sums: dict[str, str]) -> str:
    return "+".join(sums.values()) or "0"


def _deducted(grid: Grid, result: PeriodResult, total: str) -> None:
    if not result.withheld:
        return
    held = grid.line("Charges withheld", CellEntry(result.withheld, style="amount"))
    both = result.credit.total + result.withheld
    grid.line("Deducted in all", CellEntry(both, f"={total}+{held}", "total"))
