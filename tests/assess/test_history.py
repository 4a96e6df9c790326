"""The months before: folded from the first, worked out once, and worked out again when anything says so."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sla_monitor.assess import Cache, assess, assess_contract, assess_month, history
from sla_monitor.contract.contract import Contract
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import KINDS, Entry
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.sla.clock_steps import ClockMove

from .records import (
    DAY,
    HOUR,
    JULY,
    JUNE,
    UP,
    Record,
    entries,
    ms,
    one_version,
    span,
    with_outages,
)

MAY, AUGUST = ms("2026-05-01T00:00+01:00"), ms("2026-08-01T00:00+01:00")
COUNTED = {"repeat": {"factor": 2, "on_missing": "counts"}}


def contract(**changes: Any) -> Contract:
    kpis = [{"id": "KPI1", "service": "cad", "target": 99}]
    return one_version(**{"term": {"start": "2026-04-01", "end": "2030-03-31"}, "kpis": kpis, **changes})


def bad_june() -> Record:
    return Record({"login": with_outages(MAY, AUGUST + DAY, (JUNE, JUNE + 36 * HOUR))})


def test_the_history_begins_with_the_contract_and_ends_before_the_month() -> None:
    found = history(contract(), bad_june(), "2026-07", AUGUST)
    assert [month.month for month in found] == ["2026-04", "2026-05", "2026-06"]
    assert [[kpi.is_met for kpi in month.kpis] for month in found] == [[], [True], [False]]


def test_months_before_anything_was_seen_are_nobody_s_failure() -> None:
    """A missing figure counts as a failure in a run; April was before the first probe, and is not even missing."""
    kpi = {"id": "KPI1", "service": "cad", "target": 99, **COUNTED}
    found = history(contract(kpis=[kpi]), bad_june(), "2026-08", AUGUST)
    assert [[one.failures_in_a_row for one in month.kpis] for month in found] == [[], [0], [1], [0]]


def test_months_before_any_ticket_was_recorded_are_no_months_without_tickets() -> None:
    """Where nothing happened is met, May is: it was probed. April has no result, until somebody records a ticket."""
    kpi = {"id": "KPI1", "indicator": "ratio_in_target", "target": 95, "within": "4h", "no_events": "met"}
    found = history(contract(kpis=[kpi]), bad_june(), "2026-06", AUGUST)
    assert [[one.is_met for one in month.kpis] for month in found] == [[], [True]]
    clock = {"opened": "2026-04-20T09:00+01:00", "ended": "2026-04-20T10:00+01:00"}
    ticket = {"kind": "ticket", "id": "1", "priority": "P1", **clock}
    recorded = history(contract(kpis=[kpi]), replace(bad_june(), said=entries(ticket)), "2026-06", AUGUST)
    assert [[one.is_met for one in month.kpis] for month in recorded] == [[True], [True]]
    figure = {"kind": "figure", "kpi": "KPI1", "month": "2026-04", "party": "authority", "value": "90"}
    told = history(contract(kpis=[kpi]), replace(bad_june(), said=entries(figure)), "2026-06", AUGUST)
    assert [[one.is_met for one in month.kpis] for month in told] == [[False], [True]]


def test_a_month_in_which_the_monitor_was_blind_is_missing() -> None:
    kpi = {"id": "KPI1", "service": "cad", "target": 99, **COUNTED}
    record = Record({"login": [span(MAY, JUNE, UP), span(JULY, AUGUST, UP)]})
    found = history(contract(kpis=[kpi]), record, "2026-08", AUGUST)
    assert [[one.failures_in_a_row for one in month.kpis] for month in found] == [[], [0], [1], [0]]
    assert found[2].kpis[0].band is None


def test_a_reported_figure_counts_before_anything_was_seen() -> None:
    figure = {"kind": "figure", "kpi": "KPI1", "month": "2026-04", "party": "agreed", "value": "90"}
    record = replace(bad_june(), said=entries(figure))
    assert [kpi.is_met for kpi in history(contract(), record, "2026-05", AUGUST)[0].kpis] == [False]


def test_closed_months_are_read_once() -> None:
    cache, record, now_ms = Cache(), bad_june(), JULY + 10 * DAY
    first = assess_month(contract_once := contract(), record, "2026-07", now_ms, cache=cache)
    asked = len(record.asked)
    assert assess_month(contract_once, record, "2026-07", now_ms, cache=cache) == first
    assert record.asked[asked:] == [(JULY - DAY, now_ms)], "the running month alone"


def test_a_month_is_read_again_until_a_day_after_its_end() -> None:
    cache, record, once = Cache(), bad_june(), contract()
    assess_month(once, record, "2026-07", JULY + HOUR, cache=cache)
    asked = len(record.asked)
    assess_month(once, record, "2026-07", JULY + HOUR, cache=cache)
    assert len(record.asked) - asked == 2, "June may still change"


RULES = {
    "kpis": [
        {"id": "KPI1", "service": "cad", "target": 99, **COUNTED},
        {"id": "KPI2", "indicator": "ratio_in_target", "target": 95, "within": "4h"},
        {"id": "KPI3", "indicator": "submitted", "target": 80},
    ],
    "charges": {"monthly": [{"amount": 1000}]},
    "credits": [{"id": "fixed", "method": "fixed", "amounts": {"KPI1": 50, "KPI2": 30, "KPI3": 20}}],
    "claims": {"automatic": False, "months": 6},
}
DECEMBER = ms("2026-12-05T00:00+00:00")
OCTOBER = ms("2026-10-01T00:00+01:00")
SAID = (
    {"kind": "ticket", "id": "T1", "priority": "P1", "opened": OCTOBER, "ended": OCTOBER + 9 * HOUR},
    {"kind": "claim", "cause": "third_party", "services": ["cad"], "start": OCTOBER, "end": OCTOBER + 30 * HOUR},
    {"kind": "figure", "kpi": "KPI3", "month": "2026-10", "party": "agreed", "value": "70"},
    {"kind": "minute", "month": "2026-10"},
)


def of_a_year(said: list[Entry]) -> Record:
    return Record({"login": with_outages(MAY, DECEMBER, (OCTOBER, OCTOBER + 40 * HOUR))}, said=said)


@pytest.mark.parametrize("kind", KINDS)
def test_months_stay_after_an_entry_of_a_kind_that_changes_no_figure_and_are_as_figured_anew(kind: str) -> None:
    cache, once, said = Cache(), contract(**RULES), entries(*SAID)
    record, words = (
        of_a_year(said),
        {name: 2 if name == "about" else w for name, w in KINDS[kind].example.words.items()},
    )
    body = body_of(kind, words, once.time_zone)
    said = [*said, entry_of(body, at_ms=0, actor="ann", contract=once.id).model_copy(update={"number": 5})]
    history(once, record, "2026-12", DECEMBER, cache)
    record.said, asked = said, len(record.asked)
    found = history(once, record, "2026-12", DECEMBER, cache)
    assert (len(record.asked) == asked) is not KINDS[kind].changes_figures
    assert found == history(once, record, "2026-12", DECEMBER, Cache())
    assert cache.effective == effective_entries(said), "what stands is never the one before"


ABOUT: list[dict[str, Any]] = [
    {"kind": "decision", "about": 2, "granted": True},
    {"kind": "undo", "about": 1},
    {"kind": "undo", "about": 3},
    {**SAID[0], "ended": OCTOBER + HOUR},
    {**SAID[2], "value": "90"},
    {"kind": "waiver", "month": "2026-10", "what": "money"},
    {"kind": "credit_claim", "month": "2026-10", "claimed": DECEMBER},
]


@pytest.mark.parametrize("new", ABOUT, ids=lambda new: f"{new['kind']}")
def test_an_entry_that_changes_a_figure_changes_it_behind_one_that_does_not(new: dict[str, Any]) -> None:
    """The line of the minutes before it has left the months as they were."""
    cache, once, said = Cache(), contract(**RULES), entries(*SAID, new)
    for count in (3, 4, 5):
        record = of_a_year(said[:count])
        found = history(once, record, "2026-12", DECEMBER, cache)
        assert found == history(once, record, "2026-12", DECEMBER, Cache())
    assert found != history(once, of_a_year(said[:4]), "2026-12", DECEMBER, Cache()), "it does change one"


def test_another_register_is_told_apart() -> None:
    """As after a ledger was restored: as many entries, and the same numbers."""
    cache, once = Cache(), contract(**RULES)
    for figure in ("70", "90"):
        record = of_a_year(entries(*SAID[:2], {**SAID[2], "value": figure}, SAID[3]))
        found = history(once, record, "2026-12", DECEMBER, cache)
        assert found == history(once, record, "2026-12", DECEMBER, Cache())


@pytest.mark.parametrize("what", ["entry", "terms"])
def test_a_new_entry_or_new_terms_work_everything_out_again(what: str) -> None:
    cache, record, once = Cache(), bad_june(), contract()
    now_ms = JULY + 10 * DAY
    before = assess_month(once, record, "2026-07", now_ms, cache=cache)
    assert before.earlier[-1].kpis[0].is_met is False
    if what == "entry":
        said = {"kind": "correction", "services": ["cad"], "outcome": "up", "start": JUNE, "end": JUNE + 36 * HOUR}
        record.said = entries(said, {"kind": "decision", "about": 1, "granted": True})
    else:
        once = contract(kpis=[{"id": "KPI1", "service": "cad", "target": 90}])
    after = assess_month(once, record, "2026-07", now_ms, cache=cache)
    assert after.earlier[-1].kpis[0].is_met is True


def test_a_month_that_seemed_to_be_over_is_worked_out_again_when_the_clock_is_put_right() -> None:
    """It was ahead by two months in June. What had been seen of June by then is not what June came to."""
    cache, once = Cache(), contract()
    early = Record({"login": with_outages(JUNE, JUNE + 5 * DAY)})
    ahead = history(once, early, "2026-08", JULY + 35 * DAY, cache)
    record = bad_june()
    history(once, record, "2026-06", JUNE + 5 * DAY, cache)
    found = history(once, record, "2026-07", JULY + 10 * DAY, cache)
    assert found == history(once, record, "2026-07", JULY + 10 * DAY, Cache())
    assert found[-1] != ahead[-2]


def test_a_step_of_the_clock_on_record_works_everything_out_again() -> None:
    """The time in doubt may reach into months that were over."""

    @dataclass
    class Clocked(Record):
        moves: list[ClockMove] = field(default_factory=list)

        def clock_moves(self, start_ms: int, end_ms: int) -> list[ClockMove]:
            return self.moves

    cache, once, record, now_ms = Cache(), contract(), Clocked(bad_june().seen), JULY + 10 * DAY
    history(once, record, "2026-07", now_ms, cache)
    record.moves = [ClockMove(now_ms, -DAY)]
    record.asked.clear()
    history(once, record, "2026-07", now_ms + 1, cache)
    assert record.asked
    record.asked.clear()
    history(once, record, "2026-07", now_ms + 2, cache)
    assert not record.asked


def test_a_ticket_that_is_still_open_becomes_late_in_a_month_that_is_over() -> None:
    """Opened at the end of June, ten days to resolve it: undecided on the 3rd of July, late on the 12th."""
    kpi = {"id": "KPI1", "indicator": "ratio_in_target", "target": 90, "within": "10d"}
    ticket = {"kind": "ticket", "id": "1", "priority": "P1", "opened": JULY - DAY}
    cache, once, record = Cache(), contract(kpis=[kpi]), Record(said=entries(ticket))
    found = [assess_month(once, record, "2026-07", JULY + n * DAY, cache=cache).earlier[-1] for n in (2, 11)]
    assert [month.kpis[0].value for month in found] == [None, 0]


def test_a_credit_lapses_in_the_history_on_the_day_on_which_it_does() -> None:
    rules = {
        "claims": {"automatic": False, "months": 1},
        "charges": {"monthly": [{"amount": 1000}]},
        "credits": [{"id": "fixed", "method": "fixed", "amounts": {"KPI1": 50}}],
    }
    cache, once, record = Cache(), contract(**rules), bad_june()
    lapsed = []
    for now_ms in (AUGUST - HOUR, AUGUST + HOUR):
        months = {month.month: month for month in assess_contract_cached(once, record, now_ms, cache)}
        lapsed.append((months["2026-06"].credit.unclaimed, months["2026-06"].credit.is_lapsed))
    assert lapsed == [(50, False), (50, True)]


def assess_contract_cached(once: Contract, record: Record, now_ms: int, cache: Cache) -> Any:
    (found,) = assess([once], record, now_ms, caches={once.id: cache}).contracts
    return found.earlier


def test_a_quarter_reads_its_closed_months_once() -> None:
    once = contract(kpis=[{"id": "KPI1", "service": "cad", "target": 99, "measurement_months": 3}])
    cache, record, now_ms = Cache(), bad_june(), JUNE + 10 * DAY
    first = assess_month(once, record, "2026-06", now_ms, cache=cache)
    asked = len(record.asked)
    assert assess_month(once, record, "2026-06", now_ms, cache=cache) == first
    assert record.asked[asked:] == [(JUNE - DAY, now_ms)]


def test_before_its_term_a_contract_has_no_time() -> None:
    found = assess_contract(contract(), bad_june(), ms("2026-01-15T00:00"))
    assert (found.services[0].agreed_ms, found.kpis[0].views["agreed"].value) == (0, None)
    assert found.period.start_ms == found.period.end_ms


SHORT = {
    "term": {"start": "2026-04-01", "end": "2026-06-15"},
    "kpis": [
        {"id": "KPI1", "service": "cad", "target": 99},
        {"id": "KPI2", "indicator": "submitted", "target": 95, "source_of_truth": "supplier"},
    ],
}
"""Ends in the middle of a month."""


@pytest.mark.parametrize("days", [0, 20, 400])
def test_a_contract_that_has_ended_has_no_month_after_its_term_and_owes_nothing_for_any(days: int) -> None:
    now_ms = ms("2026-06-16T00:00+01:00") + days * DAY
    found = assess_contract(contract(**SHORT), bad_june(), now_ms)
    assert (found.period.name, found.status, found.forecast) == ("2026-06", "provisional", None)
    assert (found.period.end_ms, found.services[0].agreed_ms) == (ms("2026-06-16T00:00+01:00"), 15 * DAY)
    assert [month.month for month in found.earlier] == ["2026-04", "2026-05"]
    assert {month for _, month in found.missing_figures} <= {"2026-04", "2026-05", "2026-06"}
    assert found.report_due_ms == ms("2026-07-15T00:00+01:00"), "the report on its last month"
    for until in ("2026-07", "2027-09"):
        several = history(contract(**SHORT), bad_june(), until, now_ms)
        assert [month.month for month in several] == ["2026-04", "2026-05", "2026-06"]


def test_the_last_part_month_is_running_until_the_term_is_over() -> None:
    found = assess_contract(contract(**SHORT), bad_june(), ms("2026-06-15T23:59+01:00"))
    assert (found.period.name, found.status) == ("2026-06", "running")
    assert found.report_due_ms == ms("2026-06-13T00:00+01:00")


@pytest.mark.parametrize(("month", "why"), [("2026-03", "is not in the term"), ("2026-09", "has not begun")])
def test_a_month_outside_is_refused(month: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        assess_month(contract(), bad_june(), month, AUGUST)
