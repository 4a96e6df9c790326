"""What an assessment costs: a month of 100 endpoints probed every 10 s, a year at start-up, ten years under terms.

    python -m bench.assess

Ledgers are built of spans as they would stand: 20 to 50 an endpoint and month, with outages, single failed probes, gaps
and slow times. Processor time is of the whole process, the best of several runs: other work on the machine adds to it
and never takes away.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.terms import BEGIN_MS, DAY, EVERY_MS, HOUR, contract_of, endpoints
from sla_monitor.assess import Cache, Evidence, assess_month, history
from sla_monitor.cli import collect_seldom
from sla_monitor.clock import SystemClock
from sla_monitor.contract.contract import Contract
from sla_monitor.ledger import read_only
from sla_monitor.ledger.chaining.links import Chain
from sla_monitor.ledger.chaining.span_states import chain_spans
from sla_monitor.ledger.connect import immediate
from sla_monitor.ledger.name_tables import names_by_id
from sla_monitor.ledger.opening import open_writer
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.periods.edges import month_of
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import Milliseconds
from sla_monitor.sla.spans import Span

BANDS = [
    {"name": "met", "at_least": 99},
    {"name": "minor", "at_least": 98, "below": 99, "points": 1},
    {"name": "serious", "at_least": 97, "below": 98, "points": 2, "material": True},
    {"name": "severe", "below": 97, "points": 3, "material": True},
]


def contract(probed: int, services: int) -> Contract:
    """Availability KPIs with points, a credit, a cap and a trigger; every third service in office hours."""
    each = probed // services
    several = [
        {
            "id": f"service-{n}",
            "service_hours": "always" if n % 3 else "office",
            "available_when": ("all", "any")[n % 2],
            "endpoints": endpoints(n * each, each),
        }
        for n in range(services)
    ]
    kpis: list[dict[str, Any]] = [
        {
            "id": f"KPI{n}",
            "service": f"service-{n}",
            "target": 99,
            "rounding": {"mode": "none"},
            "bands": BANDS,
            "repeat": {"factor": 2, "on_missing": "breaks"},
        }
        for n in range(services)
    ]
    return contract_of(
        several,
        kpis,
        calendars={"office": {"hours": {"mon-fri": "08:00-18:00"}}},
        charges={"monthly": [{"amount": 850_000}]},
        credits=[{"id": "points", "method": "points", "per_point_percent": 1}],
        caps=[{"id": "cap", "percent": 10, "base": "trailing_12_months", "over": "trailing_12_months"}],
        triggers=[
            {"id": "t", "conditions": [{"measure": "points", "months": 3, "at_least": 50}], "effects": ["notice"]}
        ],
    )


def spans_of(begin_ms: int, end_ms: int, chance: random.Random) -> list[tuple[int, int, str, int]]:
    """(start, end, outcome, probes), about one event a day: two of five are one failed probe alone."""
    result: list[tuple[int, int, str, int]] = []
    at_ms = begin_ms
    while at_ms < end_ms:
        up_ms = min(int(chance.expovariate(1 / (1.8 * DAY))) // EVERY_MS * EVERY_MS + EVERY_MS, end_ms - at_ms)
        result.append((at_ms, at_ms + up_ms, "up", up_ms // EVERY_MS or 1))
        at_ms += up_ms
        kind = chance.choice(["down", "down", "one", "one", "degraded", "gap"])
        probes = 1 if kind == "one" else chance.randint(2, 90)
        if kind != "gap" and at_ms < end_ms:
            result.append((at_ms, at_ms + probes * EVERY_MS, "degraded" if kind == "degraded" else "down", probes))
        at_ms += probes * EVERY_MS
    return result


def fill(path: Path, count: int, begin_ms: int, end_ms: int) -> int:
    """A ledger with such spans; how many there are."""
    chance, total = random.Random(7), 0
    database = open_writer(path)
    outcomes = {name: number for number, name in names_by_id(database, "outcomes").items()}
    chain = Chain(database.conn)
    with immediate(database.conn):
        link = chain.begin(begin_ms)
        for number in range(1, count + 1):
            named = (number, f"bench/endpoint-{number - 1}")
            database.conn.execute("insert into endpoints values (?, ?)", named)
            link.add("endpoints", number, named)
            *ended, last = [
                (number, start, end, end - EVERY_MS, outcomes[outcome], None, probes)
                for start, end, outcome, probes in spans_of(begin_ms, end_ms, chance)
            ]
            database.conn.executemany("insert into ended_spans values (?, ?, ?, ?, ?, ?, ?)", ended)
            database.conn.execute("insert into last_spans values (?, ?, ?, ?, ?, ?, ?)", last)
            total += len(ended) + 1
        database.conn.execute(
            "insert into observations (endpoint_id, at_ms, outcome, duration_us) values (1, ?, 1, 1)", (begin_ms,)
        )
        link.add_observations(database.conn.execute("select * from observations").fetchall())
        chain.save()
        chain_spans(database.conn)
    database.close()
    return total


def book(path: Path, month_ms: int) -> None:
    """Maintenance for every fifth service, half of it granted, and a claim."""
    start = month_ms + 5 * DAY
    said: list[dict[str, Any]] = [
        {"kind": "maintenance", "services": [f"service-{n}"], **_span(start, 4 * HOUR)} for n in range(0, 25, 5)
    ]
    said += [{"kind": "decision", "about": n, "granted": bool(n % 2)} for n in range(1, 6)]
    claimed = {"services": ["service-1", "service-2"], **_span(start + DAY, HOUR)}
    said.append({"kind": "claim", "cause": "authority_cause", **claimed})
    entries = [
        Entry.model_validate(
            {"number": n, "at": Milliseconds(month_ms), "actor": "ann", "contract": "bench", "said": one}
        )
        for n, one in enumerate(said, start=1)
    ]
    Register.open(path, SystemClock()).add(entries)


def _span(start_ms: int, length_ms: int) -> dict[str, Milliseconds]:
    return {"start": Milliseconds(start_ms), "end": Milliseconds(start_ms + length_ms)}


def best_ms(task: Callable[[], object], runs: int) -> float:
    """Processor time of the quickest run."""
    found = []
    for _ in range(runs):
        began = time.process_time()
        task()
        found.append(time.process_time() - began)
    return min(found) * 1000


class Held(Evidence):
    """Evidence that was read before: what is measured is the working out."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known: dict[tuple[int, int], Mapping[str, Sequence[Span]]] = {}

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        if (start_ms, end_ms) not in self._known:
            self._known[start_ms, end_ms] = self._evidence.spans(start_ms, end_ms)
        return self._known[start_ms, end_ms]

    def samples(self, key: str, start_ms: int, end_ms: int) -> tuple[()]:
        return ()

    def entries(self, contract: str) -> tuple[()]:
        return ()

    def first_ms(self, contract: str) -> int | None:
        return self._evidence.first_ms(contract)


def one_month(folder: Path) -> None:
    """A month of 100 endpoints, from the ledger, in three views."""
    path, terms = folder / "month.db", contract(100, 25)
    month = month_of(BEGIN_MS + DAY, terms.time_zone)
    spans = fill(path, 100, month.start_ms, month.end_ms)
    book(path, month.start_ms)
    now_ms = month.end_ms + 30 * DAY
    with read_only(path) as ledger:
        task = lambda: assess_month(terms, ledger, "2025-01", now_ms, ())  # noqa: E731
        reading_ms = best_ms(lambda: ledger.spans(month.start_ms - DAY, month.end_ms + DAY), 100)
        whole_ms = best_ms(task, 100)
    probes = 100 * (month.end_ms - month.start_ms) // EVERY_MS
    print(
        f"one month, 100 endpoints, 25 services, {spans} spans ({probes} probes): {whole_ms:.1f} ms of processor time,"
    )
    print(f"  {reading_ms:.1f} of them for reading the spans (aim: 20)")


def one_year(folder: Path) -> None:
    """A start with a year of history, and the assessments after it."""
    path, terms = folder / "year.db", contract(100, 25)
    now_ms = BEGIN_MS + 380 * DAY
    spans = fill(path, 100, BEGIN_MS, now_ms)
    with read_only(path) as ledger:
        start_ms = best_ms(lambda: assess_month(terms, ledger, "2026-01", now_ms), 2)
        cache = Cache()
        assess_month(terms, ledger, "2026-01", now_ms, None, cache)
        again_ms = best_ms(lambda: assess_month(terms, ledger, "2026-01", now_ms, None, cache), 10)
    print(
        f"a start with a year of history, {spans} spans: {start_ms:.0f} ms (aim: 2000); each one after: {again_ms:.1f}"
    )


def ten_years(folder: Path) -> None:
    """The months of ten years of 50 KPIs, each from its own endpoint's spans."""
    path, terms = folder / "decade.db", contract(50, 50)
    now_ms = BEGIN_MS + 3652 * DAY
    spans = fill(path, 50, BEGIN_MS, now_ms)
    with read_only(path) as ledger:
        whole_ms = best_ms(lambda: history(terms, ledger, "2035-01", now_ms), 1)
        held = Held(ledger)
        worked_ms = best_ms(lambda: history(terms, held, "2035-01", now_ms), 2)
    print(f"ten years of 50 KPIs, {spans} spans: {whole_ms:.0f} ms from the ledger (aim: 5000),")
    print(f"  {worked_ms:.0f} of them for working out")


def assess_cost() -> None:
    """All three, told on standard output, with garbage looked for as seldom as in the program."""
    collect_seldom()
    for task in (one_month, one_year, ten_years):
        with tempfile.TemporaryDirectory() as name:
            task(Path(name))


if __name__ == "__main__":
    assess_cost()
