"""`sla-monitor ledger export`: a contract's evidence as one file, from which both sides can work a month out again."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from sla_monitor.cli.shared.options import config_option, copy_option, ledger_option
from sla_monitor.cli.shared.output_files import LARGEST_MODE
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument, month_named, recorded

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.sla.evidence import Evidence


@click.command()
@config_option
@ledger_option
@contract_argument
@click.option("--from", "first", help="The first month, as 2026-10; without it the contract's first.")
@click.option("--until", "last", help="The last month; without it the one that is running, or the contract's last.")
@click.option(
    "--observations", is_flag=True, help="Every single observation too, also where no KPI is worked out from it."
)
@copy_option
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this new file.")
def export(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path,
    ledger: Path | None,
    contract: str,
    first: str | None,
    last: str | None,
    observations: bool,
    copy: str,
    output: Path | None,
) -> None:
    """Write what was seen and said of CONTRACT (its id, or the path of its file) as an evidence file.

    Caps, repeats and triggers look back, so that without --from it begins with the contract. The supplier's copy is
    without the notes that the authority made for itself; all figures come out the same. Safe while the daemon runs.
    """
    from sla_monitor.clock import SystemClock
    from sla_monitor.evidence import evidence_text
    from sla_monitor.evidence.disclosed import DisclosedEvidence

    found, now_ms = chosen_contract(contract, config, ledger=ledger), SystemClock().now_ms()
    with recorded(config, ledger) as source:
        seen = _range(found, source, first, last, now_ms)
        given = DisclosedEvidence(source, is_redacted=copy == "supplier")
        pieces = evidence_text(found, given, seen, now_ms, every_observation=observations)
        if output is None:
            sys.stdout.writelines(pieces)
        else:
            _write(pieces, output)


def _range(contract: Contract, source: Evidence, first: str | None, last: str | None, now_ms: int) -> tuple[int, int]:
    """From when until when the file speaks."""
    from sla_monitor.periods.edges import month_at, run_of
    from sla_monitor.periods.terms_slices import evidence_range

    run, this = run_of(contract), month_at(now_ms, contract.time_zone)
    begin = _month(first or run.first, "--from", contract, now_ms)
    end = _month(last or min(this, run.last or this), "--until", contract, now_ms)
    if end < begin:
        raise click.UsageError(f"--until {end} is before --from {begin}")
    return evidence_range(contract, source.first_ms(contract.id), (begin, end), now_ms)


def _month(text: str, option: str, contract: Contract, now_ms: int) -> str:
    try:
        return month_named(text, contract, now_ms)
    except click.BadParameter as error:
        error.param_hint = option
        raise


def _write(pieces: Iterable[str], output: Path) -> None:
    """The whole file or none, never over another."""
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, LARGEST_MODE)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            _copy(pieces, file)
        os.link(part, output)
    except FileExistsError:
        raise click.ClickException(f"{output}: already exists; choose another name, or move it aside") from None
    except OSError as error:
        raise click.ClickException(f"{output}: cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"{output}: {output.stat().st_size:,} bytes", err=True)


def _copy(pieces: Iterable[str], file: TextIO) -> None:
    file.writelines(pieces)
    file.flush()
    os.fsync(file.fileno())
