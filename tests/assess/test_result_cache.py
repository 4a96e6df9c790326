"""What closed months came to is kept, and is never anything else than what would be worked out."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sla_monitor
from sla_monitor.assess import Cache, assess_month, history
from sla_monitor.assess.excerpt import excerpt
from sla_monitor.assess.history import contract_context_of
from sla_monitor.assess.result_cache import MATHS
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.ledger.chaining.links import begin_chain, note_all
from sla_monitor.ledger.chaining.span_states import chain_spans
from sla_monitor.ledger.name_tables import names_by_id
from sla_monitor.ledger.opening import open_writer
from sla_monitor.ledger.reading.reader import CachingReader
from sla_monitor.register.entries import Entry
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.results import PeriodResult
from sla_monitor.sla.spans import Span
from tests.assess.records import (
    CONTRACT,
    DAY,
    DEGRADED,
    DOWN,
    HOUR,
    UNKNOWN,
    UP,
    Record,
    endpoint,
    entries,
    ms,
    service,
    terms,
)

BEGIN, END = ms("2026-01-01T00:00+00:00"), ms("2026-06-10T00:00+01:00")
UNTIL, MONTHS = "2026-06", ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05")
APRIL = ms("2026-04-01T00:00+01:00")

SERVICES = [
    service("cad", endpoint("a"), endpoint("b")),
    service("web", endpoint("a2"), endpoint("b2"), service_hours="office", available_when="any"),
]
TIMED: list[dict[str, Any]] = [
    {"id": "A1", "service": "cad", "target": 99},
    {"id": "A2", "service": "web", "target": 99, "measurement_months": 3},
    {"id": "A3", "service": "cad", "target": 99, "counting": {"shortest_outage": "36h", "unknown": "down"}},
    {"id": "A4", "service": "cad", "target": 99, "counting": {"quorum": {"percent": 51}, "excluded": "available"}},
    {"id": "A5", "service": "cad", "target": 99, "counting": {"slow_as_down": {"promised": "100ms"}}},
]
SAMPLED: list[dict[str, Any]] = [
    {"id": "R1", "indicator": "response_time", "service": "cad", "target": "5s", "statistic": "mean"},
    {"id": "E1", "indicator": "error_rate", "service": "web", "target": 99, "slot": "6h"},
]
COUNTED: list[dict[str, Any]] = [
    {"id": "T1", "indicator": "ratio_in_target", "target": 95, "within": "4h", "no_events": "met"},
    {"id": "T2", "indicator": "ratio_in_target", "target": 95, "within": "1d", "counted_when": "ended"},
    {"id": "S1", "indicator": "submitted", "target": 95, "source_of_truth": "supplier"},
    {"id": "C1", "indicator": "composite", "target": 100, "combine": "all_of", "parts": [{"kpi": "A1"}, {"kpi": "T1"}]},
]


def contract_of(*versions: dict[str, Any]) -> Contract:
    """Versions of the terms: the first from the beginning, a second one from April on."""
    plain = {"term": {"start": "2026-01-01", "end": "2028-12-31"}, "services": SERVICES}
    plain["kpis"] = [*TIMED, *SAMPLED, *COUNTED]
    several = zip((0, APRIL), versions, strict=False)
    return Contract(tuple(TermsVersion(from_ms, terms(**{**plain, **changes})) for from_ms, changes in several))


CONTRACTS = [
    contract_of({}),
    contract_of({}, {"accounting": {"confirmation": 4}}),
    contract_of({}, {"calendars": {"office": {"hours": {"mon-sat": "07:00-19:00"}}}}),
    contract_of({"relief": {"four_eyes": False, "deadline_months": 1}, "maintenance": {"allowance": "2h"}}),
    contract_of({"kpis": [{**TIMED[1], "measurement_months": 1}, TIMED[0], *COUNTED[:2]]}),
]


def spans_of(*pieces: tuple[float, Outcome | None, int]) -> list[Span]:
    """One after the other: days, what it was (None: no probe ran), and observations; then up to the end."""
    found, at_ms = [], BEGIN
    for days, outcome, probes in (*pieces, (400.0, UP, 999)):
        end_ms = min(at_ms + int(days * DAY), END)
        if outcome is not None and at_ms < end_ms:
            found.append(Span(at_ms, end_ms, end_ms - HOUR, outcome, None, probes))
        at_ms = end_ms
    return found


SEEN = {
    "a": spans_of((30.9, UP, 9), (0.5, DOWN, 9), (27, UP, 9), (2.5, DOWN, 9), (20, UP, 9), (0.1, DOWN, 3)),
    "b": spans_of((31.4, UP, 9), (1.2, DOWN, 9), (26, DEGRADED, 9), (6, UNKNOWN, 9), (30, UP, 9), (0.2, DOWN, 1)),
    "a2": spans_of((12.4, UP, 9), (0.3, DOWN, 9), (40, UP, 9), (3.1, None, 0)),
    "b2": spans_of((12.5, UP, 9), (0.3, DOWN, 9), (75, UP, 9), (4, DOWN, 9)),
}
SAMPLES = {
    name: [
        (at_ms, DOWN if n % 11 == place else UP, 40_000 + n * 997 % 90_000, 30_000)
        for n, at_ms in enumerate(range(BEGIN + HOUR, END, 6 * HOUR))
    ]
    for place, name in enumerate(SEEN)
}


def write(path: Path) -> Path:
    """The same in a ledger."""
    database = open_writer(path)
    outcomes = {name: number for number, name in names_by_id(database, "outcomes").items()}
    with database.conn:
        for number, (name, spans) in enumerate(SEEN.items(), start=1):
            database.conn.execute("insert into endpoints values (?, ?)", (number, f"{CONTRACT}/{name}"))
            rows = [(number, *one[:3], outcomes[f"{one.outcome}"], None, one.probes) for one in spans]
            database.conn.executemany("insert into ended_spans values (?, ?, ?, ?, ?, ?, ?)", rows[:-1])
            database.conn.execute("insert into last_spans values (?, ?, ?, ?, ?, ?, ?)", rows[-1])
            samples = [(number, at, outcomes[f"{what}"], us, first) for at, what, us, first in SAMPLES[name]]
            columns = "endpoint_id, at_ms, outcome, duration_us, first_byte_us"
            database.conn.executemany(f"insert into observations ({columns}) values (?, ?, ?, ?, ?)", samples)
        begin_chain(database.conn, ("endpoints", "observations"))
        note_all(database.conn)
        chain_spans(database.conn)
    database.close()
    return path


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("kept") / "ledger.db")


def worked_out(contract: Contract, said: Sequence[Entry]) -> list[PeriodResult]:
    """Month by month, each assessed as a whole from all that there is: nothing is kept, and nothing cut out."""
    results: list[PeriodResult] = []
    for month in MONTHS:
        found = assess_month(contract, Record(SEEN, SAMPLES, said), month, END, results)
        assert found.result is not None
        results.append(found.result)
    return results


instants = st.integers(BEGIN // HOUR, END // HOUR - 200).map(lambda hour: hour * HOUR)
stretches = st.tuples(instants, st.integers(1, 150)).map(lambda one: {"start": one[0], "end": one[0] + one[1] * HOUR})
services = st.sampled_from([["cad"], ["web"], ["cad", "web"]])
months = st.sampled_from(MONTHS)
numbers = st.integers(1, 8)
tickets = st.sampled_from(["INC1", "INC2", "INC3"])


def words(kind: str, **parts: Any) -> st.SearchStrategy[dict[str, Any]]:
    fixed = {"kind": st.just(kind)}
    strategies = {key: one if isinstance(one, st.SearchStrategy) else st.just(one) for key, one in parts.items()}
    return st.fixed_dictionaries({**fixed, **strategies})


def timed(kind: str, **parts: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(words(kind, **parts), stretches).map(lambda pair: {**pair[0], **pair[1]})


def _ticket(one: tuple[str, int, int | None]) -> dict[str, Any]:
    name, opened, hours = one
    ended = {} if hours is None else {"ended": opened + hours * HOUR, "responded": opened + hours * HOUR // 2}
    return {"kind": "ticket", "id": name, "priority": "P1", "opened": opened, **ended}


said_of = st.lists(
    st.one_of(
        timed("correction", services=services, outcome=st.sampled_from(["up", "down", "unknown", "degraded"])),
        timed("correction", endpoints=st.sampled_from([["a"], ["b2"]]), outcome=st.sampled_from(["up", "down"])),
        timed("maintenance", services=services),
        timed("claim", cause="authority_cause", services=services),
        timed("claim", cause="authority_cause", tickets=tickets.map(lambda name: [name])),
        timed("impact", service="cad", users=st.integers(0, 10), of=10),
        st.tuples(tickets, instants, st.none() | st.integers(1, 900)).map(_ticket),
        words("decision", about=numbers, granted=st.booleans()),
        words("decision", about=numbers, granted=st.just(True)),
        words("undo", about=numbers),
        words("figure", kpi=st.sampled_from(["S1", "A1", "C1"]), month=months, party="supplier", value="93.5"),
        words("figure", kpi=st.sampled_from(["S1", "A1"]), month=months, party="agreed", value="97"),
        words("waiver", month=months, what=st.sampled_from(["money", "points_and_money"])),
        words("minute", month=months),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contract=st.sampled_from(CONTRACTS), said=said_of)
def test_with_and_without_what_is_kept_every_figure_is_the_same(
    ledger: Path, contract: Contract, said: list[dict[str, Any]]
) -> None:
    """What earlier examples have had kept stays: other corrections, other terms, other tickets. None of it is taken
    for an answer to this one."""
    told = entries(*said)
    with CachingReader(ledger) as evidence:
        found, again = (history(contract, evidence, UNTIL, END, said=told) for _ in range(2))
    assert list(found) == worked_out(contract, told)
    assert again == found


class Watched(CachingReader):
    """A ledger's reader that notes which questions are not answered from what is kept."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.new = 0
        self.read: list[tuple[int, int]] = []

    def keep(self, digest: str, body: str) -> None:
        self.new += 1
        super().keep(digest, body)

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> Iterator[Any]:
        self.read.append((start_ms, end_ms))
        return super().columns(keys, start_ms, end_ms)

    def spans(
        self, start_ms: int, end_ms: int, yield_control: Callable[[], None] = lambda: None
    ) -> dict[str, list[Span]]:
        self.read.append((start_ms, end_ms))
        return super().spans(start_ms, end_ms, yield_control)


def test_closed_months_are_read_and_only_what_changed_is_worked_out_again(tmp_path: Path) -> None:
    path, contract = write(tmp_path / "ledger.db"), CONTRACTS[0]
    start = ms("2026-02-10T09:00+00:00")
    wrong = {"kind": "correction", "services": ["cad"], "start": start, "end": start + HOUR, "outcome": "down"}
    decision = {"kind": "decision", "about": 1, "granted": True}
    minute = {"kind": "minute", "month": "2026-03"}
    made = []
    for said in ((), (minute,), (wrong,), (wrong, decision), (wrong, decision, minute)):
        with Watched(path) as evidence:
            history(contract, evidence, UNTIL, END, said=entries(*said))
        made.append((evidence.new > 0, bool(evidence.read)))
        periods = {(start_ms, end_ms) for start_ms, end_ms in evidence.read if end_ms - start_ms < 40 * DAY}
        assert not evidence.read or not said or all(one[0] < start < one[1] for one in periods), "February alone"
    assert made == [(True, True), (False, False), (True, True), (True, True), (False, False)]


def test_a_command_that_may_write_nothing_reads_what_the_daemon_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "ledger.db")
    with CachingReader(path) as evidence:
        kept = history(CONTRACTS[0], evidence, UNTIL, END, Cache())
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("pragma wal_checkpoint(truncate)")
        database.execute("drop table looks_by_hour")  # and the observations cannot be read any more
        database.execute("create table looks_by_hour (hour, endpoint_id, body)")
    with Watched(path) as evidence:
        assert history(CONTRACTS[0], evidence, UNTIL, END) == kept
        assert evidence.read == []


def test_every_room_that_decides_what_a_month_comes_to_is_in_the_program_s_digest() -> None:
    """What they are given is in the questions themselves: evidence reads it, errors only end things, wording says what
    is open beside the figures, and remedies say what mends a mistake. Who may enter something (settings) and what was
    told before (ledger) decide none.
    """
    room = Path(sla_monitor.__file__).parent
    files = [file for name in MATHS for file in (room / name).rglob("*.py")]
    imported = {
        name for file in files for name in re.findall(r"\bsla_monitor(?:\.| import )([a-z]\w*)", file.read_text())
    }
    assert imported - {"errors", "evidence", "ledger", "remedies", "settings", "wording"} == set(MATHS)


def _asked(path: Path) -> tuple[object, ...]:
    with CachingReader(path) as evidence:
        world = contract_context_of(CONTRACTS[0], evidence, END, Cache())
        kpis = CONTRACTS[0].versions[0].terms.kpis
        return excerpt(world, ("2026-03",), kpis).question(kpis)


@pytest.mark.parametrize(
    ("statement", "is_another"),
    [
        ("update ended_spans set end_ms = end_ms - 1 where endpoint_id = 1 and start_ms > {march}", True),
        ("update ended_spans set outcome = 1 where endpoint_id = 2 and outcome <> 1", True),
        ("update ended_spans set looks = looks + 1 where endpoint_id = 1 and start_ms > {march} - 86400000 * 3", True),
        ("delete from ended_spans where endpoint_id = 4 and outcome <> 1", True),
        ("update last_spans set end_ms = end_ms + 3600000, seen_ms = seen_ms + 3600000, looks = looks + 1", False),
        ("update ended_spans set looks = looks + 1 where end_ms < {march} - 86400000 * 40", False),
        ("insert into ended_spans select * from last_spans", False),
    ],
    ids=["shorter", "up", "looks", "gone", "goes on", "long before", "ended since"],
)
def test_a_span_that_is_another_asks_another_question(tmp_path: Path, statement: str, is_another: bool) -> None:
    path = write(tmp_path / "ledger.db")
    before = _asked(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(statement.format(march=ms("2026-03-01T00:00+00:00")))
        if statement.startswith("insert"):
            database.execute("delete from last_spans")
    assert (_asked(path) != before) is is_another


def test_samples_that_come_in_late_are_no_part_of_an_answer_that_was_kept_before(tmp_path: Path) -> None:
    """A site was cut off over the end of March for days, and hands in what it saw."""
    path, until = write(tmp_path / "ledger.db"), ms("2026-03-20T00:00+00:00")
    with closing(sqlite3.connect(path)) as database, database:
        last = "select start_ms from ended_spans where endpoint_id = 3 order by start_ms desc limit 1"
        (start_ms,) = database.execute(last).fetchone()
        cut = "update last_spans set end_ms = ?, seen_ms = ? where endpoint_id = 3 and start_ms < ?"
        assert start_ms < until
        database.execute(cut, (until, until - HOUR, until))
        chain_spans(database)
    with CachingReader(path) as evidence:
        before = history(CONTRACTS[0], evidence, UNTIL, END)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("update last_spans set end_ms = ?, seen_ms = ? where endpoint_id = 3", (END, END - HOUR))
        chain_spans(database)
    with CachingReader(path) as evidence:
        after = history(CONTRACTS[0], evidence, UNTIL, END)
    assert list(after) == worked_out(CONTRACTS[0], ())
    assert before[2] != after[2]
