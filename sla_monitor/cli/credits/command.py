"""`sla-monitor credits`: what became of a contract's credits, and an invoice of the supplier's against them."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.credits.account import account_of
from sla_monitor.cli.credits.invoice import reconcile_invoice
from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import config_option, ledger_option
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.sla.money.recovery import CreditAccount

DISPENSABLE = ("difference", "written off", "invoiced", "notified")
"""What a narrow terminal does without, in this order."""


@click.group("credits", cls=Commands)
def credits_group() -> None:
    """What became of credits: expected, notified, on an invoice, paid or set off, and what is open for how long.

    `sla-monitor register add credit-notified`, `credit-invoiced`, `credit-settled` and `credit-written-off` enter each
    step.
    """


credits_group.add_command(reconcile_invoice)


@credits_group.command("list")
@contract_argument
@config_option
@ledger_option
@click.option("--open", "only_open", is_flag=True, help="Only months of which something is open, or to be returned.")
@click.option(
    "--format", "style", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True,
    help="Output format.",
)  # fmt: skip
def list_credits(contract: str, config: Path, ledger: Path | None, only_open: bool, style: str) -> None:
    """List the credits of CONTRACT by month, with what is open by age and the sums over the term.

    The exit status is 1 where a credit is past due, or not notified or on an invoice in time.
    """
    found = chosen_contract(contract, config)
    account = account_of(found, config, ledger)
    if style == "json":
        from sla_monitor.document.recovery import credit_account_json

        told = credit_account_json(account, found.currency) if account else None
        click.echo(json.dumps({"contract": found.id, "recovery": told}, indent=2))
    elif style == "csv":
        from sla_monitor.document.recovery import credit_account_csv

        click.echo(credit_account_csv(account, found.currency), nl=False)
    else:
        _print(found, account, only_open=only_open)
    if any(one.days_late or one.is_notice_late or one.is_invoice_late for one in account.months):
        sys.exit(1)


def _print(contract: Contract, account: CreditAccount, *, only_open: bool) -> None:
    from sla_monitor.cli.shared.terminal import lines_of, table, width, wrapped
    from sla_monitor.wording.instants import format_day, format_month
    from sla_monitor.wording.numbers import format_money
    from sla_monitor.wording.recovery import AGE_WORDS, credit_remarks, describe_credit_state

    if account.as_of is None:
        click.echo("the contract has no terms of invoicing, and nothing was entered about its credits")
        return

    def money(*amounts: Decimal) -> list[str]:
        return [format_money(amount, contract.currency) for amount in amounts]

    heads = ("expected", "notified", "invoiced", "recovered", "written off", "open")
    rows = []
    for one in account.months:
        if one.open or not only_open:
            amounts = money(one.expected, one.notified, one.invoiced, one.recovered, one.written_off, one.open)
            rows.append({"month": one.month, **dict(zip(heads, amounts, strict=True)),
                         "state": describe_credit_state(one)})  # fmt: skip
    sums = money(*(getattr(account, head.replace(" ", "_")) for head in heads))
    rows.append({"month": "term so far", **dict(zip(heads, sums, strict=True)), "state": ""})
    lines = [table(rows, DISPENSABLE, width()), ""]
    ages = (f"{money(amount)[0]} {AGE_WORDS[age]}" for age, amount in account.by_age().items() if amount)
    lines.append(wrapped(f"Open on {format_day(account.as_of)}: {', '.join(ages) or 'nothing'}.", width()))
    for one in account.months:
        lines += [
            wrapped(f"{format_month(one.month)}: {remark}.", width(), "  ")
            for remark in credit_remarks(one, contract.currency)
        ]
    lines += [f"entry {number} is about a month of which nothing is known" for number in account.stray]
    click.echo(lines_of("\n".join(lines)))
