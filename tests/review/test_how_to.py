"""docs/how-to/monthly-review.md, from its first command to its last, as somebody types them at a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import shutil
import sys
from pathlib import Path
from subprocess import run

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/monthly-review.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh copy of what is shipped."""
    folder = tmp_path_factory.mktemp("review")
    shutil.copytree(ROOT / "config", folder / "config")
    (folder / "secrets").mkdir()
    (folder / "secrets/smtp").write_text("secret")
    (settings,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    with (folder / "config/sla-monitor.yaml").open("a") as file:
        file.write(settings.replace("/srv/reviews", f"{folder}/sent"))
    return folder


@pytest.fixture(scope="module")
def told(folder: Path) -> list[tuple[str, str]]:
    """What each command of the page printed, run in order."""
    return [(line, typed(line, folder)) for line in COMMANDS]


def typed(line: str, folder: Path) -> str:
    """A command with a terminal to answer on, where its questions are answered with yes."""
    program, *words = shlex.split(line)
    assert program == "sla-monitor"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CREDENTIALS_DIRECTORY": str(folder / "secrets")}
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"y\n" * 3)
    try:
        command = [sys.executable, "-m", "sla_monitor", *words]
        done = run(command, cwd=folder, env=environment, stdin=terminal, capture_output=True, text=True, check=False)
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert done.returncode == 0, f"{line}\n{done.stderr}"
    return done.stdout


def after(told: list[tuple[str, str]], words: str) -> str:
    """What the last command with these words printed."""
    return next(text for line, text in reversed(told) if words in line)


def test_the_page_can_be_followed_to_the_end(told: list[tuple[str, str]]) -> None:
    assert len(told) == len(COMMANDS) > 12
    assert "final" in after(told, "review police-strategic-it --period 2026-10 --output reviews")
    assert "contracts@example.org" in after(told, "--send --dry-run")
    listed = after(told, "--list")
    assert re.search(r"2026-10 +final +authority +[0-9a-f]+ +whole", listed)


def test_the_number_that_the_page_decides_on_is_that_of_the_claim(told: list[tuple[str, str]]) -> None:
    assert after(told, "add claim").startswith("entry 15: Claim of")
    assert "Granting of entry 15" in after(told, "register decide")


def test_the_final_pack_says_that_it_was_imported(told: list[tuple[str, str]], folder: Path) -> None:
    assert told
    pack = folder / "reviews/police-strategic-it-2026-10"
    (one,) = json.loads((pack / "police-strategic-it-2026-10.json").read_text())["imports"]
    assert (one["kind"], one["source"]) == ("evidence", "police-strategic-it-2026-10.json")
    assert "imported from police-strategic-it-2026-10.json by" in (pack / "csv/imports.csv").read_text()
