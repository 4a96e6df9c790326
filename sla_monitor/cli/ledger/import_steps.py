"""Steps of an import into the ledger, and of its undoing: preview, confirmation, all or nothing, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.formatting import print_json
from sla_monitor.cli.register.preview import ask, changes_of_import, show_changes
from sla_monitor.cli.shared.terminal import lines_of, plain, table, width
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.figure_changes import Changes

if TYPE_CHECKING:
    from sla_monitor.cli.register.entry_session import EntrySession
    from sla_monitor.ledger.reading.reader import Reader
    from sla_monitor.ledger.recording.imports import ImportDraft, Stored
    from sla_monitor.register.entries import Entry


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How something is brought in. `yes`: do not ask; `dry_run`: tell what would be so, and do nothing."""

    yes: bool
    dry_run: bool
    style: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What an import comes to: by endpoint key, how long it tells of, and how much of that nobody else saw; and what it
    changes in months that are over."""

    told_ms: Mapping[str, int]
    filled_ms: Mapping[str, int]
    changes: Changes


def bring(session: EntrySession, draft: ImportDraft, options: ImportOptions) -> None:
    """Bring something in, and tell it. Raises click's errors, LedgerError and its kinds."""
    from sla_monitor.cli.shared.sources import keeping
    from sla_monitor.ledger.recording.imports import add_import, moved_entries

    _refuse_in_a_pair(session, options)
    confirmed: Changes = []
    with keeping(session.config, session.ledger) as evidence:

        def attempt(last: int) -> None:
            nonlocal confirmed
            _check(session, draft)
            effect = _effect(session, evidence, draft, changes_of_import(
                session, evidence, moved_entries(draft.entries, last), add=draft
            ))  # fmt: skip
            _show(effect, confirmed, "Bring it in?", options)
            if not options.dry_run:
                _reasoned(session, draft, effect.changes)
            confirmed = effect.changes
            stored = None if options.dry_run else add_import(session.ledger, draft, read_to=last)
            _print_result(session, draft, stored, effect, options)

        _until_read(session, attempt)


def take_back(session: EntrySession, stored: Stored, why: str, options: ImportOptions) -> None:
    """Take an import back, with the entries that came with it. Raises click's errors, RegisterError and LedgerError."""
    from sla_monitor.cli.shared.sources import keeping
    from sla_monitor.ledger.recording.imports import Withdrawal, withdraw_import
    from sla_monitor.register.entries import Undo

    _refuse_in_a_pair(session, options)
    confirmed: Changes = []
    number = stored.record.number
    with keeping(session.config, session.ledger) as evidence:

        def attempt(last: int) -> None:
            nonlocal confirmed
            undoings = _undoings(session, stored, why, last)
            changes = changes_of_import(session, evidence, undoings, without=number)
            _show(Effect({}, {}, changes), confirmed, "Take it back?", options)
            confirmed = changes
            if not options.dry_run:
                gone = Withdrawal(session.clock.now_ms(), session.actor, why)
                withdraw_import(session.ledger, number, gone, undoings, read_to=last)
            if options.style == "json":
                undone = [entry.body.about for entry in undoings if isinstance(entry.body, Undo)]
                told = {"import": number, "dry_run": options.dry_run, "undone": undone, "changed": changes}
                _print_json({"contract": session.contract.id, **told})
                return
            done = "would count no more" if options.dry_run else "counts no more"
            entries = f"; {_counted(len(undoings), 'entry', 'entries')} of the register undone" if undoings else ""
            click.echo(lines_of(f"import {number}, {plain(stored.record.source)}: {done}{entries}"))

        _until_read(session, attempt)


def _refuse_in_a_pair(session: EntrySession, options: ImportOptions) -> None:
    """What is brought in has rows beside its entries, which do not travel. Raises click's error."""
    from sla_monitor.pair.shared_register import SharedRegister

    if isinstance(session.register, SharedRegister) and not options.dry_run:
        raise click.ClickException(
            "an import does not travel to the other collector of the pair (docs/how-to/replace-a-collector.md says how"
            " both get it)"
        )


def _until_read(session: EntrySession, attempt: Callable[[int], None]) -> None:
    """Try again whenever somebody else has added to the register meanwhile: it may change the answer."""
    from sla_monitor.ledger.recording.register_entries import Overtaken

    while True:
        try:
            attempt(session.register.last_number(session.contract.id))
        except Overtaken:
            continue
        return


def _check(session: EntrySession, draft: ImportDraft) -> None:
    """Raises click's error for what is not to be brought in: time that has not come, and entries into a register that
    has any of the contract. Those of two registers have no order between them, and of several words on one thing the
    last one counts."""
    from sla_monitor.register.effective import effective_entries

    if draft.entries and effective_entries(session.entries()).entries:
        raise click.ClickException(
            f"the register has entries of {session.contract.id} already, and those of a file have no place among them"
            " (leave these out with --without-entries, or use another ledger)"
        )
    now_ms = session.clock.now_ms()
    latest_ms = max([draft.record.until_ms, *(until_ms for _, until_ms in draft.endpoints.values())])
    if latest_ms > now_ms:
        from sla_monitor.register.instant import format_wall_time

        raise click.ClickException(
            f"{draft.record.source} covers {format_wall_time(latest_ms, session.zone)}, a time to come"
            " (check its dates, and this machine's clock)"
        )


def _effect(session: EntrySession, evidence: Reader, draft: ImportDraft, changes: Changes) -> Effect:
    from sla_monitor.periods.intervals import length
    from sla_monitor.sla.overlay import times

    reach = draft.endpoints.values()
    first_ms, until_ms = min((one[0] for one in reach), default=0), max((one[1] for one in reach), default=0)
    filled = evidence.supposing(add=draft).imported(session.contract.id, first_ms, until_ms)
    told_ms = {key: length(times(spans)) for key, spans in draft.told.items()}
    return Effect(told_ms, {key: length(pairs) for key, pairs in filled.get(draft.record.number, {}).items()}, changes)


def _show(effect: Effect, confirmed: Changes, question: str, options: ImportOptions) -> None:
    if not effect.changes or effect.changes == confirmed:
        return
    show_changes(effect.changes)
    if not options.dry_run:
        ask(question, yes=options.yes)


def _reasoned(session: EntrySession, draft: ImportDraft, changes: Changes) -> None:
    """A final month is stated again only for a reason."""
    from sla_monitor.register.effective import effective_entries

    effective = effective_entries(session.entries())
    final = sorted({row["month"] for row in changes if effective.sign_off(row["month"]) is not None})
    if final and not draft.note.strip():
        raise click.ClickException(
            f"{', '.join(final)} is final, and this changes its figures (give the reason with --note)"
        )


def _undoings(session: EntrySession, stored: Stored, why: str, last: int) -> list[Entry]:
    """An undoing for each entry that came with an import and stands. Raises RegisterError."""
    from sla_monitor.errors import RegisterError
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.entry_parsing import body_of
    from sla_monitor.register.rules import problems

    context = EntryContext(session.contract, session.entries)
    numbers = [entry.number for entry in context.effective.entries if entry.number in stored.entries]
    drafts = [
        session.entry(body_of("undo", {"about": number}, session.zone), note=why).model_copy(
            update={"number": last + place}
        )
        for place, number in enumerate(reversed(numbers), start=1)
    ]
    found = [f"undo: {line}" for draft in drafts for line in problems(draft, context)]
    if found:
        raise RegisterError(found)
    return drafts


def _print_result(
    session: EntrySession, draft: ImportDraft, stored: Stored | None, effect: Effect, options: ImportOptions
) -> None:
    entries = {} if stored is None else stored.entries
    if options.style == "json":
        _print_json({
            "contract": session.contract.id,
            "import": None if stored is None else stored.record.number,
            "dry_run": options.dry_run,
            "source": draft.record.source,
            "sha256": draft.record.digest,
            "endpoints": [
                {"endpoint": key.partition("/")[2], "told_ms": ms, "filled_ms": effect.filled_ms.get(key, 0)}
                for key, ms in effect.told_ms.items()
            ],
            "entries": {f"{number}": other for number, other in entries.items()},
            "changed": effect.changes,
        })  # fmt: skip
        return
    name = "would be imported" if stored is None else f"import {stored.record.number}"
    click.echo(lines_of(f"{plain(draft.record.source)}: {name}"))
    rows = [
        {
            "endpoint": key.partition("/")[2],
            "covers": format_duration(ms),
            "seen by nobody else": format_duration(effect.filled_ms.get(key, 0)),
        }
        for key, ms in effect.told_ms.items()
    ]
    if rows:
        click.echo(lines_of(table(rows, (), width())))
    if draft.entries:
        told = ", ".join(f"{other} is {number}" for number, other in entries.items() if number != other)
        moved = f"; their numbers: {told}" if told else ""
        click.echo(f"{_counted(len(draft.entries), 'entry', 'entries')} of the register{moved}")


def print_imports(several: Sequence[Stored], style: str) -> None:
    """Every import of a ledger."""
    from zoneinfo import ZoneInfo

    from sla_monitor.assess.counting_in_words import imported_words

    if style == "json":
        _print_json({"imports": [_document(one) for one in several]})
        return
    rows = [
        {
            "import": f"{one.record.number}",
            "contract": one.contract,
            "what": imported_words(one.record, ZoneInfo("UTC")),
            "covers": f"{_instant(one.record.start_ms)} to {_instant(one.record.until_ms)}",
            "entries": f"{len(one.entries)}" if one.entries else "",
            "state": "counts" if one.withdrawn is None else f"taken back by {one.withdrawn.actor}: {one.withdrawn.why}",
        }
        for one in several
    ]
    click.echo(lines_of(table(rows, ("entries", "covers"), width())) if rows else "nothing was imported")


def _document(one: Stored) -> dict[str, Any]:
    record, gone = one.record, one.withdrawn
    return {
        "import": record.number,
        "contract": one.contract,
        "at": _instant(record.at_ms),
        "actor": record.actor,
        "kind": record.kind,
        "source": record.source,
        "sha256": record.digest,
        "note": one.note,
        "from": _instant(record.start_ms),
        "until": _instant(record.until_ms),
        "endpoints": sorted(key.partition("/")[2] for key in one.endpoints),
        "entries": {f"{number}": other for number, other in one.entries.items()},
        "withdrawn": None if gone is None else {"at": _instant(gone.at_ms), "actor": gone.actor, "why": gone.why},
    }


def _instant(at_ms: int) -> str:
    from sla_monitor.register.instant import format_utc

    return format_utc(at_ms)


def _counted(count: int, word: str, several: str) -> str:
    return f"{count} {word if count == 1 else several}"


def _print_json(value: Any) -> None:

    print_json(value)
