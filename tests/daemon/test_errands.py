"""What the daemon has under way in processes of their own is given up when it stops."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.daemon.daemon import SIGNALS
from sla_monitor.daemon.nightly import Nightly
from sla_monitor.review.duty import Duty
from sla_monitor.settings import Reviews
from tests.archive.support import Place, observations


@pytest.fixture(autouse=True)
def _signals_are_blocked() -> Iterator[None]:
    """As the daemon has them; a process that it starts inherits that."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place.furnished(tmp_path / "place")
    place.record(observations(2))
    return place


def test_days_are_not_sealed_to_the_end(place: Place) -> None:
    nightly = Nightly(place.settings)
    nightly.check(0)
    process = nightly._process
    assert process is not None
    nightly.stop()
    assert process.returncode == -signal.SIGKILL


def test_a_pack_is_not_made_to_the_end(place: Place) -> None:
    duty = Duty(Reviews(folder=place.folder / "packs"), place.settings)
    duty.check([("custody", "2026-01")], 0)
    assert duty._running is not None
    _, process = duty._running
    duty.stop()
    assert process.returncode == -signal.SIGKILL
