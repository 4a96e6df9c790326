"""Remedies at the command line."""

from __future__ import annotations

from collections.abc import Iterator

import click

from sla_monitor import remedies
from sla_monitor.cli import cli
from sla_monitor.cli.shared.remedies import OPTIONS, with_options


def options(command: click.Command) -> Iterator[str]:
    """Every option of a command and of those below it."""
    for parameter in command.params:
        yield from parameter.opts
    for below in command.commands.values() if isinstance(command, click.Group) else ():
        yield from options(below)


def test_every_remedy_has_an_option_that_there_is() -> None:
    """A remedy without one would be told and could not be given."""
    assert list(OPTIONS) == list(remedies.REMEDIES)
    told = {name: value for name, value in vars(remedies).items() if name.isupper() and isinstance(value, str)}
    assert sorted(told.values()) == sorted(OPTIONS)
    assert {option.split()[0] for option in OPTIONS.values()} <= set(options(cli))


def test_a_message_is_told_with_the_options_of_its_remedies() -> None:
    """The words stay, so that a message is found by them whatever the medium."""
    told = with_options(f"amount: is 20 (write less, or {remedies.NOTE})\nreason: is missing ({remedies.WHY_AGAIN})")
    assert told.splitlines() == [
        "amount: is 20 (write less, or say why in the note: --note)",
        "reason: is missing (say why it is restated: --why)",
    ]
    assert with_options("month: has not begun (check the year)") == "month: has not begun (check the year)"
