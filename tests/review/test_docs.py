"""docs/how-to/monthly-review.md against the program: its commands can be typed, its lists are complete."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from sla_monitor.cli import cli
from sla_monitor.cli.review.command import review
from sla_monitor.review.monthly_pack import pack
from tests.review.estate import case

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "monthly-review.md").read_text()
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_is_understood(line: str) -> None:
    program, *arguments = shlex.split(line)
    assert program == "sla-monitor"
    known: dict[str, click.Command] = {**cli.commands, "review": review}
    command: click.Command = known[arguments.pop(0)]
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), arguments.pop(0))
        assert found is not None
        command = found
    command.make_context(command.name, arguments)


def test_every_chapter_is_named() -> None:
    told = PAGE.lower()
    for section in pack(case()).sections:
        assert section.title.lower() in told, section.title
