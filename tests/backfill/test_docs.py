"""docs/how-to/bring-history-in.md against the program: its commands can be typed, and it leaves none out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from sla_monitor.backfill.csv_file import FIELDS
from sla_monitor.cli import cli
from sla_monitor.cli.ledger.backfill import backfill

PAGE = (Path(__file__).parents[2] / "docs/how-to/bring-history-in.md").read_text(encoding="utf-8")
BLOCKS = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
COMMANDS = [line for line in BLOCKS.splitlines() if line.startswith("sla-monitor ")]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_page_can_be_typed(line: str) -> None:
    command: click.Command = cli
    words = shlex.split(line)[1:]
    while isinstance(command, click.Group):
        name = words.pop(0)
        found = command.get_command(click.Context(command), name)
        assert found is not None, name
        command = found
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_the_page_has_every_source_and_every_column() -> None:
    assert {f"backfill {name}" for name in backfill.commands if f"ledger backfill {name}" in BLOCKS} == {
        f"backfill {name}" for name in backfill.commands
    }
    assert [name for fields in FIELDS.values() for name in fields if f"`{name}`" not in PAGE] == []
