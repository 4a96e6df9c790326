"""Sites in real processes: killed, stopped, held, starved, and what becomes of the probes that were in flight."""

from __future__ import annotations

import os
import signal
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from sla_monitor.contract.endpoints.endpoint import Endpoint, endpoint_of
from sla_monitor.daemon import site_process as child_module
from sla_monitor.daemon import sites as sites_module
from sla_monitor.daemon.site_process import COMMAND
from sla_monitor.sla.observation import Outcome, Reason
from tests.daemon.running import Running, of, running, terms, told, wait
from tests.probe.servers import OK, Peer, serving, silent_port
from tests.support.ports import free_port


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A site is held sooner than in earnest."""
    monkeypatch.setattr(child_module, "HELD_S", 0.4)


def test_a_site_that_is_killed_is_replaced_and_what_was_in_flight_is_unknown(caplog: pytest.LogCaptureFixture) -> None:
    with told("up", "wait") as endpoints, running(of(endpoints)) as run:
        wait(lambda: run.is_up_again("c/e0") and endpoints[1].asked > 0)
        seen = list(run.taken)
        os.kill(run.pid(), signal.SIGKILL)
        run.mark()
        wait(lambda: run.is_up_again("c/e0"))
        assert run.restarts() == {"ended": 1}
        assert run.taken[: len(seen)] == seen
        lost = [one for one in run.taken if one.finding.reason is Reason.INTERNAL_ERROR]
        assert {one.finding.outcome for one in lost} == {Outcome.UNKNOWN}
        assert "c/e1" in {one.endpoint for one in lost}
        assert all("it ended" in one.finding.detail for one in lost)
    (told_of,) = [record for record in caplog.records if record.message == "a site is started again"]
    assert told_of.__dict__["exit_code"] == -signal.SIGKILL
    assert told_of.__dict__["in_flight"] >= 1


def test_a_site_that_is_stopped_is_replaced_and_nobody_is_charged() -> None:
    with told("up", "wait") as endpoints, running(of(endpoints)) as run:
        wait(lambda: run.is_up_again("c/e0") and endpoints[1].asked > 0)
        os.kill(run.pid(), signal.SIGSTOP)
        wait(lambda: run.restarts() == {"stopped": 1})
        run.mark()
        wait(lambda: run.is_up_again("c/e0"))
        assert Outcome.DOWN not in {one.finding.outcome for one in run.taken if one.endpoint == "c/e0"}
        assert run.sites.stats().isolated == ()


def test_who_holds_its_site_is_unknown_then_down_and_has_a_site_of_its_own(
    soon: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SITE_SECRET", "of an endpoint that shares its site")
    web = {
        "id": "web",
        "kind": "http",
        "url": f"http://127.0.0.1:{free_port()}/",
        "bearer_token": "${env:SITE_SECRET}",
    }
    with told("up", "up", "hold") as endpoints, running(of(endpoints) | {"c/web": endpoint_of(web)}) as run:
        wait(lambda: run.sites.stats().isolated == ("c/e2",))
        assert run.outcomes("c/e2") == ["unknown", "down"]
        (first, second) = [one.finding for one in run.taken if one.endpoint == "c/e2"]
        assert first.reason is Reason.INTERNAL_ERROR
        assert second.reason is Reason.TOO_COSTLY
        assert run.restarts() == {"held": 2}
        run.mark()
        wait(lambda: len(run.outcomes("c/e2")) >= 4)
        assert set(run.outcomes("c/e2")[2:]) == {"down"}, "in its own site each hold is its own"
        wait(lambda: {"c/e0", "c/e1"} <= {one.endpoint for one in run.taken[run.marked :]})
        innocent = [one for one in run.taken[run.marked :] if one.endpoint in ("c/e0", "c/e1")]
        assert {one.finding.outcome for one in innocent} == {Outcome.UP}
        assert run.restarts()["held"] >= 4
        assert os.getpriority(os.PRIO_PROCESS, run.pid(0)) == os.getpriority(os.PRIO_PROCESS, 0)
        endpoints[2].word = "tell environment"
        wait(lambda: run.detail("c/e2") == "")
        endpoints[2].word = "up"
        run.mark()
        wait(lambda: run.is_up_again("c/e0", "c/e1", "c/e2"))
        assert os.getpriority(os.PRIO_PROCESS, run.pid(1)) == sites_module.OWN_NICE
        # A reload that removes it ends its site, and no counter goes back.
        before, pid = run.sites.stats(), run.pid(1)
        run.sites.assign(of(endpoints[:2]))
        wait(lambda: not Path(f"/proc/{pid}").exists())
        assert run.sites.stats().isolated == ()
        assert sum(run.sites.stats().lateness_counts) >= sum(before.lateness_counts)
    assert "down" not in run.outcomes("c/e0") + run.outcomes("c/e1")
    assert any("has one of its own" in message for message in caplog.messages)


def test_who_recovers_between_two_holds_is_not_charged_and_after_three_harms_nobody_else(soon: None) -> None:
    with told("up", "hold") as endpoints, running(of(endpoints)) as run:
        for holds in (1, 2, 3):
            endpoints[1].word = "hold"
            wait(lambda holds=holds: run.restarts() == {"held": holds})  # type: ignore[misc]
            endpoints[1].word = "up"
            assert run.sites.stats().isolated == (() if holds < 3 else ("c/e1",))
            run.mark()
            wait(lambda: run.is_up_again("c/e0", "c/e1"))
        assert "down" not in run.outcomes("c/e0") + run.outcomes("c/e1")


def test_a_site_that_sleeps_in_a_step_is_replaced_and_nobody_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be read, a terminal that takes nothing: nobody's bytes."""
    monkeypatch.setattr(child_module, "BLOCKED_S", 1.2)
    with told("up", "sleep") as endpoints, running(of(endpoints)) as run:
        wait(lambda: run.restarts() == {"stopped": 1})
        endpoints[1].word = "up"
        wait(lambda: run.is_up_again("c/e0", "c/e1"))
        assert "down" not in run.outcomes("c/e1")
        assert run.sites.stats().isolated == ()


def test_memory_that_is_used_up_charges_nobody() -> None:
    with told("up", "eat") as endpoints, running(of(endpoints), sites={"memory_mb": 128}) as run:
        wait(lambda: len(run.outcomes("c/e1")) >= 2 and run.is_up_again("c/e0"))
        endpoints[1].word = "up"
        wait(lambda: run.is_up_again("c/e0", "c/e1"))
        assert "down" not in run.outcomes("c/e0") + run.outcomes("c/e1")
        assert "unknown" in run.outcomes("c/e1")


def test_a_process_that_ends_itself_is_told_with_its_exit_code(caplog: pytest.LogCaptureFixture) -> None:
    with told("end") as endpoints, running(of(endpoints)) as run:
        wait(lambda: run.restarts().get("ended", 0) >= 1)
        assert run.outcomes("c/e0")[0] == "unknown"
    codes = [record.__dict__["exit_code"] for record in caplog.records if record.message == "a site is started again"]
    assert codes[0] == 3


def test_a_site_that_cannot_be_started_is_told_and_tried_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sites_module, "PATIENCE_S", 0.2)
    with running({}, ("/nonexistent/python",)) as run:
        wait(lambda: caplog.messages.count("a site cannot be started") >= 3)
        stats = run.sites.stats()
        assert (stats.wanted, stats.running) == (1, 0)
        wait(lambda: run.sites.stats().pulse_age_s > 1.0)


def test_a_site_that_ends_at_once_is_not_running_and_is_started_with_pauses() -> None:
    with running({}, ("/bin/true",)) as run:
        time.sleep(2.5)
        stats = run.sites.stats()
        assert stats.running == 0
        assert stats.pulse_age_s > 2.0, "starting it again is no sign of life"
        assert stats.restarts["ended"] <= 2 * sites_module.RESTARTS


def test_two_hundred_restarts_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites_module, "RESTARTS", 10**6)
    with running({}, ("/bin/true",)) as run:
        wait(lambda: run.sites.stats().restarts["ended"] >= 5)
        with run.sites._lock:
            before = open_files()
        wait(lambda: run.sites.stats().restarts["ended"] >= 205)
        with run.sites._lock:
            assert abs(open_files() - before) <= 4, "one may be on its way"


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_it_stops_in_the_middle_of_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites_module, "RESTARTS", 10**6)
    for number in range(10):
        with running({}, ("/bin/true",)):
            time.sleep(0.011 * number)


def test_a_site_lives_on_when_the_thread_that_asked_for_it_has_ended() -> None:
    """The kernel sends the death signal when the thread ends that started the process, not when the parent does."""
    with told("up") as endpoints, running({}) as run:
        wait(lambda: run.sites.stats().running == 1)
        asking = threading.Thread(target=run.sites.assign, args=(of(endpoints),))
        asking.start()
        asking.join()
        wait(lambda: run.is_up_again("c/e0"))
        assert run.restarts() == {}


def test_a_collector_that_does_not_read_loses_nothing_and_holds_up_nobody() -> None:
    """More than the socket holds: the rest waits in the site, which probes on."""
    with told(*["fat"] * 4) as endpoints:
        several = {f"c/e{n}": terms(endpoints[n % 4].port, f"e{n}") for n in range(120)}
        with running(several) as run:
            wait(lambda: len(run.taken) >= 120)
            with run.sites._lock:
                time.sleep(2.5)
            run.mark()
            wait(lambda: len({one.endpoint for one in run.taken[run.marked :]}) == 120)
            assert run.restarts() == {}
            assert not run.skipped
        for key in several:
            times = [one.at_ms for one in run.taken if one.endpoint == key]
            assert max(b - a for a, b in pairwise(times)) < 2_000, key


def test_a_reload_loses_no_probe_that_is_under_way() -> None:
    with told("wait", "up") as endpoints, running(of(endpoints, timeout="700ms")) as run:
        wait(lambda: run.last("c/e0") is not None)
        asked = endpoints[0].asked
        wait(lambda: endpoints[0].asked > asked)
        run.mark()
        run.sites.assign(of(endpoints, timeout="800ms"))
        wait(lambda: any(one.endpoint == "c/e0" for one in run.taken[run.marked :]))
        under_way = next(one for one in run.taken[run.marked :] if one.endpoint == "c/e0")
        assert 600_000 < under_way.finding.duration_us < 790_000, "by the terms that it was begun with"
        run.mark()
        wait(lambda: any(one.endpoint == "c/e0" for one in run.taken[run.marked :]))
        assert run.restarts() == {}


def test_a_journey_that_is_under_way_is_told_in_the_steps_that_it_was_begun_with() -> None:
    """The steps are checked against the contract: a reload that changes them accuses nobody."""

    def steps(*names: str) -> dict[str, Endpoint]:
        pages = [{"id": name, "url": f"http://127.0.0.1:{server.port}/{name}"} for name in names]
        return {"c/e0": endpoint_of({"id": "e0", "kind": "journey", "every": "1s", "timeout": "900ms", "steps": pages})}

    def slow(peer: Peer) -> None:
        while peer.request():
            asked.append(1)
            time.sleep(0.3)
            peer.send(OK)

    asked: list[int] = []
    with serving(slow) as server, running(steps("a", "b"), COMMAND) as run:
        wait(lambda: run.last("c/e0") is not None)
        del asked[:]
        wait(lambda: bool(asked))
        run.mark()
        run.sites.assign(steps("c"))
        wait(lambda: len(run.taken) >= run.marked + 2)
        first, second = run.taken[run.marked : run.marked + 2]
        assert [step.step for step in first.finding.steps] == ["a", "b"]
        assert [step.step for step in second.finding.steps] == ["c"]
        assert run.sites.stats().refused == 0


def test_a_number_is_never_given_to_another_endpoint(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sites_module, "MOST_ENDPOINTS", 5)
    sites = Running((), {}).sites
    a, b, c, d, e = (f"c/{name}" for name in "abcde")
    for several in ((a, b), (b, c), (a,), (d, e)):
        sites.assign({key: terms(1) for key in several})
    assert sites._numbers == {a: 1, b: 2, c: 3, d: 4}
    assert set(sites._given) == {d}, "rather none than the number of another"
    assert [record.__dict__["endpoint"] for record in caplog.records] == [e]
    sites.stop()
    sites.host.close()


def test_five_thousand_endpoints_at_once_are_no_trouble() -> None:
    port = free_port()
    web = {"kind": "http", "url": f"http://127.0.0.1:{port}/", "every": "60s", "expect": {"body_matches": "a+b"}}
    several = {f"c/e{n}": terms(port, f"e{n}", "60s") for n in range(2_500)}
    several |= {f"c/w{n}": endpoint_of({"id": f"w{n}", **web}) for n in range(2_500)}
    with running(several, COMMAND) as run:
        wait(lambda: len({one.endpoint for one in run.taken}) >= 100)
        several.pop("c/e0")
        run.sites.assign(several)
        run.mark()
        wait(lambda: len(run.taken) - run.marked >= 100)
        assert run.restarts() == {}
        assert run.sites.stats().running == 1


def test_what_waits_for_a_witness_at_the_end_is_unknown_and_not_lost() -> None:
    with told("fail") as endpoints, silent_port() as port:
        witness = {"id": "w", "kind": "http", "url": f"http://127.0.0.1:{port}/", "every": "60s", "timeout": "59s"}
        with running(of(endpoints), witnesses=[witness]) as run:
            wait(lambda: run.sites.stats().waiting_for_witness >= 1)
            assert run.taken == []
        assert {one.finding.reason for one in run.taken} == {Reason.MONITOR_OFFLINE}


def test_every_site_of_a_host_hears_of_the_witnesses_from_the_first() -> None:
    with told("fail", "fail", "fail") as endpoints:
        witness = {"id": "w", "kind": "tcp", "host": "127.0.0.1", "every": "1s", "timeout": "900ms"}
        with told("up") as (answers,):
            several = of(endpoints)
            asking = [witness | {"port": answers.port}]
            with running(several, witnesses=asking, sites={"processes": 2}) as run:
                wait(lambda: {one.endpoint for one in run.taken} == set(several))
                assert {one.finding.outcome for one in run.taken} == {Outcome.DOWN}
                assert run.sites.host.is_online
                asked = answers.asked
                time.sleep(1.5)
                assert answers.asked - asked <= 2, "for all of them once in its interval"
                answers.word = ""
                wait(lambda: not run.sites.host.is_online)
                run.mark()
                wait(lambda: {one.endpoint for one in run.taken[run.marked :]} == set(several))


def test_a_reload_leaves_the_witnesses_as_they_are() -> None:
    """They are among the settings that take effect at the next start."""
    with told("fail") as endpoints, told("up") as (answers,):
        witness = {"id": "w", "kind": "tcp", "host": "127.0.0.1", "port": answers.port, "every": "1s"}
        with running(of(endpoints), witnesses=[witness | {"timeout": "900ms"}]) as run:
            wait(lambda: len(run.taken) >= 1)
            run.sites.reconfigure(run.sites._settings.model_copy(update={"witnesses": ()}))
            asked = answers.asked
            wait(lambda: answers.asked > asked)


def test_signals_of_others_do_not_end_a_site() -> None:
    with told("up") as endpoints, running(of(endpoints)) as run:
        wait(lambda: run.is_up_again("c/e0"))
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(run.pid(), number)
        run.mark()
        wait(lambda: run.is_up_again("c/e0"))
        assert run.restarts() == {}
