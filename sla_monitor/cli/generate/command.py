"""`sla-monitor generate`: what Prometheus, Alertmanager and Grafana need, written from the contract files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import config_option
from sla_monitor.cli.shared.sources import configuration_in_force

Command = Callable[..., None]


@click.group(cls=Commands)
def generate() -> None:
    """Write the files that Prometheus, Alertmanager and Grafana need.

    They follow from the contract files and the settings: the same input gives the same bytes. Files are replaced
    as a set or not at all; those of a contract that is gone are taken away.
    """


def _options(command: Command) -> Command:
    """What every generator can be told."""
    for option in (
        config_option,
        click.option(
            "--output",
            required=True,
            type=click.Path(file_okay=False, path_type=Path),
            help="The folder whose files are replaced.",
        ),
        click.option("--check", is_flag=True, help="Write nothing; show what would change, with exit status 1."),
        click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="From the terms of this day, not today's."),
    ):
        command = option(command)
    return command


@generate.command()
@_options
@click.option("--sloth", is_flag=True, help="Also record what Sloth's dashboards for Grafana expect.")
@click.option(
    "--leave-out-refused", is_flag=True, help="Leave out alerts that cannot work; otherwise nothing is written."
)
def prometheus(
    config: Path, output: Path, check: bool, on: datetime | None, sloth: bool, leave_out_refused: bool
) -> None:
    """Scrape configuration, recording rules, alerts, and unit tests for promtool.

    Refuses a burn-rate alert that could not fire, or that one failed probe would trip, and says what would help.
    """
    from sla_monitor.generate.prometheus import prometheus_files, refused_alerts

    read, now_ms = configuration_in_force(config, is_whole=True), _instant_ms(on)
    if leave_out_refused:
        terms = [contract.version_at(now_ms).terms for contract in read.contracts]
        for refusal in refused_alerts(terms, read.settings):
            click.echo(f"{refusal} [left out]", err=True)
    _put(
        prometheus_files(read.contracts, read.settings, now_ms, sloth=sloth, leave_out_refused=leave_out_refused),
        output,
        check=check,
    )


@generate.command()
@_options
def alertmanager(config: Path, output: Path, check: bool, on: datetime | None) -> None:
    """Routes, working hours, inhibition, message templates, and placeholders for receivers.

    Receivers of one's own stand in a file that the settings name under alerting.receivers.
    """
    from sla_monitor.generate.alertmanager.alertmanager_file import alertmanager_files
    from sla_monitor.generate.alertmanager.receivers import read_receivers

    read = configuration_in_force(config, is_whole=True)
    own = read.settings.alerting.receivers
    receivers = read_receivers(own) if own else []
    _put(alertmanager_files(read.contracts, read.settings, _instant_ms(on), receivers), output, check=check)


@generate.command()
@_options
@click.option(
    "--prometheus",
    "address",
    default="http://127.0.0.1:9090",
    show_default=True,
    help="Where Grafana finds Prometheus.",
)
def grafana(config: Path, output: Path, check: bool, on: datetime | None, address: str) -> None:
    """Four dashboards, and the files by which Grafana finds them and Prometheus."""
    from sla_monitor.generate.grafana import grafana_files

    read, now_ms = configuration_in_force(config, is_whole=True), _instant_ms(on)
    terms = [contract.version_at(now_ms).terms for contract in read.contracts]
    _put(grafana_files(terms, read.settings, address), output, check=check)


def _instant_ms(on: datetime | None) -> int:
    """Now, or the middle of a day (UTC), by when it has begun in every zone but the westernmost."""
    from sla_monitor.clock import SystemClock

    if on is None:
        return SystemClock().now_ms()
    return int((on.replace(tzinfo=UTC) + timedelta(hours=12)).timestamp()) * 1000


def _put(files: Mapping[str, Any], output: Path, *, check: bool) -> None:
    """Write the files, or say how those that are there differ from them (exit status 1)."""
    from sla_monitor.errors import GenerateError
    from sla_monitor.generate.file_set import differences, rendered, write

    texts = rendered(files)
    try:
        if not check:
            write(texts, output)
            click.echo(f"{len(texts)} files in {output}")
            return
        changes = list(differences(texts, output))
    except OSError as error:
        problem = f"{error.filename or output}: {error.strerror} (nothing there was changed)"
        raise GenerateError([problem]) from None
    if changes:
        click.echo("".join(changes), nl=False)
        click.echo(f"{output} is not up to date (run the command without --check)", err=True)
        sys.exit(1)
