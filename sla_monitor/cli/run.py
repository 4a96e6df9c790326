"""`sla-monitor run`: the daemon in the foreground."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from sla_monitor.cli.shared.options import config_option


@click.command()
@config_option
def run(config: Path) -> None:
    """Watch every endpoint of every contract until told to stop.

    Stops on SIGTERM and Ctrl-C, reads the configuration again on SIGHUP. Refuses to start on a configuration that
    `sla-monitor check` refuses.
    """
    from sla_monitor import log
    from sla_monitor.clock import SystemClock
    from sla_monitor.configuration import read_configuration
    from sla_monitor.daemon import SIGNALS, Daemon

    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # before any thread is started: they inherit it
    configuration = read_configuration(config)
    log.configure(configuration.settings.log.level, configuration.settings.log.format)
    log.catch_uncaught()
    Daemon(config, configuration, SystemClock()).run()
