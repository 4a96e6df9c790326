"""The desk's server killed outright between a click and its answer, at any moment: what a browser sends again is
entered once, and nothing is half-entered. `make desk-loop` does it to the daemon, a hundred times over all forms."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.support.forked import forking, kill, preload
from tests.support.waiting import wait_until
from tests.web.desk.every_form import NOW_MS, contract_in, forms_house
from tests.web.desk.house import House
from tests.web.desk.killing import kill_over_all_forms
from tests.web.running import Parts, web_of

KILLS, SEED = 4, 1

preload("tests.web.desk.every_form")


def serve(folder: str, port: str) -> None:
    """A desk in a process of its own. `port`: the file into which it writes its own."""
    with forms_house(Path(folder)) as house:
        Path(port).with_suffix(".new").write_text(f"{house.web.port}")
        Path(port).with_suffix(".new").replace(port)
        threading.Event().wait()


class Desk:
    """A desk that is killed and started again, and what is known of its register from outside."""

    def __init__(self, folder: Path, start: Callable[[Callable[..., None], Sequence[str]], BaseProcess]) -> None:
        self.folder, self._start = folder, start
        self.process: BaseProcess
        self.live()
        parts = Parts(contracts=[contract_in(folder / "outside")], clock=FakeClock(NOW_MS))
        self.house = House(web_of(parts), parts, folder)  # it serves nothing

    def live(self) -> None:
        told = self.folder / "port"
        told.unlink(missing_ok=True)
        self.process = self._start(serve, [str(self.folder), str(told)])
        wait_until(told.exists)
        self.port = int(told.read_text())

    def die(self) -> None:
        kill(self.process)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "outside").mkdir()
    with forking() as start:
        yield Desk(tmp_path, start)


def test_killed_at_any_time_what_is_sent_again_is_entered_once(desk: Desk) -> None:
    random.seed(SEED)
    assert [f"{met}" for met in kill_over_all_forms(desk, KILLS)]
