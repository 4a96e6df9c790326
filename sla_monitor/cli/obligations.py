"""`sla-monitor obligations`: dated duties of a contract, what is late, and all of them as a calendar."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.output_files import replace_file
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument, recorded

if TYPE_CHECKING:
    from sla_monitor.assess.due_obligations import DueObligation
    from sla_monitor.contract.contract import Contract
    from sla_monitor.document.calendar_file import ContractDates
    from sla_monitor.sla.evidence import Evidence

STATES = ("late", "due", "due-soon", "upcoming", "met-late", "met", "excused")
DISPENSABLE = ("clause", "if late", "known")
"""What a narrow terminal does without, in this order."""


@click.group(cls=Commands)
def obligations() -> None:
    """Dated duties of a contract: reports, plans, insurance, tests; what is due, late or met.

    `sla-monitor register add obligation-met` enters that one was met, `obligation-excused` asks to excuse it.
    """


@obligations.command("list")
@contract_argument
@config_option
@ledger_option
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only these; may be given again.")
@click.option("--party", type=click.Choice(["supplier", "authority"]), help="Only what this party owes.")
@click.option("--obligation", "names", multiple=True, help="Only this one, by its id; may be given again.")
@click.option("--ahead", is_flag=True, help="All days of the coming year; otherwise the next one of each.")
@format_option
def list_obligations(  # noqa: PLR0913, PLR0917 - one for each option
    contract: str,
    config: Path,
    ledger: Path | None,
    states: tuple[str, ...],
    party: str | None,
    names: tuple[str, ...],
    ahead: bool,
    style: str,
) -> None:
    """List the duties of CONTRACT: those of this month, late ones, and the next of each.

    The exit status is 1 where one that is listed is late.
    """
    found = chosen_contract(contract, config)
    _known(found, names)
    with recorded(config, ledger) as reader:
        dates = _dates(found, reader)
    chosen = [
        one
        for one in (dates.obligations.due if ahead else dates.obligations.near)
        if (not states or one.state.replace("_", "-") in states)
        and party in {None, one.terms.party}
        and (not names or one.terms.id in names)
    ]
    _print(found, chosen, dates.obligations.stray, style)
    if any(one.state == "late" for one in chosen):
        sys.exit(1)


@obligations.command("calendar")
@click.argument("contracts", nargs=-1)
@config_option
@ledger_option
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file; otherwise it is printed.")
def write_calendar(contracts: tuple[str, ...], config: Path, ledger: Path | None, output: Path | None) -> None:
    """Write the duties and deadlines of CONTRACTS (none: all) for the coming year as iCalendar."""
    from sla_monitor.clock import SystemClock
    from sla_monitor.configuration import read_configuration
    from sla_monitor.contract.local_time import local_date
    from sla_monitor.document.calendar_file import calendar_file

    several = [chosen_contract(name, config) for name in contracts] or list(read_configuration(config).contracts)
    with recorded(config, ledger) as reader:
        dates = [_dates(one, reader) for one in several]
    zone = several[0].time_zone
    text = calendar_file(dates, local_date(SystemClock().now_ms(), zone)).decode()
    if output is None:
        click.echo(text, nl=False)
        return
    replace_file(output, text)
    count = sum(len(one.obligations.due) + len(one.deadlines) for one in dates)
    click.echo(f"{output}: {count} dates")


def _dates(contract: Contract, evidence: Evidence) -> ContractDates:
    """What is due of a contract now, without its figures."""
    from sla_monitor.assess.history import Cache, contract_context_of
    from sla_monitor.assess.known_days import KnownDays
    from sla_monitor.assess.obligations import obligations_of
    from sla_monitor.clock import SystemClock
    from sla_monitor.contract.local_time import local_date
    from sla_monitor.document.calendar_file import ContractDates
    from sla_monitor.periods.edges import month_of

    now_ms = SystemClock().now_ms()
    context = contract_context_of(contract, evidence, now_ms, Cache())
    days = KnownDays(contract)
    due = obligations_of(context, month_of(now_ms, contract.time_zone), days)
    title = contract.version_at(now_ms).terms.title
    return ContractDates(
        contract.id, title, contract.time_zone.key, due, days.deadlines(local_date(now_ms, contract.time_zone))
    )


def _known(contract: Contract, names: tuple[str, ...]) -> None:
    from sla_monitor.contract.reading.nearest import suggestion

    known = dict.fromkeys(one.id for version in contract.versions for one in version.terms.obligations)
    for name in names:
        if name not in known:
            raise click.UsageError(f"no such obligation: {name[:63]!r} ({suggestion(name, known)})")


def _print(contract: Contract, chosen: list[DueObligation], stray: tuple[int, ...], style: str) -> None:
    from sla_monitor.cli.shared.terminal import NONE, lines_of, table, width
    from sla_monitor.document.obligations import obligation
    from sla_monitor.wording.instants import format_date
    from sla_monitor.wording.obligations import OBLIGATION_WORDS, describe_consequence, describe_known

    zone = contract.time_zone
    if style == "json":
        rows = [obligation(one, zone) for one in chosen]
        click.echo(json.dumps({"contract": contract.id, "obligations": rows, "stray_entries": list(stray)}, indent=2))
        return
    told = [
        {
            "due": format_date(one.last_on),
            "obligation": one.terms.id,
            "what": one.terms.title,
            "owed by": one.terms.party,
            "state": OBLIGATION_WORDS[one.state],
            "known": describe_known(one, zone) or NONE,
            "if late": describe_consequence(one.terms) or NONE,
            "clause": one.terms.clause or NONE,
        }
        for one in chosen
    ]
    click.echo(lines_of(table(told, DISPENSABLE, width())) if told else "no obligations")
    for number in stray:
        click.echo(f"entry {number} is about a day on which nothing is due (see `register show`)", err=True)
