"""`sla-monitor stack`: the demo with everything around it: Prometheus, Alertmanager, and somebody who is called."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from sla_monitor.cli.generate.simulated import POLL_SECONDS, calm_option, folder_option, on_signals

if TYPE_CHECKING:
    from sla_monitor.configuration import Configuration
    from sla_monitor.demo.stack_processes import Stack

PROMETHEUS = "127.0.0.1:9090"


@click.command()
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/stack.yaml"),
    show_default=True,
    help="The daemon's settings, with short waits.",
)
@folder_option(Path("var/stack"), "Where files are generated, and where Prometheus and Alertmanager keep their data.")
@calm_option
def stack(config: Path, folder: Path, calm: bool) -> None:
    """Run the demo estate, the monitor, Prometheus, Alertmanager, and a desk that is called; all on loopback.

    Prints what goes wrong, and who is told what. Ctrl-C stops everything.
    """
    from sla_monitor.configuration import read_configuration
    from sla_monitor.demo.estate import Estate
    from sla_monitor.demo.monitor import Monitor
    from sla_monitor.demo.scenario import A_BAD_DAY, CALM
    from sla_monitor.demo.stack_processes import Stack
    from sla_monitor.demo.webhook import Desk

    is_stopping, read = on_signals(), read_configuration(config)
    url = f"http://{read.settings.listen}"
    estate = Estate(Path("var/demo"), scenario=CALM if calm else A_BAD_DAY, monitor_url=url, tell=click.echo)
    desk, monitor = Desk(click.echo), Monitor(config, url)
    around = Stack(folder, PROMETHEUS, urlsplit(read.settings.alertmanager.url).netloc)
    try:
        write_stack(read, folder, desk.start())
        estate.start()
        monitor.start()
        around.start()
        _introduce(url, around)
        while not (is_stopping() or monitor.has_ended or around.ended):
            time.sleep(POLL_SECONDS)
        if around.ended:
            click.echo(f"{around.ended} has ended by itself: see {around.log(around.ended)}", err=True)
    finally:
        around.stop()
        monitor.stop()
        estate.stop()
        desk.stop()


def write_stack(read: Configuration, folder: Path, desk_port: int) -> None:
    """Generate the files of Prometheus and Alertmanager; every receiver is the desk."""
    from sla_monitor.clock import SystemClock
    from sla_monitor.generate.alertmanager.alertmanager_file import alertmanager_files
    from sla_monitor.generate.file_set import rendered, write
    from sla_monitor.generate.prometheus import prometheus_files

    now_ms = SystemClock().now_ms()
    receivers = _at_the_desk([contract.id for contract in read.contracts], desk_port)
    write(rendered(prometheus_files(read.contracts, read.settings, now_ms)), folder / "prometheus")
    write(rendered(alertmanager_files(read.contracts, read.settings, now_ms, receivers)), folder / "alertmanager")


def _at_the_desk(contracts: Sequence[str], port: int) -> list[dict[str, Any]]:
    from sla_monitor.generate.alertmanager.receivers import NOBODY, placeholders

    names = [receiver["name"] for receiver in placeholders(contracts) if receiver["name"] != NOBODY]
    return [{"name": name, "webhook_configs": [{"url": f"http://127.0.0.1:{port}/{name}"}]} for name in names]


def _introduce(url: str, around: Stack) -> None:
    click.echo(
        f"The stack is starting.\n  status page   {url}/\n  Prometheus    http://{around.prometheus}/alerts\n"
        f"  Alertmanager  http://{around.alertmanager}/\n"
        "Alerts and their recipients are printed here. Ctrl-C stops everything."
    )
