"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

CONFIG = Path("config/sla-monitor.yaml")

config_option = click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=CONFIG,
    show_default=True,
    envvar="SLA_MONITOR_CONFIG",
    help="The daemon's settings; the contracts are found from there.",
)

ledger_option = click.option(
    "--ledger",
    "ledger",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ledger, when it is not the one that the settings name.",
)
