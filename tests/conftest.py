"""What holds for every test."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine and its other work, and nothing about the program.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture(autouse=True)
def signals_stay_open() -> Iterator[None]:
    """A command that a test runs in this process may block signals: every program started later would inherit that, and
    hear no Ctrl-C."""
    yield
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())
