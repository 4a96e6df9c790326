"""A partnership with a record: ninety days of probes in a real ledger, and everything that its pages may show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from sla_monitor.assess import assess
from sla_monitor.board import Board, Watched
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.terms import Terms
from sla_monitor.daemon.response_history import ResponseHistory
from sla_monitor.ledger import HistoryReader, Ledger
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason
from sla_monitor.web import PageLinks
from tests.fakes.clock import FakeClock
from tests.support.instants import exact
from tests.web.running import Parts

NOW_MS = int(datetime(2026, 11, 20, 14, 25, 26, tzinfo=UTC).timestamp()) * 1000
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
EVERY = HOUR
HOSTILE = b"<script>document.title='taken'</script> \xe2\x80\xae" + b"W" * 900
PHASES = Phases(1_200, 2_300, 14_000, 23_000, 400)


def endpoint(name: str, title: str, **more: Any) -> dict[str, Any]:
    url = f"https://custody.example/{name}?key=in-the-address"
    return {"id": name, "name": title, "kind": "http", "url": url, "every": "1h", **more}


TERMS = {
    "id": "partnership",
    "title": "Strategic IT partnership 2024 to 2034",
    "authority": "Staffordshire Police",
    "supplier": "Boeing",
    "term": {"start": "2026-04-01", "end": "2036-03-31"},
    "time_zone": "Europe/London",
    "currency": "GBP",
    "contacts": [
        {"id": "desk", "name": "Supplier’s service desk (24 hours)", "phone": "+44 1782 000000"},
        {"id": "owner", "name": "Service owner", "email": "owner@authority.example"},
    ],
    "calendars": {"office": {"hours": {"mon-fri": "08:00-18:00"}}},
    "maintenance": {"approval": "none"},
    "services": [
        {
            "id": "custody",
            "name": "Custody records",
            "criticality": "critical",
            "runbook_url": "https://wiki.authority.example/custody",
            "endpoints": [endpoint("custody-web", "Custody web"), endpoint("custody-api", "Custody API")],
        },
        {"id": "mail", "name": "E-mail", "endpoints": [endpoint("webmail", "Webmail")]},
        {"id": "portal", "service_hours": "office", "endpoints": [endpoint("portal", "Portal")]},
        {"id": "unseen", "name": "Nightly extract", "endpoints": [endpoint("extract", "Nightly extract")]},
        {"id": "desk", "name": "Service desk"},
    ],
    "kpis": [
        {"id": "custody-availability", "title": "Custody availability", "clause": "KPI-1", "service": "custody",
         "target": "99.5"},
        {"id": "mail-availability", "title": "E-mail availability", "service": "mail", "target": "99.0"},
    ],
}  # fmt: skip


def contract(**changes: Any) -> Contract:
    return Contract((TermsVersion(0, Terms.model_validate(TERMS | changes)),))


def up(milliseconds: int) -> Finding:
    return Finding(Outcome.UP, duration_us=milliseconds * 1000, phases=PHASES, status=200)


DOWN = Finding(
    Outcome.DOWN, Reason.STATUS_UNEXPECTED, "503 Service Unavailable, expected 200-299", 41_000, PHASES, status=503,
    evidence=HOSTILE,
)  # fmt: skip
SILENT = Finding(Outcome.DOWN, Reason.TIMEOUT, "no answer within 10 s, waiting for the first byte", 10_000_000,
                 Phases(1_200, 2_300, 14_000))  # fmt: skip
OFFLINE = Finding(Outcome.UNKNOWN, Reason.MONITOR_OFFLINE, "no witness answered")
SLOW = Finding(Outcome.DEGRADED, Reason.TOO_SLOW, "took 2,140 ms", 2_140_000, PHASES, status=200)


def probes(name: str, *, days: int = 80) -> Iterator[Observation]:
    """Hourly, a minute after the full hour, from so many days ago; with what happened in between."""
    begin_ms = (NOW_MS - days * DAY) // HOUR * HOUR + MINUTE
    for number, at_ms in enumerate(range(begin_ms, NOW_MS, EVERY)):
        ago_ms = NOW_MS - at_ms
        finding = up(40 + number * 7 % 31)
        if 30 * DAY < ago_ms <= 32 * DAY:
            continue  # the monitor was off
        if 20 * DAY < ago_ms <= 20 * DAY + 5 * HOUR:
            finding = OFFLINE
        elif name in {"custody-web", "custody-api"} and ago_ms < 4 * HOUR:
            finding = DOWN
        elif name == "custody-web" and 12 * DAY < ago_ms <= 12 * DAY + 6 * HOUR:
            finding = SILENT
        elif name == "webmail" and 9 * DAY < ago_ms <= 10 * DAY:
            finding = SLOW
        yield Observation(f"partnership/{name}", at_ms, finding)


SAID: tuple[dict[str, Any], ...] = (
    {"kind": "acknowledgement", "service": "custody", "at": format_utc(NOW_MS - HOUR), "actor": "kim",
     "note": "Supplier restarts the database; next news at 15:00. <b>Not bold</b>"},
    {"kind": "maintenance", "services": ["mail"], "start": format_utc(NOW_MS - HOUR),
     "end": format_utc(NOW_MS + 2 * HOUR), "at": format_utc(NOW_MS - 9 * DAY), "actor": "lee", "note": "Upgrade"},
)  # fmt: skip


def parts(folder: Path, *, is_new: bool = False) -> Parts:
    """What a daemon over this record would hand to its pages. `is_new`: nothing has been seen yet."""
    path, clock, one = folder / "ledger.db", FakeClock(NOW_MS), contract()
    board = Board(NOW_MS - 9 * DAY)
    board.watch(Watched(key, one.id, service.id, each) for key, service, each in one.endpoints_at(NOW_MS))
    with Ledger.open(path, clock) as ledger:
        several = () if is_new else map(probes, ("custody-web", "custody-api", "webmail", "portal"))
        for number, seen in enumerate(sorted(chain.from_iterable(several), key=lambda one: one.at_ms), start=1):
            ledger.record(seen, EVERY)
            board.observe(seen)
            assert number % 500 or ledger.flush(20)  # in links of the chain as long as a daemon's
        assert ledger.flush(20)
    if not is_new:
        Register.open(path, clock).add([_entry(number, said) for number, said in enumerate(SAID, start=1)])
    with HistoryReader(path) as reader:
        board.assessment = assess([one], reader, NOW_MS)
    times = ResponseHistory(lambda: HistoryReader(path), lambda digest, body: None, clock)
    times.turn([one])
    elsewhere = PageLinks("/etc/sla-monitor/sla-monitor.yaml", "https://grafana.authority.example/")
    return Parts(board=board, ledger=path, contracts=(one,), clock=clock, elsewhere=elsewhere, response_times=times.of)


def _entry(number: int, said: dict[str, Any]) -> Entry:
    own = {name: said[name] for name in ("at", "actor", "note")}
    body = {name: value for name, value in said.items() if name not in own}
    return Entry.model_validate(exact({"number": number, "contract": "partnership", "said": body, **own}))
