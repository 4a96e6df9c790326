"""`ledger backfill prometheus`: from a real Prometheus with a history, and from what is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import DEVNULL, Popen, run
from threading import Thread
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.backfill.support import NOON, Desk, at, desk_in, minutes
from tests.support.ports import free_port
from tests.support.waiting import wait_until

SCRAPED_S = 15
RANGE = ("--from", at(-10), "--until", at(60), "--yes")


def history(folder: Path) -> None:
    """Half an hour of samples each 15 s, of two instances: one fails for two minutes, and is not scraped for five."""
    lines = ["# TYPE probe_success gauge"]
    for place, instance in enumerate(("health", "records")):
        for step in range(30 * 60 // SCRAPED_S):
            minute = step * SCRAPED_S / 60
            value = 0 if instance == "health" and 10 <= minute < 12 else 1
            if instance == "health" and 20 <= minute < 25:
                continue
            at_s = NOON / 1000 + step * SCRAPED_S + place + 0.25
            lines.append(f'probe_success{{instance="{instance}"}} {value} {at_s:.3f}')
    (folder / "history.txt").write_text("\n".join([*lines, "# EOF", ""]))
    command = [
        "promtool",
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        str(folder / "history.txt"),
        str(folder / "tsdb"),
    ]
    run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    assert shutil.which("promtool"), "Debian's package prometheus has it"
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    history(folder)
    (folder / "prometheus.yml").write_text("global: {}\n")
    command = [
        "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/tsdb",
        "--storage.tsdb.retention.time=20y", f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with Popen(command, stdout=DEVNULL, stderr=DEVNULL) as process:
        try:
            wait_until(lambda: is_ready(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=60) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path)


def words(url: str, *series: str) -> list[str]:
    asked = [word for one in series for word in ("--series", one)]
    return ["ledger", "backfill", "prometheus", "small", url, *asked, *RANGE]


HEALTH = 'health=probe_success{instance="health"}'
RECORDS = 'records=probe_success{instance="records"}'


def seconds(desk: Desk, endpoint: str = "health") -> list[tuple[float, float, str, int]]:
    return [
        ((one.start_ms - NOON) / 1000, (one.end_ms - NOON) / 1000, f"{one.outcome}", one.probes)
        for one in desk.spans(endpoint)
    ]


def test_a_series_is_read_sample_by_sample_and_what_was_not_scraped_nobody_saw(desk: Desk, url: str) -> None:
    told = desk.told(*words(url, HEALTH, RECORDS))
    assert told["source"] == url
    assert seconds(desk) == [
        (0.25, 600.25, "up", 40), (600.25, 720.25, "down", 8), (720.25, 1200.25, "up", 32),
        (1500.25, 1800.25, "up", 20),
    ]  # fmt: skip
    assert seconds(desk, "records") == [(1.25, 1801.25, "up", 120)]
    assert desk.problems() == ()


def test_the_same_answers_are_not_taken_twice(desk: Desk, url: str) -> None:
    desk.told(*words(url, HEALTH))
    assert "is already import 1" in desk.problem(*words(url, HEALTH))


def test_what_was_seen_here_has_the_say(desk: Desk, url: str) -> None:
    desk.see("health", minutes(11, 12))
    desk.told(*words(url, HEALTH))
    assert [one[:3] for one in seconds(desk)][1:5] == [
        (600.25, 660, "down"), (660, 720, "up"), (720, 720.25, "down"), (720.25, 1200.25, "up"),
    ]  # fmt: skip


def test_an_expression_is_evaluated_at_steps_and_looks_back_no_further(desk: Desk, url: str) -> None:
    """Debian's Prometheus cannot be told so: it would go on for five minutes after the last sample."""
    told = desk.problem(*words(url, "health=min(probe_success) == bool 1"))
    assert "(write last_over_time(x[60s]) for each series x, and say that it is bounded)" in told
    bounded = "health=min(last_over_time(probe_success[60s])) == bool 1"
    desk.told(*words(url, bounded, RECORDS), "--bounded")
    assert [one[:3] for one in seconds(desk)] == [(60, 660, "up"), (660, 780, "down"), (780, 1860, "up")]


@pytest.mark.parametrize(
    ("series", "told"),
    [
        ("health=probe_success", "2 series instead of one"),
        ("health=probe_success{", "status 400"),
        ("health=sum(last_over_time(probe_success[1m]))", "the series is 2 at"),
        ('health=probe_success{instance="gone"}', "health: there is nothing on record of it in that time"),
        ("helth=probe_success", "no such endpoint: helth"),
    ],
)
def test_a_question_without_an_answer_is_told(desk: Desk, url: str, series: str, told: str) -> None:
    assert told in desk.problem(*words(url, series), "--bounded")
    assert desk.told("ledger", "imports") == {"imports": []}


HOSTILE = {
    "nothing": b"",
    "no JSON": b"<html>",
    "another shape": b'{"status": "success", "data": []}',
    "a string": b'{"status": "success", "data": {"resultType": "matrix", "result": "x"}}',
    "no pairs": b'{"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1]]}]}}',
    "no number": b'{"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[NaN, "1"]]}]}}',
    "a huge one": b'{"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1e999, "1"]]}]}}',
    "deep": b'{"status": "success", "data": ' + b"[" * 100_000,
    "not all of it": b'{"status": "success", "warnings": ["\x1b[2J"], "data": {"resultType": "matrix", "result": []}}',
}


@pytest.fixture(scope="module")
def rogue() -> Iterator[tuple[str, dict[str, bytes]]]:
    """A server that answers anything with what is in `says`."""
    says = {"body": b""}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(says["body"])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", says
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_answer_of_a_prometheus_is_one_line(
    desk: Desk, rogue: tuple[str, dict[str, bytes]], body: bytes
) -> None:
    url, says = rogue
    says["body"] = body
    told = desk.problem(*words(url, HEALTH))
    assert told.startswith(url)
    assert all(line.isprintable() for line in told.splitlines())
    assert desk.told("ledger", "imports") == {"imports": []}


def test_nobody_there_is_one_line_and_no_secret_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hush-hush")
    nobody = f"http://127.0.0.1:{free_port()}"
    told = desk.problem(*words(nobody, HEALTH), "--bearer-token", "${env:TOKEN}")
    assert "can be asked from here" in told
    assert "hush" not in told
    assert "'http://user:pass@host'" in desk.problem(*words("http://user:pass@host", HEALTH))
