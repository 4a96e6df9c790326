"""The way in: what no command has to care for itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONTRACT = """
id: portal
authority: An authority
supplier: A supplier
term: {start: 2026-01-01, end: 2029-12-31}
time_zone: Europe/London
currency: GBP
services: [{id: s, endpoints: [{id: e, kind: tcp, host: portal.example, port: 443}]}]
"""
# Root may read everything, unless it gives that up.
AS_USER = () if os.geteuid() else ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


@pytest.mark.parametrize(
    ("command", "closed", "told"),
    [
        ("assess portal", "var", "var/ledger.db: Permission denied (run this as a user who may read it)"),
        ("check", "config", "config/sla-monitor.yaml:1:1: file: cannot be read: Permission denied"),
        (
            "init --url https://portal.example/ --folder config/new",
            "config",
            "config/new: cannot be written: Permission",
        ),
    ],
)
def test_a_closed_folder_is_one_line_and_no_traceback(tmp_path: Path, command: str, closed: str, told: str) -> None:
    """`check`: who stands in a folder of root's, as with `sudo -u sla-monitor`, means the settings in /etc."""
    (tmp_path / "config/contracts").mkdir(parents=True)
    (tmp_path / "config/sla-monitor.yaml").write_text("ledger: {path: ../var/ledger.db}\n")
    (tmp_path / "config/contracts/portal.yaml").write_text(CONTRACT)
    (tmp_path / "var").mkdir()
    (tmp_path / closed).chmod(0)
    words = (*AS_USER, sys.executable, "-m", "sla_monitor", *command.split())
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    (tmp_path / closed).chmod(0o700)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
