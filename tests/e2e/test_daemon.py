"""The daemon, from start to stop: an outage made and seen, reloads, restarts, the end."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from itertools import groupby, pairwise
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from sla_monitor.demo.scenario import Behaviour
from sla_monitor.ledger import read_only
from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.hostile import ALL
from tests.probe.servers import serving
from tests.support.prometheus import scraping
from tests.support.running import Monitor
from tests.support.waiting import until, wait_until

ROOT = Path(__file__).parents[2]
FOREVER_MS = 10**15
KPI = '{contract="demo",kpi="KPI1",service="cad"}'
SERVICE = '{contract="demo",service="cad"}'


@pytest.fixture
def prometheus(tmp_path: Path, monitor: Monitor) -> Iterator[str]:
    """A real Prometheus that scrapes the daemon every second; gives its address."""
    with scraping(monitor.port, tmp_path) as address:
        yield address


def asked(prometheus: str, query: str) -> float | None:
    """What Prometheus says of a query with one result."""
    try:
        with urllib.request.urlopen(f"{prometheus}/api/v1/query?{urllib.parse.urlencode({'query': query})}") as answer:
            result = json.load(answer)["data"]["result"]
    except OSError:
        return None
    return float(result[0]["value"][1]) if result else None


def test_an_outage_is_seen_by_prometheus_and_its_end_too(monitor: Monitor, prometheus: str) -> None:
    monitor.start()
    up = 'sla_service_state{contract="demo",service="cad",state="up"}'
    wait_until(lambda: asked(prometheus, up) == 1)
    assert asked(prometheus, "up") == 1
    monitor.estate.force("/cad/login", Behaviour("status", status=503))
    wait_until(lambda: asked(prometheus, 'sla_service_state{contract="demo",service="cad",state="down"}') == 1)
    wait_until(lambda: (asked(prometheus, f"sla_service_downtime_seconds{SERVICE}") or 0) > 2)
    assert asked(prometheus, f"sla_service_outages{SERVICE}") == 1
    started = asked(prometheus, f"sla_service_open_outage_start_timestamp_seconds{SERVICE}")
    assert started is not None
    assert 0 < time.time() - started < 60
    monitor.estate.clear()
    wait_until(lambda: asked(prometheus, up) == 1)
    wait_until(lambda: asked(prometheus, f"sla_service_open_outage_start_timestamp_seconds{SERVICE}") is None)
    assert (asked(prometheus, f"sla_service_downtime_seconds{SERVICE}") or 0) > 2


def test_a_service_has_a_state_soon_after_the_start_however_rarely_figures_are_worked_out(monitor: Monitor) -> None:
    monitor.write(assess_every="1h")
    monitor.start()
    state = 'sla_service_state{{contract="demo",service="cad",state="{}"}}'
    # On a busy machine its first probe may come too late to be up; it is seen all the same.
    wait_until(lambda: any(monitor.metric(state.format(word)) == 1 for word in ("up", "degraded", "down")))


def test_sigterm_stops_within_five_seconds_and_loses_nothing_that_was_acknowledged(monitor: Monitor) -> None:
    monitor.start()
    wait_until(lambda: (monitor.metric("sla_ledger_committed_observations_total") or 0) >= 4)
    monitor.estate.force("/cad/login", Behaviour("hang"))
    time.sleep(1.2)
    acknowledged = monitor.metric("sla_ledger_committed_observations_total") or 0
    began = time.monotonic()
    assert monitor.stop() == 0
    assert time.monotonic() - began < 5
    with read_only(monitor.ledger) as reader:
        kept = sum(1 for key in ("demo/login", "demo/ssh") for _ in reader.observations(key, 0, FOREVER_MS))
    assert kept >= acknowledged
    assert "Traceback" not in monitor.log.read_text()


def test_sighup_takes_up_a_new_endpoint_and_leaves_the_others_alone(monitor: Monitor) -> None:
    monitor.start()
    wait_until(lambda: monitor.state("ssh") == "up")
    observations = 'sla_probes_total{contract="demo",endpoint="ssh",service="cad"}'
    before = monitor.metric(observations) or 0
    extra = {"id": "gone", "kind": "tcp", "host": "127.0.0.1", "port": 1, "every": "1s", "timeout": "500ms"}
    monitor.write(endpoints=[monitor.endpoints()[1], extra])
    monitor.send(signal.SIGHUP)
    wait_until(lambda: 'endpoint="login"' not in monitor.page() and 'endpoint="gone"' in monitor.page())
    wait_until(lambda: monitor.state("gone") == "down")
    assert (monitor.metric(observations) or 0) >= before, "the endpoint that stayed was not begun again"
    assert monitor.metric("sla_config_last_reload_successful") == 1


def test_a_bad_file_keeps_the_old_configuration_and_says_so(monitor: Monitor) -> None:
    monitor.start()
    contract = monitor.folder / "contracts" / "demo.yaml"
    good = contract.read_text()
    contract.write_text(good.replace('"every"', '"evry"'))
    assert monitor.status("/-/reload", "POST") == 500
    assert monitor.metric("sla_config_last_reload_successful") == 0
    log = monitor.log.read_text()
    assert "evry" in log
    assert "every" in log, "the nearest valid key is named"
    wait_until(lambda: monitor.state("login") == "up")
    contract.write_text(good)
    assert monitor.status("/-/reload", "POST") == 200
    assert monitor.metric("sla_config_last_reload_successful") == 1


def test_what_was_seen_is_there_after_a_restart_and_the_gap_is_unknown(monitor: Monitor) -> None:
    monitor.start()
    monitor.estate.force("/cad/login", Behaviour("status", status=500))
    wait_until(lambda: (monitor.metric(f"sla_service_downtime_seconds{SERVICE}") or 0) > 1)
    downtime = monitor.metric(f"sla_service_downtime_seconds{SERVICE}") or 0
    monitor.stop()
    monitor.estate.clear()
    time.sleep(3)
    monitor.start()
    assert (monitor.metric(f"sla_service_downtime_seconds{SERVICE}") or 0) >= downtime - 1
    wait_until(lambda: monitor.state("login") == "up")
    monitor.stop()
    with read_only(monitor.ledger) as reader:
        spans = reader.spans(0, FOREVER_MS)["demo/login"]
    assert spans[-1].start_ms - spans[-2].end_ms > 1000, "nobody saw the time in between"


def test_while_the_monitor_is_cut_off_failures_are_unknown(monitor: Monitor) -> None:
    """The witness and the supplier go together: that is our network, not theirs."""
    witness = {"id": "w", "kind": "tcp", "host": "127.0.0.1", "port": monitor.estate.ports.witness}
    monitor.write(witnesses=[witness | {"every": "1s", "timeout": "500ms"}])
    monitor.start()
    wait_until(lambda: monitor.state("ssh") == "up")
    for server in ("witness", "ssh", "http"):
        monitor.estate.force(server, Behaviour("refuse"))
    wait_until(lambda: monitor.state("ssh") == "unknown" and monitor.state("login") == "unknown")
    assert monitor.metric("sla_monitor_online") == 0
    monitor.estate.clear()
    wait_until(lambda: monitor.state("ssh") == "up" and monitor.metric("sla_monitor_online") == 1)
    monitor.stop()
    with read_only(monitor.ledger) as reader:
        found = [observation.finding for observation in reader.observations("demo/ssh", 0, FOREVER_MS)]
    unknown = [finding.reason for finding in found if finding.outcome is Outcome.UNKNOWN]
    assert set(unknown) == {Reason.MONITOR_OFFLINE}
    assert all(finding.outcome is not Outcome.DOWN for finding in found)


def test_an_address_that_is_taken_is_one_line_and_exit_status_1(monitor: Monitor) -> None:
    monitor.start()
    second = Monitor.__new__(Monitor)
    second.__dict__.update(monitor.__dict__, log=monitor.folder / "second.log", process=None)
    second.write(ledger={"path": "other.db"})
    second.start(until_ready=False)
    assert second.process is not None
    assert second.process.wait(20) == 1
    text = second.log.read_text()
    assert f"127.0.0.1:{monitor.port}" in text
    assert "Traceback" not in text


def test_it_refuses_to_start_on_a_configuration_that_check_refuses(monitor: Monitor) -> None:
    monitor.write(vantage="not an identifier!")
    monitor.start(until_ready=False)
    assert monitor.process is not None
    assert monitor.process.wait(20) == 1
    lines = monitor.log.read_text().splitlines()
    assert len(lines) == 1
    assert "sla-monitor.yaml:" in lines[0]
    assert "vantage" in lines[0]


@pytest.fixture
def nursery(monitor: Monitor) -> Iterator[Popen[str]]:
    """See tests/e2e/nursery.py."""
    with (
        monitor.log.open("ab") as log,
        Popen([sys.executable, "-m", "tests.e2e.nursery"], cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=log, text=True)
        as process,
    ):  # fmt: skip
        yield process
        process.communicate()


def test_killed_at_any_moment_it_keeps_every_acknowledged_observation(monitor: Monitor, nursery: Popen[str]) -> None:
    """Again and again: while it starts, probes, commits or answers. Acknowledged is what /metrics said was committed.
    (`make kill-loop` goes on for longer, and kills sites too.)"""
    login = monitor.endpoints()[0]
    monitor.write(endpoints=[login | {"id": f"login-{n}"} for n in range(20)])  # so that no moment is quiet
    choose, kept, rounds = random.Random(), 0, 0
    while rounds < 7 or kept <= 70:
        assert rounds < 100
        acknowledged = kept + killed_after(monitor, nursery, choose.uniform(0, 3), listening=rounds % 5 > 0)
        if monitor.ledger.exists():
            kept = observations_kept(monitor.ledger)
        assert kept >= acknowledged
        rounds += 1
    assert "Traceback" not in monitor.log.read_text()


def killed_after(monitor: Monitor, nursery: Popen[str], seconds: float, *, listening: bool) -> int:
    """Start the daemon (and wait until it listens), kill it after so long; the commits that it told of in between."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{monitor.settings}\n")
    nursery.stdin.flush()
    daemon = int(nursery.stdout.readline())
    if listening:
        wait_until(lambda: monitor.status("/-/healthy") == 200)
    deadline, told = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        if monitor.status("/-/healthy") == 200:
            told = int(monitor.metric("sla_ledger_committed_observations_total") or 0)
        time.sleep(0.02)
    os.kill(daemon, signal.SIGKILL)
    assert nursery.stdout.readline() == "dead\n"
    return told


def observations_kept(ledger: Path) -> int:
    """How many probes are in the ledger, which must be whole."""
    with closing(sqlite3.connect(ledger)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        has_table = database.execute("select count(*) from sqlite_master where name = 'observations'").fetchone()[0]
        return int(database.execute("select count(*) from observations").fetchone()[0]) if has_table else 0


def test_no_thread_can_be_ended_by_a_signal_that_is_meant_for_the_daemon(monitor: Monitor) -> None:
    """A signal goes to any thread that does not block it, and would end the process there and then. The main thread
    alone waits for them."""
    monitor.start()
    assert monitor.process is not None
    blocked = {
        task.name: int(line.split()[1], 16)
        for task in Path(f"/proc/{monitor.process.pid}/task").iterdir()
        for line in (task / "status").read_text().splitlines()
        if line.startswith("SigBlk:") and task.name != str(monitor.process.pid)
    }
    assert len(blocked) >= 3
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        assert [name for name, mask in blocked.items() if not mask >> (number - 1) & 1] == []


def test_a_daemon_that_was_stopped_alone_has_missed_nothing(monitor: Monitor) -> None:
    """SIGSTOP and SIGCONT: a debugger. Its site probes on, and keeps what it sees until somebody reads it."""
    monitor.start()
    wait_until(lambda: monitor.state("login") == "up" and monitor.state("ssh") == "up")
    (site,) = monitor.sites()
    monitor.send(signal.SIGSTOP)
    time.sleep(5)
    monitor.send(signal.SIGCONT)
    before = monitor.metric("sla_ledger_committed_observations_total") or 0
    wait_until(lambda: (monitor.metric("sla_ledger_committed_observations_total") or 0) > before + 4)
    assert monitor.sites() == [site]
    assert monitor.metric("sla_schedule_missed_total") == 0
    assert monitor.stop() == 0
    with read_only(monitor.ledger) as reader:
        for key in ("demo/login", "demo/ssh"):
            seen = list(reader.observations(key, 0, FOREVER_MS))
            assert {one.finding.outcome for one in seen} == {Outcome.UP}
            assert max(b.at_ms - a.at_ms for a, b in pairwise(seen)) < 2000


def test_when_all_was_stopped_nobody_is_charged_for_the_absence(monitor: Monitor) -> None:
    """A suspended container. The time in between is unknown, and what was missed is counted."""
    monitor.start()
    wait_until(lambda: monitor.state("login") == "up" and monitor.state("ssh") == "up")
    assert monitor.process is not None
    everybody = [monitor.process.pid, *monitor.sites()]
    for pid in everybody:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(5)
    for pid in everybody:
        os.kill(pid, signal.SIGCONT)
    before = monitor.metric("sla_ledger_committed_observations_total") or 0
    wait_until(lambda: (monitor.metric("sla_ledger_committed_observations_total") or 0) > before + 4)
    wait_until(lambda: (monitor.metric("sla_schedule_missed_total") or 0) >= 4)
    assert monitor.sites() == everybody[1:], "nobody who slept with us is replaced"
    assert monitor.stop() == 0
    with read_only(monitor.ledger) as reader:
        observations = [
            observation for key in ("demo/login", "demo/ssh") for observation in reader.observations(key, 0, FOREVER_MS)
        ]
        spans = reader.spans(0, FOREVER_MS)["demo/login"]
    assert all(observation.finding.outcome is not Outcome.DOWN for observation in observations)
    assert max(b.start_ms - a.end_ms for a, b in pairwise(spans)) > 2000, "nobody saw the time in between"


def test_a_site_that_is_killed_is_replaced_and_told(monitor: Monitor) -> None:
    monitor.start()
    wait_until(lambda: monitor.state("login") == "up")
    (site,) = monitor.sites()
    os.kill(site, signal.SIGKILL)
    wait_until(lambda: monitor.metric('sla_site_restarts_total{why="ended"}') == 1)
    wait_until(lambda: monitor.sites() not in ([], [site]))
    before = monitor.metric("sla_ledger_committed_observations_total") or 0
    wait_until(lambda: (monitor.metric("sla_ledger_committed_observations_total") or 0) > before + 4)
    assert monitor.state("login") == "up"
    assert "a site is started again" in monitor.log.read_text()


def test_a_daemon_that_is_killed_leaves_no_process_behind(monitor: Monitor) -> None:
    monitor.write(sites={"processes": 2})
    monitor.start()
    sites = monitor.sites()
    assert len(sites) == 2
    monitor.send(signal.SIGKILL)
    wait_until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in sites))


def test_it_ends_in_time_whatever_the_suppliers_do(monitor: Monitor) -> None:
    """Every conduct of the hostile suppliers that needs no certificate, each being probed when the end comes."""
    rows = [row for row in ALL if not row.tls and "body" not in row.terms]
    assert len(rows) > 40
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(row.conduct)).port for row in rows]
        monitor.write(
            endpoints=[
                {**row.terms_at(port, Path()), "id": f"e{n}", "kind": row.kind, "every": "2s", "timeout": "1500ms"}
                for n, (row, port) in enumerate(zip(rows, ports, strict=True))
            ]
        )
        monitor.start()
        wait_until(lambda: (monitor.metric("sla_ledger_committed_observations_total") or 0) >= len(rows))
        began = time.monotonic()
        assert monitor.stop() == 0
        assert time.monotonic() - began < 5
    with read_only(monitor.ledger) as reader:
        found = {
            (observation.finding.outcome, observation.finding.reason)
            for n in range(len(rows))
            for observation in reader.observations(f"demo/e{n}", 0, FOREVER_MS)
        }
    unknown = {reason for outcome, reason in found if outcome is Outcome.UNKNOWN}
    # The machine may have let us stand still; that a probe was under way at the end is no such reason.
    assert unknown <= {Reason.CLOCK_STEPPED}


def test_a_contract_that_a_reload_removes_is_gone_from_the_metrics_at_once(monitor: Monitor) -> None:
    second = monitor.folder / "contracts" / "second.yaml"
    second.write_text((monitor.folder / "contracts" / "demo.yaml").read_text().replace('"demo"', '"second"'))
    monitor.start()
    assert 'contract="second"' in monitor.page()
    second.unlink()
    assert monitor.status("/-/reload", "POST") == 200
    left = [line for line in monitor.page().splitlines() if 'contract="second"' in line]
    assert left == []


TOKEN = "a-token-of-the-batch-0123456789"


def job_endpoint(monitor: Monitor, **more: Any) -> dict[str, Any]:
    (monitor.folder / "token").write_text(TOKEN)
    plain = {"id": "job", "kind": "heartbeat", "token": "${file:../token}", "every": "1s", "timeout": "900ms"}
    return plain | {"period": "2s", "grace": "1s"} | more


def post(monitor: Monitor, report: str = "", text: str = "") -> int:
    """Report as the job does; the status of the answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{monitor.port}/heartbeat/demo/job{report}",
        data=text.encode(),
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def reports_kept(ledger: Path) -> list[str]:
    with closing(sqlite3.connect(ledger)) as database:
        return [text for (text,) in database.execute("select text from heartbeats order by id")]


def test_a_report_that_was_answered_survives_a_kill_at_once(monitor: Monitor, nursery: Popen[str]) -> None:
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    monitor.write(endpoints=[job_endpoint(monitor)])
    acknowledged = []
    for round_number in range(25):
        nursery.stdin.write(f"{monitor.settings}\n")
        nursery.stdin.flush()
        daemon = int(nursery.stdout.readline())
        wait_until(lambda: monitor.status("/-/healthy") == 200)
        assert post(monitor, text=str(round_number)) == 204
        os.kill(daemon, signal.SIGKILL)
        assert nursery.stdout.readline() == "dead\n"
        acknowledged.append(str(round_number))
        assert reports_kept(monitor.ledger) == acknowledged


def test_a_report_that_cannot_be_written_is_answered_503_and_others_are_served_meanwhile(monitor: Monitor) -> None:
    monitor.write(endpoints=[job_endpoint(monitor)])
    monitor.start()
    with closing(sqlite3.connect(monitor.ledger, isolation_level=None)) as stranger:
        stranger.execute("begin immediate")
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(post, monitor, text="locked")
            for _ in until(waiting.done):
                assert monitor.status("/-/healthy") == 200
                time.sleep(0.05)
        assert waiting.result() == 503
        stranger.execute("rollback")
    wait_until(lambda: post(monitor, text="again") == 204)
    assert "again" in reports_kept(monitor.ledger)


def test_a_job_that_fails_or_runs_too_long_is_down_until_its_next_success(monitor: Monitor) -> None:
    monitor.write(endpoints=[job_endpoint(monitor, period="1h", max_duration="2s")])
    monitor.start()
    assert post(monitor) == 204
    wait_until(lambda: monitor.state("job") == "up")
    assert post(monitor, "/fail", "disk full \x1b[31m<b>") == 204
    wait_until(lambda: monitor.state("job") == "down")
    with urllib.request.urlopen(f"http://127.0.0.1:{monitor.port}/?open=all") as answer:
        assert "disk full  [31m&lt;b&gt;" in answer.read().decode(), "as text, and without its control character"
    assert post(monitor) == 204
    wait_until(lambda: monitor.state("job") == "up")
    assert post(monitor, "/start") == 204
    wait_until(lambda: monitor.state("job") == "down")
    assert post(monitor) == 204, "it took too long"
    assert post(monitor, "/start") == 204
    assert post(monitor) == 204
    wait_until(lambda: monitor.state("job") == "up")
    monitor.stop()
    with read_only(monitor.ledger) as reader:
        found = [observation.finding.reason for observation in reader.observations("demo/job", 0, FOREVER_MS)]
    reasons = [reason for reason, _ in groupby(found) if reason is not Reason.NOT_YET_SEEN]
    assert reasons == [None, Reason.JOB_FAILED, None, Reason.TOO_SLOW, None]
