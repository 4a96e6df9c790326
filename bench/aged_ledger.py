"""A ledger as a contract leaves it after years: built of its parts, through the program's own tables, tally and chain.

Every endpoint is probed every five minutes; there are outages, single failed probes and gaps in which the monitor was
off. The register holds bookings, claims, corrections and their decisions, tickets, the minutes of every month's
meeting, and signatures under most of the months, some of which were corrected afterwards.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from sqlite_utils import Database

from sla_monitor.assess import history
from sla_monitor.clock import SystemClock
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.ledger import read_only
from sla_monitor.ledger.chaining.links import Chain
from sla_monitor.ledger.connect import immediate
from sla_monitor.ledger.name_tables import Codes
from sla_monitor.ledger.opening import open_writer
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.ledger.recording.tally import SpanTally
from sla_monitor.periods.edges import month_of
from sla_monitor.periods.months import shifted
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import Milliseconds
from sla_monitor.sla.evidence import Evidence, Forwarding
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.rounding import exact_decimal

SERVICES, EACH, EVERY_MS = 10, 3, 300_000
"""Services, endpoints of each, and how often each of these is probed."""

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TICKETS = 174
"""A month."""

BATCH_MS = 10 * DAY
UNSIGNED_EVERY, UNSIGNED_LAST, CORRECTED_EVERY = 10, 4, 12
"""Every tenth month and the last four were never signed; of every twelfth something was corrected after it was."""

INSTANTS = {"start", "end", "opened", "responded", "ended", "notified"}

_INSERT = "insert into observations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_PHASES = 4096

Row: TypeAlias = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Aged:
    """What was built, and of which contract."""

    settings: Path
    ledger: Path
    contract: Contract

    @property
    def months(self) -> tuple[str, str]:
        """The first month of the term, and the last one that is over."""
        term, now = self.contract.versions[0].terms.term, datetime.now(UTC)
        return f"{term.start_on:%Y-%m}", shifted(f"{now:%Y-%m}", -1)


def built(folder: Path, months: int, port: int) -> Aged:
    """The ledger of a contract of which so many months are over, out of `folder` if it was built this month."""
    now = datetime.now(UTC)
    settings, ledger, terms = folder / "sla-monitor.yaml", folder / "ledger.db", folder / "contracts" / "aged.yaml"
    terms.parent.mkdir(parents=True, exist_ok=True)
    first = shifted(f"{now:%Y-%m}", -months)
    last = shifted(first, 10 * 12 - 1)
    terms.write_text(json.dumps(_terms(first, last)))
    settings.write_text(
        json.dumps({"listen": f"127.0.0.1:{port}", "ledger": {"path": f"{ledger}"}, "reviews": {"automatic": False}})
    )
    contract = load_contract(terms)
    aged, done = Aged(settings, ledger, contract), folder / "built"
    if not done.exists() or done.read_text() != first:
        done.unlink(missing_ok=True)
        for ending in ("", "-wal", "-shm", ".lock"):
            ledger.with_name(ledger.name + ending).unlink(missing_ok=True)
        _build(aged, int(now.timestamp() * 1000))
        done.write_text(first)
    return aged


def _build(aged: Aged, now_ms: int) -> None:
    database = open_writer(aged.ledger)
    terms = aged.contract.versions[0].terms
    noon_ms = int(datetime.fromisoformat(f"{terms.term.start_on}T12:00Z").timestamp() * 1000)
    _observe(database, month_of(noon_ms, terms.time_zone).start_ms, now_ms)
    database.close()
    drafts = list(_said(aged, now_ms))
    with read_only(aged.ledger) as reader:
        found = history(aged.contract, _Supposed(reader, _numbered(drafts, {})), f"{_day(now_ms):%Y-%m}", now_ms)
    Register.open(aged.ledger, SystemClock()).add(_numbered(drafts, {result.month: result for result in found}))
    database = open_writer(aged.ledger)
    database.conn.execute("pragma wal_checkpoint(truncate)")
    database.close()


class _Supposed(Forwarding):
    """What was seen, with a register that is not written yet."""

    def __init__(self, reader: Evidence, entries: Sequence[Entry]) -> None:
        self._reader, self._entries = reader, entries

    def behind(self) -> Evidence:
        return self._reader

    def entries(self, contract: str) -> Sequence[Entry]:
        return self._entries


def _day(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def _terms(first: str, last: str) -> dict[str, Any]:
    """Seventeen KPIs: eight of availability, two each of mean, percentile and error rate, three of tickets."""
    services = [
        {
            "id": f"service-{n}",
            "service_hours": "always" if n % 3 else "office",
            "available_when": ("all", "any")[n % 2],
            "endpoints": [
                {"id": f"e{n}-{k}", "kind": "tcp", "host": "127.0.0.1", "port": 9, "every": "5m"} for k in range(EACH)
            ],
        }
        for n in range(SERVICES)
    ]
    bands = [
        {"name": "met", "at_least": 99},
        {"name": "minor", "at_least": 98, "below": 99, "points": 1},
        {"name": "severe", "below": 98, "points": 3, "material": True},
    ]
    exact = {"mode": "none"}
    slower = [
        {"name": "met", "at_most": 180},
        {"name": "missed", "above": 180, "points": 1},
    ]
    hundred = {"target": 99, "bands": bands, "rounding": exact}
    kpis: list[dict[str, Any]] = [
        {"id": f"A{n}", "service": f"service-{n}", "repeat": {"factor": 2, "on_missing": "breaks"}, **hundred}
        for n in range(8)
    ]
    kpis[7]["measurement_months"] = 3
    response = {"indicator": "response_time", "target": 180, "bands": slower, "rounding": exact}
    kpis += [{"id": f"M{n}", "service": f"service-{n}", "statistic": "mean", **response} for n in range(2)]
    kpis += [
        {"id": f"P{n}", "service": f"service-{n}", "statistic": "percentile", "percentile": 95, **response}
        for n in range(2)
    ]
    kpis += [{"id": f"E{n}", "service": f"service-{n}", "indicator": "error_rate", **hundred} for n in range(2, 4)]
    kpis += [
        {
            "id": f"T{n}",
            "indicator": "ratio_in_target",
            "priorities": [f"P{n}"],
            "within": f"{4 * n}h",
            "clock": {"calendar": "office", "stops": ["customer"]},
            **hundred,
        }
        for n in range(1, 4)
    ]
    return {
        "id": "aged",
        "authority": "A Force",
        "supplier": "A Supplier",
        "term": {"start": f"{first}-01", "end": f"{last}-28"},
        "time_zone": "Europe/London",
        "currency": "GBP",
        "calendars": {"office": {"hours": {"mon-fri": "08:00-18:00"}}},
        "services": services,
        "kpis": kpis,
        "charges": {"monthly": [{"amount": 850_000}]},
        "credits": [{"id": "points", "method": "points", "per_point_percent": 1}],
        "caps": [{"id": "cap", "percent": 10, "base": "trailing_12_months", "over": "trailing_12_months"}],
        "triggers": [
            {"id": "t", "conditions": [{"measure": "points", "months": 3, "at_least": 50}], "effects": ["notice"]}
        ],
    }


class _Probes:
    """Every endpoint's probes as rows, in the order in which they were made, and the spans that they make."""

    def __init__(self, database: Database, begin_ms: int, now_ms: int) -> None:
        codes, chance, count = Codes.load(database), random.Random(7), SERVICES * EACH
        self.tally, self._number, self._now_ms = SpanTally(database), 0, now_ms
        self._phases = [_phases(chance) for _ in range(_PHASES)]
        self._downs = [_Downs(random.Random(number), begin_ms) for number in range(count)]
        self._off = _Downs(random.Random(99), begin_ms, every_ms=20 * DAY)
        self._up, self._down = codes.outcomes[Outcome.UP], codes.outcomes[Outcome.DOWN]
        self._refused = codes.reasons[Reason.CONNECTION_REFUSED]

    def rows(self, start_ms: int, end_ms: int) -> Iterator[Row]:
        for slot_ms in range(start_ms, end_ms, EVERY_MS):
            if self._off.is_at(slot_ms):
                continue
            for place in range(len(self._downs)):
                at_ms = slot_ms + place * 9_973
                if at_ms >= self._now_ms:
                    return
                self._number += 1
                yield self._row(place, at_ms)

    def _row(self, place: int, at_ms: int) -> Row:
        number = self._number
        if self._downs[place].is_at(at_ms):
            self.tally.observe(place + 1, at_ms, Outcome.DOWN, Reason.CONNECTION_REFUSED, EVERY_MS)
            return number, place + 1, at_ms, self._down, self._refused, 900, 0, *_NOTHING, *_NOTHING, None
        self.tally.observe(place + 1, at_ms, Outcome.UP, None, EVERY_MS)
        phases = self._phases[number * 2_654_435_761 >> 7 & _PHASES - 1]
        return number, place + 1, at_ms, self._up, None, *phases, 1, 200, 2_000, 2_000_000_000, None


def _observe(database: Database, begin_ms: int, now_ms: int) -> None:
    """Every endpoint's probes up to now, an hour of them in each link of the chain."""
    codes, probes, chain = Codes.load(database), _Probes(database, begin_ms, now_ms), Chain(database.conn)
    numbers = range(1, SERVICES * EACH + 1)
    named: dict[str, dict[int, tuple[int | str, ...]]] = {
        "endpoints": {n: (n, f"aged/e{(n - 1) // EACH}-{(n - 1) % EACH}") for n in numbers},
        "intervals": {n: (n, n, EVERY_MS) for n in numbers},
        "addresses": {1: (1, "127.0.0.1")},
    }
    with immediate(database.conn):
        link = chain.begin(begin_ms)
        for table, rows in named.items():
            for key, row in rows.items():
                database.conn.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)
                link.add(table, key, row)
        chain.save()
    for start_ms in range(begin_ms, now_ms, BATCH_MS):
        with immediate(database.conn):
            for hour_ms in range(start_ms, min(start_ms + BATCH_MS, now_ms), HOUR):
                seen = list(probes.rows(hour_ms, hour_ms + HOUR))
                database.conn.executemany(_INSERT, seen)
                chain.begin(hour_ms).add_observations(seen)
                chain.save()
            probes.tally.save(codes)
        database.conn.execute("pragma wal_checkpoint(truncate)")


_NOTHING = (None,) * 4


def _phases(chance: random.Random) -> tuple[int, ...]:
    """How long a probe took in all, and its phases, in microseconds."""
    first_byte = int(chance.lognormvariate(11.5, 0.4))
    several = (chance.randint(200, 3_000), chance.randint(200, 9_000), chance.randint(1_000, 30_000), first_byte, 400)
    return sum(several), *several


class _Downs:
    """Whether something is down at instants that ascend: every two days or so, for one probe or up to three hours."""

    def __init__(self, chance: random.Random, begin_ms: int, every_ms: int = 2 * DAY) -> None:
        self._chance, self._every_ms = chance, every_ms
        self._start_ms = self._end_ms = begin_ms

    def is_at(self, at_ms: int) -> bool:
        while at_ms >= self._end_ms:
            self._start_ms = self._end_ms + int(self._chance.expovariate(1 / self._every_ms))
            length = 1 if self._chance.random() < 0.5 else self._chance.randint(2, 36)
            self._end_ms = self._start_ms + length * EVERY_MS
        return at_ms >= self._start_ms


Draft = tuple[int, str, dict[str, Any], str]
"""When it was entered, a name by which others speak of it, what it says, and why."""


def _said(aged: Aged, now_ms: int) -> Iterator[Draft]:
    """The register but for its numbers, in the order in which it was written."""
    first, last = aged.months
    chance, month, index, drafts = random.Random(3), first, 0, list[Draft]()
    total = (int(last[:4]) - int(first[:4])) * 12 + int(last[5:7]) - int(first[5:7]) + 1
    while month <= f"{_day(now_ms):%Y-%m}":
        start_ms = int(datetime.fromisoformat(f"{month}-01T00:00Z").timestamp() * 1000)
        drafts += [one for one in _month(chance, month, start_ms, index, total) if one[0] <= now_ms - HOUR]
        month, index = shifted(month, 1), index + 1
    yield from sorted(drafts, key=lambda draft: draft[0])


def _month(chance: random.Random, month: str, start_ms: int, index: int, total: int) -> Iterator[Draft]:
    yield from _tickets(chance, month, start_ms, TICKETS + index % 2)
    yield from _asked(chance, month, start_ms)
    start = start_ms + 12 * DAY + 14 * HOUR
    wrong = {"kind": "correction", "endpoints": [f"e{index % SERVICES}-0"], "outcome": "up"}
    yield start + DAY, f"wrong {month}", {**wrong, "start": start, "end": start + 40 * MINUTE}, "our own firewall"
    yield start + 2 * DAY, "", {"kind": "decision", "about": f"wrong {month}", "granted": True}, "seen in its log"
    meeting = start_ms + 41 * DAY
    yield from _met(month, meeting)
    if index % 6 == 0:
        yield meeting + 20 * MINUTE, "", {"kind": "waiver", "month": month, "kpis": ["A3"], "what": "money"}, "agreed"
    if index % UNSIGNED_EVERY != UNSIGNED_EVERY - 1 and index < total - UNSIGNED_LAST:
        yield meeting + 30 * MINUTE, "", {"kind": "sign_off", "month": month}, "signed"
    if index % CORRECTED_EVERY == CORRECTED_EVERY - 1:
        late: dict[str, Any] = {"kind": "correction", "endpoints": ["e5-1"], "outcome": "unknown"}
        late |= {"start": start_ms + DAY, "end": start_ms + DAY + HOUR}
        yield meeting + 9 * DAY, f"late {month}", late, "found late"
        yield meeting + 9 * DAY + HOUR, "", {"kind": "decision", "about": f"late {month}", "granted": True}, "seen"


def _tickets(chance: random.Random, month: str, start_ms: int, count: int) -> Iterator[Draft]:
    for n in range(count):
        opened = start_ms + chance.randrange(27 * DAY)
        ended = opened + chance.randrange(10 * MINUTE, 30 * HOUR)
        ticket: dict[str, Any] = {"kind": "ticket", "id": f"{month}/{n}", "priority": f"P{1 + n % 3}"}
        ticket |= {"service": f"service-{n % SERVICES}", "opened": opened, "responded": opened + 5 * MINUTE}
        if n % 8 == 0:
            ticket["stops"] = [{"reason": "customer", "start": opened + 6 * MINUTE, "end": opened + 9 * MINUTE}]
        yield ended + MINUTE, f"ticket {month} {n}", {**ticket, "ended": ended}, ""


def _asked(chance: random.Random, month: str, start_ms: int) -> Iterator[Draft]:
    """Bookings and claims, and what was decided about each."""
    for n in range(4):
        start, name = start_ms + (3 + 6 * n) * DAY + 22 * HOUR, f"booking {month} {n}"
        booked = {"kind": "maintenance", "services": [f"service-{n}"], "start": start, "end": start + 2 * HOUR}
        yield start - 10 * DAY, name, {**booked, "notified": start - 10 * DAY}, ""
        yield start - 9 * DAY, "", {"kind": "decision", "about": name, "granted": n % 4 != 3}, "as agreed"
    for n in range(2):
        start, name = start_ms + (5 + 9 * n) * DAY + 10 * HOUR, f"claim {month} {n}"
        claimed: dict[str, Any] = {"kind": "claim", "cause": "authority_cause", "services": [f"service-{n + 4}"]}
        claimed |= {"start": start, "end": start + 90 * MINUTE, "notified": start + DAY}
        if n:
            claimed["tickets"] = [f"{month}/{chance.randrange(TICKETS // 2)}"]
        yield start + 26 * DAY, name, claimed, ""
        yield start + 28 * DAY, "", {"kind": "decision", "about": name, "granted": n == 0}, "decided"


def _met(month: str, meeting: int) -> Iterator[Draft]:
    """What a month's meeting leaves behind."""
    for n in range(4):
        yield meeting + n * MINUTE, "", {"kind": "minute", "month": month}, f"The authority accepted item {n}."
    for n in range(3):
        name, due = f"action {month} {n}", f"{_day(meeting + 30 * DAY):%Y-%m-%d}"
        action = {"kind": "action", "owner": "A. Person", "due": due, "month": month}
        yield meeting + (9 + n) * MINUTE, name, action, "Write it."
        yield meeting + 20 * DAY + n * MINUTE, "", {"kind": "done", "about": name}, ""


def _numbered(drafts: Sequence[Draft], results: dict[str, PeriodResult]) -> list[Entry]:
    """Entries, signatures under what the months came to."""
    numbers = {name: number for number, (_, name, _, _) in enumerate(drafts, start=1) if name}
    return [
        Entry.model_validate({
            "number": number, "at": Milliseconds(at_ms), "actor": "ann", "contract": "aged", "note": note,
            "said": _exact(_resolved(said, numbers, results)),
        })
        for number, (at_ms, _, said, note) in enumerate(drafts, start=1)
    ]  # fmt: skip


def _exact(said: dict[str, Any]) -> dict[str, Any]:
    """Whole numbers as the instants that they are here."""
    stops = [_exact(stop) for stop in said["stops"]] if "stops" in said else None
    told = {key: Milliseconds(value) if key in INSTANTS else value for key, value in said.items()}
    return told if stops is None else {**told, "stops": stops}


def _resolved(said: dict[str, Any], numbers: dict[str, int], results: dict[str, PeriodResult]) -> dict[str, Any]:
    if "about" in said:
        return {**said, "about": numbers[said["about"]]}
    if said["kind"] != "sign_off":
        return said
    result = results.get(said["month"])
    points = "0" if result is None else f"{exact_decimal(result.points, 9).normalize():f}"
    return {**said, "digest": "0" * 64, "points": points, "credit": "0.00" if result is None else f"{result.deducted}"}
