"""Ctrl-C at any moment, sent to the process group as a terminal does: a command that stays ends without a word."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.generate.test_demo import REPOSITORY, moved_configuration, offset

__all__ = ["offset"]  # a fixture

LOADING, AT_WORK = "sla_monitor.contract.fields", "sla_monitor.configuration"
"""A module that every command loads, and one that is loaded when the command itself has begun."""


@pytest.mark.parametrize(
    ("command", "until", "number"),
    [("run", LOADING, signal.SIGINT), ("run", AT_WORK, signal.SIGINT), ("demo", AT_WORK, signal.SIGTERM)],
)
def test_a_command_that_stays_can_be_stopped_while_it_starts(
    tmp_path: Path, offset: int, command: str, until: str, number: signal.Signals
) -> None:
    """With status 0 where it had begun, and by the signal where it had not: no traceback, and no "Aborted!"."""
    config = moved_configuration(tmp_path, offset)
    arguments = ["run", "--config", str(config)] if command == "run" else ["demo", f"--port-offset={offset}", "--calm"]
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "sla_monitor", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:  # "import time: self [us] | cumulative | module", once it is loaded
            if line.rpartition("|")[2].strip() == until:
                break
        os.killpg(process.pid, number)
        rest, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode in {0, -number}, rest
    assert "Traceback" not in rest
    assert "Aborted" not in rest
