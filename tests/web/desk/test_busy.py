"""When too many ask for the same at once: who comes too late is told, on a page, what to do."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path

import pytest

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.web import Limits
from tests.web.desk.house import House, furnished

OBLIGATIONS = "/desk/contracts/small/obligations"


@contextmanager
def register_is_read(house: House) -> Iterator[None]:
    """Somebody reads the register, and takes long."""
    begun, over = threading.Event(), threading.Event()

    @contextmanager
    def proving() -> Iterator[Proof]:
        begun.set()
        over.wait(20)
        raise LedgerError("enough")
        yield

    def read() -> None:
        with pytest.raises(LedgerError, match="enough"):
            house.parts.known.of(house.ledger, ["other"], proving)

    thread = threading.Thread(target=read)
    thread.start()
    begun.wait(20)
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_who_comes_too_late_is_told_when_to_come_again_and_the_others_are_answered(tmp_path: Path) -> None:
    with furnished(tmp_path, limits=Limits(waiting=0)) as house, ThreadPoolExecutor() as pool:
        browsers = [house.browser(name) for name in ("carl", "anna")]
        with register_is_read(house):
            asked = [pool.submit(browser.get, OBLIGATIONS) for browser in browsers]
            done, waiting = wait(asked, return_when=FIRST_COMPLETED)
        (late,) = done
        assert (late.result().status, late.result().headers["retry-after"]) == (503, "1")
        assert "too many ask for the same at this moment" in late.result().text
        assert "Load the page again in some seconds" in late.result().text
        assert [one.result().status for one in waiting] == [200]
