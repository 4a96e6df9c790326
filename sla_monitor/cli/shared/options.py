"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])
CONFIGS = (Path("config/sla-monitor.yaml"), Path("/etc/sla-monitor/sla-monitor.yaml"))


def default_config() -> Path:
    """The settings of the folder that we are in, or else those of the system; where there are none, the former."""
    # Path.exists raises where a folder is closed to us, as that of root is to `sudo -u sla-monitor sla-monitor check`.
    return next((path for path in CONFIGS if os.path.exists(path)), CONFIGS[0])  # noqa: PTH110


class AlsoSpelled(click.Option):
    """An option with further spellings that work too: help shows the first one alone."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        shown = copy(self)
        shown.opts = self.opts[:1]
        return click.Option.get_help_record(shown, ctx)


config_option = click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=default_config,
    envvar="SLA_MONITOR_CONFIG",
    help="The daemon's settings; the contracts are found from there."
    f" [default: {', or else '.join(map(str, CONFIGS))}]",
)

ledger_option = click.option(
    "--ledger",
    "--file",
    "ledger",
    cls=AlsoSpelled,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The ledger, when it is not the one that the settings name.",
)

format_option = click.option(
    "--format",
    "style",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)

copy_option = click.option(
    "--copy",
    type=click.Choice(["authority", "supplier"]),
    default="authority",
    show_default=True,
    help="For whom it is.",
)


def period_option(told: str, *, required: bool = False) -> Callable[[Command], Command]:
    """The month that a command is about, by the name that it has in every command."""
    return click.option("--period", "--month", "period", cls=AlsoSpelled, required=required, help=told)
