"""Unit tests of the burn-rate alerts: an outage that is long enough, and everything that is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil

from sla_monitor import names
from sla_monitor.contract.kpis.kpi import AvailabilityKpi
from sla_monitor.generate.alerts.alert import Case
from sla_monitor.generate.alerts.burn_pace import allowance_ms
from sla_monitor.generate.alerts.subject import Subject
from sla_monitor.settings import Burn


def burn_cases(subject: Subject, kpi: AvailabilityKpi, burn: Burn, burns: Sequence[Burn]) -> Iterator[Case]:
    """For one of the rates of an alert and one KPI: so many quiet steps, then an outage, then what comes after."""
    story = _Story(subject, kpi, burn, tuple(burns))
    outage, quiet, step = story.outage, story.quiet, story.step_s
    at, down = quiet + outage, f"0x{quiet} {step}+{step}x{outage + 400}"
    yield story.firing_case(f"fires when {burn.share_percent} % of the allowance are gone", down)
    after = max(each.short_ms for each in burns) // story.step_ms + 1
    over = f"0x{quiet} {step}+{step}x{outage - 1} {outage * step}x{after + 20}"
    yield story.quiet_case("an outage that is over is no emergency", at + after, over)
    if kpi.measurement_months == 1:
        # The downtime so far begins at nothing again with the month; an outage that goes on is not forgotten.
        edge = f"{10 * story.allowance_s}x{quiet - 1} 0+{step}x{outage + 20}"
        month = {subject.sample(names.PERIOD_START): f"0x{quiet - 1} {quiet * step}x~"}
        yield story.firing_case("fires across the month's edge", edge, month)
    if burn is burns[0]:
        yield from _no_emergencies(story, at, down)


def _no_emergencies(story: _Story, at: int, down: str) -> Iterator[Case]:
    """What is no downtime; once for an alert, because it is the same for each of its rates."""
    yield story.quiet_case("a single failed look is no downtime", at, f"0x{at + 10}")
    lost = story.outage * story.step_s
    relieved = f"{10 * lost}x{story.quiet} {5 * lost}x{story.outage + 20}"
    yield story.quiet_case("relief that is granted is no downtime", at, relieved)
    booked = {story.subject.sample(names.SERVICE_MAINTENANCE, service=story.kpi.service): "1x~"}
    yield story.quiet_case("permitted maintenance is quiet", at, down, booked)


@dataclass(frozen=True, slots=True)
class _Story:
    """One KPI's allowance and downtime, in steps of a unit test."""

    subject: Subject
    kpi: AvailabilityKpi
    burn: Burn
    burns: tuple[Burn, ...]

    @property
    def step_ms(self) -> int:
        """The short window: promtool evaluates every rule at each step."""
        return self.burn.short_ms

    @property
    def step_s(self) -> int:
        return self.step_ms // 1000

    @property
    def where(self) -> dict[str, str]:
        return {"kpi": self.kpi.id, "service": self.kpi.service}

    @property
    def allowance_s(self) -> int:
        return ceil(allowance_ms(self.subject.terms, self.kpi) / 1000)

    @property
    def quiet(self) -> int:
        """Steps before the outage, so that the windows can be worked out; longer ones than this rate's cannot."""
        return self.burn.long_ms // self.step_ms + 2

    @property
    def outage(self) -> int:
        """Steps until so much of the allowance is gone."""
        return int(float(self.burn.share_percent) / 100 * self.allowance_s // self.step_s) + 2

    @property
    def told(self) -> dict[str, str]:
        """The downtime of the first of the alert's windows that is over its share, and what is left."""
        lost_s = self.outage * self.step_s
        for burn in (each for each in self.burns if self.is_in_step(each)):
            share_s = float(burn.share_percent) / 100 * self.allowance_s
            shown_s = min(lost_s, burn.long_ms // 1000)
            if shown_s > share_s and min(lost_s, burn.short_ms // 1000) > share_s * burn.short_ms / burn.long_ms:
                return {"value": _duration(shown_s), "allowance": _duration(self.allowance_s - lost_s)}
        raise AssertionError("the outage was made long enough for one of them")

    def is_in_step(self, other: Burn) -> bool:
        """Whether the windows of another rate, too, can be worked out in this story."""
        return other.long_ms <= self.burn.long_ms and other.short_ms >= self.step_ms

    def quiet_case(self, title: str, step: int, sofar: str, extra: Mapping[str, str] | None = None) -> Case:
        """The alert stays quiet at a step; `sofar` is the period's downtime in promtool's notation."""
        series = {
            self.subject.sample(names.PERIOD_START): "0x~",
            self.subject.sample(names.KPI_ALLOWANCE, **self.where): f"{self.allowance_s}x~",
            self.subject.sample(names.KPI_ALLOWANCE_LEFT, **self.where): _less(self.allowance_s, sofar),
            **(extra or {}),
        }
        return Case(title, step * self.step_ms, series, step_ms=self.step_ms)

    def firing_case(self, title: str, sofar: str, extra: Mapping[str, str] | None = None) -> Case:
        """The alert fires at the outage's last step."""
        case = self.quiet_case(title, self.quiet + self.outage, sofar, extra)
        return replace(case, fires=self.subject.came(**self.where), told=self.told)


def _less(whole: int, values: str) -> str:
    """A whole less each of some values, in promtool's notation."""
    parts = []
    for part in values.split():
        first, _, times = part.partition("x")
        start, _, step = first.partition("+")
        parts.append(f"{whole - int(start)}-{step}x{times}" if step else f"{whole - int(start)}x{times}")
    return " ".join(parts)


def _duration(seconds: int) -> str:
    """Seconds as Prometheus tells them to people."""
    days, rest = divmod(abs(seconds), 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    parts = (f"{days}d", f"{hours}h", f"{minutes}m", f"{rest}s")
    first = next((n for n, number in enumerate((days, hours, minutes)) if number), 3)
    return ("-" if seconds < 0 else "") + " ".join(parts[first:])
