"""The month's register: bookings, claims, decisions, waivers, and their effect on the figures."""

from __future__ import annotations

from sla_monitor.assess.assessment import Excluded, ServiceAssessment
from sla_monitor.periods.intervals import intersect, length
from sla_monitor.register.entries import Comment, Decision, Entry, Undo
from sla_monitor.review.blocks import Cell, Column, Prose, Row, Section, Table, duration_cell
from sla_monitor.review.entry_words import what, when_cell
from sla_monitor.review.pack_input import PackInput, figure_of
from sla_monitor.review.palette import band_cell, figure_cell
from sla_monitor.wording.instants import format_day_at
from sla_monitor.wording.known_by import describe_actor
from sla_monitor.wording.numbers import format_points
from sla_monitor.wording.rulings import describe_verdict
from sla_monitor.wording.vocabulary import describe_id

EXCLUDED = (
    Column("Entry", 0.6), Column("Service", 1.5), Column("What", 1.2), Column("From and to", 2.8, is_stretch=True),
    Column("Down in it", 1.2, True), Column("Counts", 1.1), Column("Why", 2.6),
)  # fmt: skip
EFFECTS = (
    Column("KPI", 1), Column("Nothing excluded", 1.2, True), Column("Band", 1.4), Column("Points", 0.8, True),
    Column("As agreed", 1.2, True), Column("Band", 1.4), Column("Points", 0.8, True),
)  # fmt: skip
ENTRIES = (
    Column("Entry", 0.6), Column("Content", 2.4), Column("From and to", 2.2, is_stretch=True),
    Column("Aware, notified", 2), Column("By, on", 1.8), Column("Decided", 2),
    Column("Note, supporting documents", 2.6),
)  # fmt: skip

COMMENTS = (
    Column("Entry", 0.6), Column("On", 2.6), Column("Comment", 5), Column("By, on", 1.8),
)  # fmt: skip


def register(case: PackInput) -> Section:
    excluded, effects, entries, comments = _excluded(case), _effects(case), _entries(case), _comments(case)
    inside = (
        Section("excluded", "Exclusions and relief", (excluded,)),
        Section("effects", "What they did to the figures", (effects,)),
        Section("entries", "Entries about this month", (entries,)),
        *((Section("comments", "Comments on this month", (comments,)),) if comments.rows else ()),
    )
    has_rows = bool(excluded.rows or effects.rows or entries.rows or comments.rows)
    said = (
        "Entries are never changed: a decision, a correction or an undoing is another entry. Time counts as excluded"
        " only where it was granted, or where the contract permits it without a decision."
    )
    return Section("register", "Register", (Prose((said,)),), inside, is_wide=has_rows, own_page=has_rows)


def _excluded(case: PackInput) -> Table:
    rows = [_excluded_row(case, service, one) for service in case.assessment.services for one in service.excluded]
    return Table("exclusions", "Time that somebody says should not count", EXCLUDED, tuple(rows))


def _excluded_row(case: PackInput, service: ServiceAssessment, one: Excluded) -> Row:
    down = intersect(list(service.lanes.down), [(one.start_ms, one.end_ms)]) if service.lanes else []
    state = "awaits a decision" if one.is_pending else "excluded" if one.granted else "counted"
    return (
        Cell(str(one.entry), one.entry),
        Cell(service.name),
        Cell(describe_id(one.kind)),
        case.stretch_cell(one.start_ms, one.end_ms),
        duration_cell(length(down)) if _is_seen(service, one) else Cell("not known"),
        Cell(state),
        Cell("" if one.why == state else _why(case, one)),
    )


def _is_seen(service: ServiceAssessment, one: Excluded) -> bool:
    """Whether anything of the stretch was seen: no downtime of time that nobody saw is no 0."""
    if service.lanes is None:
        return False
    hours = intersect(list(service.lanes.hours), [(one.start_ms, one.end_ms)])
    return not hours or length(intersect(list(service.lanes.unknown), hours)) < length(hours)


def _why(case: PackInput, one: Excluded) -> str:
    """Why it counts or not, with the reason that the decision gives."""
    found = case.register.decision_on(one.entry)
    reason = found[0].note if found is not None else ""
    return f"{one.why}: {reason}" if reason and "decision" in one.why else one.why


def _effects(case: PackInput) -> Table:
    """Each KPI whose figure the exclusions changed."""
    rows: list[Row] = []
    for kpi in case.assessment.kpis:
        gross, agreed = figure_of(kpi, "gross"), figure_of(kpi)
        if kpi.terms is None or gross.value == agreed.value:
            continue
        cells = (
            (
                figure_cell(kpi.terms, one.value),
                band_cell(kpi.terms, one.band),
                Cell(format_points(one.points), one.points) if one.band is not None else Cell(""),
            )
            for one in (gross, agreed)
        )
        rows.append((Cell(kpi.kpi), *(cell for three in cells for cell in three)))
    said = "No exclusion changed a figure."
    return Table(
        "effects", "Figures with and without what was excluded; points before repeats", EFFECTS, tuple(rows), said
    )


def _entries(case: PackInput) -> Table:
    entries = (entry for entry in case.assessment.entries if entry.body.is_in_pack)
    return Table("entries", "Register", ENTRIES, tuple(_entry_row(case, entry) for entry in entries))


def _entry_row(case: PackInput, entry: Entry) -> Row:
    documents = " ".join(dict.fromkeys(part for part in (entry.note, entry.reference, entry.evidence) if part))
    return (
        Cell(str(entry.number), entry.number),
        Cell(what(entry, case)),
        when_cell(entry, case),
        Cell(_known(case, entry)),
        Cell(f"{describe_actor(entry.actor, entry.known_by)}, {format_day_at(entry.at_ms, case.zone)}"),
        Cell(_decided(case, entry)),
        Cell(documents),
    )


def _comments(case: PackInput) -> Table:
    """What either side has said of the month, and of entries about it, that stands."""
    gone = case.register.undone
    said = [one for one in case.assessment.entries if isinstance(one.body, Comment) and one.number not in gone]
    return Table(
        "comments", "Comments; they change no figure", COMMENTS, tuple(_comment_row(case, one) for one in said)
    )


def _comment_row(case: PackInput, entry: Entry) -> Row:
    words = what(entry, case).replace("Internal comment on", "internal:").removeprefix("Comment on ")
    words = words[:1].upper() + words[1:]
    return (
        Cell(str(entry.number), entry.number),
        Cell(words),
        Cell(" ".join(filter(None, (entry.note, entry.reference, entry.evidence)))),
        Cell(f"{describe_actor(entry.actor, entry.known_by)}, {format_day_at(entry.at_ms, case.zone)}"),
    )


def _known(case: PackInput, entry: Entry) -> str:
    """When the supplier knew of a cause, and when it told the authority."""
    notices = entry.body.notices().items()
    return ", ".join(f"{word} {case.at(at_ms)}" for word, at_ms in notices if at_ms is not None)


def _decided(case: PackInput, entry: Entry) -> str:
    """What became of it: nothing is dropped without a word."""
    for word, gone in (("undone", case.register.undone), ("replaced", case.register.replaced)):
        if entry.number in gone:
            return f"{word} by {_other(case, gone[entry.number])}"
    found = case.register.decision_on(entry.number)
    if found is None:
        return "awaits a decision" if entry in case.assessment.pending else ""
    decision, said = found
    verdict = describe_verdict(entry, said)
    reason = "; ".join(part for part in (decision.note, decision.reference) if part)
    who = describe_actor(decision.actor, decision.known_by)
    told = f"{verdict}{_narrowed(case, said)} by {who}, {format_day_at(decision.at_ms, case.zone)}"
    return f"{told}: {reason}" if reason else told


def _other(case: PackInput, number: int) -> str:
    """Another entry, with who made it when and, of an undoing, why."""
    other = next((one for one in case.assessment.entries if one.number == number), None)
    if other is None:
        return f"entry {number}"
    why = f": {other.note}" if isinstance(other.body, Undo) and other.note else ""
    return f"entry {number} of {other.actor}, {format_day_at(other.at_ms, case.zone)}{why}"


def _narrowed(case: PackInput, said: Decision) -> str:
    edges = (("from", said.start_ms), ("to", said.end_ms))
    told = " ".join(f"{word} {case.at(at_ms)}" for word, at_ms in edges if at_ms is not None)
    return f" {told}" if told else ""
