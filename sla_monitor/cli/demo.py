"""`sla-monitor demo`: the simulated supplier estate, with or without the monitor that watches it."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import click

from sla_monitor.configuration import read_configuration
from sla_monitor.demo.estate import MONITOR_URL, Estate
from sla_monitor.demo.monitor import Monitor, States
from sla_monitor.demo.scenario import A_BAD_DAY, CALM
from sla_monitor.errors import SlaMonitorError

FIRST_STATES_SECONDS = 9.0
"""Whatever has been seen by then is printed: a newcomer sees the first states within ten seconds."""

_MARKS = {"up": "✓", "degraded": "!", "down": "✗", "unknown": "?"}


@click.command()
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where the CA certificate and the heartbeat token are written for the monitor.",
)
@click.option("--calm", is_flag=True, help="Nothing goes wrong by itself.")
@click.option("--with-monitor", is_flag=True, help="Also start the monitor, and end with its exit status.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("config/sla-monitor.yaml"),
    show_default=True,
    help="The monitor's configuration.",
)
def demo(folder: Path, calm: bool, with_monitor: bool, config: Path) -> None:
    """Run a simulated supplier on loopback: real servers that are well most of the time.

    Prints what goes wrong, and when. Ctrl-C stops everything.
    """
    stopping = _on_signals()
    try:
        url = f"http://{read_configuration(config).settings.listen}" if with_monitor else MONITOR_URL
        scenario = CALM if calm else A_BAD_DAY
        estate = Estate(folder, scenario=scenario, monitor_url=url, tell=click.echo)
        estate.start()
    except SlaMonitorError as error:
        raise click.ClickException(str(error)) from None
    try:
        _introduce(estate)
        code = _accompany(Monitor(config, url), stopping) if with_monitor else _wait(stopping)
    finally:
        estate.stop()
    sys.exit(code)


def _on_signals() -> threading.Event:
    """Set by whatever asks us to end; a terminal that goes away counts."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _introduce(estate: Estate) -> None:
    ports = estate.ports
    click.echo(
        f"The demo estate is up: http {ports.http}, https {ports.https} and {ports.expiring}, ssh {ports.ssh}, "
        f"dns {ports.dns}, witness {ports.witness}, all on loopback.\n"
        f"For the monitor: {estate.ca_file}, {estate.token_file}. Ctrl-C stops."
    )


def _wait(stopping: threading.Event) -> int:
    stopping.wait()
    return 0


def _accompany(monitor: Monitor, stopping: threading.Event) -> int:
    """Start the monitor, show where to look and what it sees first, stay until either ends; its exit status."""
    monitor.start()
    try:
        click.echo(f"The monitor is starting.\n  status page  {monitor.url}/\n  metrics      {monitor.url}/metrics")
        _show(monitor.first_states(FIRST_STATES_SECONDS, stopping.is_set))
        while not (stopping.wait(0.25) or monitor.has_ended):
            pass
        if not stopping.is_set():
            click.echo("The monitor has ended by itself; the demo ends with it.", err=True)
    finally:
        code = monitor.stop()
    return code


def _show(found: States) -> None:
    """One line for each service: the state of each of its endpoints."""
    width = max(map(len, found), default=0)
    for service, endpoints in found.items():
        told = ", ".join(f"{_MARKS[state]} {endpoint} {state}" for endpoint, state in endpoints.items())
        click.echo(f"  {service:<{width}}  {told}")
