"""Several contracts in one assessment: each has its own evidence, and all of it is read once."""

from __future__ import annotations

from dataclasses import dataclass, field

from sla_monitor.assess import assess, assess_contract
from sla_monitor.sla.spans import Span
from tests.assess.records import DAY, HOUR, JUNE, Record, one_version, with_outages

TERM = {"start": "2026-06-01", "end": "2035-03-31"}
CONTRACTS = [one_version(id=f"c{number}", term=TERM) for number in range(4)]
NOW_MS = JUNE + 10 * DAY


@dataclass
class ManyContracts(Record):
    """The same endpoint of each of them, down for so many hours as its number says."""

    asked_first: list[str] = field(default_factory=list)

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        self.asked.append((start_ms, end_ms))
        return {
            f"c{number}/login": with_outages(JUNE, NOW_MS, (JUNE + DAY, JUNE + DAY + (1 + number) * HOUR))
            for number in range(4)
        }

    def first_ms(self, contract: str) -> int | None:
        self.asked_first.append(contract)
        return JUNE


def test_contracts_are_assessed_together_as_each_by_itself_and_read_once() -> None:
    record = ManyContracts()
    together = assess(CONTRACTS, record, NOW_MS)
    assert len(set(record.asked)) == len(record.asked), "no range is read twice"
    assert record.asked_first == ["c0", "c1", "c2", "c3"]
    assert together.contracts == tuple(assess_contract(one, ManyContracts(), NOW_MS) for one in CONTRACTS)
    assert [one.services[0].downtime_ms for one in together.contracts] == [HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR]
