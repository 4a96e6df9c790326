"""`sla-monitor site`: a place that probes for a collector far away, in the foreground."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from sla_monitor.cli.shared.options import config_option

AWAITED = {signal.SIGTERM, signal.SIGINT}


@click.command()
@click.option("--id", "site", required=True, help="Its name in the collector's settings (`sites.known`).")
@config_option
def site(site: str, config: Path) -> None:
    """Probe for a collector far away until told to stop.

    What to probe comes from the collector, signed. What was seen is kept in an outbox until the collector has recorded
    it. No port is open. Stops on SIGTERM and Ctrl-C.
    """
    from sla_monitor.settings.sites import site_id

    try:
        site_id(site)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--id") from None
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)  # before any thread is started: they inherit it
    from sla_monitor import log
    from sla_monitor.clock import SystemClock
    from sla_monitor.outpost import Outpost
    from sla_monitor.settings import load_settings

    settings = load_settings(config)
    log.configure(settings.log.level, settings.log.format)
    log.catch_uncaught()
    Outpost(config, site, settings, SystemClock()).run()
