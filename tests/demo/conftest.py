"""A demo estate on free ports for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.demo.estate import ANY_PORTS, Estate
from sla_monitor.demo.scenario import CALM


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """Calm: only what the test forces goes wrong. Its batch job posts to a port where nobody listens."""
    running = Estate(tmp_path / "demo", ports=ANY_PORTS, scenario=CALM, monitor_url="http://127.0.0.1:1")
    running.start()
    yield running
    running.stop()
