"""Contract, evidence and month that a command about one contract works on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.completion import contract_ids
from sla_monitor.errors import ConfigError

if TYPE_CHECKING:
    from sla_monitor.archive.reading import Archived
    from sla_monitor.configuration import Configuration
    from sla_monitor.contract.bank_holidays import HolidayPlace
    from sla_monitor.contract.contract import Contract
    from sla_monitor.ledger.reading.reader import CachingReader, Reader
    from sla_monitor.terms_in_force import ContractInForce

contract_argument = click.argument("contract", shell_complete=contract_ids)
"""An id in the configuration, or a path."""


def chosen_contract(
    name: str, config: Path, holidays: HolidayPlace | None = None, ledger: Path | None = None
) -> Contract:
    """A contract by its id, by the terms that are in force, or by the path of its file; `holidays`: where its files of
    bank holidays are, if not where it says; `ledger`: the one that is named. Raises ConfigError, LedgerError, and
    UsageError for a name of none."""
    from sla_monitor.configuration import read_configuration
    from sla_monitor.contract.load import load_again, load_contract
    from sla_monitor.contract.reading.nearest import suggestion

    if is_file_name(name):
        return load_contract(Path(name), holidays)
    if holidays is not None and holidays.is_only:
        raise click.UsageError("--holidays goes with a contract's file (name the file, and not the id)")
    read = read_configuration(config)
    if name in read.elsewhere:
        raise click.UsageError(f"{name!r} is the contract of another collector (see only_contracts in {config})")
    contracts = {one.contract.id: one for one in _asked_of(read, ledger)}
    if name not in contracts:
        raise click.UsageError(f"there is no contract {name[:63]!r} ({suggestion(name, contracts)})")
    _tell_terms([contracts[name]])
    contract = contracts[name].contract
    return contract if holidays is None else load_again(contract, holidays)


def is_file_name(name: str) -> bool:
    """Whether a contract is named by its file."""
    return name.endswith((".yaml", ".yml")) or "/" in name


def configuration_in_force(config: Path, ledger: Path | None = None, *, is_whole: bool = False) -> Configuration:
    """The configuration by the terms that are in force; standard error says where those are not the files'. `is_whole`:
    also other collectors' contracts, by their files: their terms are in another ledger. Raises ConfigError and
    LedgerError."""
    from sla_monitor.configuration import read_configuration
    from sla_monitor.terms_in_force import with_terms_in_force

    read = read_configuration(config)
    several = _asked_of(read, ledger)
    _tell_terms(several)
    ours = with_terms_in_force(read, several)
    if not is_whole or not read.elsewhere:
        return ours
    whole = read_configuration(config, is_whole=True)
    by_id = {contract.id: contract for contract in ours.contracts}
    return replace(whole, contracts=tuple(by_id.get(contract.id, contract) for contract in whole.contracts))


def terms_in_force(config: Path, ledger: Path | None = None) -> Sequence[ContractInForce]:
    """What is in force of every contract. Where no approval is required, or no ledger was made yet, the files are."""
    from sla_monitor.configuration import read_configuration

    return _asked_of(read_configuration(config), ledger)


def _asked_of(read: Configuration, ledger: Path | None) -> Sequence[ContractInForce]:
    from sla_monitor.clock import SystemClock
    from sla_monitor.ledger import read_only
    from sla_monitor.terms_in_force import ContractInForce, contracts_in_force

    path = ledger or read.settings.ledger.path
    if read.settings.terms.approval != "required" or not path.exists():
        return [ContractInForce(contract, contract) for contract in read.contracts]
    with read_only(path) as record:
        return contracts_in_force(read, record, SystemClock().now_ms())


def _tell_terms(several: Iterable[ContractInForce]) -> None:
    from sla_monitor.cli.shared.terminal import plain

    for line in (line for one in several for line in one.told()):
        click.echo(plain(line), err=True)


def ledger_path(config: Path, ledger: Path | None) -> Path:
    """The ledger that is named, or else the daemon's. Raises ConfigError, and LedgerError when there is none.

    No command but `ledger init` makes one: a second one beside the daemon's would be taken for it."""
    from sla_monitor.errors import LedgerError

    path = ledger or ledger_of(config)
    if path.is_symlink() or path.exists():
        return path
    why = "named with --ledger" if ledger else f"where {config} says"
    raise LedgerError(
        f"{path}: there is no ledger here ({why}); name the daemon's with --ledger, or its settings with --config."
        " The daemon makes one at its first start, and `sla-monitor ledger init` without it"
    )


def ledger_of(config: Path) -> Path:
    """Where the daemon with these settings has its ledger, or will have it. Raises ConfigError."""
    from sla_monitor.settings import load_settings

    return load_settings(config).ledger.path


@contextmanager
def recorded(config: Path, ledger: Path | None) -> Iterator[Reader]:
    """A ledger's evidence, and the observations behind it, be they in the archive. Raises LedgerError and its kinds."""
    from sla_monitor.ledger import read_only

    with read_only(ledger_path(config, ledger), _archive(config, ledger)) as reader:
        yield reader


def keeping(config: Path, ledger: Path | None) -> CachingReader:
    """The same for who may write the ledger: what is worked out of it is kept there."""
    from sla_monitor.ledger.reading.reader import CachingReader

    return CachingReader(ledger_path(config, ledger), _archive(config, ledger))


def _archive(config: Path, ledger: Path | None) -> Archived | None:
    """The archive of the settings; none where a ledger is named and there are no settings to read."""
    from sla_monitor.archive.reading import Archived
    from sla_monitor.settings import load_settings

    try:
        return Archived(load_settings(config).archive.folder)
    except ConfigError:
        if ledger is None:
            raise
        return None


def month_named(text: str, contract: Contract, now_ms: int) -> str:
    """A month of the contract's term that has begun: 2026-10, or `running`. Raises BadParameter."""
    from sla_monitor.periods.edges import month_at, run_of
    from sla_monitor.periods.months import is_month

    run, this = run_of(contract), month_at(now_ms, contract.time_zone)
    month = this if text == "running" else text
    if not is_month(month):
        raise click.BadParameter(f"{text[:40]!r} is no month (write 2026-10, or running)")
    if month not in run:
        raise click.BadParameter(f"{month} is not in the term of {contract.id}, which runs {run.first} to {run.last}")
    if month > this:
        raise click.BadParameter(f"{month} has not begun (the month that is running is {this})")
    return month


def last_closed(contract: Contract, now_ms: int) -> str:
    """The last month that is over, or the term's last; the first month while that is running."""
    from sla_monitor.periods.edges import month_at, run_of
    from sla_monitor.periods.months import shifted

    run, before = run_of(contract), shifted(month_at(now_ms, contract.time_zone), -1)
    return max(run.first, min(before, run.last or before))
