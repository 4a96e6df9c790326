"""The month in a sentence, what changed, what needs a decision, and the scorecard."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.assess.open_points import ends_later, unassessed
from sla_monitor.review.blocks import MARKS, Cell, Column, Prose, Row, Section, Table
from sla_monitor.review.chapters.heat_map import months_shown
from sla_monitor.review.entry_words import decision_needed
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.palette import score_cell
from sla_monitor.sla.results import PeriodResult
from sla_monitor.wording.figure_changes import describe_set_off
from sla_monitor.wording.instants import format_day, format_day_at, format_month, format_month_short
from sla_monitor.wording.numbers import describe_owed, format_count, format_counted_points, format_money
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id

MONTHS = 12
MOST_DECISIONS = 6
"""On the first page; where there are more, they are all listed after it."""


def summary(case: PackInput) -> Section:
    changed = Prose(tuple(_changes(case)) or ("Nothing since the month before.",), "list")
    inside = [Section("changes", "What changed", (changed,))]
    awaited = tuple(decision_needed(case))
    if len(awaited) > MOST_DECISIONS:  # the first page has not all of them
        inside.append(Section("decisions", "What needs a decision", (Prose(awaited, "list"),)))
    return Section("summary", "Changes and decisions", (), tuple(inside))


def headline(case: PackInput) -> str:
    """The month in one or two sentences."""
    verdicts = [kpi.is_kept for kpi in case.assessment.kpis]
    met, missed = verdicts.count(True), verdicts.count(False)
    unknown, not_due = _without_verdict(case)
    month, verb = format_month(case.month), "" if case.is_closed else " so far"
    parts = [f"In {month}{verb}, {format_count(met, 'KPI')} of {len(verdicts)} met the target and {missed} missed it."]
    if unknown and not met and not missed:
        parts = [f"In {month}{verb}, none of {format_count(unknown, 'KPI')} could be assessed."]
    elif unknown:
        parts.append(f"{format_count(unknown, 'KPI')} could not be assessed.")
    if not_due:
        parts.append(f"{format_count(not_due, 'KPI')} {'has' if not_due == 1 else 'have'} no result due.")
    if case.result is not None and case.result.is_measured:
        parts.append(_money(case, case.result))
    if case.assessment.imports:
        parts.append(_imported(case))
    return " ".join(parts)


def _without_verdict(case: PackInput) -> tuple[int, int]:
    """How many KPIs could not be assessed, and of how many no result is due yet: those are no gap in the data."""
    without = [kpi for kpi in case.assessment.kpis if kpi.is_kept is None]
    not_due = sum(1 for kpi in without if ends_later(case.assessment, kpi))
    return len(without) - not_due, not_due


def _imported(case: PackInput) -> str:
    """How much of what was seen nobody here saw."""
    has_own = any(service.observed_ms > service.imported_ms for service in case.assessment.services)
    return f"{'Part of what' if has_own else 'All that'} was seen was imported from elsewhere (see Data quality)."


def none_missed(case: PackInput) -> str:
    """What is said where no KPI missed its target: nothing of those that could not be assessed."""
    verdicts = [kpi.is_kept for kpi in case.assessment.kpis]
    if True not in verdicts:
        return "No KPI could be assessed: whether any target was missed is not known."
    unknown, _ = _without_verdict(case)
    rest = f" {format_count(unknown, 'KPI')} could not be assessed." if unknown else ""
    return f"Every KPI that could be assessed met its target.{rest}"


def _money(case: PackInput, result: PeriodResult) -> str:
    currency = case.assessment.currency
    has = f"has {format_counted_points(result.points)} and " if case.assessment.gives_points else ""
    owed = describe_owed(result.credit.total, currency)
    before = result.credit.before_caps
    capped = (
        f", capped from {format_money(before, currency)}"
        if before > result.credit.total + result.credit.unclaimed
        else ""
    )
    if result.credit.unclaimed:
        lost = "has lapsed, unclaimed" if result.credit.is_lapsed else "is not deducted until it is claimed"
        capped += f"; {format_money(result.credit.unclaimed, currency)} {lost}"
    held = f", and {format_money(result.withheld, currency)} of charges are withheld" if result.withheld else ""
    by = "By the others, the" if unassessed(case.assessment)[0] else "The"
    return f"{by} supplier {has}{owed}{capped}{held}."


def score_table(case: PackInput, length: int = MONTHS) -> Table:
    """Each KPI's figure and band in each of the last so many months, as far as there are any on record."""
    months = months_shown(case, length)
    past = {result.month: result for result in case.months}
    rows: list[Row] = []
    for kpi in case.assessment.kpis:
        if kpi.terms is None:
            continue
        cells = (past[month].kpi(kpi.kpi) if month in past else None for month in months)
        rows.append((Cell(kpi.kpi, hint=kpi.title), *(score_cell(kpi.terms, result) for result in cells)))
    columns = (Column("KPI", 1.6), *(Column(format_month_short(month)) for month in months))
    caption = f"Scorecard: the last {format_count(length, 'month')}"
    return Table("scorecard", caption, columns, tuple(rows), look="scorecard")


def key(scores: Table) -> str:
    """What the marks of a scorecard mean, as far as it has them."""
    tones = {cell.tone for row in scores.rows for cell in row}
    marks = [f"{mark} {describe_id(tone)}" for tone, mark in MARKS.items() if tone in tones - {"unknown"}]
    return f"Key: {', '.join([*marks, '? not assessed'])}; R: failed in the measurement period before too."


def _changes(case: PackInput) -> Iterator[str]:
    """Bands that are others than in the month before, failures that stay, and what the month set off."""
    before = {one.kpi: one for one in case.assessment.earlier[-1].kpis} if case.assessment.earlier else {}
    still: list[str] = []
    for result in case.result.kpis if case.result else ():
        last = before.get(result.kpi)
        if last is not None and last.band != result.band:
            was, now = (describe_id(band or "not assessed") for band in (last.band, result.band))
            yield f"{result.kpi}: from {was} to {now}."
        elif last is not None and result.is_met is False:
            still.append(result.kpi)
    if still:
        yield f"Missed as in the month before: {format_list(still)}."
    if case.result is not None:
        yield from _set_off(case, case.result)
    one = case.assessment
    if one.period.start_ms <= one.terms_from_ms < one.period.end_ms:
        reference = f" ({one.terms_reference})" if one.terms_reference else ""
        began = format_day_at(one.terms_from_ms, case.zone)
        what = "contract began" if began == format_day(one.starts_on) else "terms changed"
        yield f"The {what} on {began}{reference}."


def _set_off(case: PackInput, result: PeriodResult) -> Iterator[str]:
    """Triggers, and credits of earlier failures that have become due."""
    yield from describe_set_off(result)
    for line in result.credit.lines:
        if line.month is not None:
            whose = line.kpi or describe_id(line.rule)
            yield f"Due now, for {whose} in {format_month(line.month)}: {case.money(line.amount).text}."
