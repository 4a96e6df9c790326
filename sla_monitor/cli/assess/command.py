"""`sla-monitor assess CONTRACT`: what the contract says about one month, and what a draft of it would have said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.options import config_option, format_option, ledger_option, period_option
from sla_monitor.cli.shared.output_files import replace_file
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument, last_closed, month_named, recorded

if TYPE_CHECKING:
    from sla_monitor.contract.bank_holidays import HolidayPlace
    from sla_monitor.contract.contract import Contract
    from sla_monitor.evidence.file_evidence import FileEvidence
    from sla_monitor.sla.evidence import Evidence

_file = click.Path(dir_okay=False, path_type=Path)
_folder = click.Path(exists=True, file_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class AssessOptions:
    """What is asked for: the month of a contract, from this evidence, as known at `now_ms`. `origin` names a file;
    `holidays` is where a draft's bank holidays are, if not where it says."""

    contract: Contract
    source: Evidence
    month: str
    now_ms: int
    origin: str = ""
    holidays: HolidayPlace | None = None


@dataclass(frozen=True, slots=True)
class ContractChoice:
    """A contract by its id or the path of its file, and the folder of its bank holidays, if one is named."""

    config: Path
    name: str
    holidays: Path | None


@click.command()
@config_option
@ledger_option
@contract_argument
@period_option("The month, as 2026-10, or running; without it the last one that is over.")
@click.option("--evidence", type=_file, help="Work from this evidence file, and not from the ledger.")
@click.option("--holidays", type=_folder, help="Read files of bank holidays here, as they are in a bundle.")
@click.option("--terms", type=_file, help="Compare with this draft of the contract, month by month up to the period.")
@format_option
@click.option("--working", is_flag=True, help="Print every step too; the JSON always has them.")
@click.option("--output", type=_file, help="Write to this file.")
def assess(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path,
    ledger: Path | None,
    contract: str,
    period: str | None,
    evidence: Path | None,
    holidays: Path | None,
    terms: Path | None,
    style: str,
    working: bool,
    output: Path | None,
) -> None:
    """Work out what CONTRACT (its id, or the path of its file) says about a month.

    Gross, claimed and agreed figures side by side, bands, points, credits before and after caps, what was set off,
    what may come, and what awaits a decision. The figures are by the terms of CONTRACT; --terms sets those of a draft
    beside them and changes none. To work a month out by a draft alone, give its path as CONTRACT. The same contract and
    the same evidence always give the same bytes of JSON.
    """
    with _asked(ContractChoice(config, contract, holidays), ledger, period, evidence) as asked:
        text = _assessed(asked, style, working) if terms is None else _compared(asked, terms, style)
    _put(text, style, output)


@contextmanager
def _asked(
    chosen: ContractChoice, ledger: Path | None, period: str | None, evidence: Path | None
) -> Iterator[AssessOptions]:
    from sla_monitor.cli.shared.evidence_files import read_together
    from sla_monitor.clock import SystemClock
    from sla_monitor.contract.bank_holidays import HolidayPlace

    if evidence is not None:
        if ledger is not None:
            raise click.UsageError("--evidence and --ledger exclude each other (leave one of them out)")
        with read_together(chosen.name, chosen.config, evidence, chosen.holidays) as both:
            contract, found = both.contract, both.evidence
            month = _month(period, contract, found.as_of_ms, found.until_ms)
            origin = _origin(evidence, contract, found)
            yield AssessOptions(contract, found, month, found.as_of_ms, origin, both.holidays)
        return
    place = None if chosen.holidays is None else HolidayPlace(chosen.holidays)
    contract = chosen_contract(chosen.name, chosen.config, place, ledger)
    now_ms = SystemClock().now_ms()
    month = _month(period, contract, now_ms, now_ms)
    with recorded(chosen.config, ledger) as source:
        yield AssessOptions(contract, source, month, now_ms, holidays=place)


def _origin(file: Path, contract: Contract, found: FileEvidence) -> str:
    """Which file it is, and of which time it speaks: whoever asks for another month sees why there is nothing."""
    from sla_monitor.cli.shared.terminal import plain
    from sla_monitor.register.instant import format_wall_time

    zone = contract.time_zone
    first, last = (format_wall_time(at_ms or 0, zone) for at_ms in (found.first_ms(contract.id), found.until_ms))
    return f"from {plain(file.name)}, which covers {first} to {last}"


def _month(period: str | None, contract: Contract, now_ms: int, until_ms: int) -> str:
    """The month that is asked for, or else the last one of which everything was seen."""
    try:
        return month_named(period or last_closed(contract, until_ms), contract, now_ms)
    except click.BadParameter as error:
        error.param_hint = "--period"
        raise


def _assessed(asked: AssessOptions, style: str, working: bool) -> str:
    from sla_monitor.assess import assess_month
    from sla_monitor.cli.assess.month import format_assessment
    from sla_monitor.cli.assess.working_steps import format_working
    from sla_monitor.cli.shared.terminal import width

    found = assess_month(asked.contract, asked.source, asked.month, asked.now_ms)
    if style == "json":
        from sla_monitor.document import document, document_text
        from sla_monitor.document.inputs import inputs_of

        return document_text(document(found, inputs_of(asked.contract, asked.source, found)))
    columns = width()
    told = format_assessment(found, asked.contract, columns, asked.origin)
    return f"{told}\n\n{format_working(found, asked.contract, columns)}\n" if working else f"{told}\n"


def _compared(asked: AssessOptions, terms: Path, style: str) -> str:
    from sla_monitor.assess.compare import what_if
    from sla_monitor.cli.assess.comparison import format_comparison
    from sla_monitor.cli.shared.terminal import width
    from sla_monitor.contract.load import load_contract
    from sla_monitor.document import comparison_document, document_text
    from sla_monitor.periods.months import shifted

    ours, draft = asked.contract, load_contract(terms, asked.holidays)
    if draft.id != ours.id:
        raise click.BadParameter(f"{terms} is contract {draft.id} (write id: {ours.id})", param_hint="--terms")
    currencies = [one.currency for one in (ours, draft)]
    if len(set(currencies)) > 1:
        raise click.BadParameter(f"{terms} is in {currencies[1]} (write {currencies[0]})", param_hint="--terms")
    found = what_if(ours, draft, asked.source, shifted(asked.month, 1), asked.now_ms)
    if style == "json":
        return document_text(comparison_document(found))
    return format_comparison(found, str(terms), width()) + "\n"


def _put(text: str, style: str, output: Path | None) -> None:
    """JSON is ASCII as it is, and the same bytes everywhere."""
    from sla_monitor.cli.shared.terminal import lines_of

    if output is None:
        click.echo(text if style == "json" else lines_of(text), nl=False)
        return
    replace_file(output, text)
    click.echo(f"{output}: {len(text.encode()):,} bytes", err=True)
