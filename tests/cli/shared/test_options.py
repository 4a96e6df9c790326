"""One name for one thing, in every command."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from sla_monitor.cli import cli
from tests.support.quarter import run, run_export

QUIET = {"--file": "--ledger", "--month": "--period", "--to": "--until"}
"""Spellings that some commands once had, and what they are called now."""


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif command is not None:
            yield (*path, name), command


def options(command: click.Command) -> dict[str, click.Option]:
    """By the name that its help shows."""
    return {one.opts[0]: one for one in command.params if isinstance(one, click.Option)}


def test_no_command_shows_another_name_for_the_ledger_the_month_or_the_last_one_of_several() -> None:
    """The months of entries (`register add`) are fields of theirs, and called as in files."""
    for path, command in commands(cli):
        if path[:2] != ("register", "add"):
            assert not options(command).keys() & QUIET.keys(), path


def test_every_option_says_what_it_is_for() -> None:
    mute = [(*path, name) for path, one in commands(cli) for name, option in options(one).items() if not option.help]
    assert mute == []


@pytest.mark.parametrize("group", [(), ("register",), ("register", "add"), ("ledger",), ("calendar",), ("generate",)])
def test_a_group_tells_whole_sentences_of_its_commands(group: tuple[str, ...]) -> None:
    told = CliRunner().invoke(cli, [*group, "--help"]).output
    listed = told.partition("Commands:\n")[2]
    assert listed.rstrip().endswith(".")
    assert "..." not in listed
    assert max(map(len, told.splitlines())) <= 80


def test_the_older_spellings_still_work(contract: str, ledger: str) -> None:
    assert run(contract, "--file", ledger, "--month", "2025-03").stdout == (
        run(contract, "--ledger", ledger, "--period", "2025-03").stdout
    )
    assert run_export(contract, "--file", ledger, "--from", "2025-03", "--until", "2025-03").exit_code == 0


def test_help_shows_one_spelling() -> None:
    told = CliRunner().invoke(cli, ["register", "decide", "--help"]).output
    assert "--start" in told
    assert "--from" not in told
