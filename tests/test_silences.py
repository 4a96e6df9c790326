"""Booked maintenance in a real Alertmanager: silenced once, found again, changed, ended; nothing of others touched."""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry
from sla_monitor.settings import Alertmanager as Wanted
from sla_monitor.silences import MaintenanceWindow, Silences, bookings
from tests.support.instants import exact
from tests.support.stack import Alertmanager, alertmanager, now_ms

HOUR_MS = 3_600_000
CUSTODY = {"contract": "c", "service": "custody", "area": "supplier", "severity": "critical"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    with alertmanager(tmp_path_factory.mktemp("alertmanager")) as one:
        yield one


@pytest.fixture
def empty(running: Alertmanager) -> Alertmanager:
    """The same Alertmanager without any silence."""
    for silence in running.silences():
        _delete(running, silence["id"])
    return running


def _delete(running: Alertmanager, name: str) -> None:
    request = urllib.request.Request(f"{running.url}/api/v2/silence/{name}", method="DELETE")
    urllib.request.urlopen(request, timeout=10).close()


def silencing(url: str, vantage: str = "main", **settings: Any) -> Silences:
    return Silences(Wanted.model_validate({"url": url, **settings}), vantage)


def booking(
    number: int = 7, *, hours: tuple[float, float] = (-1, 1), services: tuple[str, ...] = ()
) -> MaintenanceWindow:
    start_ms, end_ms = (NOW_MS + int(each * HOUR_MS) for each in hours)
    return MaintenanceWindow("c", number, services, start_ms, end_ms, "CHG-1")


NOW_MS = now_ms()


def ids(running: Alertmanager) -> set[str]:
    return {silence["id"] for silence in running.silences()}


def test_a_booking_is_silenced_once_also_after_a_restart(empty: Alertmanager) -> None:
    for _ in range(3):  # each time as a monitor that has just been started
        silences = silencing(empty.url)
        silences.keep({"c": [booking()]}, now_ms())
        assert (silences.failing, silences.count) == (False, 1)
    (silence,) = empty.silences()
    assert silence["createdBy"] == "sla-monitor"
    assert silence["comment"] == "[sla-monitor main c #7] Booked maintenance CHG-1"


def test_alerts_of_the_service_are_silenced_and_others_are_not(empty: Alertmanager) -> None:
    silencing(empty.url).keep({"c": [booking(services=("custody", "mobile.data"))]}, now_ms())
    down = {**CUSTODY, "alertname": "SlaServiceDown"}
    others = (
        {**down, "service": "network"},
        {**down, "contract": "other"},
        {**down, "service": "mobile-data"},
        {**CUSTODY, "alertname": "SlaMaintenanceOverrun"},
        {"alertname": "SlaMonitorBlind", "area": "monitor", "contract": "c", "service": "custody"},
    )
    for labels in (down, *others):
        empty.fire(**labels)
    assert empty.is_muted(**down)
    assert [labels for labels in others if empty.is_muted(**labels)] == []


def test_a_booking_of_all_services_silences_each_of_them(empty: Alertmanager) -> None:
    silencing(empty.url).keep({"c": [booking()]}, now_ms())
    labels = {**CUSTODY, "service": "anything", "alertname": "SlaEndpointDown"}
    empty.fire(**labels)
    assert empty.is_muted(**labels)


def test_a_booking_that_no_longer_stands_is_ended(empty: Alertmanager) -> None:
    silences = silencing(empty.url)
    silences.keep({"c": [booking(1), booking(2)]}, now_ms())
    silences.keep({"c": [booking(2)]}, now_ms())
    (silence,) = empty.silences()
    assert "#2]" in silence["comment"]
    silences.keep({"c": []}, now_ms())
    assert empty.silences() == []


def test_a_booking_that_was_moved_has_one_silence_with_the_new_times(empty: Alertmanager) -> None:
    silences = silencing(empty.url)
    silences.keep({"c": [booking(hours=(1, 2))]}, now_ms())
    before = ids(empty)
    silences.keep({"c": [booking(hours=(1, 3))]}, now_ms())
    (silence,) = empty.silences()
    assert ids(empty) != before
    assert silence["status"]["state"] == "pending"
    silences.keep({"c": [booking(hours=(1, 3))]}, now_ms())
    assert ids(empty) == {silence["id"]}


def test_a_double_is_taken_away(empty: Alertmanager) -> None:
    silences = silencing(empty.url)
    silences.keep({"c": [booking()]}, now_ms())
    (silence,) = empty.silences()
    again = {key: silence[key] for key in ("matchers", "startsAt", "endsAt", "createdBy", "comment")}
    empty.ask("silences", again)
    assert len(empty.silences()) == 2
    silences.keep({"c": [booking()]}, now_ms())
    assert len(empty.silences()) == 1


def test_what_is_over_is_not_silenced(empty: Alertmanager) -> None:
    silences = silencing(empty.url)
    silences.keep({"c": [booking(hours=(-3, -1))]}, now_ms())
    assert (empty.silences(), silences.failing) == ([], False)


def test_silences_of_people_of_other_monitors_and_of_other_contracts_are_left_alone(empty: Alertmanager) -> None:
    silencing(empty.url, "elsewhere").keep({"c": [booking()]}, now_ms())
    silencing(empty.url).keep({"other": [MaintenanceWindow("other", 7, (), NOW_MS, NOW_MS + HOUR_MS)]}, now_ms())
    (first, _) = empty.silences()
    theirs = {key: first[key] for key in ("matchers", "startsAt", "endsAt", "comment")} | {"createdBy": "Ann"}
    empty.ask("silences", theirs)
    before = ids(empty)
    silencing(empty.url).keep({"c": []}, now_ms())
    assert ids(empty) == before
    assert len(before) == 3


def test_alertmanager_away_is_said_and_made_good_for(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "sla_monitor.silences")
    one = Alertmanager(tmp_path)
    silences = silencing(one.url)
    for _ in range(2):
        silences.keep({"c": [booking()]}, now_ms())
        assert silences.failing
    one.start()
    try:
        silences.keep({"c": [booking()]}, now_ms())
        assert not silences.failing
        assert len(one.silences()) == 1
    finally:
        one.stop()
    told = [record.message for record in caplog.records if "silences" in record.message]
    assert told == ["Alertmanager does not take silences", "Alertmanager takes silences again"]


ANSWERS: list[tuple[int, bytes]] = [
    (200, b"not json"),
    (200, b"[1, 2]"),
    (200, b'[{"comment": "[sla-monitor main c #7]", "createdBy": "sla-monitor", "status": {"state": "active"}}]'),
    (200, b"{}"),
    (204, b""),
    (302, b""),
    (401, b"no"),
    (500, b"oh"),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: f"{answer[0]} {answer[1][:8]!r}")
def test_a_strange_answer_is_a_failure_and_no_end(answer: tuple[int, bytes]) -> None:
    asked: list[str] = []

    class Strange(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.headers["Authorization"])
            self.send_response(answer[0])
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(answer[1])))
            self.end_headers()
            self.wfile.write(answer[1])

        do_POST = do_GET  # noqa: N815 - the base class looks for it

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Strange) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        silences = silencing(f"http://127.0.0.1:{server.server_port}", bearer_token="${env:HOME}")
        silences.keep({"c": [booking()]}, now_ms())
        silences.close()
        server.shutdown()
        thread.join()
    assert silences.failing == (answer != (200, b"{}"))
    assert asked[0].startswith("Bearer /")


def said(number: int, **what: Any) -> Entry:
    return Entry.model_validate(exact({"number": number, "at": number, "actor": "Ann", "contract": "c", "said": what}))


def test_only_what_stands_and_is_not_refused_is_booked() -> None:
    span = {"kind": "maintenance", "start": 1000, "end": 9000}
    entries = [
        said(1, **span, services=["cad"]),
        said(2, **span),
        said(3, kind="decision", about=2, granted=False),
        said(4, **span),
        said(5, kind="decision", about=4, granted=True, start=2000, end=3000),
        said(6, **span),
        said(7, kind="undo", about=6),
    ]
    found = {b.number: (b.services, b.start_ms, b.end_ms) for b in bookings("c", effective_entries(entries))}
    assert found == {1: (("cad",), 1000, 9000), 4: ((), 2000, 3000)}


def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret")
    silences = silencing("http://127.0.0.1:9", bearer_token=f"${{file:{secret}}}")
    silences.keep({"c": [booking()]}, now_ms())
    assert silences.failing
    assert "s3cret" not in json.dumps([record.__dict__ for record in caplog.records], default=str)
