"""`sla-monitor review CONTRACT`: the pack for the monthly review meeting, and the list of those that were made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.options import config_option, ledger_option
from sla_monitor.cli.sources import chosen_contract, last_closed, ledger_path, month_named, recorded

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.evidence import Source
    from sla_monitor.review.case import Case

ALL = "html,pdf,xlsx,csv,json"
_folder = click.Path(file_okay=False, path_type=Path)
_file = click.Path(dir_okay=False, path_type=Path)


@click.command()
@config_option
@ledger_option
@click.argument("contract", required=False)
@click.option("--period", help="The month, as 2026-10, or running; without it the last one that is over.")
@click.option("--evidence", type=_file, help="Work from this evidence file, and not from the ledger.")
@click.option("--output", type=_folder, default=Path("reviews"), show_default=True, help="The folder of the packs.")
@click.option("--format", "formats", default=ALL, show_default=True, help="Which renderings, with commas between.")
@click.option("--copy", type=click.Choice(["authority", "supplier"]), default="authority", show_default=True)
@click.option("--list", "is_list", is_flag=True, help="List the packs in the folder, and whether they are whole.")
def review(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path,
    ledger: Path | None,
    contract: str | None,
    period: str | None,
    evidence: Path | None,
    output: Path,
    formats: str,
    copy: str,
    is_list: bool,
) -> None:
    """Make the review pack of CONTRACT (its id, or the path of its file) for a month.

    The pack is a folder, CONTRACT-2026-10, with the same figures as HTML, PDF, workbook, CSV and JSON, and a manifest
    of their digests. An earlier pack of the month is replaced as a whole. The same contract and the same evidence
    always give the same bytes.
    """
    if is_list:
        _list(output)
        return
    if contract is None:
        raise click.UsageError("which contract? (write its id, or --list)")
    wanted = _formats(formats)
    with _made_from(config, ledger, contract, period, evidence) as (case, document):
        _put(case, document, wanted, (output, copy))


def _formats(text: str) -> list[str]:
    known = ALL.split(",")
    wanted = [name.strip() for name in text.split(",")]
    for name in wanted:
        if name not in known:
            raise click.BadParameter(f"{name[:20]!r} is none of {ALL}", param_hint="--format")
    return wanted


@contextmanager
def _made_from(
    config: Path, ledger: Path | None, name: str, period: str | None, evidence: Path | None
) -> Iterator[tuple[Case, str]]:
    """What a pack says, and the assessment in JSON."""
    from sla_monitor.clock import SystemClock
    from sla_monitor.evidence import read_evidence

    contract = chosen_contract(name, config)
    if evidence is not None:
        if ledger is not None:
            raise click.UsageError("--evidence and --ledger exclude each other (leave one of them out)")
        found = read_evidence(evidence, contract)
        month = _month(period or last_closed(contract, found.until_ms), contract, found.as_of_ms)
        yield _case(contract, found, month, found.as_of_ms)
        return
    now_ms = SystemClock().now_ms()
    month = _month(period or last_closed(contract, now_ms), contract, now_ms)
    with recorded(ledger_path(config, ledger)) as source:
        yield _case(contract, source, month, now_ms)


def _month(text: str, contract: Contract, now_ms: int) -> str:
    try:
        return month_named(text, contract, now_ms)
    except click.BadParameter as error:
        error.param_hint = "--period"
        raise


def _case(contract: Contract, source: Source, month: str, now_ms: int) -> tuple[Case, str]:
    from hashlib import sha256

    from sla_monitor import __version__
    from sla_monitor.assess import assess_month
    from sla_monitor.assess.document import document, document_text
    from sla_monitor.cli.inputs import inputs_of
    from sla_monitor.evidence import Digested
    from sla_monitor.register.standing import standing
    from sla_monitor.review.case import Case

    read = Digested(source)
    found = assess_month(contract, read, month, now_ms)
    inputs = inputs_of(contract, read, found)
    text = document_text(document(found, inputs))
    terms = contract.version_at(max(min(now_ms, found.period.end_ms - 1), found.period.start_ms)).terms
    digest = sha256(text.encode()).hexdigest()
    register = standing(read.entries(contract.id))
    return Case(found, terms, register, digest, inputs, f"sla-monitor {__version__}"), text


def _put(case: Case, text: str, formats: list[str], where: tuple[Path, str]) -> None:
    from sla_monitor.assess.document import document, document_text
    from sla_monitor.review.copies import for_supplier
    from sla_monitor.review.make import renderings
    from sla_monitor.review.shelf import put

    output, copy = where
    if copy == "supplier":
        case = for_supplier(case)
        text = document_text(document(case.assessment, case.inputs))
    files = renderings(case, text, formats, _progress(len(formats)))
    name = f"{case.assessment.contract}-{case.month}" + ("-supplier" if copy == "supplier" else "")
    put(output / name, files)
    size = sum(map(len, files.values()))
    click.echo(f"{output / name}: {len(files)} files, {size:,} bytes, {case.assessment.status}")


def _progress(total: int) -> Callable[[str], None]:
    """Says which rendering is being made, to whoever sits at a terminal."""
    begun = iter(range(1, total + 1))

    def say(name: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"{next(begun)}/{total} {name}", err=True)

    return say


def _list(shelf: Path) -> None:
    from sla_monitor.cli.terminal import lines_of, table, width
    from sla_monitor.review.shelf import shelved

    rows = [
        {
            "contract": one.contract,
            "month": one.month,
            "status": one.status,
            "copy": one.copy,
            "assessment": one.digest[:16],
            "files": "whole" if not one.changed else f"changed: {', '.join(one.changed)}",
            "folder": str(one.folder),
        }
        for one in shelved(shelf)
    ]
    click.echo(lines_of(table(rows, ("assessment", "copy"), width())) if rows else f"{shelf}: no packs")
