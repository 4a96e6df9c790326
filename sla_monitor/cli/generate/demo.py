"""`sla-monitor demo`: the simulated supplier estate, with or without the monitor that watches it."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sla_monitor.cli.generate.simulated import POLL_SECONDS, calm_option, folder_option, on_signals, port_option
from sla_monitor.cli.shared.options import CONFIGS, config_option
from sla_monitor.cli.starting.command import write_example

if TYPE_CHECKING:
    from sla_monitor.demo.estate import Estate
    from sla_monitor.demo.monitor import Monitor

FIRST_STATES_SECONDS = 8.5
"""By then every service has been printed, seen or not: a newcomer has the first states within ten seconds."""

STOPPED = 128 + signal.SIGTERM
"""The monitor's status when we stop it before it is ready to stop by itself."""

_MARKS = {"up": "✓", "degraded": "!", "down": "✗", "unknown": "?"}


@click.command()
@folder_option(Path("var/demo"), "Where the CA certificate and the heartbeat token are written for the monitor.")
@calm_option
@port_option
@click.option("--with-monitor", is_flag=True, help="Also start the monitor, and end with its exit status.")
@config_option
def demo(folder: Path, calm: bool, port_offset: int, with_monitor: bool, config: Path) -> None:
    """Run a simulated supplier on loopback: real servers that are well most of the time.

    Prints what goes wrong, and when. Ctrl-C stops everything. With --with-monitor and without a configuration, the
    example is first written to config/, as by `sla-monitor init --example demo`.
    """
    given = click.get_current_context().get_parameter_source("config")
    if not with_monitor and given is ParameterSource.COMMANDLINE:
        raise click.UsageError("--config is read by the monitor alone: give it together with --with-monitor.")
    if with_monitor and given is ParameterSource.DEFAULT:
        config = CONFIGS[0]  # never the system's: a monitor that is in use there watches something else
        if not port_offset:
            _write_missing_example(config)
    is_stopping = on_signals()
    # Only here, so that no other command pays for the demo's certificates and name server.
    from sla_monitor.configuration import read_configuration
    from sla_monitor.demo.estate import MONITOR_URL, Estate, Ports
    from sla_monitor.demo.monitor import Monitor
    from sla_monitor.demo.scenario import A_BAD_DAY, CALM

    url = f"http://{read_configuration(config).settings.listen}" if with_monitor else MONITOR_URL
    script, ports = CALM if calm else A_BAD_DAY, Ports().moved(port_offset)
    estate = Estate(folder, ports=ports, scenario=script, monitor_url=url, tell=click.echo)
    estate.start()
    try:
        _introduce(estate)
        code = _accompany(Monitor(config, url), is_stopping) if with_monitor else _wait(is_stopping)
    finally:
        estate.stop()
    sys.exit(code)


def _write_missing_example(config: Path) -> None:
    """In an empty folder there is nothing to watch the estate with: the example, which points at it."""
    if not config.parent.exists():
        write_example(config.parent)
        click.echo(f"There was no {config}: the example is written to {config.parent}/.")


def _introduce(estate: Estate) -> None:
    ports = estate.ports
    click.echo(
        f"The demo estate is up: http {ports.http}, https {ports.https} and {ports.expiring}, ssh {ports.ssh}, "
        f"dns {ports.dns}, witness {ports.witness}, all on loopback.\n"
        f"For the monitor: {estate.ca_file}, {estate.token_file}. Ctrl-C stops."
    )


def _wait(is_stopping: Callable[[], bool]) -> int:
    while not is_stopping():
        time.sleep(POLL_SECONDS)
    return 0


def _accompany(monitor: Monitor, is_stopping: Callable[[], bool]) -> int:
    """Start the monitor, show where to look and what it sees first, stay until either ends; its exit status."""
    monitor.start()
    try:
        click.echo(f"The monitor is starting.\n  status page  {monitor.url}/\n  metrics      {monitor.url}/metrics")
        for service, endpoints in monitor.first_states(FIRST_STATES_SECONDS, is_stopping):
            click.echo(f"  {service:<22} {_format_states(endpoints)}")
        while not (is_stopping() or monitor.has_ended):
            time.sleep(POLL_SECONDS)
        if not is_stopping():
            click.echo("The monitor has ended by itself; the demo ends with it.", err=True)
    finally:
        code = monitor.stop()
    return 0 if code == STOPPED and is_stopping() else code


def _format_states(endpoints: dict[str, str]) -> str:
    """The state of each endpoint of a service, on one line."""
    return ", ".join(f"{_MARKS[state]} {endpoint} {state}" for endpoint, state in endpoints.items())
