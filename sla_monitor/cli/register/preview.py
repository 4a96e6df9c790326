"""Preview of what an entry changes in closed months, shown before it is confirmed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.register.entry_session import EntrySession
from sla_monitor.cli.shared.terminal import lines_of, table, width
from sla_monitor.wording.figure_changes import Changes

if TYPE_CHECKING:
    from sla_monitor.ledger.reading.reader import Reader
    from sla_monitor.ledger.recording.imports import Layer
    from sla_monitor.register.entries import Entry


@dataclass(frozen=True, slots=True)
class Entered:
    """What was added, and what that changed in months that are over."""

    entries: list[Entry]
    changes: Changes


def confirm(session: EntrySession, new: Sequence[Entry], confirmed: Changes, *, yes: bool) -> Changes:
    """Show what new entries change in months that are over, and ask, unless it is what was `confirmed` before.

    Raises click.Abort for a no, and ClickException where there is nobody to ask.
    """
    found = changes(session, new)
    if found and found != confirmed:
        show_changes(found)
        ask("Enter it?", yes=yes)
    return found


def ask(question: str, *, yes: bool) -> None:
    """Raises click.Abort for a no, and ClickException where there is nobody to ask."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.ClickException("no terminal to confirm on; check the figures above, then pass --yes")
    click.confirm(question, abort=True, err=True)


def show_changes(found: Changes) -> None:
    if found:
        click.echo(f"This changes months that are over.\n{lines_of(table(found, (), width()))}", err=True)


def changes(session: EntrySession, new: Sequence[Entry]) -> Changes:
    """Every figure of a month that is over and that new entries would change, before and after."""
    if not any(entry.body.changes_figures for entry in new):
        return []
    from sla_monitor.assess.figure_changes import changes_of_entries
    from sla_monitor.cli.shared.sources import keeping

    with keeping(session.config, session.ledger) as evidence:
        return changes_of_entries(session.contract, evidence, session.entries(), new, session.clock.now_ms())


def changes_of_import(
    session: EntrySession, evidence: Reader, new: Sequence[Entry], add: Layer | None = None, without: int | None = None
) -> Changes:
    """The same of an import, or of taking one back, with the entries that go with it."""
    from sla_monitor.assess import history
    from sla_monitor.assess.figure_changes import compared
    from sla_monitor.periods.edges import month_at

    now_ms, said = session.clock.now_ms(), session.entries()
    running = month_at(now_ms, session.zone)
    before = history(session.contract, evidence, running, now_ms, said=said)
    supposed = evidence.supposing(add, without)
    return compared(session.contract, before, history(session.contract, supposed, running, now_ms, said=[*said, *new]))
