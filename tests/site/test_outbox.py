"""What was seen stays here until the collector has taken it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from sla_monitor.probe import Loop
from sla_monitor.site import outbox as module
from sla_monitor.site.outbox import MOST_IN_A_BATCH, Outbox, Probes
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.transport import Batch, Frames, Pulse, decode_from_site
from tests.transport.test_frames_and_messages import PULSE

UP = Finding(Outcome.UP)
FAT = Finding(Outcome.DOWN, Reason.BODY_UNEXPECTED, "d" * 200, evidence=bytes(2048))


class Post:
    """An outbox, and the collector at the other end, which reads when it is told to."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.theirs.setblocking(False)
        self.handed_over: list[tuple[str, int]] = []
        self.lost: list[tuple[str, int]] = []
        self.outbox = Outbox(self.loop, self.ours, self._handed_over, self._lost)
        self.frames = Frames()

    def _handed_over(self, probes: Probes) -> None:
        self.handed_over += probes

    def _lost(self, probes: Probes) -> None:
        self.lost += probes

    def put(self, count: int, finding: Finding = UP, first: int = 1) -> None:
        for n in range(first, first + count):
            self.outbox.put(Observation("c/e", n, finding))

    def read(self) -> list[Batch | Pulse]:
        """All that has come, and room for more."""
        seen: list[Batch | Pulse] = []
        while True:
            try:
                data = self.theirs.recv(1 << 20)
            except BlockingIOError:
                return seen
            seen += map(decode_from_site, self.frames.feed(data))
            self.outbox.is_writable = True
            self.outbox.flush()


@pytest.fixture
def post() -> Iterator[Post]:
    one = Post()
    yield one
    one.ours.close()
    one.theirs.close()
    one.loop.close()


def times(messages: list[Batch | Pulse]) -> list[int]:
    return [one.at_ms for message in messages if isinstance(message, Batch) for one in message.observations]


def test_observations_wait_for_each_other_and_go_in_one_message(post: Post) -> None:
    post.put(3)
    assert len(post.loop._timers) == 1
    assert post.read() == []
    until = time.monotonic() + 10
    while not (messages := post.read()) and time.monotonic() < until:
        post.loop.turn(0.05)
    (batch,) = messages
    assert times([batch]) == [1, 2, 3]
    assert post.handed_over == [("c/e", 1), ("c/e", 2), ("c/e", 3)]


def test_many_at_once_do_not_wait(post: Post) -> None:
    post.put(MOST_IN_A_BATCH + 1)
    assert times(post.read()) == list(range(1, MOST_IN_A_BATCH + 1))


def test_what_a_collector_that_does_not_read_has_not_taken_is_not_handed_over(post: Post) -> None:
    post.put(4 * MOST_IN_A_BATCH, FAT)
    assert len(post.handed_over) < 4 * MOST_IN_A_BATCH
    assert not post.outbox.is_empty
    assert post.lost == []
    assert times(post.read()) == list(range(1, 4 * MOST_IN_A_BATCH + 1))
    assert len(post.handed_over) == 4 * MOST_IN_A_BATCH
    assert post.outbox.is_empty


def test_what_has_no_room_is_lost_and_told_and_what_is_held_is_an_unbroken_record(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 2 << 20)
    post.put(6 * MOST_IN_A_BATCH, FAT)
    assert post.lost
    assert len(caplog.messages) == 1
    taken = times(post.read())
    assert taken == list(range(1, len(taken) + 1))
    assert [at_ms for _, at_ms in post.lost] == list(range(len(taken) + 1, 6 * MOST_IN_A_BATCH + 1))
    post.put(MOST_IN_A_BATCH, first=9_000)
    assert len(times(post.read())) == MOST_IN_A_BATCH, "there is room again"


def test_a_pulse_goes_at_once(post: Post) -> None:
    post.outbox.pulse(PULSE)
    assert post.read() == [PULSE]


def test_at_the_end_all_that_is_here_is_handed_over(post: Post) -> None:
    post.put(7)
    post.outbox.end(5.0)
    assert times(post.read()) == [1, 2, 3, 4, 5, 6, 7]


def test_at_the_end_a_collector_that_takes_its_time_is_waited_for(post: Post) -> None:
    post.put(4 * MOST_IN_A_BATCH, FAT)
    post.theirs.setblocking(True)
    taken = bytearray()

    def read() -> None:
        while data := post.theirs.recv(1 << 16):
            taken.extend(data)

    reading = threading.Thread(target=read)
    reading.start()
    post.outbox.end(10.0)
    assert post.outbox.is_empty
    post.ours.shutdown(socket.SHUT_WR)
    reading.join()
    assert times([decode_from_site(each) for each in post.frames.feed(bytes(taken))]) == list(range(1, 2001))


def test_at_the_end_a_collector_that_takes_nothing_is_not_waited_for(post: Post) -> None:
    post.put(4 * MOST_IN_A_BATCH, FAT)
    post.outbox.end(0.05)
    assert not post.outbox.is_empty


def test_a_collector_that_has_gone_is_no_error(post: Post) -> None:
    post.theirs.close()
    post.put(2 * MOST_IN_A_BATCH)
    post.outbox.pulse(PULSE)
    post.outbox.end(0.05)
    assert post.handed_over == []
