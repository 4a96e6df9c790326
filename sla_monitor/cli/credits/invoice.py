"""`sla-monitor credits reconcile`: an invoice of the supplier's against the credits that should stand on it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.credits.account import account_of
from sla_monitor.cli.register.entering import enter
from sla_monitor.cli.register.entry_session import EntrySession, session_options
from sla_monitor.cli.register.import_csv import content_of, dates_option, map_option

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.invoice_file import InvoiceFile, ReadInvoice
    from sla_monitor.sla.money.invoice_check import Checked


def _day(_: click.Context, __: click.Parameter, value: str | None) -> date | None:
    from sla_monitor.contract.fields import parse_day

    try:
        return None if value is None else parse_day(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command("reconcile")
@session_options
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@map_option
@dates_option
@click.option("--invoice", default="", help="The invoice's number, for rows without one of their own.")
@click.option("--date", "on", callback=_day, help="The invoice's day, for rows without one of their own.")
@click.option(
    "--credits", "sign", type=click.Choice(["negative", "positive"]), default="negative", show_default=True,
    help="How credits stand in the file; rows with the other sign are charges, and left out.",
)  # fmt: skip
@click.option(
    "--keep", type=click.Choice(["matched", "all"]),
    help="Enter the matched lines in the register, or also those with a wrong amount.",
)  # fmt: skip
@click.option(
    "--note", default="", help="Why lines are entered that need a reason: a wrong amount, or more than was notified."
)
def reconcile_invoice(  # noqa: PLR0913, PLR0917 - one for each option
    file: Path,
    columns: dict[str, str],
    dates: Any,
    invoice: str,
    on: date | None,
    sign: Any,
    keep: str | None,
    note: str,
    **given: Any,
) -> None:
    """Compare the CSV file FILE, an invoice of the supplier's, with the credits of CONTRACT.

    Each line is matched, entered already, of a wrong amount, or unknown; credits that were due on it and are not there
    are missing. Nothing is entered without --keep. The exit status is 1 where a line or credit is not as it should be.
    """
    from sla_monitor.register.csv_sheet import BILLED
    from sla_monitor.register.invoice_file import InvoiceFile, read_invoice
    from sla_monitor.sla.money.invoice_check import check_invoice

    if unknown := set(columns.values()) - set(BILLED):
        raise click.UsageError(f"--map: an invoice has no field {min(unknown)!r} (it has {', '.join(BILLED)})")
    if keep == "all" and not note.strip():
        raise click.UsageError("--note is missing (say why lines with a wrong amount are entered)")
    session = EntrySession.open(given["contract"], given["config"], given["ledger"], given["actor"])
    source = InvoiceFile(file.name, content_of(file), columns, dates, invoice, on, sign)
    read = read_invoice(source, session.contract)
    if source.sheet.ignored:
        click.echo(f"columns left out: {', '.join(map(repr, source.sheet.ignored))}", err=True)
    account = account_of(session.contract, given["config"], given["ledger"])
    found = check_invoice(read.lines, account)
    wanted = {"matched": {"matched"}, "all": {"matched", "wrong_amount"}}.get(keep or "", set())
    entries = _kept(session, source, [one for one in found if one.verdict in wanted], note, yes=given["yes"])
    _print(session.contract, (read, sign), found, entries, given["style"])
    if any(one.verdict in {"wrong_amount", "unknown", "missing"} for one in found):
        sys.exit(1)


def _kept(
    session: EntrySession, source: InvoiceFile, several: Sequence[Checked], note: str, *, yes: bool
) -> Sequence[Entry]:
    """Enter lines, all or none."""
    from sla_monitor.errors import RegisterError
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.entry_parsing import body_of
    from sla_monitor.register.rules import problems

    drafts = []
    for one in several:
        line = one.line
        assert line is not None  # noqa: S101 - what is missing is not entered
        words = {"month": line.month, "amount": line.amount, "on": f"{line.on}", "invoice": line.invoice}
        said = body_of("credit_invoiced", {**words, **({"line": line.line} if line.line else {})}, session.zone)
        drafts.append(session.entry(said, evidence=source.evidence, note=note))

    def propose(said: Callable[[], Sequence[Entry]]) -> Sequence[Entry]:
        context = EntryContext(session.contract, said)
        if found := [line for draft in drafts for line in problems(draft, context)]:
            raise RegisterError(found)
        return drafts

    return enter(session, propose, yes=yes).entries if drafts else ()


def _print(
    contract: Contract, source: tuple[ReadInvoice, str], found: Sequence[Checked], entries: Sequence[Entry], style: str
) -> None:
    """`source`: the file, and how credits stand in it."""
    from sla_monitor.cli.shared.terminal import NONE, lines_of, table, width
    from sla_monitor.wording.instants import format_month
    from sla_monitor.wording.numbers import format_money
    from sla_monitor.wording.recovery import VERDICT_WORDS, describe_rows_left_out

    (read, sign), numbers = source, [entry.number for entry in entries]
    if style == "json":
        lines = [
            {"verdict": one.verdict, "row": one.line.row if one.line else None, "month": one.month,
             "invoice": one.line.invoice if one.line else "", "line": one.line.line if one.line else "",
             "amount": f"{one.amount}", "due": f"{one.due}", "difference": f"{one.difference}"}
            for one in found
        ]  # fmt: skip
        told = {
            "contract": contract.id,
            "lines": lines,
            "left_out": read.charges,
            "elsewhere": read.elsewhere,
            "entered": numbers,
        }
        click.echo(json.dumps(told, indent=2))
        return
    rows = [
        {
            "row": f"{one.line.row}" if one.line else NONE,
            "month": format_month(one.month) if one.month else NONE,
            "invoice": " ".join(filter(None, (one.line.invoice, one.line.line))) if one.line else NONE,
            "on the invoice": format_money(one.amount, contract.currency) if one.line else NONE,
            "due": format_money(one.due, contract.currency) if one.due else NONE,
            "verdict": VERDICT_WORDS[one.verdict],
        }
        for one in found
    ]
    click.echo(lines_of(table(rows, (), width())) if rows else "no line credits anything, and none was due")
    for line in describe_rows_left_out(read.charges, read.elsewhere, sign):
        click.echo(line)
    if numbers:
        several = f" --through {numbers[-1]}" if len(numbers) > 1 else ""
        click.echo(
            f"entered as {', '.join(map(str, numbers))}; `register undo {contract.id} {numbers[0]}{several}`"
            " takes that back"
        )
