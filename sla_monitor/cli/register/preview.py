"""Preview of what an entry changes in closed months, shown before it is confirmed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.register.entry_session import EntrySession
from sla_monitor.cli.shared.terminal import NONE, lines_of, table, width
from sla_monitor.contract.local_time import instant_ms
from sla_monitor.periods.months import last_day
from sla_monitor.wording.changed_figures import change_row, format_result
from sla_monitor.wording.numbers import format_money, format_points
from sla_monitor.wording.vocabulary import describe_id

if TYPE_CHECKING:
    from sla_monitor.contract.terms import Terms
    from sla_monitor.ledger.reading.reader import Reader
    from sla_monitor.ledger.recording.imports import Layer
    from sla_monitor.register.entries import Entry
    from sla_monitor.sla.results import PeriodResult

Changes = list[dict[str, str]]
"""Rows of month, figure, before and after."""


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
    from sla_monitor.register.affected_months import Others, first_changed

    if not any(entry.body.changes_figures for entry in new):
        return []
    from sla_monitor.assess import history
    from sla_monitor.cli.shared.sources import keeping
    from sla_monitor.periods.edges import month_at
    from sla_monitor.periods.terms_slices import margin_ms

    now_ms, said = session.clock.now_ms(), session.entries()
    others, running, reach_ms = Others(said), month_at(now_ms, session.zone), margin_ms(session.contract)
    touched = [first_changed(entry.body, session.zone, others, reach_ms) or running for entry in new]
    if min(touched, default=running) >= running:
        return []
    with keeping(session.config, session.ledger) as evidence:
        several = (said, [*said, *new])
        before, after = (history(session.contract, evidence, running, now_ms, said=one) for one in several)
    return _compared(session, before, after)


def changes_of_import(
    session: EntrySession, evidence: Reader, new: Sequence[Entry], add: Layer | None = None, without: int | None = None
) -> Changes:
    """The same of an import, or of taking one back, with the entries that go with it."""
    from sla_monitor.assess import history
    from sla_monitor.periods.edges import month_at

    now_ms, said = session.clock.now_ms(), session.entries()
    running = month_at(now_ms, session.zone)
    before = history(session.contract, evidence, running, now_ms, said=said)
    supposed = evidence.supposing(add, without)
    return _compared(session, before, history(session.contract, supposed, running, now_ms, said=[*said, *new]))


def _compared(session: EntrySession, before: Sequence[PeriodResult], after: Sequence[PeriodResult]) -> Changes:
    rows = list[dict[str, str]]()
    for one, other in zip(before, after, strict=True):
        closed_ms = instant_ms(last_day(other.month), time.max, session.zone)
        rows += differences(one, other, session.contract.version_at(closed_ms).terms)
    return rows


def differences(before: PeriodResult, after: PeriodResult, terms: Terms) -> Iterator[dict[str, str]]:
    """What one month's two results differ in, as people read it. `terms`: those at the month's end."""
    kpis = {kpi.id: kpi for kpi in terms.kpis}
    for name in dict.fromkeys(one.kpi for one in (*after.kpis, *before.kpis)):
        was, now = before.kpi(name), after.kpi(name)
        kpi = kpis.get(name)
        yield from change_row(after.month, name, format_result(was, now, kpi), format_result(now, was, kpi))
    points = (format_points(one.points) if one.is_measured else NONE for one in (before, after))
    money = (format_money(one.deducted, terms.currency) if one.is_measured else NONE for one in (before, after))
    yield from change_row(after.month, "points", *points)
    yield from change_row(after.month, f"credit, {terms.currency}", *money)
    triggers = (", ".join(describe_id(one.trigger) for one in result.triggers) or NONE for result in (before, after))
    yield from change_row(after.month, "set off", *triggers)
