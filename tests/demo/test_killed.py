"""A demo that is killed outright: its monitor ends, and its folder goes at the next start."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from sla_monitor.demo.monitor import Monitor
from sla_monitor.demo.own_folder import own_folder
from tests.support.forked import forking, kill
from tests.support.waiting import wait_until

SAYS_ITS_NUMBER = """
import os, pathlib, sys, time
pathlib.Path(sys.argv[-1]).with_suffix(".new").write_text(f"{os.getpid()}")
pathlib.Path(sys.argv[-1]).with_suffix(".new").replace(sys.argv[-1])
time.sleep(600)
"""


def hold(above: str) -> None:
    """A run: its folder, with something in it."""
    with own_folder(Path(above), print) as own:
        (own / "ledger.db").touch()
        time.sleep(600)


def accompany(told: str) -> None:
    """A demo with a monitor, which writes its number into a file."""
    Monitor(Path(told), "", (sys.executable, "-S", "-c", SAYS_ITS_NUMBER)).start()
    time.sleep(600)


def test_the_folder_of_a_run_that_was_killed_goes_at_the_next_start_and_no_other_one(tmp_path: Path) -> None:
    (tmp_path / "desk-of-mine").write_text("No folder of a run.")
    lines = list[str]()
    with forking() as start:
        killed, living = (start(hold, [str(tmp_path)]) for _ in range(2))
        wait_until(lambda: len(list(tmp_path.glob("desk-*/ledger.db"))) == 2)
        kill(killed)
        with own_folder(tmp_path, lines.append) as own:
            assert own.is_absolute()
            (other,) = (one.parent for one in tmp_path.glob("desk-*/ledger.db"))
            assert {one.name for one in tmp_path.iterdir()} == {"desk-of-mine", own.name, other.name}
        assert living.is_alive()
        assert other.exists()
    (line,) = lines
    assert line.endswith(": left by a demo that was killed; removed")
    assert not own.exists()


def test_a_monitor_ends_with_the_demo_that_started_it(tmp_path: Path) -> None:
    told = tmp_path / "number"
    with forking() as start:
        demo = start(accompany, [str(told)])
        wait_until(told.exists)
        place = Path(f"/proc/{told.read_text()}")
        assert place.exists()
        kill(demo)
    wait_until(lambda: not place.exists())
