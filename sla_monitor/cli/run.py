"""`sla-monitor run`: the daemon in the foreground."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from sla_monitor.cli.shared.options import config_option

AWAITED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
"""The daemon takes them up when it is ready to, also those that came while it was loaded."""


@click.command()
@click.option(
    "--standby",
    is_flag=True,
    help="Of a pair of collectors (`collectors`): follow, and speak only once nobody else does.",
)
@config_option
def run(config: Path, *, standby: bool) -> None:
    """Watch every endpoint of every contract until told to stop.

    Stops on SIGTERM and Ctrl-C, reads the configuration again on SIGHUP. Refuses to start on a configuration that
    `sla-monitor check` refuses.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)  # before any thread is started: they inherit it
    from sla_monitor import log
    from sla_monitor.clock import SystemClock
    from sla_monitor.configuration import read_configuration
    from sla_monitor.daemon import Daemon

    configuration = read_configuration(config)
    log.configure(configuration.settings.log.level, configuration.settings.log.format)
    log.catch_uncaught()
    Daemon(config, configuration, SystemClock(), is_standby=standby).run()
