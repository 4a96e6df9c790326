"""Change control: what changed since the pack before, and the dates that lie ahead by the terms that hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from sla_monitor.assess.term_changes import term_changes
from sla_monitor.periods.edges import month_at
from sla_monitor.periods.months import last_day, shifted
from sla_monitor.periods.working_days import add_working_days
from sla_monitor.register.entries import Entry, Maintenance, SignOff
from sla_monitor.register.kinds.terms_change import short
from sla_monitor.register.terms_history import terms_history
from sla_monitor.review.blocks import Cell, Column, Prose, Row, Section, Table
from sla_monitor.review.chapters.meeting import report_and_review
from sla_monitor.review.entry_words import what
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.instants import format_day, format_day_at, format_month
from sla_monitor.wording.numbers import format_count, format_counted_points
from sla_monitor.wording.obligations import PARTIES
from sla_monitor.wording.vocabulary import describe_id

CHANGES = (
    Column("What", 3), Column("From", 1.8), Column("To", 1.8), Column("Who, when", 2), Column("Why", 2.4),
)  # fmt: skip
AHEAD = (Column("Date", 1.4), Column("What is due", 4), Column("By", 2.4))
UNCOUNTED = "not known: the calendar has no Working Day"
MOST_TERMS, MOST_ENTRIES = 40, 40
AHEAD_MONTHS = 3
"""So far ahead are duties listed."""


def change_control(case: PackInput) -> Section:
    rows = (
        *_terms(case),
        *_approvals(case),
        *_recalculated(case),
        *_signed_again(case),
        *_earlier_months(case),
        *_imports(case),
    )
    changes = Table("change-control", "Changes since the pack before", CHANGES, rows, "Nothing changed.")
    ahead = Table("dates-ahead", "Dates ahead", AHEAD, tuple(_ahead(case)), "No date is known.")
    said = (
        "Changes of the contract’s terms that came into force in this month, months that were signed again, and entries"
        " made since the sign-off before that move a month before this one."
    )
    return Section("change-control", "Change control and dates ahead", (Prose((said,)), changes, ahead))


def _terms(case: PackInput) -> Iterator[Row]:
    period = case.assessment.period
    for before, after in pairwise(case.versions):
        if not period.start_ms <= after.from_ms < period.end_ms:
            continue
        when = f"in force from {format_day_at(after.from_ms, case.zone)}"
        several = list(term_changes(before.terms, after.terms))
        for one in several[:MOST_TERMS]:
            yield Cell(f"Terms: {one.what}"), Cell(one.was), Cell(one.now), Cell(when), Cell(after.reference)
        if len(several) > MOST_TERMS:
            more = format_count(len(several) - MOST_TERMS, "more change")
            yield Cell(f"Terms: {more}"), Cell(""), Cell(""), Cell(when), Cell(after.reference)
        if not several:
            yield Cell("Terms: a new version that changes none"), Cell(""), Cell(""), Cell(when), Cell(after.reference)


def _approvals(case: PackInput) -> Iterator[Row]:
    """New terms that two people agreed on while the month ran."""
    period = case.assessment.period
    for one in terms_history(case.register.entries).approved:
        if period.start_ms <= one.approval.at_ms < period.end_ms:
            proposal = one.proposal.entry
            told = f"New terms, proposed by {proposal.actor} (entry {proposal.number}), approved"
            marked = " (both behind one login)" if one.proposal.is_of_one_login else ""
            was, now = (short(digest) if digest else "" for digest in (one.proposal.said.instead_of, one.digest))
            by = f"{one.approval.actor}{marked}, {format_day_at(one.approval.at_ms, case.zone)}"
            yield Cell(told), Cell(was), Cell(now), Cell(by), Cell(proposal.note)


def _recalculated(case: PackInput) -> Iterator[Row]:
    """Closed months that came out otherwise while this one ran, as the record has it."""
    for one in case.recalculated:
        signed = ", which was signed off," if one.signed else ""
        told = f"{format_month(one.month)}{signed} was recalculated"
        yield Cell(told), Cell(one.was), Cell(one.now), Cell(f"the monitor, {one.since}"), Cell(one.why)


def _since(case: PackInput) -> int:
    """The number of the entry that first signed the month before, or else of the last one made before this month
    began."""
    before = shifted(case.month, -1)
    signed = next((entry.number for entry, said in case.register.of(SignOff) if said.month == before), None)
    if signed is not None:
        return signed
    begun = (entry.number for entry in case.register.entries if entry.at_ms < case.assessment.period.start_ms)
    return max(begun, default=0)


def _signed_again(case: PackInput) -> Iterator[Row]:
    """Months before this one with a second sign-off."""
    last: dict[str, tuple[Entry, SignOff]] = {}
    for entry, said in case.register.of(SignOff):
        before = last.get(said.month)
        if before is not None and entry.number > _since(case) and said.month < case.month:
            worth = [Cell(_worth(case, one)) for one in (before[1], said)]
            yield Cell(f"{format_month(said.month)} was signed again"), *worth, _who(case, entry), Cell(said.reason)
        last[said.month] = entry, said


def _worth(case: PackInput, said: SignOff) -> str:
    if said.no_figures:
        return "no figure"
    return f"{format_counted_points(said.points, 'point')}, {case.money(said.credit).text}"


def _earlier_months(case: PackInput) -> Iterator[Row]:
    """Entries that came in late and move figures of months before."""
    since = _since(case)
    late = [
        (entry, months[0])
        for entry in case.register.entries
        if entry.number > since
        and entry.body.changes_figures
        and (months := entry.body.months(case.zone))
        and months[0] < case.month
        and month_at(entry.at_ms, case.zone) > months[0]
    ]
    for entry, month in late[:MOST_ENTRIES]:
        told = f"Entry {entry.number} about {format_month(month)}: {what(entry, case)}"
        yield Cell(told), Cell(""), Cell(""), _who(case, entry), Cell(entry.note)
    if len(late) > MOST_ENTRIES:
        more = format_count(len(late) - MOST_ENTRIES, "more entry", "more entries")
        yield Cell(f"{more} about months before"), Cell(""), Cell(""), Cell(""), Cell("")


def _imports(case: PackInput) -> Iterator[Row]:
    for one in case.assessment.imports:
        record = one.record
        who = f"{record.actor}, {format_day_at(record.at_ms, case.zone)}"
        yield Cell(f"Imported: {record.source}"), Cell("not seen"), Cell("as imported"), Cell(who), Cell("")


def _who(case: PackInput, entry: Entry) -> Cell:
    return Cell(f"{entry.actor}, {format_day_at(entry.at_ms, case.zone)}")


def _ahead(case: PackInput) -> Iterator[Row]:
    """In order of time; what is over by the end of the month is not ahead."""
    end = last_day(case.month)
    uncounted: list[tuple[str, str]] = []
    dates = {*_dates(case), *_duties(case), *_reporting(case, uncounted)}
    for on, told, by in sorted(one for one in dates if one[0] > end):
        yield Cell(format_day(on), moments=(on,)), Cell(told), Cell(by)
    for told, by in uncounted:
        yield Cell(UNCOUNTED), Cell(told), Cell(by)


def _dates(case: PackInput) -> Iterator[tuple[date, str, str]]:
    one, month = case.assessment, format_month(case.month)
    if one.claim_by is not None:
        yield one.claim_by, f"Last day to claim the credit of {month}", "the contract’s claims"
    yield one.ends_on, "The contract’s term ends", "the contract’s term"
    for version in case.versions:
        on = _day(case, version.from_ms)
        yield on, "New terms come into force", version.reference or "the contract’s versions"
    for entry, said in case.register.open_actions:
        if said.due_on is not None:
            yield said.due_on, f"Action of {said.owner}: {entry.note}", f"entry {entry.number}"
    for entry, booked in case.register.of(Maintenance):
        yield _day(case, booked.start_ms), "Booked maintenance begins", f"entry {entry.number}"
    for kpi in case.assessment.kpis:
        if kpi.period is not None and kpi.period.end_ms > one.period.end_ms:
            yield _day(case, kpi.period.end_ms - 1), f"Measurement period of {kpi.kpi} ends", kpi.clause or kpi.title


def _duties(case: PackInput) -> Iterator[tuple[date, str, str]]:
    until = last_day(shifted(case.month, AHEAD_MONTHS))
    for due in case.assessment.obligations.due:
        if due.state in {"upcoming", "due_soon"} and due.last_on <= until:
            yield due.last_on, f"{due.terms.title}, by {PARTIES[due.terms.party]}", due.terms.clause or due.terms.id


def _reporting(case: PackInput, uncounted: list[tuple[str, str]]) -> Iterator[tuple[date, str, str]]:
    """What is due by Working Days. What the calendar has no Working Day for is put into `uncounted`: it is due all the
    same."""
    terms, month, end = case.terms, format_month(case.month), last_day(case.month)
    both = report_and_review(case)
    for number, told in enumerate((f"Report on {month}", f"Review of {month}")):
        if both is None:
            uncounted.append((told, "the contract’s reporting"))
        else:
            yield both[number], told, "the contract’s reporting"
    notified = f"Last day to notify a cause of relief that was known by the end of {month}"
    due = [(terms.relief.notice_working_days, notified, "the contract’s relief")]
    set_off = {one.trigger for one in case.result.triggers} if case.result else set()
    for one in (one for one in terms.triggers if one.id in set_off):
        told = f"Draft plan, {describe_id(one.id)}, counted from the end of {month}"
        due.append((one.draft_working_days, told, one.clause))
    for days, told, by in due:
        if days:
            try:
                yield add_working_days(end, days, terms.working_calendar), told, by
            except ValueError:
                uncounted.append((told, by))


def _day(case: PackInput, at_ms: int) -> date:
    return case.wall(at_ms).date()
