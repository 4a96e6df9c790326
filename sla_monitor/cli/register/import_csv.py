"""`sla-monitor register import CONTRACT FILE.csv`: tickets and figures from a service desk's or a supplier's file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.entering import Propose, enter
from sla_monitor.cli.register.entry_session import EntrySession, session_options
from sla_monitor.cli.register.formatting import print_json, print_reservation
from sla_monitor.cli.register.preview import Entered, changes, show_changes
from sla_monitor.wording.known_by import COMMAND

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry


def _pairs(example: str, *, may_be_none: bool = False) -> Callable[..., dict[str, str]]:
    """Reads an option of pairs. `may_be_none`: the second may be empty."""

    def read(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
        found = [each.rpartition("=") for each in given]
        for text, (theirs, sign, ours) in zip(given, found, strict=True):
            if not theirs or not (ours or (may_be_none and sign)):
                raise click.BadParameter(f'{text!r} is no pair (write for example "{example}")')
        return {theirs: ours for theirs, _, ours in found}

    return read


map_option = click.option(
    "--map",
    "columns",
    multiple=True,
    callback=_pairs("Incident no=id"),
    metavar="HEADING=FIELD",
    help="A column's field.",
)
dates_option = click.option(
    "--dates", type=click.Choice(["iso", "day-first", "month-first"]), default="iso", help="As in 05/10/2026."
)


@click.command("import")
@session_options
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(["ticket", "figure"]), required=True, help="What each row is.")
@click.option("--preset", type=click.Choice(["servicenow", "jira", "glpi", "zammad"]), help="The tool that wrote FILE.")
@map_option
@click.option(
    "--priority",
    "priorities",
    multiple=True,
    callback=_pairs("1 - Critical=P1"),
    metavar="THEIRS=OURS",
    help="What a priority of the file is called in the contract.",
)
@click.option(
    "--service",
    "services",
    multiple=True,
    callback=_pairs("Custody suite=custody", may_be_none=True),
    metavar="THEIRS=OURS",
    help='Which service a name of the file is; "THEIRS=": none of ours; "*=": so is every other name.',
)
@dates_option
@click.option("--two-digit-years", is_flag=True, help="26 is 2026.")
@click.option("--open-without-end", "is_open_without_end", is_flag=True, help="Tickets without an end are open.")
@click.option("--party", type=click.Choice(["supplier", "authority", "agreed"]), help="Whose the figures are.")
@click.option("--reference", default="", help="For rows without one of their own.")
@click.option("--note", default="", help="For rows without one of their own.")
@click.option("--dry-run", is_flag=True, help="Check everything, and add nothing.")
def import_file(file: Path, kind: Any, columns: dict[str, str], dry_run: bool, **given: Any) -> None:
    """Add the rows of the CSV file FILE to the register of CONTRACT: all of them, or none.

    A ticket that has changed since is entered again and stands in place of the one before; what is in the register
    already is passed over. docs/register.md lists the columns.
    """
    from sla_monitor.register.csv_sheet import FIELDS, MORE
    from sla_monitor.register.importing import ImportSource, drafts, news

    if unknown := set(columns.values()) - {*FIELDS[kind], *MORE}:
        known = ", ".join((*FIELDS[kind], *MORE))
        raise click.UsageError(f"--map: a {kind} has no field {min(unknown)!r} (it has {known})")
    if kind != "ticket" and (given["preset"] or given["priorities"] or given["services"]):
        raise click.UsageError("--preset, --priority and --service are for tickets (pass --kind ticket)")
    told = ("dates", "reference", "note", "priorities", "services", "two_digit_years", "is_open_without_end")
    source = ImportSource(
        file.name,
        content_of(file),
        kind,
        columns,
        party=given["party"] or "",
        preset=given["preset"] or "",
        **{name: given[name] for name in told},
    )
    session = EntrySession.open(given["contract"], given["config"], given["ledger"], given["actor"])
    if ignored := source.sheet.ignored:
        click.echo(f"columns left out: {', '.join(map(repr, ignored))}", err=True)
    several = drafts(source, session.contract, session.actor, session.clock.now_ms(), known_by=COMMAND)
    several.refuse(source, session.contract)

    def propose(said: Callable[[], Sequence[Entry]]) -> list[Entry]:
        return news(source, several, session.contract, said())

    entered = _supposed(session, propose) if dry_run else enter(session, propose, yes=given["yes"])
    _print_result(session, entered, len(several.made), given["style"], dry_run=dry_run)


def content_of(file: Path) -> bytes:
    from sla_monitor.register.csv_sheet import SIZE_LIMIT

    try:
        with file.open("rb") as opened:
            return opened.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise click.ClickException(f"{file}: cannot be read: {error.strerror}") from None


def _supposed(session: EntrySession, propose: Propose) -> Entered:
    """What would be added, and what that would change."""
    new = list(propose(session.entries))
    found = changes(session, new)
    show_changes(found)
    return Entered(new, found)


def _numbers(first: int, last: int) -> str:
    return f"entry {first}" if first == last else f"entries {first} to {last}"


def _print_result(session: EntrySession, entered: Entered, count: int, style: str, *, dry_run: bool) -> None:
    added = entered.entries
    numbers = [] if dry_run or not added else [added[0].number, added[-1].number]
    but = _reservations(session, added)
    if style == "json":
        counts = {"rows": count, "added": len(added), "unchanged": count - len(added), "dry_run": dry_run}
        print_json(
            {"contract": session.contract.id, **counts, "numbers": numbers, "changed": entered.changes, "but": but}
        )
        return
    said = "would be added" if dry_run else "added"
    where = f" ({_numbers(*numbers)})" if numbers else ""
    rows = "1 row" if count == 1 else f"{count} rows"
    click.echo(f"{rows}: {len(added)} {said}{where}, {count - len(added)} in the register already")
    for line in but:
        print_reservation(line)


def _reservations(session: EntrySession, added: Sequence[Entry]) -> list[str]:
    """What the figures do not take from the rows, each told once."""
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.rules import doubts

    context = EntryContext(session.contract, session.entries)
    return list(dict.fromkeys(line for entry in added for line in doubts(entry, context)))
