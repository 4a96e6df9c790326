"""What becomes of an observation, and whether a job is silent or we are deaf."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.board import Board
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.daemon.collector import Collector
from sla_monitor.ledger import Ledger, read_only
from sla_monitor.settings import Settings
from sla_monitor.sla.jobs import ReportKind
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.transport import HostWords
from tests.fakes.clock import FakeClock
from tests.support.terms import terms_of

JOB = {"id": "job", "kind": "heartbeat", "token": "${env:T}", "every": "1s", "timeout": "900ms", "period": "5s"}
WITNESS = {"id": "w", "kind": "tcp", "host": "127.0.0.1", "port": 1, "every": "10s", "timeout": "1s"}
WEB = {"id": "web", "kind": "tcp", "host": "127.0.0.1", "port": 1, "every": "10s"}


def contract(*endpoints: dict[str, Any]) -> Contract:
    services = [{"id": "service", "endpoints": list(endpoints)}]
    return Contract((TermsVersion(0, terms_of({"services": services})),))


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "t" * 32)


class House:
    """A collector whose sites are not started, with a ledger, on a clock that does what it is told."""

    def __init__(self, folder: Path, witnesses: list[dict[str, Any]], **more: Any) -> None:
        self.clock, self.path = FakeClock(), folder / "ledger.db"
        self.ledger = Ledger.open(self.path, self.clock, commit_within_ms=1)
        self.board = Board(self.clock.now_ms())
        settings = Settings.model_validate({"witnesses": witnesses, **more})
        self.collector = Collector(self.board, self.ledger, settings, self.clock)
        self.collector.take_up([contract(JOB | {"grace": "1s"}, WEB)])

    def seconds(self, count: int) -> None:
        """Judge the job each second, and settle what waits."""
        for _ in range(count):
            self.clock.advance(1_000)
            self.collector.judge_heartbeat("small/job", 0)
            self.collector.settle()

    def witnesses_say(self, *, is_online: bool) -> None:
        """They were asked just now."""
        words, now_ms = self.collector.sites.host.words, int(self.clock.monotonic() * 1000)
        was_online = self.collector.sites.host.is_online
        words[HostWords.ONLINE if is_online else HostWords.OFFLINE] = now_ms
        if is_online and not was_online:
            words[HostWords.BACK] = now_ms
        words[HostWords.ASKED] = now_ms
        self.collector.settle()

    def beat(self) -> None:
        assert self.collector.report("small/job", ReportKind.DONE, "").result(60)

    def seen(self, key: str = "small/job") -> list[Finding]:
        assert self.ledger.flush(60)
        with read_only(self.path) as reader:
            return [one.finding for one in reader.observations(key, 0, 10**15)]

    def end(self) -> None:
        self.collector.stop()
        self.ledger.close()
        self.collector.sites.host.close()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[House]:
    """With a witness."""
    one = House(tmp_path, [WITNESS])
    yield one
    one.end()


def outcomes(findings: list[Finding]) -> list[str]:
    return [finding.outcome.value for finding in findings]


def test_a_silent_job_is_down_once_a_witness_has_answered_after_that(watched: House) -> None:
    watched.beat()
    watched.seconds(6)
    assert set(outcomes(watched.seen())) == {"up"}
    watched.seconds(3)
    before = len(watched.seen())
    assert set(outcomes(watched.seen())) == {"up"}, "it may be we who are deaf"
    watched.witnesses_say(is_online=True)
    assert outcomes(watched.seen()[before:]) == ["down"] * 3
    assert {finding.reason for finding in watched.seen()[before:]} == {Reason.HEARTBEAT_SILENT}


def test_a_job_that_we_cannot_hear_is_never_down(watched: House) -> None:
    """The network goes before the silence is noticed, and comes back later: the job has its whole time again."""
    watched.beat()
    watched.seconds(9)
    watched.witnesses_say(is_online=False)
    watched.seconds(9)
    watched.witnesses_say(is_online=True)
    watched.seconds(5)
    watched.beat()
    watched.seconds(2)
    watched.witnesses_say(is_online=True)
    found = outcomes(watched.seen())
    assert "down" not in found
    assert found[-1] == "up"
    assert {f.reason for f in watched.seen() if f.outcome is Outcome.UNKNOWN} == {
        Reason.MONITOR_OFFLINE, Reason.NOT_YET_SEEN
    }  # fmt: skip


def test_without_witnesses_a_silent_job_is_down_at_once(tmp_path: Path) -> None:
    house = House(tmp_path, [])
    house.beat()
    house.seconds(9)
    assert outcomes(house.seen())[-1] == "down"
    house.end()


def test_what_waits_at_the_stop_is_unknown(tmp_path: Path) -> None:
    house = House(tmp_path, [WITNESS])
    house.beat()
    house.seconds(9)
    house.collector.stop()
    assert house.seen()[-1].reason is Reason.MONITOR_OFFLINE
    house.end()


def test_a_job_is_judged_as_of_now(watched: House) -> None:
    """And not as of its place in the second that has just begun."""
    watched.beat()
    watched.clock.advance(1_000)
    watched.collector.judge_heartbeat("small/job", watched.clock.now_ms() + 800)
    assert watched.ledger.flush(60)
    with read_only(watched.path) as reader:
        (one,) = reader.observations("small/job", 0, 10**15)
    assert one.at_ms == watched.clock.now_ms()


def test_what_a_reload_has_just_removed_is_passed_over(watched: House) -> None:
    gone = Observation("small/gone", watched.clock.now_ms(), Finding(Outcome.UP))
    kept = Observation("small/web", watched.clock.now_ms(), Finding(Outcome.UP))
    watched.collector.take([gone, kept])
    assert outcomes(watched.seen("small/web")) == ["up"]
    assert watched.seen("small/gone") == []
    assert "small/gone" not in watched.board.endpoints


def test_each_change_of_an_outcome_is_logged_once(watched: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    down = Finding(Outcome.DOWN, Reason.TIMEOUT, "the time was up")
    for finding in (Finding(Outcome.UP), Finding(Outcome.UP), down, down, Finding(Outcome.UP)):
        watched.clock.advance(1_000)
        watched.collector.take([Observation("small/web", watched.clock.now_ms(), finding)])
    told = [(record.levelname, record.__dict__["outcome"]) for record in caplog.records if record.message == "state"]
    assert told == [("INFO", "up"), ("WARNING", "down"), ("INFO", "up")]


def test_an_endpoint_of_another_kind_is_given_to_a_site_and_a_heartbeat_is_not(watched: House) -> None:
    assert set(watched.collector.sites._given) == {"small/web"}
    assert set(watched.collector.heartbeat_intervals_ms) == {"small/job"}


def test_a_job_whose_token_cannot_be_read_is_unknown_for_that_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reports are refused through our own fault: to be silent is not held against it."""
    house = House(tmp_path, [])
    for token in ("", "too short"):
        monkeypatch.setenv("T", token)
        house.seconds(20)
    found = house.seen()
    assert {(one.outcome, one.reason) for one in found} == {(Outcome.UNKNOWN, Reason.MONITOR_MISCONFIGURED)}
    assert {one.detail[:8] for one in found} == {"${env:T}"}
    house.end()
