"""A demo estate on free ports for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.demo.estate import Estate
from tests.support.running import calm_estate


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[Estate]:
    """Calm: only what the test forces goes wrong. Its batch job posts to a port where nobody listens."""
    with calm_estate(tmp_path / "demo", "http://127.0.0.1:1") as running:
        yield running
