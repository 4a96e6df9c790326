"""The real thing: the daemon as a process of its own, watching the demo estate on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.demo.estate import Estate
from tests.support.running import Monitor, calm_estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    with calm_estate(tmp_path / "estate") as one:
        yield one


@pytest.fixture
def monitor(tmp_path: Path, estate: Estate) -> Iterator[Monitor]:
    folder = tmp_path / "monitor"
    folder.mkdir()
    one = Monitor(folder, estate)
    yield one
    if one.process is not None and one.process.poll() is None:
        one.process.kill()
        one.process.wait()
