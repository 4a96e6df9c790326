"""Single looks are read once, and the ledger gives what a record in memory gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sla_monitor.assess import Sample, assess, assess_contract
from sla_monitor.assess.looks import SETTLED_AFTER_MS, Kept, Remembering
from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger, Recorded
from sla_monitor.ledger.register import Register
from sla_monitor.sla.observation import Finding, Observation, Phases

from .records import CONTRACT, DAY, DOWN, HOUR, JUNE, MINUTE, UP, Record, entries, one_version, span

RESPONSE = {"id": "KPI1", "indicator": "response_time", "service": "cad", "target": "5s", "statistic": "mean"}
LOOKS: list[Sample] = [(JUNE + n * MINUTE, DOWN if n % 7 == 3 else UP, 1_000 * n, 500 * n) for n in range(300)]
NOW = JUNE + 300 * MINUTE


class Counting(Record):
    """A record that counts the looks that it hands out."""

    handed = 0

    def samples(self, key: str, start_ms: int, end_ms: int) -> Any:
        for sample in super().samples(key, start_ms, end_ms):
            self.handed += 1
            yield sample


def test_what_is_remembered_is_what_was_read() -> None:
    memory: dict[str, Kept] = {}
    record = Record({}, {"login": LOOKS})
    key = f"{CONTRACT}/login"
    for now_ms in range(JUNE + HOUR, NOW + 1, 47 * MINUTE):
        for start_ms in (JUNE, JUNE + 30 * MINUTE):
            told = list(Remembering(record, memory, now_ms).samples(key, start_ms, now_ms))
            assert told == list(record.samples(key, start_ms, now_ms))


def test_each_look_is_read_once_but_for_the_latest() -> None:
    contract, record, caches = (
        one_version(kpis=[RESPONSE]),
        Counting({"login": [span(JUNE, NOW, UP)]}, {"login": LOOKS}),
        {},
    )
    for _ in range(3):
        found = assess([contract], record, NOW, caches=caches).contracts[0]
    assert found == assess_contract(contract, Record(record.seen, record.looks), NOW)
    assert record.handed == len(LOOKS) + 2 * SETTLED_AFTER_MS // MINUTE


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    """A month that is over, once another one has been assessed; what was asked for again stays."""
    memory, key = dict[str, Kept](), f"{CONTRACT}/login"
    record = Record({}, {"login": LOOKS})
    later = NOW + 61 * DAY
    for now_ms, start_ms, kept in ((NOW, JUNE, 290), (later, later - DAY, 300), (later + HOUR, later - DAY, 0)):
        remembering = Remembering(record, memory, now_ms)
        assert list(remembering.samples(key, start_ms, now_ms)) == list(record.samples(key, start_ms, now_ms))
        assert len(memory[key].at) == kept


def test_two_measurement_periods_share_what_is_remembered() -> None:
    memory, key = dict[str, Kept](), f"{CONTRACT}/login"
    record = Counting({}, {"login": LOOKS})
    for _ in range(2):
        remembering = Remembering(record, memory, NOW + DAY)
        for start_ms in (JUNE - 60 * DAY, JUNE):
            assert len(list(remembering.samples(key, start_ms, NOW))) == len(LOOKS)
    assert record.handed == len(LOOKS)


def test_a_ledger_and_a_record_in_memory_give_the_same_assessment(tmp_path: Path) -> None:
    """The same looks and the same entries, some of them added while it is open."""
    contract = one_version(kpis=[RESPONSE, {"id": "KPI2", "service": "cad", "target": 99}], relief={"four_eyes": False})
    said = [
        {"kind": "correction", "endpoints": ["login"], "start": JUNE, "end": JUNE + HOUR, "outcome": "up"},
        {"kind": "impact", "service": "cad", "start": JUNE, "end": NOW, "users": 1, "of": 2},
    ]
    path = tmp_path / "ledger.db"
    clock = SystemClock()
    with Ledger.open(path, clock, commit_within_ms=1) as ledger:
        recorded = Recorded(ledger)
        for at_ms, outcome, duration_us, first_byte_us in LOOKS:
            finding = Finding(outcome, None, "", duration_us, Phases(first_byte_us=first_byte_us))
            ledger.record(Observation(f"{CONTRACT}/login", at_ms, finding), MINUTE)
        assert ledger.flush(30)
        seen = {name.partition("/")[2]: spans for name, spans in ledger.spans(JUNE, NOW).items()}
        for told in (said[:1], said):
            new = entries(*told)[-1:]
            Register.open(path, clock).add(new)
            memory = Record(seen, {"login": LOOKS}, entries(*told))
            assert assess_contract(contract, recorded, NOW) == assess_contract(contract, memory, NOW)
        assert recorded.entries(CONTRACT) is recorded.entries(CONTRACT), "nothing is read again"
