"""Where a month ends decides in which month time counts, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import pytest

from sla_monitor.assess import Cache, ContractAssessment, Sample, assess_month, history
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.periods.terms_slices import margin_ms

from .records import (
    DAY,
    DOWN,
    HOUR,
    JULY,
    JUNE,
    MINUTE,
    SECOND,
    UP,
    Record,
    endpoint,
    one_version,
    service,
    span,
    terms,
    with_outages,
)

AUGUST = JULY + 31 * DAY
SLOW_US, QUICK_US = 6_000_000, 100_000


def slow_as_down(every_s: int = 60, **counting: str) -> Contract:
    """A second is promised, and five times as long is no answer; two in a row are an outage."""
    return one_version(
        services=[service("cad", endpoint(every=f"{every_s}s"))],
        kpis=[
            {
                "id": "KPI1",
                "service": "cad",
                "target": 99,
                "counting": {"slow_as_down": {"promised": "1s", "multiple": 5}, **counting},
            }
        ],
    )


def samples(every_ms: int, slow: range, until_ms: int) -> list[Sample]:
    """Observations from two days before July on; those in `slow`, by number from the beginning of July, were too
    slow."""
    first = -2 * DAY // every_ms
    last = (until_ms - JULY) // every_ms
    return [(JULY + n * every_ms, UP, SLOW_US if n in slow else QUICK_US, None) for n in range(first, last)]


def downtime(found: ContractAssessment) -> Fraction:
    return found.kpis[0].views["agreed"].downtime_ms or Fraction(0)


@pytest.mark.parametrize("every_ms", [MINUTE, 12 * HOUR, DAY])
def test_answers_that_are_too_slow_are_confirmed_over_the_end_of_the_month(every_ms: int) -> None:
    """One before the end and one after it are two in a row, and each month has its own part."""
    record = Record({"login": [span(JUNE, AUGUST, UP)]}, {"login": samples(every_ms, range(-1, 1), JULY + 5 * DAY)})
    contract = slow_as_down(every_ms // SECOND)
    for month, expected in (("2026-06", every_ms), ("2026-07", every_ms)):
        assert downtime(assess_month(contract, record, month, JULY + 10 * DAY)) == expected


def test_a_month_is_kept_once_slow_answers_over_its_end_are_confirmed_and_no_earlier() -> None:
    """The second sample in a row is a day and a half into July: what June came to the day before does not last."""
    contract = slow_as_down(2 * DAY // SECOND)
    seen = [(at - DAY // 2, UP, us, None) for at, _, us, _ in samples(2 * DAY, range(2), JULY + 8 * DAY)]
    record, cache = Record({"login": [span(JUNE, AUGUST, UP)]}, {"login": seen}), Cache()
    early, late = JULY + 30 * HOUR, JULY + 7 * DAY
    lost = [history(contract, record, "2026-07", now_ms, cache)[-1].kpis[0].downtime_ms for now_ms in (early, late)]
    assert lost == [0, DAY // 2]


@dataclass
class Keeping(Record):
    """A record that keeps answers, as the ledger does."""

    kept: dict[str, str] = field(default_factory=dict)

    def worked_out(self, digest: str) -> str | None:
        return self.kept.get(digest)

    def keep(self, digest: str, body: str) -> None:
        self.kept[digest] = body


def test_nothing_is_kept_of_a_month_before_all_of_it_is_in() -> None:
    """A day after its end; until then each question is another, and to keep the answers would fill the ledger."""
    seen = Keeping({"login": [span(JUNE, AUGUST, UP)]}, {"login": samples(MINUTE, range(0), JULY + DAY)})
    numbers = []
    for now_ms in (JULY + HOUR, JULY + 2 * HOUR, JULY + DAY - 1, JULY + DAY):
        assess_month(slow_as_down(), seen, "2026-06", now_ms)
        numbers.append(len(seen.kept))
    assert numbers[0] == numbers[1] == numbers[2] < numbers[3]


def test_a_contract_reaches_as_far_as_its_slowest_confirmation() -> None:
    assert margin_ms(slow_as_down(12 * HOUR // SECOND)) == 2 * DAY
    assert margin_ms(slow_as_down()) == margin_ms(one_version()) == DAY


def test_a_single_slow_answer_at_the_end_of_the_month_is_none() -> None:
    record = Record({"login": [span(JUNE, AUGUST, UP)]}, {"login": samples(MINUTE, range(-1, 0), JULY + DAY)})
    assert downtime(assess_month(slow_as_down(), record, "2026-06", JULY + 2 * DAY)) == 0


def test_an_outage_over_the_edge_is_as_long_as_it_was_where_slow_is_down_too() -> None:
    """Two minutes before the end and three after it: not shorter than five, in either month."""
    before = samples(MINUTE, range(0), JULY + DAY)
    seen = [(at, DOWN if -2 <= (at - JULY) // MINUTE < 3 else UP, us, None) for at, _, us, _ in before]
    record = Record({"login": [span(JUNE, AUGUST, UP)]}, {"login": seen})
    contract = slow_as_down(shortest_outage="5m")
    for month, expected in (("2026-06", 2 * MINUTE), ("2026-07", 3 * MINUTE)):
        assert downtime(assess_month(contract, record, month, JULY + 2 * DAY)) == expected


@pytest.mark.parametrize(("minutes", "expected"), [("exact", 95), ("whole", 60), ("begun", 120)])
def test_the_minutes_of_an_outage_are_those_of_all_its_parts(minutes: str, expected: int) -> None:
    """One endpoint of three is down, then another, by turns: five times 19 seconds are one outage of 95."""
    contract = one_version(
        services=[service("cad", *(endpoint(name) for name in "abc"), available_when="weighted")],
        kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": {"minutes": minutes}}],
    )
    begin = JUNE + DAY
    turns = [(begin + n * 19 * SECOND, begin + (n + 1) * 19 * SECOND) for n in range(5)]
    record = Record(
        {
            "a": with_outages(JUNE, JULY, *turns[0::2]),
            "b": with_outages(JUNE, JULY, *turns[1::2]),
            "c": with_outages(JUNE, JULY),
        }
    )
    assert downtime(assess_month(contract, record, "2026-06", JULY + 2 * DAY)) == Fraction(expected * SECOND, 3)


@pytest.mark.parametrize(("minutes", "expected"), [("whole", 60), ("begun", 120)])
def test_parts_that_hit_different_shares_have_the_minutes_in_proportion(minutes: str, expected: int) -> None:
    """Forty seconds of one endpoint and fifty of both: 4 of 9 of the minutes count half, and 5 of 9 whole."""
    contract = one_version(
        services=[service("cad", endpoint("a"), endpoint("b"), available_when="weighted")],
        kpis=[{"id": "KPI1", "service": "cad", "target": 99, "counting": {"minutes": minutes}}],
    )
    begin, end = JUNE + DAY, JUNE + DAY + 90 * SECOND
    record = Record(
        {"a": with_outages(JUNE, JULY, (begin, end)), "b": with_outages(JUNE, JULY, (begin + 40 * SECOND, end))}
    )
    found = downtime(assess_month(contract, record, "2026-06", JULY + 2 * DAY))
    assert found == expected * SECOND * (Fraction(4, 9) / 2 + Fraction(5, 9))


def test_an_outage_that_hits_another_share_after_the_edge_of_a_month_has_both_shares() -> None:
    """One endpoint of two for an hour before July, and both for two hours after: half an hour, and two."""
    contract = one_version(
        term={"start": "2026-06-01", "end": "2030-05-31"},
        services=[service("cad", endpoint("a"), endpoint("b"), available_when="weighted")],
        kpis=[{"id": "KPI1", "service": "cad", "target": 99, "measurement_months": 3}],
    )
    lost = (JULY - HOUR, JULY + 2 * HOUR)
    record = Record({"a": with_outages(JUNE, AUGUST, lost), "b": with_outages(JUNE, AUGUST, (JULY, lost[1]))})
    found = assess_month(contract, record, "2026-07", AUGUST)
    assert downtime(found) == 5 * HOUR // 2
    seconds = found.kpis[0].views["agreed"].seconds
    assert seconds is not None
    assert {(loss.counted_ms, loss.share) for loss in seconds.losses} == {(HOUR, Fraction(1, 2)), (2 * HOUR, 1)}


@pytest.mark.parametrize("before", ["all", "weighted"])
def test_an_outage_over_a_change_of_terms_and_the_edge_of_a_month_is_added_up_once(before: str) -> None:
    """A day under the first terms, a day under those that weigh endpoints, and a day in the next month of the quarter:
    all of the service was down, whichever way it is made."""
    may, two = JUNE - 31 * DAY, (endpoint("a"), endpoint("b"))
    made = [
        terms(
            services=[service("cad", *two, available_when=when)],
            kpis=[{"id": "KPI1", "service": "cad", "target": 99, "measurement_months": 3}],
        )
        for when in (before, "weighted")
    ]
    contract = Contract((TermsVersion(0, made[0]), TermsVersion(JUNE - DAY, made[1])))
    seen = with_outages(may, JULY, (JUNE - 2 * DAY, JUNE + DAY))
    found = assess_month(contract, Record({"a": seen, "b": seen}), "2026-06", JULY + 2 * DAY)
    assert downtime(found) == 3 * DAY
    seconds = found.kpis[0].views["agreed"].seconds
    assert seconds is not None
    assert [(loss.counted_ms, loss.share) for loss in seconds.losses] == [(3 * DAY, 1)]
