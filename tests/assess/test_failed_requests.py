"""A service that is down where so many of its requests in a slot fail: through the whole assessment."""

from __future__ import annotations

from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment, Sample, assess_month
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.spans import Span, extend
from tests.assess.records import (
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
    with_outages,
)


def contract(*, months: int = 1, names: str = "ab", **counting: Any) -> Contract:
    rule = {"failed_requests": {"percent": 50, "slot": "5m"}}
    return one_version(
        accounting={"confirmation": 2, "coverage_floor": 0},
        services=[service("api", *(endpoint(name, every="1m") for name in names))],
        kpis=[{"id": "K", "service": "api", "target": 99, "counting": rule | counting, "measurement_months": months}],
        relief={"four_eyes": False},
    )


def probes(start_ms: int, end_ms: int, *failed: int) -> list[Sample]:
    """One a minute; those of these minutes from the beginning on fail."""
    several = range(start_ms, end_ms, MINUTE)
    return [(at, DOWN if (at - start_ms) // MINUTE in failed else UP, 50_000, None) for at in several]


def spans(samples: list[Sample]) -> list[Span]:
    found: list[Span] = []
    for at_ms, outcome, _, _ in samples:
        last = found.pop() if found else None
        found += extend(last, at_ms, outcome, None, MINUTE)
    return found


def june(
    terms: Contract, month: str = "2026-06", now_ms: int = JULY + 3 * DAY, said: tuple[Any, ...] = (), **seen: Any
) -> ContractAssessment:
    record = Record({name: spans(one) for name, one in seen.items()}, seen, entries(*said))
    return assess_month(terms, record, month, now_ms)


def downtime(found: ContractAssessment) -> Any:
    kpi = found.kpis[0]
    assert sum(outage.downtime_ms for outage in kpi.outages) == kpi.views["agreed"].downtime_ms
    return kpi.views["agreed"].downtime_ms


def test_half_of_all_requests_of_a_slot_make_it_down() -> None:
    """Five of ten in the first slot, though never two in a row of both; four of ten in the second."""
    a, b = probes(JUNE, JULY, 0, 2, 4, 5, 7), probes(JUNE, JULY, 1, 3, 6, 8)
    found = june(contract(), a=a, b=b)
    assert downtime(found) == 5 * MINUTE
    assert [(one.start_ms, one.end_ms) for one in found.kpis[0].outages] == [(JUNE, JUNE + 5 * MINUTE)]
    assert found.services[0].downtime_ms != 5 * MINUTE, "by its endpoints, the service was down at other times"
    assert "Down in every 5m, from midnight UTC on, in which 50 per cent or more of all probes fail." in (
        found.accounting
    )


def test_a_corrected_request_did_not_fail() -> None:
    a, b = probes(JUNE, JULY, 0, 1, 2), probes(JUNE, JULY, 0, 1)
    assert downtime(june(contract(), a=a, b=b)) == 5 * MINUTE
    said = {"kind": "correction", "endpoints": ["b"], "start": JUNE, "end": JUNE + MINUTE, "outcome": "up"}
    assert downtime(june(contract(), said=(said,), a=a, b=b)) == 0


def test_slots_over_the_end_of_a_month_are_one_outage_of_a_quarter() -> None:
    """Twenty minutes, half of them in June."""
    start_ms = JULY - DAY
    first = DAY // MINUTE - 10
    a = probes(start_ms, JULY + DAY, *range(first, first + 20))
    terms = contract(names="a")
    halves = [downtime(june(terms, month, JULY + 40 * DAY, a=a)) for month in ("2026-06", "2026-07")]
    assert halves == [10 * MINUTE, 10 * MINUTE]
    whole = june(contract(names="a", months=12), "2026-08", JULY + 100 * DAY, a=a)
    assert downtime(whole) == 20 * MINUTE
    assert len(whole.kpis[0].outages) == 1


@pytest.mark.parametrize("after_ms", [2 * MINUTE, HOUR])
def test_a_slot_that_runs_is_judged_by_what_was_seen_of_it(after_ms: int) -> None:
    """Everything has failed for two minutes, or for an hour."""
    now_ms = JUNE + DAY + after_ms
    failed = range(DAY // MINUTE, DAY // MINUTE + after_ms // MINUTE)
    found = june(contract(names="a"), now_ms=now_ms, a=probes(JUNE, now_ms, *failed))
    assert downtime(found) == after_ms
    assert found.kpis[0].outages[-1].end_ms is None
    assert found.kpis[0].forecast is not None
    assert found.kpis[0].forecast.worst.value is not None


def test_outages_on_record_stand_for_the_requests() -> None:
    """Four minutes of the first slot, and two of the third."""
    known = with_outages(JUNE, JULY, (JUNE, JUNE + 4 * MINUTE), (JUNE + 10 * MINUTE, JUNE + 12 * MINUTE))
    record = Record({"a": known})
    assert downtime(assess_month(contract(names="a"), record, "2026-06", JULY + 3 * DAY)) == 5 * MINUTE
