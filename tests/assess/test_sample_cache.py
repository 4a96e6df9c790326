"""Single observations are read once, and the ledger gives what a record in memory gives."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sla_monitor.assess import Cache, Sample, assess, assess_contract
from sla_monitor.assess.sample_cache import SETTLED_AFTER_MS, Memory, SampleCache
from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger, Recorded, read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry
from sla_monitor.sla.observation import Finding, Observation, Phases
from tests.assess.records import (
    CONTRACT,
    DAY,
    DOWN,
    HOUR,
    JULY,
    JUNE,
    MINUTE,
    UP,
    Record,
    endpoint,
    entries,
    one_version,
    service,
    span,
)

RESPONSE = {"id": "KPI1", "indicator": "response_time", "service": "cad", "target": "5s", "statistic": "mean"}
SLOW = {"id": "KPI3", "service": "cad", "target": 99, "counting": {"slow_as_down": {"promised": "100ms"}}}
SAMPLES: list[Sample] = [(JUNE + n * MINUTE, DOWN if n % 7 == 3 else UP, 1_000 * n, 500 * n) for n in range(300)]
NOW = JUNE + 300 * MINUTE


class Counting(Record):
    """A record that counts the observations that it hands out."""

    handed = 0

    def samples(self, key: str, start_ms: int, end_ms: int) -> Any:
        for sample in super().samples(key, start_ms, end_ms):
            self.handed += 1
            yield sample


class Keeping(Counting):
    """A record that keeps answers, as a ledger does."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.answers: dict[str, str] = {}

    def worked_out(self, digest: str) -> str | None:
        return self.answers.get(digest)

    def keep(self, digest: str, body: str) -> None:
        self.answers[digest] = body


def test_what_closed_months_came_to_is_kept_from_one_start_to_the_next() -> None:
    """Each start has a new cache. A correction asks another question of June, and May's answer stands."""
    kpis = [RESPONSE, {"id": "KPI2", "indicator": "error_rate", "service": "cad", "target": 99}]
    kpis.append(SLOW)
    contract = one_version(kpis=kpis, term={"start": "2026-05-01", "end": "2030-04-30"}, relief={"four_eyes": False})
    record = Keeping({"login": [span(JUNE - DAY, JUNE + 30 * DAY, UP)]}, {"login": SAMPLES})
    now_ms = JUNE + 40 * DAY
    first = assess_contract(contract, record, now_ms)
    assert first == assess_contract(contract, Record(record.seen, record.observed), now_ms)
    handed, kept = record.handed, len(record.answers)
    assert assess_contract(contract, record, now_ms) == first
    assert (record.handed, len(record.answers)) == (handed, kept)
    hour = {"kind": "correction", "endpoints": ["login"], "start": JUNE, "end": JUNE + HOUR, "outcome": "unknown"}
    record.said = entries(hour)
    corrected = assess_contract(contract, record, now_ms)
    assert corrected == assess_contract(contract, Record(record.seen, record.observed, record.said), now_ms)
    assert corrected.earlier[-1].kpis[0].value != first.earlier[-1].kpis[0].value


def test_a_month_that_is_not_settled_keeps_no_answer() -> None:
    record = Keeping({"login": [span(JUNE, NOW, UP)]}, {"login": SAMPLES})
    assess_contract(one_version(kpis=[RESPONSE], term={"start": "2026-06-01", "end": "2030-05-31"}), record, NOW)
    assert record.answers == {}


def test_what_is_remembered_is_what_was_read() -> None:
    memory = Memory()
    record = Record({}, {"login": SAMPLES})
    key = f"{CONTRACT}/login"
    for now_ms in range(JUNE + HOUR, NOW + 1, 47 * MINUTE):
        for start_ms in (JUNE, JUNE + 30 * MINUTE):
            told = list(SampleCache(record, memory, now_ms).samples(key, start_ms, now_ms))
            assert told == list(record.samples(key, start_ms, now_ms))


def test_each_sample_is_read_once_but_for_the_latest() -> None:
    contract, caches = one_version(kpis=[RESPONSE]), dict[str, Cache]()
    record = Counting({"login": [span(JUNE, NOW, UP)]}, {"login": SAMPLES})
    for _ in range(3):
        found = assess([contract], record, NOW, caches=caches).contracts[0]
    assert found == assess_contract(contract, Record(record.seen, record.observed), NOW)
    assert record.handed == len(SAMPLES) + 2 * SETTLED_AFTER_MS // MINUTE


def test_on_the_first_day_of_a_month_the_one_before_is_read_once() -> None:
    """Its observations may still be corrected by late ones, so that it is worked out at every assessment; and on the
    day after it is forgotten."""
    contract = one_version(kpis=[RESPONSE, SLOW], term={"start": "2026-05-01", "end": "2030-04-30"})
    caches = {contract.id: Cache()}
    record = Counting({"login": [span(JUNE, JULY, UP)]}, {"login": SAMPLES})
    handed = set()
    for now_ms in (JULY + HOUR, JULY + 2 * HOUR, JULY + 3 * HOUR):
        found = assess([contract], record, now_ms, caches=caches).contracts[0]
        assert found == assess_contract(contract, Record(record.seen, record.observed), now_ms)
        handed.add(record.handed)
    assert len(handed) == 1
    for now_ms in (JULY + 3 * DAY, JULY + 3 * DAY + MINUTE):
        assess([contract], record, now_ms, caches=caches)
    assert len(caches[contract.id].samples.kept[f"{CONTRACT}/login"]) == 0


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    """A month that is over, once another one has been assessed; what was asked for again stays."""
    memory, key = Memory(), f"{CONTRACT}/login"
    record = Record({}, {"login": SAMPLES})
    later = NOW + 61 * DAY
    for now_ms, start_ms, kept in ((NOW, JUNE, 290), (later, later - DAY, 300), (later + HOUR, later - DAY, 0)):
        remembering = SampleCache(record, memory, now_ms)
        assert list(remembering.samples(key, start_ms, now_ms)) == list(record.samples(key, start_ms, now_ms))
        assert len(memory.kept[key]) == kept


def test_two_measurement_periods_share_what_is_remembered() -> None:
    memory, key = Memory(), f"{CONTRACT}/login"
    record = Counting({}, {"login": SAMPLES})
    for _ in range(2):
        remembering = SampleCache(record, memory, NOW + DAY)
        for start_ms in (JUNE - 60 * DAY, JUNE):
            assert len(list(remembering.samples(key, start_ms, NOW))) == len(SAMPLES)
    assert record.handed == len(SAMPLES)


def test_a_ledger_and_a_record_in_memory_give_the_same_assessment(tmp_path: Path) -> None:
    """The same observations and the same entries, some of them added while it is open."""
    contract = one_version(kpis=[RESPONSE, {"id": "KPI2", "service": "cad", "target": 99}], relief={"four_eyes": False})
    said = [
        {"kind": "correction", "endpoints": ["login"], "start": JUNE, "end": JUNE + HOUR, "outcome": "up"},
        {"kind": "impact", "service": "cad", "start": JUNE, "end": NOW, "users": 1, "of": 2},
    ]
    path = tmp_path / "ledger.db"
    clock = SystemClock()
    with Ledger.open(path, clock, commit_within_ms=1) as ledger:
        recorded = Recorded(ledger)
        for at_ms, outcome, duration_us, first_byte_us in SAMPLES:
            finding = Finding(outcome, None, "", duration_us or 0, Phases(first_byte_us=first_byte_us))
            ledger.record(Observation(f"{CONTRACT}/login", at_ms, finding), MINUTE)
        assert ledger.flush(30)
        seen = {name.partition("/")[2]: spans for name, spans in ledger.spans(JUNE, NOW).items()}
        for told in (said[:1], said):
            new = entries(*told)[-1:]
            Register.open(path, clock).add(new)
            memory = Record(seen, {"login": SAMPLES}, entries(*told))
            assert assess_contract(contract, recorded, NOW) == assess_contract(contract, memory, NOW)
        assert recorded.entries(CONTRACT) is recorded.entries(CONTRACT), "nothing is read again"


KPIS = [
    RESPONSE,
    {**RESPONSE, "id": "KPI2", "statistic": "percentile", "percentile": 90, "phase": "first_byte", "service": "mail"},
    {"id": "KPI3", "indicator": "error_rate", "service": "mail", "target": 99, "measurement_months": 3},
    {"id": "KPI4", "service": "cad", "target": 99, "counting": {"slow_as_down": {"promised": "100ms"}}},
]
BEGIN = JUNE - 2 * DAY
ANSWERS: dict[str, list[Sample]] = {
    name: [
        (BEGIN + place + n * 10 * MINUTE, DOWN if n % step == 3 else UP, 4_000 * n, None if n % 5 else 300 * n)
        for n in range(600)
    ]
    for place, (name, step) in enumerate((("login", 7), ("inbox", 11), ("outbox", 50)))
}


def recorded_until(path: Path, since_ms: int, until_ms: int) -> list[tuple[str, Sample]]:
    """Record the observations of a stretch of time; what was recorded."""
    samples = [
        (name, sample) for name, several in ANSWERS.items() for sample in several if since_ms <= sample[0] < until_ms
    ]
    with Ledger.open(path, SystemClock(), commit_within_ms=1) as ledger:
        for name, (at_ms, outcome, duration_us, first_byte_us) in sorted(samples, key=lambda pair: pair[1][0]):
            finding = Finding(outcome, None, "", duration_us or 0, Phases(first_byte_us=first_byte_us))
            ledger.record(Observation(f"{CONTRACT}/{name}", at_ms, finding), 10 * MINUTE)
        assert ledger.flush(30)
    return samples


def test_starts_and_assessments_after_them_give_what_a_record_in_memory_gives(tmp_path: Path) -> None:
    """Through packed hours, remembered days and answers about them: observations come in, words are said, it starts
    again."""
    login, inbox, outbox = (endpoint(name, every="10m") for name in ANSWERS)
    services = [service("cad", login), service("mail", inbox, outbox)]
    contract = one_version(services=services, kpis=KPIS, relief={"four_eyes": False})
    said = {"kind": "correction", "endpoints": ["inbox"], "start": JUNE, "end": JUNE + HOUR, "outcome": "down"}
    path, known, since_ms = tmp_path / "ledger.db", dict[str, list[Sample]](), BEGIN
    words: Sequence[Entry] = ()
    for day, until_ms in enumerate(range(BEGIN + DAY, BEGIN + 4 * DAY, DAY)):
        for name, sample in recorded_until(path, since_ms, until_ms):
            known.setdefault(name, []).append(sample)
        since_ms = until_ms
        with Ledger.open(path, SystemClock()) as ledger:
            evidence, cache = Recorded(ledger), Cache()
            spans = {name.partition("/")[2]: several for name, several in ledger.spans(BEGIN, until_ms).items()}
            for now_ms in (until_ms - 5 * HOUR, until_ms - 5 * HOUR + MINUTE, until_ms):
                found = assess([contract], evidence, now_ms, caches={contract.id: cache}).contracts[0]
                assert found == assess_contract(contract, Record(spans, known, words), now_ms)
                if not words and day > 1:
                    words = entries(said)
                    Register.open(path, SystemClock()).add(words)
    assert check(path, lambda done, total: None).problems == ()
    with closing(sqlite3.connect(path)) as database:
        packed = (
            "select key, count(*) from looks_by_hour join endpoints e on e.id = endpoint_id group by key order by key"
        )
        hours = [count for _, count in database.execute(packed)]
    assert len(hours) == len(ANSWERS)
    assert min(hours) >= 24


def wait_for(condition: Callable[[], bool]) -> bool:
    until_s = time.monotonic() + 30
    while not (is_so := condition()) and time.monotonic() < until_s:
        time.sleep(0.01)
    return is_so


def test_samples_that_the_disk_took_late_are_counted_as_if_it_had_taken_them_at_once(tmp_path: Path) -> None:
    """Somebody held the file for hours; every figure since then has been worked out without them, and none of them
    waited for a lock to keep what months long ago came to."""
    contract, path, cache = one_version(kpis=[RESPONSE]), tmp_path / "ledger.db", Cache()
    with Ledger.open(path, SystemClock(), commit_within_ms=1) as ledger:
        evidence = Recorded(ledger)
        with closing(sqlite3.connect(path, isolation_level=None)) as somebody:
            for place, (at_ms, outcome, duration_us, first_byte_us) in enumerate(SAMPLES):
                if place == 10:
                    assert ledger.flush(30)
                    somebody.execute("begin immediate")
                finding = Finding(outcome, None, "", duration_us or 0, Phases(first_byte_us=first_byte_us))
                ledger.record(Observation(f"{CONTRACT}/login", at_ms, finding), MINUTE)
            assert wait_for(lambda: ledger.stats().failing)
            before = assess([contract], evidence, NOW, caches={contract.id: cache})
            somebody.execute("rollback")
        assert ledger.flush(30)
        found = assess([contract], evidence, NOW, caches={contract.id: cache})
        assert found == assess([contract], evidence, NOW) != before


def test_a_ledger_keeps_answers_until_it_is_rebuilt(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with Ledger.open(path, SystemClock()) as ledger:
        recorded = Recorded(ledger)
        assert recorded.worked_out("question") is None
        recorded.keep("question", "answer")
        assert recorded.worked_out("question") == "answer"
    rebuild_spans(path, lambda done, total: None)
    with read_only(path) as reader:
        assert reader.worked_out("question") is None


def test_samples_are_read_again_after_the_clock_was_ahead() -> None:
    """They seemed to be read up to a time that had not come: those that were made then would never be seen."""
    contract, cache = one_version(kpis=[RESPONSE]), {CONTRACT: Cache()}
    record = Record({"login": [span(JUNE, JUNE + DAY, UP)]}, {"login": SAMPLES[:100]})
    assess([contract], record, NOW + DAY, caches=cache)
    record = Record({"login": [span(JUNE, JUNE + DAY, UP)]}, {"login": SAMPLES})
    found = assess([contract], record, NOW, caches=cache)
    assert found == assess([contract], record, NOW)
