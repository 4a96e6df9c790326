"""The manual pages of the Debian package, read by the program that shows them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click

from sla_monitor.cli import cli
from tools.deb_source import contexts, man_pages

PAGES = dict(man_pages())


def test_every_command_has_a_page() -> None:
    paths = [context.command_path for context in contexts(click.Context(cli, info_name="sla-monitor"))]
    assert [f"{path.replace(' ', '-')}.1" for path in paths] == list(PAGES)
    assert {"sla-monitor.1", "sla-monitor-register-add-claim.1", "sla-monitor-ledger-backfill-csv.1"} <= set(PAGES)


def test_the_name_of_a_page_is_a_whole_sentence() -> None:
    assert (
        "\\- Add the rows of the CSV file FILE to the register of CONTRACT: all of them, or none\n"
        in (PAGES["sla-monitor-register-import.1"])
    )
    assert not [name for name, text in PAGES.items() if "..." in text.partition(".SH SYNOPSIS")[0]]


def test_man_shows_every_page_without_a_warning(tmp_path: Path) -> None:
    for name, text in PAGES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = sorted(tmp_path.iterdir())
    told = subprocess.run(
        ["man", "--warnings=all", "--local-file", *files],
        env={"PATH": "/usr/bin:/bin", "MANPAGER": "cat", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (told.returncode, told.stderr) == (0, "")
    assert "Add the rows of the CSV file FILE" in " ".join(told.stdout.split())
