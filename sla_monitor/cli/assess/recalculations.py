"""`sla-monitor recalculations CONTRACT`: closed months whose figures became others after they were first told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.register.formatting import print_json
from sla_monitor.cli.shared.options import config_option, format_option, ledger_option, period_option
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument, recorded
from sla_monitor.cli.shared.terminal import lines_of, table, width, wrapped
from sla_monitor.wording.figure_changes import told_differences
from sla_monitor.wording.instants import format_instant, format_month
from sla_monitor.wording.recalculations import describe_because

if TYPE_CHECKING:
    from sla_monitor.assess.recalculations import Recalculation
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.entries import Entry


@click.command()
@contract_argument
@config_option
@ledger_option
@period_option("Only this month: 2026-10.")
@format_option
def recalculations(contract: str, config: Path, ledger: Path | None, period: str | None, style: str) -> None:
    """List the closed months of CONTRACT whose figures changed after they were first told.

    Each with what changed, from what to what, when, and why: the entries of the register with who made them, other
    terms, an import, another version of the program, or observations that came in late. The daemon puts a month on
    record when it is first told and whenever it comes out otherwise.
    """
    from sla_monitor.assess.recalculations import recalculations as found_in
    from sla_monitor.register.effective import effective_entries

    found = chosen_contract(contract, config, ledger=ledger)
    with recorded(config, ledger) as reader:
        entries = {entry.number: entry for entry in reader.entries(found.id)}
        several = list(found_in(reader.month_results(found.id), effective_entries(entries.values())))
    chosen = [one for one in several if period in (None, one.month)]
    if style == "json":
        from sla_monitor.document.recalculated import recalculations_document

        print_json(recalculations_document(found.id, found.currency, chosen, entries))
        return
    if not chosen:
        click.echo("No closed month came out otherwise than it was first told.")
    for one in chosen:
        click.echo(lines_of(_told(one, found, entries)))


def _told(one: Recalculation, contract: Contract, entries: Mapping[int, Entry]) -> str:
    signed = ", which was signed off," if one.is_signed else ""
    head = f"{format_month(one.month)}{signed} came out otherwise on {format_instant(one.at_ms, contract.time_zone)}"
    rows = [{key: row[key] for key in ("figure", "before", "after")} for row in _rows(one, contract)]
    because = wrapped(f"because {describe_because(one.because, entries)}", width(), "  ")
    return f"{head}\n{table(rows, (), width())}\n{because}\n"


def _rows(one: Recalculation, contract: Contract) -> Iterator[dict[str, str]]:
    """What changed, as people read it."""
    from sla_monitor.contract.local_time import instant_ms
    from sla_monitor.periods.months import last_day

    terms = contract.version_at(instant_ms(last_day(one.month), time.max, contract.time_zone)).terms
    yield from told_differences(one.month, one.before, one.after, terms)
