"""Permitted maintenance in a real Alertmanager: silenced once, found again, changed, ended; nothing of others touched.
What the contract does not permit reaches the webhook."""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.assess import assess_contract
from sla_monitor.assess.assessment import BookedStretch
from sla_monitor.contract.calendars import DAYS
from sla_monitor.demo.webhook import Desk
from sla_monitor.settings import Alertmanager as Wanted
from sla_monitor.silences import SilencedStretch, Silences, silenced
from tests.assess.records import CONTRACT, Record, endpoint, entries, one_version, service
from tests.support.stack import Alertmanager, alertmanager, now_ms
from tests.support.waiting import wait_until

HOUR_MS = 3_600_000
CUSTODY = {"contract": "c", "service": "custody", "area": "supplier", "severity": "critical"}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    one = Desk()
    try:
        yield one
    finally:
        one.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, desk: Desk) -> Iterator[Alertmanager]:
    """An Alertmanager that calls the desk at once."""
    folder = tmp_path_factory.mktemp("alertmanager")
    route = {"receiver": "pager", "group_wait": "0s", "group_by": ["..."]}
    pager = {"name": "pager", "webhook_configs": [{"url": f"http://127.0.0.1:{desk.start()}/pager"}]}
    config = folder / "calls.yml"
    config.write_text(json.dumps({"route": route, "receivers": [pager]}))
    with alertmanager(folder, config) as one:
        yield one


@pytest.fixture
def empty(running: Alertmanager) -> Alertmanager:
    """The same Alertmanager without any silence."""
    for silence in running.silences():
        _delete(running, silence["id"])
    return running


def _delete(running: Alertmanager, name: str) -> None:
    request = urllib.request.Request(f"{running.url}/api/v2/silence/{name}", method="DELETE")
    urllib.request.urlopen(request, timeout=60).close()


def silencing(url: str, vantage: str = "main", **settings: Any) -> Silences:
    return Silences(Wanted.model_validate({"url": url, **settings}), vantage)


def booking(
    number: int = 7,
    *,
    hours: tuple[float, float] = (-1, 1),
    services: tuple[str, ...] = ("custody",),
    loud: tuple[str, ...] = (),
) -> SilencedStretch:
    start_ms, end_ms = (NOW_MS + int(each * HOUR_MS) for each in hours)
    return SilencedStretch("c", BookedStretch(number, "CHG-1", services, start_ms, end_ms, True, "granted", loud))


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


def test_one_that_follows_changes_nothing_and_finds_what_the_other_made(empty: Alertmanager) -> None:
    wanted, speaks = {"c": [booking()]}, [False]
    east = Silences(Wanted.model_validate({"url": empty.url}), "main", lambda: speaks[0])
    east.keep(wanted, now_ms())
    assert (empty.silences(), east.failing, east.count) == ([], False, 0)
    silencing(empty.url).keep(wanted, now_ms())
    before = ids(empty)
    speaks[0] = True  # and takes over
    east.keep(wanted, now_ms())
    assert ids(empty) == before
    assert east.count == 1
    speaks[0] = False
    east.keep({"c": []}, now_ms())
    assert ids(empty) == before


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


def test_a_kpi_that_counts_maintenance_is_told_of_all_the_same(empty: Alertmanager) -> None:
    silencing(empty.url).keep({"c": [booking(loud=("kpi.1", "kpi-2"))]}, now_ms())
    several = {kpi: {**CUSTODY, "alertname": "SlaAllowanceBurns", "kpi": kpi} for kpi in ("kpi.1", "kpi-2", "kpi11")}
    for labels in several.values():
        empty.fire(**labels)
    assert [kpi for kpi, labels in several.items() if empty.is_muted(**labels)] == ["kpi11"]


def test_each_stretch_of_a_booking_is_a_silence(empty: Alertmanager) -> None:
    silences, several = silencing(empty.url), [booking(hours=(day, day + 2)) for day in (-1, 23, 47)]
    silences.keep({"c": several}, now_ms())
    before = ids(empty)
    silences.keep({"c": several}, now_ms())
    assert (len(before), ids(empty), silences.count) == (3, before, 3)
    silences.keep({"c": several[:2]}, now_ms())
    assert len(ids(empty)) == 2
    assert ids(empty) < before


def test_a_silence_that_goes_on_stays_the_same(empty: Alertmanager) -> None:
    """Maintenance of which only downtime is left out moves its end each minute."""
    silences = silencing(empty.url)
    found = []
    for until in (1, 2, 3):
        silences.keep({"c": [booking(hours=(-1, until))]}, now_ms())
        found.append(ids(empty))
        assert _in_force(empty) == [NOW_MS + until * HOUR_MS]
    assert found[0] == found[1] == found[2]
    silences.keep({"c": [booking(hours=(-1, 1))]}, now_ms())
    assert _in_force(empty) == [NOW_MS + HOUR_MS]


def test_what_alertmanager_has_lost_is_made_again(empty: Alertmanager) -> None:
    silences = silencing(empty.url)
    silences.keep({"c": [booking()]}, now_ms())
    for lost in ids(empty):
        _delete(empty, lost)
    silences.keep({"c": [booking()]}, now_ms())
    assert len(empty.silences()) == 1


def by_hand(**labels: str) -> dict[str, Any]:
    """A silence as a person makes it; `=~` before a value makes it a pattern."""
    matchers = [
        {"name": name, "value": value.removeprefix("=~"), "isRegex": value.startswith("=~"), "isEqual": True}
        for name, value in labels.items()
    ]
    hours = {"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}
    return {"matchers": matchers, **hours, "createdBy": "Ann", "comment": "why"}


@pytest.mark.parametrize(
    ("labels", "is_ours"),
    [
        ({"contract": "c"}, True),
        ({"service": "custody", "alertname": "SlaServiceDown"}, True),
        ({"alertname": "=~Sla.*"}, True),
        ({"alertname": "SlaMonitorDown"}, True),
        ({"severity": "critical"}, True),
        ({"contract": "other"}, False),
        ({"alertname": "NodeDown", "severity": "critical"}, False),
        ({"alertname": "=~Node.*|Disk.*"}, False),
        ({"team": "databases", "severity": "critical"}, False),
        ({"instance": "db1:9100"}, False),
    ],
)
def test_a_silence_that_somebody_made_over_our_alerts_is_counted(
    empty: Alertmanager, labels: dict[str, str], *, is_ours: bool
) -> None:
    empty.ask("silences", by_hand(**labels))
    silences = silencing(empty.url)
    silences.keep({"c": [booking()]}, now_ms())
    assert (silences.foreign, silences.count, silences.failing) == (int(is_ours), 1, False)


@pytest.mark.parametrize(
    ("other", "is_known"),
    [(booking(1), True), (booking(1, hours=(-1, 9)), False), (booking(1, services=("custody", "payroll")), False)],
    ids=["the same", "longer", "more services"],
)
def test_a_silence_in_a_monitors_name_is_counted_unless_the_same_is_booked(
    empty: Alertmanager, other: SilencedStretch, *, is_known: bool
) -> None:
    silencing(empty.url, "ghost").keep({"c": [other]}, now_ms())
    silences = silencing(empty.url)
    silences.keep({"c": [booking()]}, now_ms())
    assert silences.foreign == int(not is_known)
    silences.keep({"c": []}, now_ms())
    assert silences.foreign == 1


def _in_force(running: Alertmanager) -> list[int]:
    """When our silences end, in ms."""
    return [round(datetime.fromisoformat(one["endsAt"]).timestamp() * 1000) for one in running.silences()]


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
    silencing(empty.url).keep({"other": [SilencedStretch("other", booking().booked)]}, now_ms())
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
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        silences = silencing(f"http://127.0.0.1:{server.server_port}", bearer_token="${env:HOME}")
        silences.keep({"c": [booking()]}, now_ms())
        silences.close()
        server.shutdown()
        thread.join()
    assert silences.failing == (answer != (200, b"{}"))
    assert asked[0].startswith("Bearer /")


def assessed(*, is_in_window: bool) -> list[SilencedStretch]:
    """A booking from a minute ago for half an hour, granted, in or beside the hours for maintenance."""
    now = datetime.now(UTC)
    near = {(now + timedelta(days=days)).strftime("%a").lower() for days in (-1, 0, 1)}
    hours = {"night": {"hours": {day: "00:00-24:00" for day in DAYS if (day in near) == is_in_window}}}
    contract = one_version(
        calendars=hours, maintenance={"hours": "night"}, services=[service(), service("crm", endpoint("crm-login"))]
    )
    start, end = ((now + timedelta(minutes=minutes)).isoformat(timespec="seconds") for minutes in (-1, 30))
    booked = {"kind": "maintenance", "services": ["cad"], "start": start, "end": end}
    granted = {"kind": "decision", "about": 1, "granted": True}
    return silenced(assess_contract(contract, Record(said=entries(booked, granted)), now_ms()))


def test_a_booking_beside_the_window_calls_somebody_and_one_inside_it_nobody(empty: Alertmanager, desk: Desk) -> None:
    down = {"contract": CONTRACT, "area": "supplier", "alertname": "SlaServiceDown"}
    for day, is_in_window in (("sun", False), ("wed", True)):
        silences = silencing(empty.url)
        silences.keep({CONTRACT: assessed(is_in_window=is_in_window)}, now_ms())
        assert silences.count == int(is_in_window)
        empty.fire(**down, service="cad", day=day)
        empty.fire(**down, service="crm", day=day)
        wait_until(partial(is_called, desk, "crm", day))
    wait_until(partial(is_called, desk, "cad", "sun"))
    assert empty.is_muted(**down, service="cad", day="wed")
    assert not is_called(desk, "cad", "wed")


def is_called(desk: Desk, service: str, day: str) -> bool:
    return any((call.labels.get("service"), call.labels.get("day")) == (service, day) for call in desk.calls)


def test_the_token_is_in_no_log(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret")
    silences = silencing("http://127.0.0.1:9", bearer_token=f"${{file:{secret}}}")
    silences.keep({"c": [booking()]}, now_ms())
    assert silences.failing
    assert "s3cret" not in json.dumps([record.__dict__ for record in caplog.records], default=str)
