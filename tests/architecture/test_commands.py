"""Every command of the README and of the how-tos, run as it is printed, in order, from a fresh copy of the repository.

A block that needs root, a network or another program is marked in the page, and names the test that holds it instead.
"""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs/how-to").glob("*.md"))]
SHELL, OUTPUT, SESSION = "sh", "output", "console"
HELD = {
    "monthly-review": "tests/review/test_how_to.py",
    "add-a-credit-method": "tests/contract/money/test_how_to.py",
    "add-a-kpi-indicator": "tests/contract/kpis/test_how_to.py",
    "add-a-probe-kind": "tests/probe/test_how_to.py",
    "add-a-register-kind": "tests/register/test_how_to.py",
}
"""Pages that a test of their own follows from the first command to the last."""
_FILE = re.compile(r"<!-- file: (?P<name>[^ ]+) -->")
_NOT_RUN = re.compile(r"<!-- not run: (?P<why>[^;]+); held by (?P<test>[^ ]+) -->")
_PROGRAM = """#!/bin/sh
exec {python} -m sla_monitor "$@"
"""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, its first line, the file that it is, and the test that holds it where it
    is not run here."""

    language: str
    text: str
    line: int
    file: str = ""
    held_by: str = ""

    @property
    def is_commands(self) -> bool:
        return self.language in {SHELL, SESSION}


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order, those in lists too."""
    found: list[Block] = []
    held_by = file = ""
    for token in MarkdownIt().parse(text):
        if token.type == "html_block":
            comment = " ".join(token.content.split())
            held_by = match["test"] if (match := _NOT_RUN.search(comment)) else ""
            file = match["name"] if (match := _FILE.search(comment)) else ""
        elif token.type == "fence":
            language, *words = token.info.split() or [""]
            line = (token.map or [0])[0] + 1
            found.append(Block(language, token.content, line, file or "".join(words), held_by))
            held_by = file = ""
    return found


def sessions(block: Block) -> list[tuple[str, str]]:
    """Each command of a block with the output that the page shows for it; none for a block of commands alone."""
    if block.language == SHELL:
        return [(block.text, "")]
    found: list[tuple[str, str]] = []
    for line in block.text.splitlines(keepends=True):
        if line.startswith("$ "):
            found.append((line[2:], ""))
        else:
            command, said = found.pop()
            found.append((command, said + line))
    return found


def is_said(shown: str, said: str) -> bool:
    """Whether a page shows what was said: `...` alone on a line stands for any lines, within one for any letters."""
    pattern = "".join(
        r"(?:.*\n)*?" if line.strip() in {"...", "…"} else re.escape(line).replace(r"\.\.\.", ".*") + r"\s*?\n"
        for line in shown.rstrip("\n").split("\n")
    )
    return re.search(rf"^{pattern}", said.replace("\r\n", "\n") + "\n", re.MULTILINE) is not None


@dataclass
class Clone:
    """A fresh copy of what the repository ships, with the program on the path."""

    folder: Path
    said: str = ""

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "config", self.folder / "config")
        program = self.folder / ".venv/bin/sla-monitor"
        program.parent.mkdir(parents=True)
        program.write_text(_PROGRAM.format(python=sys.executable))
        program.chmod(0o755)

    def take(self, block: Block) -> None:
        """Do with a block what a reader does: write the file, type the commands, compare what is said."""
        if block.is_commands and not block.held_by:
            for command, shown in sessions(block):
                self.said = self._run(command, block.line)
                assert is_said(shown, self.said), f"line {block.line}: shown\n{shown}\nsaid\n{self.said}"
        elif block.language == OUTPUT and not block.held_by:
            assert is_said(block.text, self.said), f"line {block.line}: shown\n{block.text}\nsaid\n{self.said}"
        elif block.file and not block.is_commands:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")

    def _run(self, command: str, line: int) -> str:
        """What a shell prints; whoever asks is answered y."""
        ours, theirs = pty.openpty()
        os.write(ours, b"y\n" * 50)
        environment = os.environ | {
            "PATH": f"{self.folder}/.venv/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "120",
            "HOME": str(self.folder),
        }
        try:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", command],
                cwd=self.folder,
                env=environment,
                stdin=theirs,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=120,
                check=False,
                text=True,
            )
        finally:
            os.close(ours)
            os.close(theirs)
        assert done.returncode == 0, f"line {line}: {command}\n{done.stdout}"
        return done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_does_what_the_page_says(page: Path, tmp_path: Path) -> None:
    found = [] if page.stem in HELD else blocks(page.read_text(encoding="utf-8"))
    if any(block.is_commands and not block.held_by for block in found):
        clone = Clone(tmp_path)
        for block in found:
            clone.take(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_block_hides_commands_and_one_that_is_not_run_names_the_test_that_holds_it(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        is_commands = re.match(r"\$ |(sudo )?(sla-monitor|make|python|systemctl|apt|curl|pip)\b", block.text)
        assert block.is_commands or not is_commands or block.held_by, f"{page.name}:{block.line}: write ```sh"
        assert not block.held_by or (ROOT / block.held_by).exists(), block.held_by


def test_the_tests_that_follow_a_page_of_their_own_name_it() -> None:
    for page, test in HELD.items():
        assert f"docs/how-to/{page}.md" in (ROOT / test).read_text(encoding="utf-8")


def test_a_difference_between_page_and_program_is_seen() -> None:
    assert is_said("a 1\n...\nb ...\n", "a 1\nx\ny\nb 2 3\n")
    assert not is_said("a 1\nb\n", "a 1\nx\nb\n")
    assert not is_said("a 1\n", "a 12\n")
    page = "<!-- not run: needs root; held by tests/systemd -->\n```sh\nx\n```\n\n```console\n$ a\nb\n$ c\n```\n"
    first, second = blocks(page)
    assert (first.held_by, second.held_by) == ("tests/systemd", "")
    assert sessions(second) == [("a\n", "b\n"), ("c\n", "")]
