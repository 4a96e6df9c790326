"""What holds for every test."""

from __future__ import annotations

import logging
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine and its other work, and nothing about the program.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

MEMORY = Path("/dev/shm")
ENOUGH_BYTES = 4 * 2**30


def pytest_configure() -> None:
    """Temporary files are in memory where there is enough of it: thousands of commits would each wait for the disk.
    What is held of disks is held on file systems that tests mount. TMPDIR says otherwise."""
    if "TMPDIR" not in os.environ and _is_roomy(MEMORY):
        os.environ["TMPDIR"], tempfile.tempdir = str(MEMORY), None


def _is_roomy(folder: Path) -> bool:
    """Whether programs can be built and run in it."""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize >= ENOUGH_BYTES and not found.f_flag & os.ST_NOEXEC


@pytest.fixture(autouse=True)
def log_is_as_it_was() -> Iterator[None]:
    """A command that a test runs in this process sets up the log: the next test would find messages that it did not ask
    for."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    for one in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(one)


@pytest.fixture(autouse=True)
def signals_stay_open() -> Iterator[None]:
    """A command that a test runs in this process may block signals: every program started later would inherit that, and
    hear no Ctrl-C."""
    yield
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())
