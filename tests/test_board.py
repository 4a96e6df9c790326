"""The board: what is known now of an endpoint that one place probes, or several."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from sla_monitor.board import Board, Watched
from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.contract.endpoints.several_places import Places
from sla_monitor.sla.availability import known, seen_from_places
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.sla.spans import Span, extend, held

EVERY, T = 60_000, 1_764_000_000_000
UP, DOWN = Finding(Outcome.UP), Finding(Outcome.DOWN, Reason.TIMEOUT, "no answer")
SLOW, BLIND = Finding(Outcome.DEGRADED, Reason.TOO_SLOW), Finding(Outcome.UNKNOWN, Reason.MONITOR_OFFLINE)
THREE = {"sites": ["north", "south", "east"], "quorum": 2}


def watched(places: Mapping[str, Any] | None = None) -> Watched:
    more = {} if places is None else {"places": places}
    terms = endpoint_of({"id": "e", "kind": "tcp", "host": "h", "port": 1, "every": "1m", "timeout": "9s", **more})
    return Watched("c/e", "c", "s", terms)


def board(places: Mapping[str, Any] | None = None) -> tuple[Board, Watched]:
    made, one = Board(T), watched(places)
    made.watch([one])
    return made, one


def see(made: Board, place: str, after_s: int, finding: Finding) -> None:
    made.observe(Observation("c/e", T + after_s * 1000, finding), place)


def test_an_endpoint_that_the_collector_does_not_probe_is_known_by_its_places() -> None:
    made, one = board(THREE)
    assert (one.outcome, one.last, one.places_short) == (Outcome.UNKNOWN, None, 2)
    see(made, "north", 0, UP)
    assert (one.outcome, one.last and one.last.finding.reason) == (Outcome.UNKNOWN, Reason.TOO_FEW_PLACES)
    see(made, "south", 10, UP)
    assert (one.outcome, one.since_ms, one.places_short) == (Outcome.UP, T + 10_000, 0)
    see(made, "main", 11, DOWN)
    assert one.outcome is Outcome.UP, "the contract does not ask what main saw"


def test_an_outage_begins_with_the_place_that_makes_the_quorum_in_whichever_order_they_are_heard() -> None:
    made, one = board(THREE)
    for place in THREE["sites"]:  # type: ignore[attr-defined]
        see(made, place, 0, UP)
    see(made, "south", 70, DOWN)
    assert (one.outcome, one.failures, one.down) == (Outcome.UP, 0, None)
    see(made, "north", 65, DOWN)
    assert (one.outcome, one.since_ms) == (Outcome.DOWN, T + 70_000)
    assert one.last is not None
    assert (one.last.at_ms, one.last.finding.detail) == (T + 70_000, "no answer")
    see(made, "north", 125, DOWN)
    assert (one.failures, one.since_ms) == (2, T + 70_000)
    see(made, "south", 130, UP)
    assert (one.outcome, one.since_ms, one.failures) == (Outcome.UP, T + 130_000, 0)
    assert one.down == (T + 70_000, T + 130_000, Reason.TIMEOUT)


def test_places_that_are_cut_off_leave_it_unknown_once_the_rest_cannot_tell() -> None:
    made, one = board(THREE)
    for place in THREE["sites"]:  # type: ignore[attr-defined]
        see(made, place, 0, DOWN)
    see(made, "north", 60, DOWN)
    made.settle(T + 150_000)
    assert one.outcome is Outcome.DOWN
    made.settle(T + 150_001)
    assert (one.outcome, one.since_ms, one.places_short) == (Outcome.UNKNOWN, T + 60_000, 1)
    assert [(each.site, f"{each.outcome}", each.is_cut_off) for each in one.sights] == [
        ("north", "down", False), ("south", "unknown", True), ("east", "unknown", True)
    ]  # fmt: skip
    see(made, "south", 150, DOWN)
    assert (one.outcome, one.since_ms) == (Outcome.DOWN, T + 60_000), "it went on all the while"


def test_what_a_site_kept_while_it_was_cut_off_says_nothing_of_now() -> None:
    made, one = board({"sites": ["north"], "quorum": 1})
    made.settle(T + 86_400_000)
    see(made, "north", 0, DOWN)
    see(made, "north", 60, DOWN)
    assert (one.outcome, one.down) == (Outcome.UNKNOWN, None)
    see(made, "north", 86_400, UP)
    assert one.outcome is Outcome.UP


def test_a_place_that_is_the_only_one_may_be_cut_off_too() -> None:
    """Of a pair of collectors, the site `main` is one far away."""
    made, one = board()
    see(made, "main", 0, UP)
    made.settle(T + 150_000)
    assert (one.outcome, one.sights) == (Outcome.UP, ())
    made.settle(T + 150_001)
    assert (one.outcome, one.since_ms, one.sights, one.places_short) == (Outcome.UNKNOWN, T + 60_000, (), None)
    see(made, "main", 180, UP)
    assert one.outcome is Outcome.UP


def test_new_terms_ask_other_places_about_what_they_have_seen() -> None:
    made, one = board()
    see(made, "main", 0, UP)
    see(made, "north", 1, DOWN)
    assert (one.outcome, one.probes, one.sights, one.places_short) == (Outcome.UP, 1, (), None)
    made.watch([watched({"sites": ["main", "north"], "quorum": "any"})])
    assert made.endpoints["c/e"] is one
    assert (one.outcome, one.since_ms) == (Outcome.DOWN, T + 1_000)
    made.watch([watched()])
    assert (one.outcome, one.since_ms) == (Outcome.UP, T)
    made.watch([watched({"sites": ["south"], "quorum": "any"})])
    assert (one.outcome, one.last) == (Outcome.UNKNOWN, None)


ACTIVE = {"percent": 51, "of": "active"}


@pytest.mark.parametrize("quorum", ["any", "all", 1, 2, 3, {"percent": 51}, ACTIVE, {**ACTIVE, "min_active": 2}])
def test_it_is_what_the_assessment_makes_of_the_same_probes(quorum: Any) -> None:
    """Whatever three places see or do not: up, down, slow, blind, or cut off for long."""
    terms = {"sites": ["north", "south", "east"], "quorum": quorum}
    places = Places.model_validate(terms)
    now_ms = T + 100_000
    for several in itertools.product((UP, DOWN, SLOW, BLIND, None), repeat=3):
        made, one = board(terms)
        made.settle(now_ms)
        spans: list[tuple[Span, ...]] = []
        for place, finding in zip(places.sites, several, strict=True):
            at_ms = T if finding is not None else T - 3_600_000
            made.observe(Observation("c/e", at_ms, finding or DOWN), place)
            spans.append(extend(None, at_ms, (finding or DOWN).outcome, None, EVERY))
        states = [known(held(each, now_ms), 1, T - 7_200_000, now_ms) for each in spans]
        state = seen_from_places(states, places, T - 7_200_000, now_ms)
        assert one.outcome is state.at(now_ms - 1), several
        assert one.last is not None
        is_well = one.outcome is Outcome.UP
        assert (one.last.finding.reason is None) is is_well, several


@pytest.mark.parametrize("quorum", ["any", "all", 1, {"percent": 50}])
@pytest.mark.parametrize("finding", [UP, DOWN, SLOW, BLIND])
def test_one_far_place_is_what_it_sees(quorum: object, finding: Finding) -> None:
    made, one = board({"sites": ["north"], "quorum": quorum})
    for after_s in (0, 60):
        see(made, "north", after_s, finding)
    assert (one.outcome, one.since_ms, one.failures) == (finding.outcome, T, 2 if finding is DOWN else 0)
    assert [(sight.site, sight.outcome, sight.is_cut_off) for sight in one.sights] == [
        ("north", finding.outcome, False)
    ]
    made.settle(T + 10 * EVERY)
    assert (one.outcome, one.sights[0].is_cut_off) == (Outcome.UNKNOWN, True)


def test_probes_are_counted_of_services_that_the_collector_probes_and_of_no_others() -> None:
    """A nought that stays reads as: it makes no probes."""
    for places, tallies in ((None, [1]), (THREE, []), ({"sites": ["main", "north"], "quorum": 1}, [1])):
        made, _ = board(places)
        see(made, "main", 0, DOWN)
        made.skip("c/e", 2)
        assert [one.probes for one in made.tallies.values()] == tallies
        assert [one.skipped for one in made.tallies.values()] == [2] * len(tallies)
