"""`sla-monitor import`: terms from files of other tools."""

from __future__ import annotations

import sys
from collections.abc import Sized
from pathlib import Path

import click

from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.output_files import CONFIGURATION_MODE, replace_file


@click.group("import", cls=Commands)
def import_() -> None:
    """Turn what other tools' files promise into terms of a contract."""


@import_.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not on the terminal.")
@click.option(
    "--prometheus",
    default="http://127.0.0.1:9090",
    show_default=True,
    help="Where metrics are whose source has no address (connectionDetails.url) in FILE.",
)
def openslo(file: Path, output: Path | None, prometheus: str) -> None:
    """Print the SLOs of the OpenSLO v1 FILE as services and KPIs of a contract file.

    Each objective becomes a KPI that asks Prometheus for its figure. What cannot be taken is one line each on standard
    error, file:line:column: object: why. Exit status 1 when nothing could be taken; then nothing is written.
    """
    from sla_monitor.contract.openslo import read_openslo, written

    found = read_openslo(file, prometheus)
    for problem in found.left_out:
        click.echo(str(problem), err=True)
    click.echo(f"{_counted(found.kpis, 'KPI')} taken, {_counted(found.left_out, 'thing')} left out", err=True)
    if not found.kpis:
        sys.exit(1)
    text = written(found, file.name)
    if output is None:
        click.echo(text, nl=False)
    else:
        replace_file(output, text, CONFIGURATION_MODE)


def _counted(several: Sized, word: str) -> str:
    return f"{len(several)} {word}{'' if len(several) == 1 else 's'}"
