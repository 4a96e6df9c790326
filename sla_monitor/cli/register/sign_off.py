"""`sla-monitor register sign-off CONTRACT --period 2026-10`: make a month's figures final, as they stand now."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.entering import put_down
from sla_monitor.cli.register.entry_session import EntrySession, session_options
from sla_monitor.cli.shared.options import period_option
from sla_monitor.cli.shared.sources import month_named, recorded

if TYPE_CHECKING:
    from sla_monitor.assess import ContractAssessment


@click.command("sign-off")
@session_options
@period_option("The month: 2026-10.", required=True)
@click.option("--reference", default="", help="A number in somebody's files: the minutes' item.")
@click.option("--evidence", default="", help="Where the supporting documents are.")
@click.option("--why", default="", help="Why a month that is final is stated again.")
def sign_off(period: str, why: str, **given: Any) -> None:
    """Make a month of CONTRACT final, with the figures as they stand now.

    They are shown first, and it has to be confirmed. What changes them later is a restatement, for which the month is
    signed off once more, with a reason.
    """
    from sla_monitor.assess import assess_month
    from sla_monitor.document import figures_digest

    session = EntrySession.open(given["contract"], given["config"], given["ledger"])
    now_ms = session.clock.now_ms()
    with recorded(session.config, session.ledger) as evidence:
        found = assess_month(session.contract, evidence, month_named(period, session.contract, now_ms), now_ms)
    points, credit = _sums(found)
    _confirm(found, points, credit, yes=given["yes"])
    sums = {"digest": figures_digest(found), "points": points, "credit": credit}
    put_down("sign_off", {"month": found.period.name, **sums, "reason": why}, note="", **given)


def _sums(found: ContractAssessment) -> tuple[str, str]:
    """Points, and what is deducted."""
    from sla_monitor.sla.rounding import exact_decimal

    if found.result is None:
        return "0", "0"
    return f"{exact_decimal(found.result.points, 9).normalize():f}", f"{found.result.deducted:f}"


def _confirm(found: ContractAssessment, points: str, credit: str, *, yes: bool) -> None:
    waiting = len(found.pending)
    entries = "entry of the register still awaits" if waiting == 1 else "entries of the register still await"
    open_ones = f"; {waiting} {entries} a decision" if waiting else ""
    counted = f"{points} {'point' if points == '1' else 'points'}"
    click.echo(f"{found.period.name}: {counted}, {credit} {found.currency} deducted{open_ones}", err=True)
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.ClickException("no terminal to confirm on; check the figures above, then pass --yes")
    click.confirm("Sign it off?", abort=True, err=True)
