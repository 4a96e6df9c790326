"""Shared parts of `demo` and `stack`: their options, how they wait, and what ends them."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])
POLL_SECONDS = 0.25

port_option = click.option(
    "--port-offset", type=click.IntRange(0, 47_000), default=0, help="Listen on ports so much higher."
)
calm_option = click.option("--calm", is_flag=True, help="Nothing goes wrong by itself.")


def folder_option(default: Path, told: str) -> Callable[[Command], Command]:
    """Where files are put."""
    kind = click.Path(path_type=Path, file_okay=False)
    return click.option("--folder", type=kind, default=default, show_default=True, help=told)


def on_signals() -> Callable[[], bool]:
    """Whether something has asked us to end; a terminal that goes away counts.

    A list, not an Event: setting one from a handler can deadlock with the wait that it interrupts.
    """
    received: list[int] = []
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _: received.append(number))
    return lambda: bool(received)


def step_by_step(is_stopping: Callable[[], bool], *steps: Callable[[], object]) -> None:
    """Take one step after the other, and no further one once we are asked to end."""
    for step in steps:
        if is_stopping():
            return
        step()
