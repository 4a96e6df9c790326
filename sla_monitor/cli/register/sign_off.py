"""`sla-monitor register sign-off CONTRACT --period 2026-10`: make a month's figures final, as they stand now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.entering import put_down
from sla_monitor.cli.register.entry_session import EntrySession, session_options
from sla_monitor.cli.register.preview import ask
from sla_monitor.cli.shared.options import period_option
from sla_monitor.cli.shared.signers import settings_of
from sla_monitor.cli.shared.sources import month_named, recorded
from sla_monitor.cli.shared.terminal import plain, width, wrapped
from sla_monitor.wording.numbers import format_count, format_counted_points, format_money

if TYPE_CHECKING:
    from sla_monitor.assess import ContractAssessment
    from sla_monitor.sla.results import PeriodResult


@click.command("sign-off")
@session_options
@period_option("The month: 2026-10.", required=True)
@click.option("--reference", default="", help="A number in somebody's files: the minutes' item.")
@click.option("--evidence", default="", help="Where the supporting documents are.")
@click.option("--why", default="", help="Why a month that is final is stated again.")
def sign_off(period: str, why: str, **given: Any) -> None:
    """Make a month of CONTRACT final, with the figures as they stand now.

    They are shown first, with everything that is still open: KPIs that could not be assessed and why, pending claims,
    bookings and disputes, figures that are owed, entries made after the month, a record that is not sealed or is
    damaged. Whoever signs confirms them; the entry keeps what was acknowledged. `--yes` acknowledges all of it
    without asking; without a terminal and without `--yes` nothing is signed.

    What changes the figures later is a restatement, for which the month is signed off once more, with a reason.
    """
    from sla_monitor.assess import assess_month
    from sla_monitor.assess.open_points import open_points
    from sla_monitor.document import figures_digest

    session = EntrySession.open(given["contract"], given["config"], given["ledger"])
    now_ms = session.clock.now_ms()
    with recorded(session.config, session.ledger) as evidence:
        found = assess_month(session.contract, evidence, month_named(period, session.contract, now_ms), now_ms)
    points = (*open_points(found), *_record(session, found))
    _confirm(found, points, yes=given["yes"])
    said = {"digest": figures_digest(found), **_sums(found.result), "acknowledged": points or None}
    put_down("sign_off", {"month": found.period.name, **said, "reason": why}, note="", **given)


def _sums(result: PeriodResult | None) -> dict[str, Any]:
    """Points, and what is deducted: both 0 where nothing was measured, which `measured` says."""
    from sla_monitor.sla.rounding import exact_decimal

    if result is None or not result.is_measured:
        return {"points": "0", "credit": "0", "measured": False}
    return {"points": f"{exact_decimal(result.points, 9).normalize():f}", "credit": f"{result.deducted:f}"}


def _record(session: EntrySession, found: ContractAssessment) -> Iterator[str]:
    """What is wrong with the record behind the figures, and whether anybody could still change it."""
    yield from session.future_entries()
    yield from _damage(session.ledger)
    yield from _unsealed(session, found)


def _damage(ledger: Path) -> Iterator[str]:
    """Of a ledger that is checked in a second or so. Of a larger one, all that the figures are made of is held against
    the chain as it is read, and an error refuses the sign-off."""
    from sla_monitor.ledger.file_health import QUICK_CHECK_BYTES
    from sla_monitor.ledger.housekeeping.checking import check

    if ledger.stat().st_size > QUICK_CHECK_BYTES:
        return
    for problem in check(ledger, lambda _, __: None).problems:
        yield f"The record is damaged: {problem}."


def _unsealed(session: EntrySession, found: ContractAssessment) -> Iterator[str]:
    from sla_monitor.archive.sealed import sealed_days
    from sla_monitor.errors import ArchiveError
    from sla_monitor.periods.months import last_day

    settings, last = settings_of(session.config, session.ledger), last_day(found.period.name).isoformat()
    try:
        days = () if settings is None else sealed_days(settings.archive.folder / found.contract)
    except ArchiveError as error:
        yield f"The archive cannot be read: {error}."
        return
    until = max((name for day in days if (name := day.folder.name) <= last), default="")
    if until < found.period.name:
        yield "No day of this month is sealed: nobody but the monitor’s owner vouches for the record."
    elif until < last:
        yield f"The month’s days are sealed up to {until} only."


def _confirm(found: ContractAssessment, points: Sequence[str], *, yes: bool) -> None:
    """Show what is signed and what is open, and ask. Raises click.Abort for a no, and ClickException where there is
    nobody to ask."""
    click.echo(f"{found.period.name}: {_worth(found)}", err=True)
    question = "Sign it off?"
    if points:
        count = format_count(len(points), "open point")
        click.echo(f"{count} of this month, which the sign-off acknowledges:", err=True)
        for point in points:
            click.echo(wrapped(f"  - {plain(point)}", width(), "    "), err=True)
        question = f"Sign it off with {count}?"
    ask(question, yes=yes)


def _worth(found: ContractAssessment) -> str:
    result = found.result
    if result is None or not result.is_measured:
        return "nothing was measured, so that there are no points and no credit to sign"
    counted = format_counted_points(result.points, "point")
    return f"{counted}, {format_money(result.deducted, found.currency)} deducted"
