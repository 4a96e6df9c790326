"""`sla-monitor register sign-off CONTRACT --period 2026-10`: make a month's figures final, as they stand now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.attaching import attach_option
from sla_monitor.cli.register.entering import put_down
from sla_monitor.cli.register.entry_session import EntrySession, session_options
from sla_monitor.cli.register.preview import ask
from sla_monitor.cli.shared.options import period_option
from sla_monitor.cli.shared.signers import settings_of
from sla_monitor.cli.shared.sources import month_named, recorded
from sla_monitor.cli.shared.terminal import plain, width, wrapped
from sla_monitor.wording.numbers import format_count

if TYPE_CHECKING:
    from sla_monitor.assess import ContractAssessment


@click.command("sign-off")
@session_options
@period_option("The month: 2026-10.", required=True)
@click.option("--reference", default="", help="A number in somebody's files: the minutes' item.")
@click.option("--evidence", default="", help="Where the supporting documents are.")
@click.option("--why", default="", help="Why a month that is final is stated again.")
@attach_option
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
    from sla_monitor.document.signing_off import signed_words

    session = EntrySession.open(given["contract"], given["config"], given["ledger"])
    now_ms, last = session.clock.now_ms(), session.register.last_number(session.contract.id)
    with recorded(session.config, session.ledger) as evidence:
        found = assess_month(session.contract, evidence, month_named(period, session.contract, now_ms), now_ms)
    points = (*open_points(found), *_record(session, found))
    _confirm(found, points, yes=given["yes"])
    said = {**signed_words(found), "acknowledged": points or None, "reason": why}
    put_down("sign_off", said, made_from=last, note="", **given)


def _record(session: EntrySession, found: ContractAssessment) -> Iterator[str]:
    """What is wrong with the record behind the figures, and whether anybody could still change it."""
    from sla_monitor.document.signing_off import damage_points, sealing_points

    settings = settings_of(session.config, session.ledger)
    yield from session.future_entries()
    yield from damage_points(session.ledger)
    yield from sealing_points(None if settings is None else settings.archive.folder, found)


def _confirm(found: ContractAssessment, points: Sequence[str], *, yes: bool) -> None:
    """Show what is signed and what is open, and ask. Raises click.Abort for a no, and ClickException where there is
    nobody to ask."""
    from sla_monitor.document.signing_off import describe_worth
    from sla_monitor.wording.figure_changes import describe_set_off

    click.echo(f"{found.period.name}: {describe_worth(found)}", err=True)
    for told in describe_set_off(found.result):
        click.echo(told, err=True)
    question = "Sign it off?"
    if points:
        count = format_count(len(points), "open point")
        click.echo(f"{count} of this month, which the sign-off acknowledges:", err=True)
        for point in points:
            click.echo(wrapped(f"  - {plain(point)}", width(), "    "), err=True)
        question = f"Sign it off with {count}?"
    ask(question, yes=yes)
