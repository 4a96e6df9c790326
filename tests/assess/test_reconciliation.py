"""A month held against the supplier's own list: worked out by hand, from spans and entries to the JSON."""

from __future__ import annotations

import shlex
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from sla_monitor.assess import Cache, ContractAssessment, assess, assess_month
from sla_monitor.assess.month import reconcile_month
from sla_monitor.assess.reconciliation import Reconciliation, RecordedList, format_counts
from sla_monitor.contract.contract import Contract
from sla_monitor.document import document, figures_digest
from sla_monitor.periods.intervals import intersect, length, normal
from sla_monitor.register.entries import OutageList
from sla_monitor.register.instant import Milliseconds, format_utc
from sla_monitor.sla.reconcile import DowntimeTotals
from sla_monitor.sla.spans import Span
from tests.support.instants import exact

from .records import (
    DAY,
    DOWN,
    HOUR,
    JULY,
    JUNE,
    MINUTE,
    SECOND,
    UNKNOWN,
    UP,
    Record,
    entries,
    month_of_june,
    one_version,
    service,
    span,
    with_outages,
)

OFFICE = [service("cad", service_hours="office")]
MONDAY = JUNE + 8 * HOUR  # 08:00 on Monday 1 June


def listed(*outages: tuple[int, int | None], to: str = "cad", **more: Any) -> dict[str, Any]:
    """A list of June."""
    rows = [
        {"service": to, "start": Milliseconds(start), "end": end and Milliseconds(end), "id": f"I{i}"}
        for i, (start, end) in enumerate(outages)
    ]
    return {
        "kind": "outage_list",
        "start": Milliseconds(JUNE),
        "end": Milliseconds(JULY),
        "digest": "d" * 64,
        "outages": rows,
        **more,
    }


def june(
    seen: list[Span], *said: dict[str, Any], now_ms: int = JULY + 2 * DAY, **terms: Any
) -> tuple[ContractAssessment, Reconciliation]:
    found = month_of_june(one_version(**terms), said, now_ms, login=seen)
    assert found.reconciliation is not None
    return found, found.reconciliation


def verdicts(one: Reconciliation) -> list[tuple[str, DowntimeTotals]]:
    return [(row.verdict, row.sums) for each in one.services for row in each.rows]


def test_without_a_list_there_is_nothing_to_hold_against() -> None:
    assert month_of_june(one_version(), login=[span(JUNE, JULY, UP)]).reconciliation is None
    other = listed((JULY, JULY + HOUR), start=JULY, end=JULY + DAY)
    assert month_of_june(one_version(), [other], login=[span(JUNE, JULY, UP)]).reconciliation is None


def test_every_verdict_of_a_month_that_was_worked_out_by_hand() -> None:
    at = JUNE + DAY
    seen = [
        span(JUNE, at, UP),
        span(at, at + HOUR, DOWN),  # theirs is 90 s shorter: agreed
        span(at + HOUR, at + DAY, UP),
        span(at + DAY, at + DAY + HOUR, DOWN),  # theirs is 10 minutes longer: differs
        span(at + DAY + HOUR, at + 2 * DAY, UP),
        span(at + 2 * DAY, at + 2 * DAY + HOUR, DOWN),  # ours only
        span(at + 2 * DAY + HOUR, at + 4 * DAY, UP),
        span(at + 4 * DAY, at + 4 * DAY + HOUR, UNKNOWN),  # theirs lies in it
        span(at + 4 * DAY + HOUR, at + 5 * DAY, UP),
        span(at + 5 * DAY, at + 5 * DAY + MINUTE, DOWN, probes=1),  # one failure is no outage: theirs only
        span(at + 5 * DAY + MINUTE, JULY, UP),
    ]
    theirs = [
        (at + 60 * SECOND, at + HOUR - 30 * SECOND),
        (at + DAY, at + DAY + 70 * MINUTE),
        (at + 4 * DAY + 10 * MINUTE, at + 4 * DAY + 20 * MINUTE),
        (at + 5 * DAY, at + 5 * DAY + MINUTE),
    ]
    found, one = june(seen, listed(*theirs))
    assert verdicts(one) == [
        ("agreed", DowntimeTotals(HOUR - 90 * SECOND, 90 * SECOND, 0, 0)),
        ("differs", DowntimeTotals(HOUR, 0, 10 * MINUTE, 0)),
        ("ours_only", DowntimeTotals(0, HOUR, 0, 0)),
        ("unseen", DowntimeTotals(0, 0, 10 * MINUTE, 10 * MINUTE)),
        ("theirs_only", DowntimeTotals(0, 0, MINUTE, 0)),
    ]
    assert format_counts(one) == "1 agreed, 1 differs, 1 ours only, 1 theirs only, 1 unseen by us"
    (cad,) = found.services
    assert one.sums.ours_ms == cad.gross_downtime_ms == 3 * HOUR
    assert one.sums.theirs_ms == sum(end - start for start, end in theirs)
    assert one.sums.difference_ms == one.sums.theirs_ms - 3 * HOUR


def test_only_service_hours_are_compared_and_what_lies_outside_is_told() -> None:
    """Ours is open from Monday 17:00 to Tuesday 09:00, theirs ends at 08:30: 10 hours a day are compared."""
    seen = with_outages(JUNE, JULY, (MONDAY + 9 * HOUR, MONDAY + 25 * HOUR))
    night = (MONDAY + 12 * HOUR, MONDAY + 13 * HOUR)
    found, one = june(seen, listed((MONDAY + 9 * HOUR, MONDAY + 24 * HOUR + 30 * MINUTE), night), services=OFFICE)
    assert verdicts(one) == [("differs", DowntimeTotals(90 * MINUTE, 30 * MINUTE, 0, 0))]
    (cad,) = one.services
    assert [theirs.outage.id for theirs in cad.outside] == ["I1"]
    assert cad.compared_ms == found.services[0].agreed_ms
    (correction, claim, dispute) = cad.rows[0].remedies
    assert (correction.start_ms, correction.end_ms) == (MONDAY + 24 * HOUR + 30 * MINUTE, MONDAY + 25 * HOUR)
    assert (claim.start_ms, claim.words) == (correction.start_ms, (("cause", "authority_cause"),))
    assert (dispute.start_ms, dispute.end_ms) == (MONDAY + 9 * HOUR, MONDAY + 25 * HOUR)


def test_excluded_time_is_compared_like_any_other_and_a_correction_changes_ours() -> None:
    hour = (JUNE + DAY, JUNE + DAY + HOUR)
    seen = with_outages(JUNE, JULY, hour)
    span_of = {"start": hour[0], "end": hour[1], "services": ["cad"]}
    booked = {"kind": "maintenance", **span_of, "notified": JUNE - 60 * DAY}
    granted = {"kind": "decision", "about": 2, "granted": True, "actor": "bob", "note": "yes"}
    found, one = june(seen, listed(hour), booked, granted)
    assert (found.services[0].downtime_ms, verdicts(one)) == (0, [("agreed", DowntimeTotals(HOUR, 0, 0, 0))])
    corrected = {"kind": "correction", **span_of, "outcome": "up"}
    _, one = june(seen, listed(hour), corrected, granted)
    assert verdicts(one) == [("theirs_only", DowntimeTotals(0, 0, HOUR, 0))]


def test_an_outage_over_the_end_of_the_month_counts_with_its_part() -> None:
    seen = with_outages(JUNE, JULY + DAY, (JULY - HOUR, JULY + HOUR))
    _, one = june(seen, listed((JULY - HOUR, JULY + 3 * HOUR)))
    assert verdicts(one) == [("agreed", DowntimeTotals(HOUR, 0, 0, 0))]
    _, one = june(seen, listed((JULY - HOUR, None)))
    assert verdicts(one) == [("agreed", DowntimeTotals(HOUR, 0, 0, 0))]


def test_a_running_month_is_compared_so_far() -> None:
    now_ms = JUNE + 2 * DAY
    seen = with_outages(JUNE, now_ms, (now_ms - HOUR, now_ms))
    _, one = june(seen, listed((now_ms - HOUR, None)), now_ms=now_ms)
    assert one.until_ms == now_ms
    assert verdicts(one) == [("agreed", DowntimeTotals(HOUR, 0, 0, 0))]
    assert one.services[0].compared_ms == 2 * DAY


class TestSeveralLists:
    FIRST, SECOND = (JUNE + DAY, JUNE + DAY + HOUR), (JUNE + 20 * DAY, JUNE + 20 * DAY + HOUR)

    def seen(self) -> list[Span]:
        return with_outages(JUNE, JULY, self.FIRST, self.SECOND)

    def test_the_newer_one_counts_where_both_speak(self) -> None:
        half = listed(self.SECOND, start=Milliseconds(JUNE + 10 * DAY))
        _, one = june(self.seen(), listed(self.FIRST), half)
        assert [verdict for verdict, _ in verdicts(one)] == ["agreed", "agreed"]
        assert [kept.number for kept in one.lists] == [1, 2]
        assert [row.theirs[0].entry for row in one.services[0].rows] == [1, 2]
        _, one = june(self.seen(), half, listed(self.FIRST))
        assert [verdict for verdict, _ in verdicts(one)] == ["agreed", "ours_only"]

    def test_the_same_time_again_takes_the_place_of_the_one_before_and_an_undone_one_is_gone(self) -> None:
        undo = {"kind": "undo", "about": 2, "note": "the wrong file"}
        _, one = june(self.seen(), listed(self.FIRST), listed(self.SECOND, tolerance_ms=0))
        assert ([kept.number for kept in one.lists], one.tolerance_ms) == ([2], 0)
        assert [verdict for verdict, _ in verdicts(one)] == ["ours_only", "agreed"]
        _, one = june(self.seen(), listed(self.FIRST), listed(self.SECOND), undo)
        assert [verdict for verdict, _ in verdicts(one)] == ["agreed", "ours_only"]

    def test_what_no_list_speaks_of_is_compared_with_nothing_and_told(self) -> None:
        _, one = june(self.seen(), listed(self.FIRST, end=JUNE + 10 * DAY))
        assert verdicts(one) == [("agreed", DowntimeTotals(HOUR, 0, 0, 0))]
        assert (one.services[0].compared_ms, one.services[0].unlisted_ms) == (10 * DAY, HOUR)

    def test_a_list_of_other_services_says_nothing_of_this_one(self) -> None:
        both = [service("cad"), service("mail", {"id": "mx", "kind": "tcp", "host": "h", "port": 1})]
        _, one = june(self.seen(), listed(services=["mail"]), services=both)
        assert [(each.compared_ms > 0, each.unlisted_ms) for each in one.services] == [(False, 2 * HOUR), (True, 0)]

    def test_theirs_of_a_service_that_the_terms_do_not_have_is_told(self) -> None:
        _, one = june(self.seen(), listed(self.FIRST, to="gone"))
        assert [theirs.outage.service for theirs in one.unassessed] == ["gone"]


def test_the_page_has_the_newest_month_of_which_there_is_a_list() -> None:
    """A list of June comes in July: the running month has none of its own."""
    now_ms = JULY + 3 * DAY
    record = Record({"login": with_outages(JUNE, now_ms, (JUNE + DAY, JUNE + DAY + HOUR))}, said=entries(listed()))
    cache: dict[str, Cache] = {}
    for _ in range(2):
        (found,) = assess([one_version()], record, now_ms, caches=cache).contracts
        assert (found.period.name, found.reconciliation and found.reconciliation.month) == ("2026-07", "2026-06")
        assert assess_month(one_version(), record, "2026-07", now_ms).reconciliation is None
    record.said = entries(listed(), {"kind": "undo", "about": 1, "note": "no"})
    (found,) = assess([one_version()], record, now_ms, caches=cache).contracts
    assert found.reconciliation is None
    record.said = entries(listed((JUNE, JUNE + HOUR)), {"kind": "minute", "month": "2026-06", "note": "no"})
    (found,) = assess([one_version()], record, now_ms, caches=cache).contracts
    assert found.reconciliation is not None
    assert found.reconciliation.counts["theirs_only"] == 1


def test_a_list_moves_no_figure_and_no_digest_of_a_sign_off() -> None:
    seen = with_outages(JUNE, JULY, (JUNE, JUNE + 36 * HOUR))
    without = month_of_june(one_version(), login=seen)
    found, _ = june(seen, listed((JUNE, JUNE + HOUR)))
    assert (found.kpis, found.services, found.result) == (without.kpis, without.services, without.result)
    assert figures_digest(found) == figures_digest(without)


def test_a_list_that_is_not_kept_is_compared_beside_those_that_are() -> None:
    first, second = TestSeveralLists.FIRST, TestSeveralLists.SECOND
    record = Record({"login": with_outages(JUNE, JULY, first, second)}, said=entries(listed(first)))
    said = OutageList.model_validate(exact(listed(second, start=JUNE + 10 * DAY)))
    one = reconcile_month(one_version(), record, "2026-06", JULY + DAY, RecordedList(None, said))
    assert one is not None
    assert [row.theirs[0].entry for row in one.services[0].rows] == [1, None]


def test_the_json_says_it_all_and_its_commands_hold_no_word_of_the_supplier_s() -> None:
    hostile = "$(reboot) '; \x1b"
    rows = listed((JUNE + DAY, JUNE + DAY + HOUR))
    rows["outages"][0] |= {"title": hostile, "id": hostile}
    found, one = june([span(JUNE, JULY, UP)], rows)
    told = document(found)["reconciliation"]
    assert told is not None
    (matched,) = told["services"][0]["matches"]
    assert (matched["verdict"], matched["theirs"][0]["title"]) == ("theirs_only", hostile)
    assert told["seconds"] == {
        "ours": "0", "theirs": "3600", "difference": "3600", "both": "0", "ours_alone": "0", "theirs_alone": "3600",
        "unseen": "0",
    }  # fmt: skip
    commands = [each["command"] for each in matched["may_become"]]
    assert commands == [remedy.command("force-ict") for remedy in one.remedies]
    assert not any("reboot" in command for command in commands)
    note = "The outage list of the supplier (entry 1) says otherwise."
    assert shlex.split(commands[0]) == [
        "sla-monitor", "register", "add", "correction", "force-ict", "--service", "cad",
        "--start", format_utc(JUNE + DAY), "--end", format_utc(JUNE + DAY + HOUR), "--outcome", "down",
        "--note", note,
    ]  # fmt: skip


pairs = some.lists(some.tuples(some.integers(0, 700), some.integers(1, 40)).map(lambda p: (p[0], sum(p))), max_size=6)


def at(several: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(JUNE + start * HOUR, JUNE + end * HOUR) for start, end in several]


@given(pairs, pairs, some.sampled_from(["always", "office"]))
@settings(max_examples=60, deadline=None)
def test_every_column_adds_up_to_the_month(
    ours: list[tuple[int, int]], theirs: list[tuple[int, int]], hours: str
) -> None:
    """Ours to the downtime before exclusions, theirs to their own list inside the hours."""
    terms: dict[str, Any] = {} if hours == "always" else {"services": OFFICE}
    found, one = june(with_outages(JUNE, JULY, *normal(at(ours))), listed(*at(theirs)), **terms)
    (cad,) = found.services
    assert cad.lanes is not None
    assert one.sums.ours_ms == cad.gross_downtime_ms
    assert one.sums.theirs_ms == length(intersect(normal(at(theirs)), cad.lanes.hours))
    rows = [row.sums for each in one.services for row in each.rows]
    assert sum(rows, DowntimeTotals()) == one.sums
    assert sum(one.counts.values()) == len(rows)


def test_a_contract_without_time_yet_has_none() -> None:
    contract: Contract = one_version()
    assert reconcile_month(contract, Record({}), "2026-06", JULY) is None
