"""Sites in processes of their own, and endpoints on loopback that do as they are told."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from sla_monitor.clock import SystemClock
from sla_monitor.contract.endpoints.endpoint import Endpoint, endpoint_of
from sla_monitor.daemon.site_process import Child
from sla_monitor.daemon.sites import Sites
from sla_monitor.settings import Settings
from sla_monitor.sla.observation import Observation, Outcome
from tests.probe.servers import Peer, serving

TOY = (sys.executable, "-m", "tests.fakes.toy_site")


def rogue(conduct: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.fakes.rogue_site", conduct)


class Told:
    """An endpoint that says a word to whoever connects; see tests/fakes/toy_site.py for what becomes of it."""

    def __init__(self, word: str) -> None:
        self.word, self.port, self.asked = word, 0, 0

    def serve(self, peer: Peer) -> None:
        self.asked += 1
        peer.send(self.word.encode())
        peer.wait()


@contextmanager
def told(*words: str) -> Iterator[list[Told]]:
    """An endpoint for each word."""
    with ExitStack() as stack:
        several = [Told(word) for word in words]
        for one in several:
            one.port = stack.enter_context(serving(one.serve)).port
        yield several


def terms(port: int, name: str = "e", every: str = "1s", **more: Any) -> Endpoint:
    plain = {"id": name, "kind": "tcp", "host": "127.0.0.1", "port": port, "every": every, "timeout": "900ms"}
    return endpoint_of(plain | more)


def of(several: Sequence[Told], **more: Any) -> dict[str, Endpoint]:
    """Their terms by key: c/e0, c/e1 ..."""
    return {f"c/e{number}": terms(one.port, f"e{number}", **more) for number, one in enumerate(several)}


class Running:
    """Sites, and what they saw."""

    def __init__(self, command: Sequence[str], settings: Mapping[str, Any]) -> None:
        self.taken: list[Observation] = []
        self.skipped: Counter[str] = Counter()
        note = lambda key, count: self.skipped.update({key: count})  # noqa: E731
        whole = Settings.model_validate(settings)
        self.sites = Sites(whole, SystemClock(), self.taken.extend, note, command)

    def outcomes(self, key: str) -> list[str]:
        return [one.finding.outcome.value for one in list(self.taken) if one.endpoint == key]

    def last(self, key: str) -> Observation | None:
        return next((one for one in reversed(list(self.taken)) if one.endpoint == key), None)

    def detail(self, key: str) -> str:
        one = self.last(key)
        assert one is not None, f"{key} was never seen"
        return one.finding.detail

    def is_up_again(self, *keys: str) -> bool:
        """Whether each of them was seen UP since `mark`."""
        seen = self.taken[self.marked :]
        return {one.endpoint for one in seen if one.finding.outcome is Outcome.UP} >= set(keys)

    marked = 0

    def mark(self) -> None:
        self.marked = len(self.taken)

    def child(self, number: int = 0) -> Child:
        child = self.sites._sites[number].child
        assert child is not None
        return child

    def pid(self, number: int = 0) -> int:
        return self.child(number)._process.pid

    def restarts(self) -> dict[str, int]:
        return {why: count for why, count in self.sites.stats().restarts.items() if count}

    def check(self) -> None:
        """What always holds: nothing twice, and each endpoint's observations in order."""
        for key in {one.endpoint for one in self.taken}:
            times = [one.at_ms for one in self.taken if one.endpoint == key]
            assert times == sorted(set(times)), key


def wait(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.02)


@contextmanager
def running(endpoints: Mapping[str, Endpoint], command: Sequence[str] = TOY, **settings: Any) -> Iterator[Running]:
    """Sites that probe these. At the end nothing is left of them."""
    before = set(threading.enumerate())
    one = Running(command, settings)
    one.sites.assign(endpoints)
    one.sites.start()
    try:
        yield one
    finally:
        one.sites.stop()
        one.sites.host.close()
    assert not any(site.child for site in one.sites._sites)
    assert one.sites._thread not in set(threading.enumerate()) - before
    one.check()
