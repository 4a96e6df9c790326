"""Judging within bounds: what costs too much is DOWN for that reason, whoever waits is not charged, nothing is left."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import astuple
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.contract.endpoints.http_terms import HttpExpectations
from sla_monitor.contract.endpoints.journey_terms import Capture
from sla_monitor.contract.endpoints.json_path import DEEPEST
from sla_monitor.probe import Finding, Loop, Prober, Stopwatch
from sla_monitor.probe.exchange.body_capture import BodyCaptures, Captured
from sla_monitor.probe.exchange.expectations import Expectations
from sla_monitor.probe.exchange.json_body import MOST_NODES
from sla_monitor.probe.judging import judge_pool as judges_module
from sla_monitor.probe.judging import judge_process
from sla_monitor.probe.judging import judging as judging_module
from sla_monitor.probe.judging.judge_pool import Judges, JudgeState, judges_of
from sla_monitor.probe.judging.judge_process import CPU_LIMIT_S, MEMORY_BASE, MEMORY_FACTOR, JudgeAnswer
from sla_monitor.probe.judging.judging import SMALL_NS, Capturing, Judge
from sla_monitor.probe.verdict import Failure, Verdict
from sla_monitor.sla.observation import Outcome, Reason
from tests.contract.support import ROOT
from tests.probe.judged import ALL_WELL, DEAR_PATH, children, dear, descriptors, judge, judged, judging, listed
from tests.probe.looking import LOOP, probed, prober
from tests.probe.servers import Conduct, Peer, answering, page, serving
from tests.support.waiting import until


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Judges that do not stand back, or other tests at the same time would hold them up; and none is left over."""
    monkeypatch.setattr(judge_process, "NICENESS", 0)
    yield
    if LOOP in judges_module._JUDGES:
        judges_of(LOOP).close()


DEAR = {"json": [{"path": DEAR_PATH, "exists": True}]}
WELL = {"json": [ALL_WELL]}
TOO_LONG = "the answer costs more to judge than allowed: it takes more than 500 ms of processor time"


def too_costly(why: str) -> tuple[Reason, str]:
    return Reason.TOO_COSTLY, f"the answer costs more to judge than allowed: {why}"


def test_a_body_that_takes_too_long_is_down_for_that_reason() -> None:
    with serving(answering(page(bytes(dear())))) as server:
        found = probed(
            "http",
            url=f"http://127.0.0.1:{server.port}/",
            expect=DEAR,
            timeout="5s",
        )
    assert (found.outcome, found.reason, found.detail) == (Outcome.DOWN, Reason.TOO_COSTLY, TOO_LONG)
    assert found.evidence.endswith(b"[]")


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        pytest.param(
            "$[*].a", b"[" + b"{}," * MOST_NODES + b"{}]", "its JSON has more than 100,000 values", id="values"
        ),
        pytest.param("$.a", b"[" * 20_000, "its JSON is nested too deeply", id="depth"),
        pytest.param("$..a", b"[" * 150 + b"]" * 150, "its JSON is nested too deeply", id="depth of a descent"),
        pytest.param(DEAR_PATH, dear(), "it takes more than 500 ms of processor time", id="time"),
    ],
)
def test_every_bound_is_told(path: str, body: bytes | bytearray, why: str) -> None:
    with judging() as (loop, _):
        verdict = judged(loop, judge(json=[{"path": path, "exists": True}]), body)
    assert verdict is not None
    assert (verdict.reason, verdict.detail) == too_costly(why)
    assert verdict.outcome is Outcome.DOWN


def test_the_bound_on_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the parent had and freed is there to be used: so much less is allowed here, or time would be up before."""
    monkeypatch.setattr(judge_process, "MEMORY_BASE", 16 << 20)
    for module in (judge_process, judging_module):
        monkeypatch.setattr(module, "CPU_LIMIT_S", 30.0)
    path = f"$[?count(@..[{','.join('*' * 40)}]) > 1]"
    with judging() as (loop, _):
        verdict = judged(loop, judge(json=[{"path": path, "exists": True}]), dear())
    assert verdict is not None
    assert verdict.reason is Reason.TOO_COSTLY
    assert "MB of memory" in verdict.detail


def test_a_pattern_that_the_document_says_itself_ends_the_judge_alone() -> None:
    """The engine aborts where memory ends; so does the process, and so does the one that tries again."""
    patterns = ",".join(f'{{"a": "x", "b": "\\\\w{{{150 + i}}}"}}' for i in range(40))
    with judging() as (loop, _):
        asked = judge(json=[{"path": "$[?search(@.a, @.b)]", "exists": False}])
        verdict = judged(loop, asked, f"[{patterns}]".encode())
        assert judged(loop, asked, b'[{"a": "x", "b": "y"}]') is None
    assert verdict is not None
    assert verdict.reason is Reason.TOO_COSTLY


def test_an_answer_that_overran_is_not_judged_again_for_a_while() -> None:
    with judging() as (loop, judges):
        first = judged(loop, judge(**DEAR), dear())
        for _ in until(lambda: not judges._living):  # the process that was killed for it
            loop.turn(0.1)
        assert judged(loop, judge(**DEAR), dear()) == first
        assert not judges._living


BODIES: list[tuple[bytes | bytearray, str]] = [
    (listed(2_000), "application/json"),
    (listed(2_000).replace(b'"ok"', b'"bad"', 1), "application/json"),
    (b"\xef\xbb\xbf" + listed(2_000), ""),
    (listed(2_000).decode().encode("utf-16"), ""),
    (listed(2_000)[:-1], ""),
    (b"[" + b"1," * 50_000 + b"NaN]", ""),
    (b'{"items": [' + b'{"status": "\\ud800"},' * 3_000 + b'{"status": "' + b"x" * 300 + b'"}]}', ""),
]


@pytest.mark.parametrize(("body", "content_type"), BODIES)
def test_a_process_judges_as_the_loop_would(body: bytes | bytearray, content_type: str) -> None:
    expect = HttpExpectations.model_validate({"body_contains": ["status"], "json": [ALL_WELL]})
    plain = Expectations(expect)
    assert plain.most_ns_of_body(body, 10 * SMALL_NS) > SMALL_NS
    with judging() as (loop, judges):
        verdict = judged(loop, Judge(expect), body, content_type)
        assert judges._living
    here = plain.of_body(body, content_type)
    assert (verdict and verdict.reason) == (here and here.reason)
    assert (verdict and verdict.detail) == (here and here.detail.encode(errors="replace").decode())


TERMS = st.fixed_dictionaries(
    {},
    optional={
        "body_contains": st.lists(st.text(min_size=1, max_size=9), max_size=2).map(tuple),
        "body_lacks": st.lists(st.text(min_size=1, max_size=9), max_size=2).map(tuple),
        "json": st.lists(
            st.sampled_from(
                [
                    {"path": "$.a", "equals": 1},
                    {"path": "$.a", "equals": True},
                    {"path": "$.a", "equals": None},
                    {"path": "$.a", "equals": "x\ud800"},
                    {"path": "$..a", "matches": "x"},
                    {"path": "$.a", "exists": False},
                ]
            ),
            max_size=2,
        ),
    },
)


@given(TERMS, st.sampled_from([{"a": 1}, {"a": True}, {"a": None}, {"a": "x"}, {"a": "x\ud800"}, {}]))
@settings(max_examples=25, deadline=None)
def test_the_terms_reach_a_process_as_they_are(terms: dict[str, Any], document: Any) -> None:
    body = json.dumps({**document, "ballast": [0] * 40_000}).encode()
    expect = HttpExpectations.model_validate(terms)
    verdict = judged(LOOP, Judge(expect), body)
    here = Expectations(expect).of_body(body, "")
    assert (verdict is None, verdict and verdict.reason) == (here is None, here and here.reason)


def test_headers_that_may_take_long_are_judged_elsewhere_too() -> None:
    dear_pattern = "(?s)a.{200}b.{200}[cd]"
    for tail, right in (("", Reason.HEADER_UNEXPECTED), ("c" * 200, None)):
        answer = page(b"hello", "200 OK", "X-Long: " + "ab" * 5_000 + tail)
        with serving(answering(answer)) as server:
            url = f"http://127.0.0.1:{server.port}/"
            found = probed("http", url=url, expect={"headers": {"x-long": dear_pattern}, "body_contains": ["hello"]})
        assert found.reason is right, found.detail
    assert judges_of(LOOP)._living


def test_a_tcp_answer_that_may_take_long_is_judged_elsewhere_too() -> None:
    def conduct(peer: Peer) -> None:
        for _ in range(20):
            peer.send(b"\xff\xfe" + b"ab" * 500)
            time.sleep(0.002)
        peer.send(b"c" * 200)
        peer.wait()

    with serving(conduct) as server:
        expect = "(?s)a.{200}b.{200}[cd]"
        found = probed("tcp", host="127.0.0.1", port=server.port, expect=expect, timeout="5s")
    assert found.outcome is Outcome.UP, found.detail


CAPTURES = {
    "token": {"json": "$.token"},
    "first": {"json": "$.items[0].id"},
    "state": {"matches": '"status": "(\\w+)"'},
    "none": {"json": "$.none"},
    "list": {"json": "$.items"},
    "long": {"json": "$.long"},
    "half": {"json": "$.half"},
}


def captured(loop: Loop, terms: dict[str, Any], body: bytes | bytearray) -> tuple[dict[str, Captured], bool]:
    """What is found in a body, and whether a process found it."""
    several = {name: Capture.model_validate(one) for name, one in terms.items()}
    capturing = Capturing(BodyCaptures(several))

    async def probe() -> dict[str, Captured]:
        watch = Stopwatch(loop, 5_000)
        try:
            return await capturing.find(watch, bytearray(body), "application/json")
        finally:
            watch.stop()

    return loop.run(probe()), bool(judges_of(loop)._living)


def test_values_are_captured_in_a_process_as_in_the_loop() -> None:
    more = {"token": "gr\u00fcn", "none": None, "long": "x" * 20_000, "half": "\ud800"}
    with judging() as (loop, _):
        here, is_elsewhere = captured(loop, CAPTURES, listed(3, **more | {"long": "x"}))
        assert not is_elsewhere
        there, is_elsewhere = captured(loop, CAPTURES, listed(4_000, **more))
        assert is_elsewhere
    assert here == there | {"long": Captured("x")}
    assert {name: one.value for name, one in there.items() if one.value is not None} == {
        "token": "gr\u00fcn",
        "first": "0",
        "state": "ok",
    }
    assert {name: one.why for name, one in there.items() if one.value is None} == {
        "none": "$.none is not there",
        "list": "$.items is a structure",
        "long": "it has more than 16384 characters",
        "half": "it is half a character",
    }


@pytest.mark.parametrize(
    ("capture", "body"),
    [
        pytest.param({"matches": "(.{1,800}.{1,100}!)"}, "\U0001d538".encode() * 100_000, id="a pattern"),
        pytest.param({"json": DEAR_PATH}, dear(), id="a path"),
        pytest.param({"json": "$[0]"}, b"[" + b"{}," * MOST_NODES + b"{}]", id="values"),
    ],
)
def test_what_costs_too_much_to_capture_is_down_and_no_secret_is_kept(
    capture: dict[str, str], body: bytes | bytearray
) -> None:
    with serving(answering(page(bytes(body)))) as server:
        steps = [
            {"id": "a", "url": "/", "capture": {"v": {**capture, "secret": True}}},
            {"id": "b", "url": "/${v}"},
        ]
        found = probed("journey", base=f"http://127.0.0.1:{server.port}", steps=steps, timeout="5s")
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.TOO_COSTLY), found.detail
    assert b"a secret is captured from this answer" in found.evidence


def kill_whenever_busy(judges: Judges, number: signal.Signals) -> Callable[[], None]:
    """Something for a loop to do again and again: send a signal to each process that has a job."""

    def act() -> None:
        for process in judges._busy:
            os.kill(process._pid, number)
        loop = judges._loop
        loop.call_at(loop.time() + 0.02, act)

    return act


@pytest.mark.parametrize(
    ("number", "reason"), [(signal.SIGSEGV, Reason.TOO_COSTLY), (signal.SIGKILL, Reason.INTERNAL_ERROR)]
)
def test_a_body_is_charged_with_the_crash_of_two_judges_and_not_with_their_murder(
    number: signal.Signals, reason: Reason
) -> None:
    with judging() as (loop, judges):
        loop.call_soon(kill_whenever_busy(judges, number))
        verdict = judged(loop, judge(**DEAR), dear())
    assert verdict is not None
    assert verdict.reason is reason


def test_a_judge_that_dies_once_costs_nobody_anything() -> None:
    with judging() as (loop, judges):
        asked = judge(json=[ALL_WELL])
        assert judged(loop, asked, listed(2_000)) is None
        (process,) = judges._living
        os.kill(process._pid, signal.SIGSTOP)
        loop.call_at(loop.time() + 0.05, lambda: os.kill(process._pid, signal.SIGKILL))
        assert judged(loop, asked, listed(2_001)) is None
        assert process not in judges._living


def test_what_a_judge_says_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has had a supplier's bytes in hand: it may not say that the failure is ours."""
    lie = JudgeAnswer(Reason.MONITOR_OFFLINE, "all is well", 0.0, is_last=False)
    monkeypatch.setattr(judge_process, "_answer", lambda *_: lie)
    with judging() as (loop, _):
        verdict = judged(loop, judge(json=[ALL_WELL]), listed(2_000))
    assert verdict is not None
    assert "the process that judges ended" in verdict.detail


def test_an_exception_in_a_judge_is_told_as_around_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(Expectations, "of_body", stumble)
    with judging() as (loop, _):
        verdict = judged(loop, judge(json=[ALL_WELL]), listed(2_000))
    assert verdict is not None
    assert (verdict.reason, verdict.outcome) == (Reason.PROTOCOL_ERROR, Outcome.DOWN)


def test_a_judge_stands_back_holds_nothing_of_ours_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_process, "NICENESS", 10)
    before, started = descriptors(), children()
    with judging() as (loop, judges), socket.create_server(("127.0.0.1", 0)):
        asked = judge(json=[ALL_WELL])
        assert judged(loop, asked, listed(2_000)) is None
        (process,) = judges._living
        assert os.getpriority(os.PRIO_PROCESS, process._pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
        held = Path(f"/proc/{process._pid}/fd")
        opened = sorted(str(entry.readlink()).partition(":")[0] for entry in held.iterdir())
        assert opened == [os.devnull, os.devnull, os.devnull, "socket"]
    assert children() == started
    assert descriptors() == before


def test_a_judge_ends_when_its_parent_is_gone() -> None:
    with judging() as (loop, judges):
        assert judged(loop, judge(json=[ALL_WELL]), listed(2_000)) is None
        (process,) = judges._living
        process._sock.shutdown(socket.SHUT_RDWR)  # as the kernel does for a parent that is killed
        for _ in until(lambda: process not in judges._living):
            loop.turn(0.1)


def test_idle_judges_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges_module, "IDLE_S", 0.05)
    with judging() as (loop, judges):
        assert judged(loop, judge(json=[ALL_WELL]), listed(2_000)) is None
        for _ in until(lambda: not judges._living):
            loop.turn(0.1)


Ended = list[tuple[Finding, float]]
"""What probes found, and how many seconds after its deadline each of them ended."""


class Crowd:
    """Probes that go on at the same time in one loop."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.under_way = 0

    def begin(self, probers: list[Prober]) -> Ended:
        """The list is full when `run` is over."""
        ended: Ended = []
        for made in probers:
            self.under_way += 1
            self.loop.spawn(
                probe.observe(made, self.loop, SystemClock()),
                partial(self._end, ended, self.loop.time() + made.terms.timeout_ms / 1000),
            )
        return ended

    def run(self) -> None:
        for _ in until(lambda: not self.under_way):
            self.loop.turn(1.0)

    def _end(self, ended: Ended, ends: float, found: Finding | None, error: BaseException | None) -> None:
        self.under_way -= 1
        assert found is not None, error
        ended.append((found, self.loop.time() - ends))


def crowded(loop: Loop, hostile: Conduct, honest: Conduct, many: int, rounds: int) -> Iterator[tuple[Ended, Ended]]:
    """So many dear endpoints beside ten honest ones, all at once, again and again: what was found of both."""
    with serving(hostile) as bad, serving(honest) as good, ExitStack() as stack:

        def probers(port: int, count: int, **terms: Any) -> list[Prober]:
            url = f"http://127.0.0.1:{port}/"
            every = {"timeout": "2s", "every": "2s"}
            return [stack.enter_context(prober("http", url=url, **terms, **every)) for _ in range(count)]

        dears = probers(bad.port, many, expect=DEAR)
        goods = probers(good.port, 10, expect=WELL, down_above="1900ms")
        for _ in range(rounds):
            crowd = Crowd(loop)
            ills, wells = crowd.begin(dears), crowd.begin(goods)
            crowd.run()
            yield ills, wells


def numbered(body: Callable[[int], bytearray]) -> Conduct:
    """Each answer is another one."""
    numbers = count()

    def conduct(peer: Peer) -> None:
        while peer.request():
            peer.send(page(bytes(body(next(numbers)))))

    return conduct


def all_well(number: int) -> bytearray:
    return listed(2_000 + number)


LATE_S = 0.5
"""20 ms is what a suspect is given; the rest is for a machine that is busy, as in `timed`."""


def test_fifty_endpoints_with_one_dear_answer_harm_none_of_ten_honest_ones() -> None:
    """In the first round the one answer may be judged late; then it is known."""
    with closing(Loop()) as loop:
        for round_, (ills, wells) in enumerate(
            crowded(loop, answering(page(bytes(dear()))), numbered(all_well), 50, 2)
        ):
            assert [found.detail for found, _ in wells if found.outcome is not Outcome.UP] == []
            assert {found.reason for found, _ in ills} == {Reason.TOO_COSTLY}
            assert round_ == 0 or max(late_s for _, late_s in ills) <= LATE_S
            assert (len(ills), len(wells)) == (50, 10)


def test_endpoints_with_a_new_dear_answer_each_time_are_down_in_time_once_they_are_known() -> None:
    """In the first round nobody is known; some are judged late, and rightly."""
    with closing(Loop()) as loop:
        for round_, (ills, wells) in enumerate(crowded(loop, numbered(dear), numbered(all_well), 5, 2)):
            assert [found.detail for found, _ in wells if found.outcome is not Outcome.UP] == []
            assert {found.reason for found, _ in ills} == {Reason.TOO_COSTLY}
            assert round_ == 0 or max(late_s for _, late_s in ills) <= LATE_S


def test_waiting_for_a_judge_is_not_part_of_the_duration() -> None:
    """Every process is stopped for longer than the honest endpoint may take."""
    with judging() as (loop, judges), serving(numbered(all_well)) as server:
        asked = judge(json=[ALL_WELL])
        assert judged(loop, asked, listed(2_000)) is None
        (process,) = judges._living
        os.kill(process._pid, signal.SIGSTOP)
        loop.call_at(loop.time() + 0.6, lambda: os.kill(process._pid, signal.SIGCONT))
        url = f"http://127.0.0.1:{server.port}/"
        with prober("http", url=url, expect=WELL, timeout="400ms", every="1s", down_above="300ms") as made:
            found = loop.run(probe.observe(made, loop, SystemClock()))
    assert (found.outcome, found.detail) == (Outcome.UP, "")
    assert sum(phase or 0 for phase in astuple(found.phases)) <= found.duration_us


def test_what_would_be_judged_last_waits_no_longer_when_too_much_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory that waits is bounded. A suspect is not spared by that, and somebody honest is not charged."""
    monkeypatch.setattr(judges_module, "MOST_WAITING", 1_000_000)
    monkeypatch.setattr(judges_module, "MOST_JUDGES", 0)
    with judging() as (loop, _):
        suspect, new = judge(**DEAR), judge(**DEAR)
        suspect._standing = JudgeState.SUSPECT
        found: dict[str, Verdict | None] = {}

        async def ask(name: str, one: Judge, body: bytearray) -> None:
            try:
                found[name] = await one.of_body(Stopwatch(loop, 60_000), body, "")
            except Failure as failure:
                found[name] = failure.verdict

        for name, one, size in (("small", new, 1), ("suspect", suspect, 600_000), ("new", new, 900_000)):
            loop.spawn(ask(name, one, dear() + b" " * size), lambda *_: None)
        for _ in range(3):
            loop.turn(0.0)
        assert {name: verdict and verdict.reason for name, verdict in found.items()} == {"suspect": Reason.TOO_COSTLY}
        loop.spawn(ask("big", new, dear(1) + b" " * 900_000), lambda *_: None)
        for _ in range(3):
            loop.turn(0.0)
    assert {name: verdict and verdict.outcome for name, verdict in found.items()} == {
        "suspect": Outcome.DOWN,
        "big": Outcome.UNKNOWN,
    }


def test_a_suspect_is_told_when_its_time_is_up_though_it_was_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judges_module, "MOST_JUDGES", 0)
    with judging() as (loop, _):
        asked = judge(**DEAR)
        asked._standing = JudgeState.SUSPECT
        verdict = judged(loop, asked, dear(), timeout_ms=100)
    assert verdict is not None
    assert (verdict.reason, verdict.outcome) == (Reason.TOO_COSTLY, Outcome.DOWN)


def test_where_no_process_can_be_started_that_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    before = descriptors()
    monkeypatch.setattr(os, "fork", refuse)
    with judging() as (loop, _):
        verdict = judged(loop, judge(json=[ALL_WELL]), listed(2_000))
    assert verdict is not None
    assert verdict.outcome is Outcome.UNKNOWN
    assert "no process can be started" in verdict.detail
    assert descriptors() == before


def test_the_page_tells_the_bounds_as_they_are() -> None:
    told = " ".join((ROOT / "docs/probing.md").read_text(encoding="utf-8").split())
    assert f"more than {MOST_NODES:,} values" in told
    assert f"more than {CPU_LIMIT_S * 1000:.0f} ms of processor time" in told
    assert f"more memory than {MEMORY_BASE >> 20} MB and six times its size" in told
    assert MEMORY_FACTOR == 6
    assert f"{DEEPEST} under a path with `..`" in told
    assert f"longer than {SMALL_NS // 1_000_000} ms" in told
