"""The page that stands alone: what was missed, why and at what cost, what was excluded by whom, what is to be decided,
and how every KPI has done for a year."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sla_monitor.assess.assessment import Excluded, KpiAssessment
from sla_monitor.assess.failure_causes import cause_of_kpi, cause_of_outage
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.periods.intervals import intersect, length, normal
from sla_monitor.register.entries import Claim, Underpinning, Waiver
from sla_monitor.review.blocks import Block, Cell, Column, Facts, Prose, Row, Table, duration_cell
from sla_monitor.review.chapters.heat_map import heat_key, heat_map, left_out, worst_first
from sla_monitor.review.chapters.summary import MONTHS, MOST_DECISIONS, headline, none_missed
from sla_monitor.review.chapters.tickets import late_ids
from sla_monitor.review.entry_words import decision_needed, what
from sla_monitor.review.pack_input import PackInput, counted_value, figure_of
from sla_monitor.review.palette import band_cell, figure_cell
from sla_monitor.sla.results import CapResult, PeriodResult
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.figures import format_level
from sla_monitor.wording.instants import format_day_at
from sla_monitor.wording.known_by import describe_actor
from sla_monitor.wording.numbers import format_count, format_points, format_ratio
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id, describe_reason

MOST_MISSED, MOST_EXCLUDED, MOST_IN_HEAT_MAP, MOST_CAPS, MOST_CAUSES = 8, 5, 20, 2, 2

MISSED = (
    Column("KPI", 3.6), Column("Figure", 1.1, True), Column("Target", 1.1, True), Column("Band", 1.7),
    Column("Why", 3.4), Column("Costs", 1.2, True),
)  # fmt: skip
EXCLUDED = (
    Column("What", 2.6), Column("From and to", 3, is_stretch=True), Column("Down in it", 1.2, True),
    Column("Decided by", 3.4),
)  # fmt: skip


def first_page(case: PackInput) -> tuple[Block, ...]:
    awaited = tuple(decision_needed(case))
    if len(awaited) > MOST_DECISIONS:
        more = format_count(len(awaited) - MOST_DECISIONS + 1, "more decision")
        awaited = (*awaited[: MOST_DECISIONS - 1], f"{more}: see “What needs a decision”.")
    return (
        Prose((headline(case),), "lead"),
        Facts(_tiles(case), "tiles"),
        *_missed(case),
        _excluded(case),
        Prose(awaited or ("Nothing.",), "list", "To be decided today"),
        *_heat_map(case),
    )


def _tiles(case: PackInput) -> tuple[tuple[str, Cell], ...]:
    result = case.result
    if result is None:
        return (("Status", Cell("running")),)
    if not result.is_measured:
        return (("KPIs, points and credits", Cell("not assessed")),)
    tiles = [("Service credit", case.money(result.credit.total))]
    if case.assessment.gives_points:
        tiles.append(("Service points", Cell(format_points(result.points), result.points)))
    if result.withheld:
        tiles.append(("Charges withheld", case.money(result.withheld)))
    tiles += [_cap_tile(case, cap) for cap in _tightest(result)]
    tripped = [describe_id(one.trigger) for one in result.triggers]
    tiles.append(("Triggers set off", Cell(format_list(tripped) if tripped else "none")))
    covered = [kpi.coverage_ratio for kpi in case.assessment.kpis if kpi.coverage_ratio is not None]
    if covered:
        tiles.append(("Least coverage", Cell(format_ratio(min(covered)), min(covered) * 100)))
    return tuple(tiles)


def _tightest(result: PeriodResult) -> list[CapResult]:
    """The caps that have least left; the chapter on the credit has them all."""
    return sorted(result.credit.caps, key=lambda cap: cap.left / cap.limit if cap.limit else Decimal(0))[:MOST_CAPS]


def _cap_tile(case: PackInput, cap: CapResult) -> tuple[str, Cell]:
    title = f"Left under the {case.cap_name(cap)}"
    most = "at most " if case.leaves_at_most(cap) else ""
    return title, Cell(f"{most}{case.money(cap.left).text} of {case.money(cap.limit).text}", cap.left)


def _missed(case: PackInput) -> Iterator[Block]:
    kpis = [kpi for kpi in worst_first(case, list(case.failed())) if kpi.terms is not None]
    shown = kpis if len(kpis) <= MOST_MISSED else kpis[: MOST_MISSED - 1]
    costs = case.money_by_kpi()
    rows: list[Row] = [_missed_row(case, kpi, kpi.terms, costs) for kpi in shown if kpi.terms is not None]
    rest = kpis[len(shown) :]
    if rest:
        cost = sum((costs.get(kpi.kpi, Decimal(0)) for kpi in rest), Decimal(0))
        more = Cell(f"{format_count(len(rest), 'more KPI')}, told in their chapter")
        rows.append((more, Cell(""), Cell(""), Cell(""), Cell(""), case.money(cost) if cost else Cell("")))
    none = none_missed(case)
    yield Table("missed", "Missed: the costliest first, before caps", MISSED, tuple(rows), none)


def _missed_row(case: PackInput, kpi: KpiAssessment, terms: KpiTerms, costs: dict[str, Decimal]) -> Row:
    band = kpi.result.band if kpi.result else figure_of(kpi).band
    cost = costs.get(kpi.kpi)
    return (
        Cell(case.called(kpi.kpi, kpi.title)),
        figure_cell(terms, counted_value(kpi)),
        Cell(format_level(terms.target, terms), terms.target),
        band_cell(terms, band, is_so_far=kpi.result is None or not case.is_closed),
        Cell("; ".join(_reasons(case, kpi, terms)) or "no cause on record"),
        case.money(cost) if cost is not None else Cell("nothing" if case.is_closed else ""),
    )


def _reasons(case: PackInput, kpi: KpiAssessment, terms: KpiTerms) -> Iterator[str]:
    """The causes of what counts, the longest first; the tickets that were late; and whose failure explains it."""
    lost: dict[str, int] = {}
    for one in kpi.outages:
        if one.downtime_ms:
            cause = describe_reason(one.reason)
            lost[cause] = lost.get(cause, 0) + one.downtime_ms
    causes = sorted(lost.items(), key=lambda pair: -pair[1])
    yield from (f"{cause}, {format_duration(lasted_ms)}" for cause, lasted_ms in causes[:MOST_CAUSES])
    if len(causes) > MOST_CAUSES:
        others_ms = sum(lasted_ms for _, lasted_ms in causes[MOST_CAUSES:])
        yield f"{format_count(len(causes) - MOST_CAUSES, 'other cause')}, {format_duration(others_ms)}"
    late = late_ids(case, terms)
    if late:
        more = f" and {len(late) - MOST_CAUSES} more" if len(late) > MOST_CAUSES else ""
        yield f"{format_count(len(late), 'late ticket')}: {', '.join(late[:MOST_CAUSES])}{more}"
    for _, said in case.register.of(Underpinning):
        if kpi.kpi in said.kpis and said.month == case.month:
            yield f"explained by {said.explanation}"
    yield from _given(case, kpi)


def _given(case: PackInput, kpi: KpiAssessment) -> Iterator[str]:
    """The causes that people have given, of its outages and of its failure without one."""
    period, counted = kpi.period or case.assessment.period, [one for one in kpi.outages if one.downtime_ms]
    found = [cause_of_outage(case.register, kpi.service_id, one.start_ms, one.end_ms) for one in counted]
    found.append(cause_of_kpi(case.register, kpi.kpi, period.start_ms, period.end_ms))
    told = list(dict.fromkeys(f"{given[1].explanation}, entry {given[0].number}" for given in found if given))
    yield from told[:MOST_CAUSES]
    if len(told) > MOST_CAUSES:
        yield f"{format_count(len(told) - MOST_CAUSES, 'cause')} more"


def _excluded(case: PackInput) -> Table:
    """What does not count because somebody said so."""
    rows = [*_waived(case), *_tickets_excluded(case), *_time_excluded(case)]
    if len(rows) > MOST_EXCLUDED:
        more = format_count(len(rows) - MOST_EXCLUDED + 1, "more exclusion")
        rest = (Cell(f"{more}, told in “Register”"), *[Cell("")] * (len(EXCLUDED) - 1))
        rows = [*rows[: MOST_EXCLUDED - 1], rest]
    return Table("excluded-today", "Excluded, and on whose decision", EXCLUDED, tuple(rows), "Nothing.")


def _waived(case: PackInput) -> Iterator[Row]:
    for entry in case.assessment.entries:
        if isinstance(entry.body, Waiver) and case.register.entry(entry.number) is not None:
            who = describe_actor(entry.actor, entry.known_by)
            decided = f"{who}, {format_day_at(entry.at_ms, case.zone)}{f': {entry.note}' if entry.note else ''}"
            yield Cell(f"{what(entry, case)} (entry {entry.number})"), Cell(""), Cell(""), Cell(decided)


def _tickets_excluded(case: PackInput) -> Iterator[Row]:
    for entry, said in case.register.of(Claim):
        kpis = said.kpis or tuple(case.assessment.excused)
        left_out = {name for kpi in kpis for name in case.assessment.excused.get(kpi, ())}
        names, found = [name for name in said.tickets if name in left_out], case.register.decision_on(entry.number)
        if names and found is not None and found[1].granted:
            more = f" and {len(names) - MOST_CAUSES} more" if len(names) > MOST_CAUSES else ""
            told = f"{format_count(len(names), 'ticket')}: {', '.join(names[:MOST_CAUSES])}{more}"
            yield (
                Cell(f"Claim for {told} (entry {entry.number})"),
                Cell(""),
                Cell(""),
                Cell(_decided(case, entry.number)),
            )


def _time_excluded(case: PackInput) -> Iterator[Row]:
    """An entry once, with the services that it was granted for; what was down longest comes first."""
    granted: dict[int, list[Excluded]] = {}
    names: dict[int, dict[str, None]] = {}
    down_ms: dict[int, int] = {}
    for service in case.assessment.services:
        for one in service.excluded:
            if one.granted:
                granted.setdefault(one.entry, []).append(one)
                names.setdefault(one.entry, {})[service.name or service.service] = None
                lost = intersect(list(service.lanes.down), [(one.start_ms, one.end_ms)]) if service.lanes else []
                down_ms[one.entry] = down_ms.get(one.entry, 0) + length(lost)
    for number in sorted(granted, key=lambda number: -down_ms[number]):
        pieces = normal((one.start_ms, one.end_ms) for one in granted[number])
        kind = granted[number][0].kind
        whose = f"{'for' if kind == 'claim' else 'of'} {_few(list(names[number]))}"
        yield (
            Cell(f"{describe_id(kind).capitalize()} {whose} (entry {number})"),
            case.stretch_cell(pieces[0][0], pieces[-1][1]),
            duration_cell(down_ms[number]),
            Cell(_decided(case, number)),
        )


def _few(names: list[str]) -> str:
    return format_list(names) if len(names) <= MOST_CAUSES + 1 else format_count(len(names), "service")


def _decided(case: PackInput, number: int) -> str:
    found = case.register.decision_on(number)
    if found is None:
        return "the contract, which asks for no decision"
    decision, _ = found
    why = f": {decision.note}" if decision.note else ""
    return f"{describe_actor(decision.actor, decision.known_by)}, {format_day_at(decision.at_ms, case.zone)}{why}"


def _heat_map(case: PackInput) -> Iterator[Block]:
    """Of a large contract those that did worst."""
    kpis = list(case.assessment.kpis)
    rest: list[KpiAssessment] = []
    if len(kpis) > MOST_IN_HEAT_MAP:
        several = worst_first(case, kpis)
        kpis, rest = several[:MOST_IN_HEAT_MAP], several[MOST_IN_HEAT_MAP:]
    table = heat_map(case, kpis, MONTHS)
    yield table
    yield Prose((f"{left_out(rest)}{heat_key(table)}",), "key")
