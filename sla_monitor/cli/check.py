"""`sla-monitor check`: read everything as the daemon would, and say what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.options import CONFIGS, config_option
from sla_monitor.cli.shared.sources import terms_in_force

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sla_monitor.configuration import Configuration
    from sla_monitor.contract.contract import Contract

WINDOWS = {
    "period": "a month",
    "quarter": "a quarter",
    "contract_year": "a contract year",
    "calendar_year": "a calendar year",
    "trailing_12_months": "twelve months",
}


def _no_settings(_: click.Context, __: click.Parameter, files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Settings in the place of a contract would be a dozen unknown keys. Raises BadParameter."""
    for file in files:
        if file.name == CONFIGS[0].name:
            raise click.BadParameter(f"{file}: these are settings, not a contract (write --config {file})")
    return files


@click.command()
@config_option
@click.argument(
    "files",
    metavar="[FILE]...",
    nargs=-1,
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_no_settings,
)
@click.option(
    "--beside",
    "others",
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Settings of another collector of the same contracts: each contract must have one collector. Repeatable.",
)
def check(config: Path, others: tuple[Path, ...], files: tuple[Path, ...]) -> None:
    """Check the configuration, or the contract FILEs alone.

    Every mistake is one line, file:line:column: key path: what is wrong (what would be right), on standard error,
    and the exit status is 1. Without mistakes each contract is one line on standard output, and one more for each of
    its caps: what that puts truly at risk. What is allowed but cannot work well is said on standard error,
    marked [advice]; secrets and files that are not there, marked [unreadable]; where terms need an approval, those in
    force that are not the file's, marked [terms]. None of these changes the exit status.
    """
    from sla_monitor.clock import SystemClock
    from sla_monitor.contract.advice import advice
    from sla_monitor.contract.load import load_contract_files
    from sla_monitor.references import unreadable, unreadable_of

    now_ms = SystemClock().now_ms()
    if files:
        contracts = load_contract_files(list(files))
        missing = unreadable_of(contracts, now_ms)
    else:
        configuration = _checked(config, others)
        contracts = configuration.contracts
        missing = unreadable(config, configuration.settings, contracts, now_ms)
    for line in missing:
        click.echo(f"{line} [unreadable]", err=True)
    for contract in contracts:
        for line in advice(contract, now_ms):
            click.echo(f"{line} [advice]", err=True)
        click.echo(_summary(contract, now_ms))
        for line in _at_risk(contract, now_ms):
            click.echo(line)


def _checked(config: Path, others: tuple[Path, ...]) -> Configuration:
    """The whole configuration, with what is to be said of it. Raises ConfigError."""
    from sla_monitor.configuration import division_problems, read_configuration, settings_advice
    from sla_monitor.errors import ConfigError
    from sla_monitor.settings.web_config import WebFiles

    configuration = read_configuration(config)
    if others and (problems := division_problems([config, *others])):
        raise ConfigError(problems)
    WebFiles(configuration.settings.web_config)  # the daemon does not start without them
    for line in settings_advice(config, configuration):
        click.echo(f"{line} [advice]", err=True)
    for line in (line for one in terms_in_force(config) for line in one.told()):
        click.echo(f"{line} [terms]", err=True)
    for name in configuration.elsewhere:
        click.echo(f"{name}: of another collector (only_contracts)")
    return configuration


def _summary(contract: Contract, now_ms: int) -> str:
    terms = contract.version_at(now_ms).terms
    counts = (
        (len(terms.services), "service"),
        (sum(len(service.endpoints) for service in terms.services), "endpoint"),
        (len(terms.kpis), "KPI"),
        (len(contract.versions), "version"),
    )
    return f"{contract.id}: {', '.join(_counted(count, word) for count, word in counts)} ({contract.file})"


def _at_risk(contract: Contract, now_ms: int) -> Iterator[str]:
    from sla_monitor.sla.money.at_risk import at_risk
    from sla_monitor.wording.numbers import format_money, format_ratio

    terms = contract.version_at(now_ms).terms
    for one in at_risk(terms):
        limit = f"{format_money(one.limit, terms.currency)} in {WINDOWS[one.over]}"
        name = f"{one.cap}, {one.scope}" if one.scope else one.cap
        yield f"  cap {name}: {limit}, {format_ratio(one.percent / 100)} of all charges in force"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
