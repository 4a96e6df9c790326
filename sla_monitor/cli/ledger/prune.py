"""`sla-monitor ledger prune`: take sealed days out of the database, once it is shown that they are in the archive."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.options import config_option, ledger_option
from sla_monitor.cli.shared.sources import configuration_in_force
from sla_monitor.cli.shared.terminal import plain, progress_bar
from sla_monitor.errors import ArchiveError, SlaMonitorError

if TYPE_CHECKING:
    from sla_monitor.archive.sealed import SealedDay
    from sla_monitor.contract.contract import Contract
    from sla_monitor.ledger.housekeeping.pruning import Plan
    from sla_monitor.ledger.reading.pruned_days import PrunedDay
    from sla_monitor.ledger.reading.whole_days import WholeDays
    from sla_monitor.settings import Settings

KEPT_DAYS = 62
"""Days that always stay: what runs, and the month that has just ended, is asked for all the time."""


@click.command()
@config_option
@ledger_option
@click.option(
    "--before",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help=f"The first day that stays, UTC; at least {KEPT_DAYS} days ago.",
)
@click.option("--dry-run", is_flag=True, help="Check and report; change nothing.")
def prune(config: Path, ledger: Path | None, before: datetime, dry_run: bool) -> None:
    """Take observations out of the ledger that are in sealed days.

    Each day is checked first: its signature, its digests, and that it holds what the ledger holds. Spans, register and
    heartbeats stay; figures of single observations are then calculated from the archive: keep it and a
    copy. Safe while the daemon runs, and safe to interrupt.
    """
    from sla_monitor.clock import SystemClock

    configuration = configuration_in_force(config, ledger)
    today = datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).date()
    if before.date() > today - timedelta(days=KEPT_DAYS):
        raise click.BadParameter(f"must be {today - timedelta(days=KEPT_DAYS)} or earlier", param_hint="--before")
    settings = configuration.settings
    failed = False
    for contract in configuration.contracts:
        try:
            _prune(_Work(contract, settings, ledger or settings.ledger.path, before.date()), dry_run)
        except SlaMonitorError as error:
            click.echo(plain(f"{contract.id}: {error}"), err=True)
            failed = True
    sys.exit(int(failed))


@dataclass(frozen=True, slots=True)
class _Work:
    contract: Contract
    settings: Settings
    ledger: Path
    before: date

    @property
    def folder(self) -> Path:
        return self.settings.archive.folder / self.contract.id


def _prune(work: _Work, dry_run: bool) -> None:
    from sla_monitor.clock import Rests, SystemClock
    from sla_monitor.ledger.housekeeping.pruning import prune, take_out

    name = work.contract.id
    planned = _plan(work)
    if planned is not None:
        first, last = planned.days[0].day, planned.days[-1].day
        count = sum(day.observations for day in planned.days)
        told = f"{name}: {len(planned.days)} days, {first} to {last}, {count:,} observations"
        if dry_run:
            click.echo(f"{told} would be removed")
            return
        prune(work.ledger, planned)
        click.echo(told)
    elif dry_run:
        click.echo(f"{name}: no sealed day before {work.before} is left to be taken out")
        return
    with progress_bar(f"Taking out {name}") as progress:
        gone = take_out(work.ledger, name, progress, Rests(SystemClock()))
    click.echo(f"{name}: {gone:,} observations taken out")


def _plan(work: _Work) -> Plan | None:
    """What is to go, checked. Raises ArchiveError and LedgerError."""
    from sla_monitor.ledger.housekeeping.pruning import plan

    days = list(_verified(work))
    if not days:
        return None
    with progress_bar(f"Reading {work.contract.id}") as progress:
        return plan(work.ledger, work.contract.id, days, progress)


def _verified(work: _Work) -> Iterator[PrunedDay]:
    """Sealed days that the ledger still has, ascending, each compared with it. Raises ArchiveError."""
    from sla_monitor.archive.verifying import Against, verify
    from sla_monitor.ledger.reading.whole_days import WholeDays
    from sla_monitor.signing import SigningKey, VerifyingKey

    if not work.folder.exists():
        return
    own = SigningKey.read(work.settings.ledger.key).public
    keys = (own, *map(VerifyingKey.read, work.settings.archive.former))
    with progress_bar(f"Checking {work.contract.id}") as progress:
        report = verify(work.folder, Against(keys), progress)
    if report.problems:
        raise ArchiveError("\n".join(report.problems))
    before: SealedDay | None = None
    with closing(WholeDays(work.ledger)) as days:
        known = days.pruned(work.contract.id)
        for day in report.days:
            if day.on >= work.before:
                return
            if day.folder.name in known:
                _same(day, known[day.folder.name])
            else:
                yield _compared(work, days, day, before)
            before = day


def _same(day: SealedDay, known: str) -> None:
    if day.digest != known:
        raise ArchiveError(f"{day.folder}: is not the day that was taken out of the ledger")


def _compared(work: _Work, days: WholeDays, day: SealedDay, before: SealedDay | None) -> PrunedDay:
    """A day that holds exactly what the ledger holds. Raises ArchiveError."""
    from sla_monitor.archive import table
    from sla_monitor.archive.sealed import OBSERVATIONS
    from sla_monitor.cli.ledger.seal import day_of, marks_of
    from sla_monitor.ledger.reading.pruned_days import PrunedDay

    about = day.about
    terms = work.contract.version_at(about["from_ms"]).terms
    if about["phases"] != "us" and any(kpi.needs_samples for kpi in terms.kpis):
        raise ArchiveError(f"{day.folder}: has no exact times, and a KPI is made of them; it stays in the ledger")
    with days.day(work.contract.id, about["from_ms"], about["until_ms"], marks_of(before), marks_of(day)) as record:
        rows = day_of(work.contract, day.on, record).table_rows()
        if problem := table.difference(day.path(OBSERVATIONS), table.SHAPES[about["phases"]], rows):
            raise ArchiveError(f"{day.folder}: does not hold what the ledger holds: {problem}")
    return PrunedDay(
        work.contract.id,
        day.folder.name,
        about["from_ms"],
        about["until_ms"],
        day.digest,
        about["last_observation"],
        about["observations"],
    )
