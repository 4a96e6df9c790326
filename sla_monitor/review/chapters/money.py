"""The credit, line by line: what it is worked out from, the caps, the months before, and what was set off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction

from sla_monitor.assess.charges_in_words import charged_before
from sla_monitor.assess.open_points import AT_MOST_LEFT, unassessed
from sla_monitor.register.entries import Occurred
from sla_monitor.review.blocks import Block, Cell, Column, Facts, Notice, Picture, Prose, Row, Section, Table
from sla_monitor.review.chapters.cover import restated
from sla_monitor.review.chapters.failed_kpis import STEPS, steps_table
from sla_monitor.review.chapters.restated import restatement
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.drawing.bars import Bar, bars
from sla_monitor.sla.results import CapResult, CreditLine, PeriodResult
from sla_monitor.sla.working import Working
from sla_monitor.wording.instants import format_day, format_month, format_month_short
from sla_monitor.wording.numbers import format_count, format_money, format_points
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_cap, describe_id

LINES = (
    Column("Rule", 1.4),
    Column("For", 1),
    Column("Charges of", 1.3),
    Column("Credit", 1.1, True),
    Column("Clause", 1.8),
)
RETURNED = "credits of earlier months"
"""What a line is for that no rule of the contract makes: money that an entry of the register gives back."""
CAPS = (
    Column("Cap", 1.4), Column("Of", 1.2), Column("Limit", 1.2, True), Column("Used before", 1.2, True),
    Column("Before it", 1.2, True), Column("After it", 1.2, True), Column("Left", 1.2, True),
)  # fmt: skip
ROLLING = (
    Column("Month", 1.4), Column("KPIs failed", 1, True), Column("Not assessed", 1, True), Column("Points", 0.9, True),
    Column("Before caps", 1.3, True), Column("Credit", 1.3, True), Column("Withheld", 1.2, True), Column("Set off", 2),
)  # fmt: skip
TRIGGERS = (
    Column("Trigger", 1.6),
    Column("Months", 1.6),
    Column("What follows", 2),
    Column("Worked out", 4),
    Column("Clause", 1.6),
)


def money(case: PackInput) -> Section:
    if case.result is None:
        return Section("credit", "Credit", (Prose(("The month is still running: there is no credit yet.",)),))
    blocks: list[Block] = []
    if case.assessment.restatement is not None:
        blocks.append(Notice(restated(case, case.assessment.restatement)))
    blocks += _unassessed(case, case.result)
    blocks += [_charges(case, case.result), *(Prose((f"Charged {line}",)) for line in charged_before(case.assessment))]
    blocks += [_lines(case, case.result), *_entered(case), *_worked_out(case.result), *_rounded(case, case.result)]
    blocks += _held(case, case.result)
    inside = (
        *restatement(case),
        Section("caps", "Caps", tuple(_capped(case, case.result))),
        Section("rolling", "Six months", tuple(_rolling(case)), own_page=False),
        Section("triggers", "Triggers", (_triggers(case, case.result),)),
        Section("shares", "Shares", (shares(case),)),
    )
    return Section("credit", "Credit calculation", tuple(blocks), inside, own_page=True)


def _unassessed(case: PackInput, result: PeriodResult) -> Iterator[Notice]:
    """A credit of £0.00 of a month that was hardly measured is not that of a month without failures."""
    if not result.is_measured:
        yield Notice(NOTHING_ASSESSED, "unknown")
        return
    unknown, ending = unassessed(case.assessment)
    if unknown:
        known = format_count(ending - unknown, "KPI")
        count = f"{format_count(unknown, 'KPI')} of {ending} could not be assessed"
        yield Notice(f"{count}: failures, points and money are those of {known} alone.", "unknown")


def _charges(case: PackInput, result: PeriodResult) -> Table:
    rows = [
        (
            Cell(case.service_name(name) if name else "the contract as a whole"),
            Cell(case.charges_worked_out.get(name, "")),
            case.money(amount),
        )
        for name, amount in result.charges.items()
    ]
    if rows:
        rows.append((Cell("All charges"), Cell(""), case.money(sum(result.charges.values(), Decimal(0)))))
    columns = (Column("For", 2), Column("Worked out", 3), Column("Charges", 1.2, True))
    return Table("charges", "Charges of the month", columns, tuple(rows))


def _lines(case: PackInput, result: PeriodResult) -> Table:
    rows = [_line_row(case, line) for line in result.credit.lines]
    if rows:
        rows.append((Cell("Before caps"), Cell(""), Cell(""), case.money(result.credit.before_caps), Cell("")))
    return Table("credit-lines", "Credits before caps", LINES, tuple(rows), _no_credit(case))


def _no_credit(case: PackInput) -> str:
    """Why there is no line."""
    missed = ", ".join(kpi.kpi for kpi in case.failed())
    if case.result is not None and not case.result.is_measured:
        return NOTHING_ASSESSED
    if not missed:
        return "No failure costs a credit this month."
    rules = (rule for rule in case.terms.credits if rule.prices_occurrences and not rule.recorded(case.terms.kpis))
    entered = ", ".join(describe_id(rule.id) for rule in rules)
    told = f"{missed} missed the target, and no rule for credits gives anything for it this month."
    return f"{told} By {entered}, only occurrences in the register cost: none is entered." if entered else told


def _line_row(case: PackInput, line: CreditLine) -> Row:
    rule = next((one for one in case.terms.credits if one.id == line.rule), None)
    whose = line.about or (rule.costs_for if rule else RETURNED)
    if line.by_itself != line.amount:
        whose += f" ({case.money(line.by_itself).text} by itself, {_combination(case, line.rule)})"
    return (
        Cell(describe_id(line.rule)),
        Cell(f"{whose} of {format_month(line.month)}" if line.month else whose),
        Cell(case.service_name(line.service) if line.service else "the contract as a whole"),
        Cell(str(line.given), line.amount) if line.given else case.money(line.amount),
        Cell(rule.clause if rule else ""),
    )


def _combination(case: PackInput, rule: str) -> str:
    """The name of what a rule is combined in."""
    return next((describe_id(one.id) for one in case.terms.combined if rule in one.credits), "")


def _held(case: PackInput, result: PeriodResult) -> Iterator[Table]:
    """What failures would cost that have not repeated."""
    if result.credit.held:
        rows = tuple(_line_row(case, line) for line in result.credit.held)
        yield Table("credit-held", "Not due: the failure has not repeated", LINES, rows)
        for position, line in enumerate(result.credit.held, start=1):
            yield steps_table(f"credit-held-{position}", f"Not due: {describe_id(line.rule)}, {line.kpi}", line.working)


def _entered(case: PackInput) -> Iterator[Notice]:
    """Occurrences that may be outages on record, which cost by the same rule."""
    kpis = case.terms.kpis
    down = {kpi.kpi for kpi in case.assessment.kpis if any(outage.downtime_ms for outage in kpi.outages)}
    for rule in case.terms.credits:
        if down.isdisjoint(kpi.id for kpi in rule.recorded(kpis)):
            continue
        numbers = [
            str(entry.number)
            for entry, said in case.register.of(Occurred)
            if said.month == case.month and said.rule == rule.id and rule.may_be_recorded(said.area, kpis)
        ]
        if numbers:
            what = f"entry {numbers[0]} is" if len(numbers) == 1 else f"entries {format_list(numbers)} are"
            yield Notice(
                f"By {describe_id(rule.id)}, {what} priced beside the outages on record."
                " What is on record as well costs twice; undo such an entry."
            )


def _worked_out(result: PeriodResult) -> Iterator[Table]:
    for position, line in enumerate(result.credit.lines, start=1):
        caption = f"Line {position}: {describe_id(line.rule)}{f', {line.about}' if line.about else ''}"
        yield steps_table(f"credit-line-{position}", caption, line.working)


SHARED_OUT = (
    "Of a credit for the points of several KPIs, each has the part of its points, to the coin: odd coins go to those"
    " that lose most by rounding down, the first of equals first."
)


def _rounded(case: PackInput, result: PeriodResult) -> Iterator[Prose]:
    """How a line comes to whole coins, and a KPI to its part of one."""
    modes = {rule.id: describe_id(rule.rounding) for rule in case.terms.credits}
    used = {line.rule: modes[line.rule] for line in result.credit.lines if line.rule in modes}
    if used:
        told = [f"{describe_id(rule)} {mode}" for rule, mode in used.items()]
        how = format_list(told if len(set(used.values())) > 1 else list(used.values())[:1])
        lines = [f"Each line is rounded once, at its end, to the smallest coin: {how}."]
        if any(line.rule in used and not line.kpi for line in result.credit.lines):
            lines.append(SHARED_OUT)
        yield Prose(tuple(lines))


def _caps_worked_out(case: PackInput) -> Iterator[Table]:
    """Every step of every cap, a row for each."""
    caps = case.result.credit.caps if case.result is not None and case.result.is_measured else ()
    rows: list[Row] = []
    for cap in caps:
        limit, used, after = cap.working
        if _is_use_unknown(case, cap):
            used = used._replace(result=NOT_MEASURED)
        rows += [(Cell(case.cap_name(cap)), *row) for row in steps_table("", "", (limit, used, after)).rows]
    if rows:
        yield Table("caps-working", "Caps, worked out", (Column("Cap", 1.6), *STEPS), tuple(rows))


def _caps(case: PackInput, result: PeriodResult) -> Table:
    rows = tuple(_cap_row(case, cap, result.is_measured) for cap in result.credit.caps)
    return Table("caps", "Caps, one after the other", CAPS, rows)


def _cap_row(case: PackInput, cap: CapResult, is_measured: bool) -> Row:
    """Of a month that nobody measured, the limit and what earlier months have used."""
    scope = case.service_name(cap.scope) if cap.scope else "the contract"
    amounts = [case.money(one) for one in (cap.limit, cap.used, cap.before, cap.after, cap.left)]
    if _is_use_unknown(case, cap):
        amounts[1] = Cell("")
    if not is_measured:
        amounts[2:] = [Cell("")] * 3
    over = next((one.over for one in case.terms.caps if one.id == cap.cap), "")
    return (Cell(describe_cap(cap.cap, over)), Cell(scope), *amounts)


def _capped(case: PackInput, result: PeriodResult) -> Iterator[Block]:
    yield _caps(case, result)
    yield from _caps_worked_out(case)
    if result.is_measured and any(case.leaves_at_most(cap) for cap in result.credit.caps):
        yield Prose((AT_MOST_LEFT,))
    yield Facts(_after(case, result))


def _is_use_unknown(case: PackInput, cap: CapResult) -> bool:
    """What months without a verdict have used is no nought."""
    earlier = case.assessment.earlier
    return bool(earlier) and not cap.used and not any(past.is_measured for past in earlier)


def _after(case: PackInput, result: PeriodResult) -> tuple[tuple[str, Cell], ...]:
    credit = case.money(result.credit.total) if result.is_measured else Cell(NOT_MEASURED)
    facts = [("Service credit of the month", credit)]
    if result.withheld:
        facts.append(("Charges withheld", case.money(result.withheld)))
    if result.credit.unclaimed:
        state = "Lapsed: it was not claimed in time" if result.credit.is_lapsed else "Not deducted until it is claimed"
        facts.append((state, case.money(result.credit.unclaimed)))
    if case.assessment.claim_by is not None:
        facts.append(("To be claimed by", Cell(format_day(case.assessment.claim_by))))
    return tuple(facts)


NOT_MEASURED = "not assessed"
"""Of a month without a verdict and without money: its noughts would be claims."""
NONE_SET_OFF = "No KPI could be assessed: nobody knows whether one should be set off."
NOTHING_ASSESSED = "No KPI could be assessed: whether the month costs points or money is not known."


def _rolling(case: PackInput) -> Iterator[Block]:
    """The last six months and their sums, and a year of points and credits as bars."""
    yield months_table(case, case.months[-6:], "This month and the five before")
    year = case.months[-12:]
    if case.assessment.gives_points and any(past.is_measured for past in year):
        yield bars("bars-points", "Service points by month", [_points_bar(past) for past in year], format_points)
    yield from credit_chart(case, year)


def credit_chart(case: PackInput, months: Sequence[PeriodResult]) -> Iterator[Picture]:
    """What is deducted in each month, where anything is known of it; no chart where nothing is known of any."""
    if not any(past.is_measured for past in months):
        return

    def told(amount: Decimal) -> str:
        return format_money(amount, case.assessment.currency)

    rows = [
        Bar(past.month, Fraction(past.credit.total), told(past.credit.total))
        if past.is_measured
        else Bar(past.month, None, NOT_MEASURED)
        for past in months
    ]
    yield bars("bars-credit", "Service credits by month, after caps", rows, told)


def _points_bar(past: PeriodResult) -> Bar:
    if not past.is_measured:
        return Bar(past.month, None, NOT_MEASURED)
    return Bar(past.month, past.points, format_points(past.points))


def months_table(case: PackInput, months: Sequence[PeriodResult], caption: str) -> Table:
    """A row for each month, and what those add up to of which anything is known."""
    known = [past for past in months if past.is_measured]
    rows = [_month_row(case, past) for past in months]
    failed, total = sum(past.failures for past in known), sum((past.points for past in known), Fraction(0))
    sums = [sum((pick(past) for past in known), Decimal(0)) for pick in (_before, _credit, _withheld)]
    if known:
        blind = sum(past.unassessed for past in known)
        is_whole = len(known) == len(months) and not blind
        title = Cell("Together" if is_whole else "Together, of what could be assessed")
        together = (title, Cell(str(failed), failed), _count_cell(blind), Cell(format_points(total), total))
        rows.append((*together, *map(case.money, sums), Cell("")))
    return Table("rolling", caption, ROLLING, tuple(rows))


def _count_cell(count: int) -> Cell:
    return Cell(str(count), count) if count else Cell("")


def _month_row(case: PackInput, past: PeriodResult) -> Row:
    name = Cell(format_month(past.month))
    if not past.is_measured:
        return (name, Cell(NOT_MEASURED, tone="unknown"), *[Cell("")] * 6)
    return (
        name,
        Cell(str(past.failures), past.failures),
        _count_cell(past.unassessed),
        Cell(format_points(past.points), past.points),
        case.money(past.credit.before_caps),
        case.money(past.credit.total),
        case.money(past.withheld),
        Cell(format_list([describe_id(one.trigger) for one in past.triggers]) if past.triggers else ""),
    )


def _before(past: PeriodResult) -> Decimal:
    return past.credit.before_caps


def _credit(past: PeriodResult) -> Decimal:
    return past.credit.total


def _withheld(past: PeriodResult) -> Decimal:
    return past.withheld


def _triggers(case: PackInput, result: PeriodResult) -> Table:
    clauses = {trigger.id: trigger.clause for trigger in case.terms.triggers}
    rows = tuple(
        (
            Cell(describe_id(one.trigger) + (f", on {format_day(one.on)}" if one.on else "")),
            Cell(format_list([format_month_short(month) for month in one.months])),
            Cell(format_list([describe_id(effect) for effect in one.effects])),
            Cell(_format_working(one.working)),
            Cell(clauses.get(one.trigger, "")),
        )
        for one in result.triggers
    )
    none = "No trigger was set off." if result.is_measured else NONE_SET_OFF
    return Table("triggers", "Triggers set off by this month", TRIGGERS, rows, none)


def _format_working(working: Working) -> str:
    return "; ".join(map(str, working))


SHARES = (Column("Participant", 1.6), Column("Part of the credit", 1.2, True), Column("Worked out", 4))


def shares(case: PackInput) -> Table:
    """Each participant's part of what is deducted, with the days and the charges that it comes from."""
    one = case.assessment
    is_measured = case.result is not None and case.result.is_measured
    rows = tuple(
        (
            Cell(case.participant_name(name)),
            case.money(part),
            Cell("; ".join(map(str, one.shares_working.get(name, ())))),
        )
        for name, part in one.shares.items()
        if is_measured
    )
    none = "The contract names no shares." if is_measured or not one.shares else NOTHING_ASSESSED
    return Table("shares", "Each participant’s part of the credit", SHARES, rows, none)
