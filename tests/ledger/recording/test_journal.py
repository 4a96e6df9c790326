"""What is handed over is kept, as it was, and read back from another connection."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sla_monitor.ledger import read_only
from sla_monitor.ledger.chaining.verifying import verify_all
from sla_monitor.ledger.reading.reader import ROWS_AT_ONCE
from sla_monitor.ledger.recording.buffer_entries import Arrived
from sla_monitor.sla.observation import Finding, Outcome, Phases, Reason
from sla_monitor.sla.spans import Span
from tests.ledger.support import DEADLINE_S, DOWN, EVERY_MS, FOREVER_MS, T0, UP, observed, opened, record_all

FULL = Finding(
    Outcome.DEGRADED,
    Reason.TOO_SLOW,
    "took \x00 \udcff \u202e too long",
    2_500_000,
    Phases(1, 2, 3, 4, 5),
    "2001:db8::1",
    503,
    2**40,
    2**33,
    bytes(range(256)),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "ledger.db"


def test_an_observation_comes_back_as_it_went_in(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1, DOWN))
        assert list(ledger.observations("custody/login", 0, FOREVER_MS)) == [observed(0), observed(1, DOWN)]


def test_hostile_text_is_kept_with_only_lone_surrogates_escaped(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0, FULL))
        (kept,) = ledger.observations("custody/login", 0, FOREVER_MS)
    assert kept.finding.detail == "took \x00 \\udcff \u202e too long"
    assert (kept.finding.evidence, kept.finding.body_bytes, kept.finding.phases) == (
        bytes(range(256)),
        2**40,
        FULL.phases,
    )


def test_observations_are_those_that_began_in_the_half_open_range(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, *(observed(index) for index in range(1_000)), observed(3, endpoint="custody/other"))
        found = ledger.observations("custody/login", T0 + EVERY_MS, T0 + 900 * EVERY_MS)
        assert list(found) == [observed(index) for index in range(1, 900)]


def test_spans_are_there_as_soon_as_the_observation_is(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1, DOWN), observed(2, DOWN), observed(3), observed(9))
        assert ledger.spans(0, FOREVER_MS) == {
            "custody/login": [
                Span(T0, T0 + 10_000, T0, Outcome.UP, None, 1),
                Span(T0 + 10_000, T0 + 30_000, T0 + 20_000, Outcome.DOWN, Reason.TIMEOUT, 2),
                Span(T0 + 30_000, T0 + 40_000, T0 + 30_000, Outcome.UP, None, 1),
                Span(T0 + 90_000, T0 + 100_000, T0 + 90_000, Outcome.UP, None, 1),
            ]
        }


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "starts"),
    [
        (0, 0, []),
        (0, 1, [0]),
        (9_999, 10_000, [0]),
        (10_000, 10_001, [10_000]),
        (9_999, 10_001, [0, 10_000]),
        (50_000, 60_000, []),
        (35_000, 95_000, [30_000, 90_000]),
        (95_000, 10**9, [90_000]),
        (100_000, 10**9, []),
    ],
)
def test_spans_are_whole_and_overlap_the_half_open_range(
    path: Path, start_ms: int, end_ms: int, starts: list[int]
) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1, DOWN), observed(2, DOWN), observed(3), observed(9))
        found = ledger.spans(T0 + start_ms, T0 + end_ms).get("custody/login", [])
    assert [span.start_ms - T0 for span in found] == starts


def test_a_contract_is_seen_since_the_first_observation_at_one_of_its_own_endpoints(path: Path) -> None:
    with opened(path) as ledger:
        others = [
            observed(0, endpoint="custodian/a"),
            observed(1, endpoint="custod/a"),
            observed(2, endpoint="custody-2/a"),
        ]
        record_all(
            ledger,
            *others,
            observed(5),
            observed(3, DOWN, endpoint="custody/desk"),
            observed(4, endpoint="custody/desk"),
        )
        assert ledger.first_ms("custody") == observed(3).at_ms
        assert ledger.first_ms("custodian") == observed(0).at_ms
        assert ledger.first_ms("archive") is None


def test_a_restart_goes_on_with_the_last_span(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(1))
    with opened(path) as ledger:
        record_all(ledger, observed(2))
        assert ledger.spans(0, FOREVER_MS)["custody/login"] == [Span(T0, T0 + 30_000, T0 + 20_000, Outcome.UP, None, 3)]


def test_late_and_duplicate_observations_are_kept_but_change_no_span(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, observed(0), observed(2), observed(2, DOWN), observed(1, DOWN))
        kept = [(seen.at_ms, seen.finding.outcome) for seen in ledger.observations("custody/login", 0, FOREVER_MS)]
        spans, stats = ledger.spans(0, FOREVER_MS), ledger.stats()
    assert kept == [
        (T0, Outcome.UP),
        (T0 + 10_000, Outcome.DOWN),
        (T0 + 20_000, Outcome.UP),
        (T0 + 20_000, Outcome.DOWN),
    ]
    assert {span.outcome for span in spans["custody/login"]} == {Outcome.UP}
    assert stats.out_of_order == 2


def test_spans_of_many_endpoints_are_read_with_rests_between_them(path: Path) -> None:
    rests: list[int] = []
    with opened(path) as ledger:
        record_all(ledger, *(observed(0, endpoint=f"custody/{number}") for number in range(2 * ROWS_AT_ONCE + 1)))
        spans = ledger.spans(0, FOREVER_MS, lambda: rests.append(1))
    assert len(rests) == 3 + 2, "as they are read, and as they are decoded"
    assert len(spans) == 2 * ROWS_AT_ONCE + 1


def test_each_distinct_evidence_is_stored_once(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, *(observed(index, DOWN) for index in range(20)))
    with opened(path) as ledger:
        record_all(ledger, *(observed(index, DOWN) for index in range(20, 40)))
        assert ledger._writer.journal.database.table("evidence").count == 1


def test_a_commit_waits_no_longer_than_it_may_for_company(path: Path) -> None:
    """Nobody calls flush here: the observation must reach the disk by itself."""
    with opened(path, commit_within_ms=50) as ledger, read_only(path) as reader:
        ledger.record(observed(0), EVERY_MS)
        until = time.monotonic() + DEADLINE_S
        while not reader.spans(0, FOREVER_MS) and time.monotonic() < until:
            time.sleep(0.01)
        assert reader.spans(0, FOREVER_MS)
        assert ledger.stats().commits == 1


def test_observations_that_come_together_share_a_commit(path: Path) -> None:
    with opened(path, commit_within_ms=60_000) as ledger:
        record_all(ledger, *(observed(index, UP, f"custody/{index}") for index in range(500)))
        stats = ledger.stats()
    assert (stats.committed, stats.commits, stats.pending, stats.dropped) == (500, 1, 0, 0)


def test_closing_commits_what_is_held_and_may_be_repeated(path: Path) -> None:
    with opened(path, commit_within_ms=60_000) as ledger:
        ledger.record(observed(0), EVERY_MS)
        assert ledger.close(DEADLINE_S)
        assert ledger.close(DEADLINE_S)
    with read_only(path) as reader:
        assert list(reader.observations("custody/login", 0, FOREVER_MS)) == [observed(0)]


def test_what_is_handed_over_after_closing_is_counted_as_dropped(path: Path) -> None:
    with opened(path) as ledger:
        ledger.close(DEADLINE_S)
        ledger.record(observed(0), EVERY_MS)
        assert ledger.stats().dropped == 1


def arrived(sequence: int, *, first: int | None = None, lost: bool = False, outbox: str = "a") -> tuple[Arrived, int]:
    """An entry of a site's outbox; its observation is that of the index `sequence`."""
    seen = None if lost else observed(sequence, endpoint="custody/login@north")
    return Arrived("north", outbox, sequence if first is None else first, sequence, T0, seen), EVERY_MS


def test_what_arrives_from_a_site_is_recorded_once_and_in_its_order(path: Path) -> None:
    """Delivered twice, in overlapping parts, before its turn, and again after a restart."""
    with opened(path) as ledger:
        for several in ([1, 2, 3], [2, 3, 4], [7, 8], [1], [4, 5]):
            ledger.hand_over([arrived(sequence) for sequence in several])
        assert ledger.flush(DEADLINE_S)
        assert ledger.positions() == {("north", "a"): 5}
    with opened(path) as ledger:
        ledger.hand_over([arrived(sequence) for sequence in (4, 5, 6, 7)])
        ledger.hand_over([arrived(1, outbox="b")])
        assert ledger.flush(DEADLINE_S)
        assert ledger.positions() == {("north", "a"): 7, ("north", "b"): 1}
        found = list(ledger.observations("custody/login@north", 0, FOREVER_MS))
    assert sorted(one.at_ms for one in found) == sorted(T0 + index * EVERY_MS for index in (1, 1, 2, 3, 4, 5, 6, 7))


def test_what_a_site_has_lost_or_what_was_refused_of_it_is_passed_over(path: Path) -> None:
    with opened(path) as ledger:
        ledger.hand_over([arrived(1), arrived(2, lost=True), arrived(9, first=3, lost=True), arrived(10)])
        assert ledger.flush(DEADLINE_S)
        assert ledger.positions() == {("north", "a"): 10}
        assert len(list(ledger.observations("custody/login@north", 0, FOREVER_MS))) == 2


def test_an_observation_of_a_site_that_can_never_be_stored_holds_up_none_after_it(path: Path) -> None:
    bad, every_ms = arrived(2)
    assert bad.observation is not None
    huge = replace(bad.observation, finding=replace(UP, duration_us=2**80))
    with opened(path) as ledger:
        ledger.hand_over([arrived(1), (bad._replace(observation=huge), every_ms), arrived(3)])
        assert ledger.flush(DEADLINE_S)
        assert ledger.positions() == {("north", "a"): 3}
        assert len(list(ledger.observations("custody/login@north", 0, FOREVER_MS))) == 2


def test_what_arrives_late_from_a_site_leaves_what_was_seen_here_as_it_was(path: Path) -> None:
    with opened(path) as ledger:
        record_all(ledger, *(observed(1_000 + index) for index in range(5)))
        before = ledger.spans(0, FOREVER_MS)
        ledger.hand_over([arrived(sequence) for sequence in range(1, 20)])
        record_all(ledger, observed(1_005, DOWN), observed(1_006))
        assert ledger.spans(0, FOREVER_MS)["custody/login"][0] == before["custody/login"][0]._replace(
            end_ms=T0 + 1_005 * EVERY_MS
        )
        assert ledger.was_seen(T0 + 1_000 * EVERY_MS, T0 + 1_001 * EVERY_MS)
        assert not ledger.was_seen(T0, T0 + 500 * EVERY_MS), "what others saw does not say that we were there"
        (span,) = ledger.spans(0, FOREVER_MS)["custody/login@north"]
        assert (span.start_ms, span.probes) == (T0 + EVERY_MS, 19)
    with read_only(path) as reader:
        assert reader.spans(0, FOREVER_MS)["custody/login@north"] == [span]
    with opened(path), closing(sqlite3.connect(path)) as connection:
        assert verify_all(connection) == []
