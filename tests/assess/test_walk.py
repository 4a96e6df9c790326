"""Slow answers, whole minutes and part months against a walk over every ten seconds around the end of a month.

The contract runs from a few hours before the end of June to a few hours after it: two part months, and a quarter of
them. What counts is worked out observation by observation, with no interval in sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.assess import Sample, history
from sla_monitor.contract.contract import Contract
from sla_monitor.sla.spans import Span, extend

from .records import DAY, DOWN, JULY, SECOND, UP, Record, endpoint, one_version, service

STEP, EVERY = 10 * SECOND, 30 * SECOND
BEGIN, END, AROUND = JULY - DAY, JULY + DAY, range(-200, 200)
QUICK_US, SLOW_US = 100_000, 2_000_001


@dataclass(frozen=True)
class Scene:
    """`probes` by their number from the end of June on: q(uick), s(low: no answer), d(own), or a dot: no probe ran."""

    probes: str
    confirmation: int
    minutes: str
    shortest: int
    unknown: str

    def contract(self) -> Contract:
        counting = {
            "slow_as_down": {"promised": "1s", "multiple": 2},
            "minutes": self.minutes,
            "shortest_outage": f"{self.shortest}s",
            "unknown": self.unknown,
        }
        kpi = {"service": "cad", "target": 99, "counting": counting}
        return one_version(
            term={"start": "2026-06-30", "end": "2026-07-01"},
            accounting={"confirmation": self.confirmation, "coverage_floor": 0},
            services=[service("cad", endpoint(every="30s"))],
            kpis=[{"id": "month", **kpi}, {"id": "quarter", "measurement_months": 3, **kpi}],
        )

    def samples(self) -> list[Sample]:
        found = {"q": (UP, QUICK_US), "s": (UP, SLOW_US), "d": (DOWN, QUICK_US)}
        told = zip(AROUND, self.probes, strict=True)
        return [(JULY + n * EVERY, *found[one], None) for n, one in told if one != "."]

    def spans(self) -> list[Span]:
        spans: list[Span] = []
        for at_ms, outcome, _, _ in self.samples():
            last = spans.pop() if spans else None
            spans += extend(last, at_ms, outcome, None, EVERY)
        return spans

    def states(self) -> dict[int, str]:
        """What each ten seconds were; those that are not there were seen by nobody."""
        found: dict[int, str] = {}
        for place, n in enumerate(AROUND):
            one = self.probes[place]
            if one != ".":
                state = "down" if one in "sd" and self.run(place) >= self.confirmation else "up"
                found |= dict.fromkeys(range(JULY + n * EVERY, JULY + (n + 1) * EVERY, STEP), state)
        return found

    def run(self, place: int) -> int:
        """How many probes in a row with this one found no answer."""
        before = len(self.probes[:place]) - len(self.probes[:place].rstrip("sd"))
        return before + len(self.probes[place:]) - len(self.probes[place:].lstrip("sd"))

    def value(self, start_ms: int, end_ms: int) -> Fraction | None:
        states, outages = self.states(), list[list[int]]()
        for at_ms in sorted(at_ms for at_ms, state in states.items() if state == "down"):
            if not outages or outages[-1][-1] != at_ms - STEP:
                outages.append([])
            outages[-1].append(at_ms)
        down_s = sum(
            self.counted([at_ms for at_ms in outage if start_ms <= at_ms < end_ms])
            for outage in outages
            if len(outage) * 10 >= self.shortest
        )
        whole_s = (end_ms - start_ms) // SECOND
        unseen_s = whole_s - 10 * sum(start_ms <= at_ms < end_ms for at_ms in states)
        base_s = whole_s - (unseen_s if self.unknown == "excluded" else 0)
        down_s = min(down_s + (unseen_s if self.unknown == "down" else 0), base_s)
        return Fraction(base_s - down_s, base_s) * 100 if base_s else None

    def counted(self, steps: list[int]) -> int:
        seconds = len(steps) * 10
        return {"exact": seconds, "whole": seconds // 60 * 60, "begun": (seconds + 59) // 60 * 60}[self.minutes]


def probes() -> st.SearchStrategy[str]:
    """Runs of observations, one of them over the end of the month."""
    run = st.tuples(st.sampled_from("qqsd."), st.integers(1, 9)).map(lambda one: one[0] * one[1])
    runs = st.lists(run, min_size=10, max_size=60).map("".join)
    return runs.map(lambda several: (several * 400)[: len(AROUND)])


scenes = st.builds(
    Scene,
    probes=probes(),
    confirmation=st.integers(1, 4),
    minutes=st.sampled_from(["exact", "whole", "begun"]),
    shortest=st.sampled_from([10, 60, 150]),
    unknown=st.sampled_from(["excluded", "up", "down"]),
)


@settings(max_examples=40)
@given(scenes)
def test_both_sides_of_a_month_s_end_agree_with_a_walk_over_every_probe(scene: Scene) -> None:
    record: Any = Record({"login": scene.spans()}, {"login": scene.samples()})
    june, july = history(scene.contract(), record, "2026-08", END + 40 * DAY)
    assert [result.value for result in june.kpis] == [scene.value(BEGIN, JULY)]
    assert [result.value for result in july.kpis] == [scene.value(JULY, END), scene.value(BEGIN, END)]
