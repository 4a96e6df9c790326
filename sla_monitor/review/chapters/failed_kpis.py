"""Each KPI that missed its target: how it went, why, how it is worked out, what is being done."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.assess.assessment import KpiAssessment
from sla_monitor.assess.failure_causes import cause_of_kpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.trigger_terms import Trigger
from sla_monitor.periods.months import last_day
from sla_monitor.periods.working_days import add_working_days
from sla_monitor.register.entries import Claim, Dispute, Entry, MeetingAction, ReportedFigure, Underpinning
from sla_monitor.review.blocks import Block, Cell, Column, Facts, Prose, Row, Section, Table
from sla_monitor.review.chapters.meeting import action_state
from sla_monitor.review.chapters.outages import outage_table, shares_of_users
from sla_monitor.review.chapters.responses import first_failures_table
from sla_monitor.review.chapters.summary import none_missed
from sla_monitor.review.chapters.tickets import late_tickets
from sla_monitor.review.entry_words import what, when
from sla_monitor.review.pack_input import PackInput, counted_value, figure_of, history
from sla_monitor.review.palette import band_cell, figure_cell, points_cell, run_cell
from sla_monitor.review.rendering.drawing.run_chart import run_chart
from sla_monitor.sla.working import Step, Working
from sla_monitor.wording.figures import format_level
from sla_monitor.wording.instants import format_day
from sla_monitor.wording.numbers import format_count, format_points, format_ratio
from sla_monitor.wording.rulings import describe_verdict
from sla_monitor.wording.vocabulary import describe_id, describe_reason

STEPS = (Column("Step", 2.2), Column("Worked out", 4), Column("Result", 1.3, True), Column("Clause", 1.8))

FAILED = (
    Column("KPI", 0.8), Column("What is promised", 2.6), Column("Counts", 1.1, True), Column("Band", 1.5),
    Column("In a row", 0.7, True), Column("Points", 0.8, True), Column("Causes seen", 2), Column("Open actions", 2.2),
)  # fmt: skip


def failed_kpis(case: PackInput) -> Section:
    pages = tuple(page_of(case, kpi) for kpi in case.failed() if kpi.terms is not None)
    said = f"{format_count(len(pages), 'KPI')} missed the target; each is told below."
    blocks: tuple[Block, ...] = (Prose((said if pages else none_missed(case),)),)
    if pages:
        rows = tuple(_row(case, kpi, kpi.terms) for kpi in case.failed() if kpi.terms is not None)
        blocks = (*blocks, Table("failed", "Failures, with causes and open actions", FAILED, rows))
    return Section("failures", "KPIs that missed their target", blocks, pages, own_page=bool(pages))


def _row(case: PackInput, kpi: KpiAssessment, terms: KpiTerms) -> Row:
    result = kpi.result
    causes = dict.fromkeys(describe_reason(one.reason) for one in kpi.outages if one.downtime_ms)
    actions = (entry.note for entry, action in case.register.open_actions if action.kpi == kpi.kpi)
    return (
        Cell(kpi.kpi),
        Cell(kpi.title),
        figure_cell(terms, counted_value(kpi)),
        band_cell(
            terms, result.band if result else figure_of(kpi).band, is_so_far=result is None or not case.is_closed
        ),
        run_cell(result),
        points_cell(result),
        Cell("; ".join(causes)),
        Cell("; ".join(actions) or "none on record"),
    )


def steps_table(name: str, caption: str, working: Working) -> Table:
    """The steps of a figure, as a person with a calculator follows them."""
    rows = tuple((Cell(one.what), Cell(one.formula), Cell(_outcome(one)), Cell(one.clause)) for one in working)
    return Table(name, caption, STEPS, rows)


def _outcome(one: Step) -> str:
    """A band in words; a number as it is."""
    return describe_id(one.result) if one.what == "band" else one.result


def page_of(case: PackInput, kpi: KpiAssessment) -> Section:
    """One failed KPI; every KPI of an assessed month has its terms."""
    terms: KpiTerms | None = kpi.terms
    title = f"{kpi.kpi}: {kpi.title}" if kpi.title else kpi.kpi
    if terms is None:
        return Section(f"failed-{kpi.kpi}", title, ())
    name = f"failed-{kpi.kpi}"
    blocks: list[Block] = [Facts(_facts(case, kpi, terms)), run_chart(f"{name}-run", terms, history(case, terms))]
    if kpi.service is not None:
        blocks.append(outage_table(f"{name}-outages", case, kpi.service, kpi.outages))
        blocks += shares_of_users(case, kpi.service.service)
        blocks.append(first_failures_table(f"{name}-looks", case, kpi.outages))
    late = late_tickets(f"{name}-late", case, terms)
    if late is not None:
        blocks.append(late)
    working = kpi.result.working if kpi.result else figure_of(kpi).working
    blocks.append(steps_table(f"{name}-working", f"{kpi.kpi}: working", working))
    blocks += _both_sides(case, kpi)
    inside = (Section(f"{name}-plan", "Rectification", (Prose(tuple(_rectification(case, kpi)), "list"),)),)
    return Section(name, title, tuple(blocks), inside, is_whole=True)


SIDES = (
    Column("Entry", 0.6), Column("About", 2.6), Column("The supplier says", 3.4), Column("The authority says", 3.4),
)  # fmt: skip


def _both_sides(case: PackInput, kpi: KpiAssessment) -> Iterator[Table]:
    """What the supplier has claimed, disputed, reported or explained, with the authority's answer beside it."""
    rows = tuple(
        (Cell(str(entry.number), entry.number), Cell(_about(case, entry)), Cell(theirs), Cell(ours))
        for entry in case.assessment.entries
        if _is_about(case, entry, kpi) and case.register.entry(entry.number) is not None
        for theirs, ours in (_said(case, entry),)
    )
    if rows:
        yield Table(f"failed-{kpi.kpi}-sides", "What each side says", SIDES, rows)


def _is_about(case: PackInput, entry: Entry, kpi: KpiAssessment) -> bool:
    body = entry.body
    if isinstance(body, Claim | Dispute):
        named = body.kpis if isinstance(body, Claim) else ()
        is_whole = not named and (not body.services or kpi.service_id in body.services)
        return kpi.kpi in named or (is_whole and not getattr(body, "tickets", ()))
    if isinstance(body, ReportedFigure):
        return body.kpi == kpi.kpi and body.month == case.month
    return isinstance(body, Underpinning) and kpi.kpi in body.kpis and body.month == case.month


def _about(case: PackInput, entry: Entry) -> str:
    time = when(entry, case)
    return f"{what(entry, case)}{f', {time}' if time else ''}"


def _said(case: PackInput, entry: Entry) -> tuple[str, str]:
    """The supplier's words, and the authority's: each may have begun."""
    words = entry.note or "without a comment"
    decision = case.register.decision_on(entry.number)
    answer = ""
    if decision is not None:
        verdict = describe_verdict(entry, decision[1]).capitalize()
        answer = f"{verdict} by {decision[0].actor}{f': {decision[0].note}' if decision[0].note else ''}"
    elif entry in case.assessment.pending:
        answer = "Awaits a decision"
    if getattr(entry.body, "party", "supplier") == "authority":
        return "", f"{words}. {answer}" if answer else words
    return words, answer


def _facts(case: PackInput, kpi: KpiAssessment, terms: KpiTerms) -> tuple[tuple[str, Cell], ...]:
    result = kpi.result
    band = result.band if result else figure_of(kpi).band
    facts = [
        ("Counts", figure_cell(terms, counted_value(kpi))),
        ("Target", Cell(format_level(terms.target, terms), terms.target)),
        ("Band", band_cell(terms, band, is_so_far=result is None or not case.is_closed)),
    ]
    if terms.threshold is not None:
        facts.insert(2, ("Threshold", Cell(format_level(terms.threshold, terms), terms.threshold)))
    if figure_of(kpi, "gross").value is not None:
        facts += [("With nothing excluded", figure_cell(terms, figure_of(kpi, "gross").value))]
        facts += [("With all requests excluded", figure_cell(terms, figure_of(kpi, "claimed").value))]
    if result is not None:
        facts.append(("Points", Cell(format_points(result.points), result.points)))
        facts.append(("Failures in a row", Cell(str(result.failures_in_a_row), result.failures_in_a_row)))
    if kpi.coverage_ratio is not None:
        facts.append(("Coverage", Cell(format_ratio(kpi.coverage_ratio), kpi.coverage_ratio * 100)))
    for entry, said in case.register.of(Underpinning):
        if kpi.kpi in said.kpis and said.month == case.assessment.period.name:
            facts.append(("Explained by", Cell(f"{said.explanation}, entry {entry.number}, which changes no figure")))
    period = kpi.period or case.assessment.period
    if (given := cause_of_kpi(case.register, kpi.kpi, period.start_ms, period.end_ms)) is not None:
        facts.append(("Cause", Cell(f"{given[1].explanation}, entry {given[0].number}")))
    return tuple([*facts, ("Clause", Cell(kpi.clause))] if kpi.clause else facts)


def _rectification(case: PackInput, kpi: KpiAssessment) -> Iterator[str]:
    """The plans and actions on record, and which plan the contract asks for."""
    open_numbers = {entry.number for entry, _ in case.register.open_actions}
    found = [(entry, action) for entry, action in case.register.of(MeetingAction) if action.kpi == kpi.kpi]
    for entry, action in found:
        due = f", due {format_day(action.due_on)}" if action.due_on else ""
        state = action_state(case, action, entry.number in open_numbers)
        yield f"Entry {entry.number}: {entry.note or 'action'} ({action.owner}{due}, {state})."
    if kpi.result is not None and kpi.result.is_material:
        yield "This is a material failure: the contract asks for the rectification process."
    for trigger in _plans(case, kpi):
        days = (
            f" within {format_count(trigger.draft_working_days, 'Working Day')}" if trigger.draft_working_days else ""
        )
        on = _counted_from_the_end(case, trigger.draft_working_days or 0)
        clause = f" [{trigger.clause}]" if trigger.clause else ""
        yield f"{describe_id(trigger.id).capitalize()} was set off: a draft plan is due{days}{on}{clause}."
    if not found:
        yield "No rectification plan or action for this KPI is on record."


def _counted_from_the_end(case: PackInput, days: int) -> str:
    """The day, from the end of the month, which is known to both sides; empty without Working Days to count."""
    try:
        on = add_working_days(last_day(case.month), days, case.terms.working_calendar) if days else None
    except ValueError:
        return ""
    return "" if on is None else f": by {format_day(on)}, counted from the month’s end"


def _plans(case: PackInput, kpi: KpiAssessment) -> Iterator[Trigger]:
    """The triggers that ask for a plan and may have this KPI to thank."""
    set_off = {one.trigger for one in case.result.triggers} if case.result else set()
    is_material = kpi.result is not None and kpi.result.is_material
    for one in case.terms.triggers:
        applies = any(kpi.kpi in (c.kpis or (kpi.kpi,)) and (is_material or not c.material) for c in one.conditions)
        if one.id in set_off and applies and "rectification_plan" in one.effects:
            yield one
