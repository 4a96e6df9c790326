"""Assessments against a slow and obvious oracle, and the laws that hold for all of them.

The oracle walks over the term in steps of ten seconds and asks of each step what it was. Terms are two days, most of
them around a change of the clocks; everything else is random: hours, endpoints, gaps, confirmation, bookings with an
allowance, claims and what was decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.assess import ContractAssessment, assess_month
from sla_monitor.assess.assessment import VIEWS
from sla_monitor.contract.calendars import DAYS
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import instant_ms
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span

from .records import DEGRADED, DOWN, UNKNOWN, UP, Record, endpoint, entries, one_version, service

STEP = 10_000
CHANGES = [
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("UTC", date(2028, 2, 28)),
]


@dataclass(frozen=True)
class Scene:
    """Two days of a contract with what was seen and said; instants are in steps from the beginning."""

    zone: str
    day: date
    hours: tuple[tuple[str, str], ...]
    needed: int
    confirmation: int
    unknown: str
    excluded: str
    allowance: int | None
    seen: tuple[tuple[tuple[int, Outcome | None, int], ...], ...]
    bookings: tuple[tuple[int, int, bool | None], ...]
    claims: tuple[tuple[int, int, bool | None], ...]
    now: int

    @property
    def start_ms(self) -> int:
        return instant_ms(self.day, datetime.min.time(), ZoneInfo(self.zone))

    @property
    def end_ms(self) -> int:
        return instant_ms(self.day + timedelta(days=2), datetime.min.time(), ZoneInfo(self.zone))

    @property
    def steps(self) -> int:
        return (self.end_ms - self.start_ms) // STEP

    def at(self, step: int) -> int:
        return self.start_ms + step * STEP

    def contract(self) -> Contract:
        hours = {name: [f"{a}-{b}" for a, b in self.hours] for name in DAYS}
        return one_version(
            term={"start": str(self.day), "end": str(self.day + timedelta(days=1))},
            time_zone=self.zone,
            calendars={"own": {"hours": hours}},
            accounting={"confirmation": self.confirmation, "coverage_floor": 0},
            maintenance={"allowance": f"{self.allowance * 10}s"} if self.allowance else {},
            services=[
                service(
                    "cad",
                    *(endpoint(f"e{n}") for n in range(len(self.seen))),
                    service_hours="own" if self.hours else "always",
                    available_when=self.needed,
                )
            ],
            kpis=[
                {
                    "id": "KPI1",
                    "service": "cad",
                    "target": 99,
                    "counting": {"unknown": self.unknown, "excluded": self.excluded},
                }
            ],
        )

    def spans(self) -> dict[str, list[Span]]:
        return {f"e{n}": list(self._spans(runs)) for n, runs in enumerate(self.seen)}

    def _spans(self, runs: tuple[tuple[int, Outcome | None, int], ...]) -> Iterator[Span]:
        at = 0
        for length, outcome, probes in runs:
            start_ms, end_ms = self.at(at), self.at(at + length)
            if outcome is not None:
                yield Span(start_ms, end_ms, end_ms, outcome, None, probes)
            at += length

    def entries(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        decisions: list[dict[str, Any]] = []
        for kind, several in (("maintenance", self.bookings), ("claim", self.claims)):
            for start, length, granted in several:
                cause = {"cause": "authority_cause"} if kind == "claim" else {}
                told.append({"kind": kind, **cause, "start": self.at(start), "end": self.at(start + length)})
                if granted is not None:
                    decisions.append({"kind": "decision", "about": len(told), "granted": granted})
        return [*told, *decisions]

    def assessed(self) -> ContractAssessment:
        record = Record(self.spans(), said=entries(*self.entries()))
        return assess_month(self.contract(), record, f"{self.day:%Y-%m}", self.at(self.now))


def runs() -> st.SearchStrategy[tuple[tuple[int, Outcome | None, int], ...]]:
    """What an endpoint was, one run after the other; None: no probe ran."""
    outcome = st.sampled_from([UP, UP, DEGRADED, DOWN, DOWN, UNKNOWN, None])
    return st.lists(st.tuples(st.integers(1, 5000), outcome, st.integers(1, 3)), max_size=12).map(_apart)


def _apart(several: list[tuple[int, Outcome | None, int]]) -> tuple[tuple[int, Outcome | None, int], ...]:
    """Runs of the same outcome would have been one span, and one outage."""
    result: list[tuple[int, Outcome | None, int]] = []
    for run in several:
        if not result or result[-1][1] is not run[1]:
            result.append(run)
    return tuple(result)


asked = st.lists(
    st.tuples(st.integers(0, 17_000), st.integers(1, 4_000), st.sampled_from([True, True, False, None])), max_size=3
).map(tuple)
hours = st.sampled_from([(), (("00:00", "24:00"),), (("01:00", "02:30"),), (("08:00", "12:00"), ("13:00", "18:00"))])


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    zone, day = draw(st.sampled_from(CHANGES))
    seen = tuple(draw(st.lists(runs(), min_size=1, max_size=2)))
    return Scene(
        zone=zone,
        day=day - timedelta(days=draw(st.integers(0, 1))) if day.day > 1 else day,
        hours=draw(hours),
        needed=draw(st.integers(1, len(seen))),
        confirmation=draw(st.integers(1, 3)),
        unknown=draw(st.sampled_from(["excluded", "up", "down"])),
        excluded=draw(st.sampled_from(["removed", "available", "counted"])),
        allowance=draw(st.sampled_from([None, 500, 2_000])),
        seen=seen,
        bookings=draw(asked),
        claims=draw(asked),
        now=draw(st.sampled_from([17_280 * 2, 12_000])),
    )


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


class Oracle:
    """The slow way: a list of what each step was, for everything."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.steps, self.start_ms = scene, scene.steps, scene.start_ms
        self.count = min(self.steps, scene.now)
        self.in_hours = [self._is_in_hours(step) for step in range(self.steps)]
        self.endpoints = [self._endpoint(runs) for runs in scene.seen]
        self.state = [self._state(step) for step in range(self.count)]

    def _is_in_hours(self, step: int) -> bool:
        if not self.scene.hours:
            return True
        at = datetime.fromtimestamp((self.start_ms + step * STEP) // 1000, ZoneInfo(self.scene.zone))
        minute = at.hour * 60 + at.minute
        return any(_minute(a) <= minute < _minute(b) for a, b in self.scene.hours)

    def _state(self, step: int) -> str:
        found = [endpoint[step] for endpoint in self.endpoints]
        if len(found) - found.count("down") < self.scene.needed:
            return "down"
        return "up" if found.count("up") >= self.scene.needed else "unknown"

    def _endpoint(self, runs: tuple[tuple[int, Outcome | None, int], ...]) -> list[str]:
        told: list[str] = []
        for length, outcome, probes in runs:
            is_unconfirmed = outcome is DOWN and probes < self.scene.confirmation
            is_up = is_unconfirmed or outcome is DEGRADED
            told += ["up" if is_up else str(outcome or UNKNOWN)] * length
        return told + ["unknown"] * (self.steps - len(told))

    def excluded(self, view: str) -> list[bool]:
        scene = self.scene
        if view == "gross" or scene.excluded == "counted":
            return [False] * self.steps
        result, booked = self._asked(scene.claims, view), self._asked(scene.bookings, view)
        used = 0
        for step in range(self.steps):
            if booked[step]:
                is_free = view == "claimed" or scene.allowance is None or not self.in_hours[step]
                result[step] |= is_free or used < (scene.allowance or 0)
                used += not is_free
        return result

    def _asked(self, several: tuple[tuple[int, int, bool | None], ...], view: str) -> list[bool]:
        counted = [(a, a + length) for a, length, granted in several if view == "claimed" or granted]
        return [any(a <= step < b for a, b in counted) for step in range(self.steps)]

    def counts(self, view: str) -> dict[str, int]:
        """Steps of agreed time by class."""
        found = {"down": 0, "unknown": 0, "up": 0, "excluded": 0}
        left_out = self.excluded(view)
        for step in range(self.count):
            if self.in_hours[step]:
                found["excluded" if left_out[step] else self.state[step]] += 1
        return found

    def value(self, view: str) -> Fraction | None:
        found = self.counts(view)
        base, down = sum(found.values()), found["down"]
        base -= found["excluded"] if self.scene.excluded == "removed" else 0
        base -= found["unknown"] if self.scene.unknown == "excluded" else 0
        down += found["unknown"] if self.scene.unknown == "down" else 0
        return Fraction(base - down, base) * 100 if base else None


@settings(max_examples=25)
@given(scenes())
def test_every_view_agrees_with_a_walk_over_every_step(scene: Scene) -> None:
    kpi, oracle = scene.assessed().kpis[0], Oracle(scene)
    for view in VIEWS:
        figure, expected = kpi.views[view], oracle.counts(view)
        assert figure.seconds is not None
        told = {
            "down": sum(loss.counted_ms for loss in figure.seconds.losses),
            "unknown": figure.seconds.unknown_ms,
            "excluded": figure.seconds.excluded_ms,
        }
        assert told == {name: expected[name] * STEP for name in told}
        assert figure.seconds.agreed_ms == sum(expected.values()) * STEP
        # Where nobody ever saw anything there is no figure, whatever unseen time counts as.
        is_seen = any(outcome is not None for runs in scene.seen for _, outcome, _ in runs)
        assert figure.value == (oracle.value(view) if is_seen else None)


@settings(max_examples=60)
@given(scenes())
def test_downtime_falls_from_gross_to_agreed_to_claimed(scene: Scene) -> None:
    views = scene.assessed().kpis[0].views
    gross, agreed, claimed = (views[view].downtime_ms or 0 for view in ("gross", "agreed", "claimed"))
    assert gross >= agreed >= claimed


@settings(max_examples=60)
@given(scenes())
def test_the_outage_list_sums_to_the_total_and_the_classes_to_the_agreed_time(scene: Scene) -> None:
    found = scene.assessed().services[0]
    assert sum(outage.downtime_ms for outage in found.outages) == found.downtime_ms
    assert sum(outage.gross_ms for outage in found.outages) == found.gross_downtime_ms
    assert found.lanes is not None
    lanes = found.lanes
    told = sorted([*lanes.up, *lanes.degraded, *lanes.down, *lanes.unknown])
    assert sum(end - start for start, end in told) == found.agreed_ms
    assert all(one[1] <= other[0] for one, other in pairwise(told))
    up_ms = found.counted_ms - found.downtime_ms - found.degraded_ms
    assert 0 <= up_ms <= sum(end - start for start, end in lanes.up)


@settings(max_examples=40)
@given(scenes(), st.integers(1, 17_000))
def test_splitting_a_period_and_adding_gives_the_whole(scene: Scene, cut: int) -> None:
    """What is known at an instant, and what comes after it, make up what is known at the end."""
    whole = replace(scene, now=17_280 * 2).assessed().services[0]
    assert whole.lanes is not None
    first = replace(scene, now=cut).assessed().services[0]
    assert first.lanes is not None
    cut_ms = scene.at(cut)
    for name in ("up", "degraded", "down", "unknown"):
        before = [(a, min(b, cut_ms)) for a, b in getattr(whole.lanes, name) if a < cut_ms]
        assert getattr(first.lanes, name) == before


@settings(max_examples=25)
@given(scenes(), st.randoms())
def test_the_order_of_what_was_said_does_not_matter(scene: Scene, chance: Any) -> None:
    """Bookings and claims in another order, each with its own decision, come to the same."""
    several, others = list(scene.bookings), list(scene.claims)
    chance.shuffle(several)
    chance.shuffle(others)
    shuffled = replace(scene, bookings=tuple(several), claims=tuple(others))
    for one, other in zip(scene.assessed().kpis, shuffled.assessed().kpis, strict=True):
        assert {view: one.views[view].value for view in VIEWS} == {view: other.views[view].value for view in VIEWS}
