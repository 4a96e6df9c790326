"""Alerts on how fast downtime uses a KPI's allowance up, over the contract's own period and service hours.

The workbook's rule says: so many times too fast for so long. Here it is said as a share of the period's allowance in
seconds of downtime that counts (2 per cent within an hour), which is the same for a service that is promised around
the clock, and still right for one with working hours, in months of any length, and where maintenance is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from sla_monitor import names
from sla_monitor.contract.kpis.kpi import ServiceTimeKpi
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import SHORT_DURATION, Value, text
from sla_monitor.generate.alerts.burn_pace import PAGE, TICKET, allowance_ms, live
from sla_monitor.generate.alerts.subject import AlertSubject, Group
from sla_monitor.generate.grafana.drill_down import SERVICE
from sla_monitor.generate.promql import PER_CONTRACT, PER_SERVICE, joined, lasting, seconds
from sla_monitor.settings import Burn
from sla_monitor.wording.durations import format_duration, format_short_duration


@dataclass(frozen=True, slots=True)
class BurnRateKpis:
    """The availability KPIs of the services of one criticality, those without endpoints left out."""

    subject: AlertSubject
    group: Group

    @property
    def kpis(self) -> list[ServiceTimeKpi]:
        return [kpi for kpi in self.subject.terms.availability_kpis if kpi.service in self.group.names]

    def live(self, alert: str, burns: Sequence[Burn]) -> Iterator[tuple[Burn, list[ServiceTimeKpi]]]:
        """Each rate with the KPIs that can burn at it."""
        wanted = [kpi for kpi in self.kpis if (kpi.id, alert) not in self.subject.refused]
        for burn in burns:
            kpis = [kpi for kpi in wanted if live(self.subject.terms, kpi, (burn,))]
            if kpis:
                yield burn, kpis


def burn_records(subject: AlertSubject) -> list[dict[str, Any]]:
    """Downtime of each KPI in its period so far, and within each window; service hours of late."""
    left, whole = subject.select(names.KPI_ALLOWANCE_LEFT), subject.select(names.KPI_ALLOWANCE)
    alerting = subject.settings.alerting
    windows = {ms for burn in (*alerting.page, *alerting.ticket) for ms in (burn.long_ms, burn.short_ms)}
    deltas = [
        {"record": f"{names.DELTA_RECORD}{lasting(ms)}", "expr": _within(subject, ms)}
        for ms in sorted(windows)
        if subject.terms.availability_kpis
    ]
    sofar = {"record": names.DOWNTIME_RECORD, "expr": f"{whole} - {left}"}
    return [{"record": subject.hours_record, "expr": _hours(subject)}, *([sofar] if deltas else []), *deltas]


def _hours(subject: AlertSubject) -> str:
    """While nothing is worked out, or a pair's figures are held, whether service hours have ended is not known: they
    are what they were, and no alert ends for it. That is an alert of its own."""
    agreed, recent = subject.select(names.SERVICE_AGREED), lasting(subject.recent_ms)
    return joined(
        f"increase({agreed}[{recent}])",
        f"unless on (instance) changes({names.ASSESSED.sample}[{recent}]) == 0",
        f"or ({subject.select(subject.hours_record)} and {agreed})",
    )


def _within(subject: AlertSubject, window_ms: int) -> str:
    """The downtime of a window. It may shrink, when relief is granted: that is no downtime, and nothing to count from
    anew as a counter would. A window that reaches back beyond the month's beginning holds all downtime since then;
    a KPI that is measured over several months is only compared with itself."""
    kpis = subject.terms.availability_kpis
    monthly = [kpi.id for kpi in kpis if kpi.measurement_months == 1]
    longer = [kpi.id for kpi in kpis if kpi.measurement_months > 1]
    start = subject.select(names.PERIOD_START)
    parts = []
    if monthly:
        sofar = subject.select(names.DOWNTIME_RECORD, **({"kpi": monthly} if longer else {}))
        earlier = f"time() - {seconds(window_ms)}"
        parts += [
            f"{_grown(sofar, window_ms)}\nand {PER_CONTRACT} ({start} <= {earlier})",
            f"(\n  {sofar}\n  and {PER_CONTRACT} ({start} > {earlier})\n)",
        ]
    if longer:
        parts.append(_grown(subject.select(names.DOWNTIME_RECORD, kpi=longer), window_ms))
    return "\nor\n".join(parts)


def _grown(sofar: str, window_ms: int) -> str:
    return f"clamp_min({sofar} - {sofar} offset {lasting(window_ms)}, 0)"


def burn_alerts(subject: AlertSubject, group: Group) -> Iterator[Alert]:
    """The page (where somebody is called at all) and the ticket."""
    promises, alerting = BurnRateKpis(subject, group), subject.settings.alerting
    fast, slow = list(promises.live(PAGE, alerting.page)), list(promises.live(TICKET, alerting.ticket))
    if fast:
        yield _burns(promises, names.BURNS_FAST, fast)
    if slow:
        yield _burns(promises, names.BURNS, slow)


def _burns(promises: BurnRateKpis, name: names.AlertName, burns: Sequence[tuple[Burn, list[ServiceTimeKpi]]]) -> Alert:
    subject, group = promises.subject, promises.group
    booked = subject.select(names.SERVICE_MAINTENANCE, service=group.names)
    longest = format_short_duration(max(burn.long_ms for burn, _ in burns))
    pace = "very fast" if name is names.BURNS_FAST else "too fast"
    return Alert(
        name,
        group.severity if name is names.BURNS_FAST else "warning",
        "\nor\n".join(_expressions(subject, burns, f"unless {PER_SERVICE} {booked} == 1")),
        text(
            "At least ",
            Value(SHORT_DURATION),
            f" of downtime in the last {longest}, and it goes on.",
        ),
        tuple(_cases(subject, burns)),
        subject.labels(group),
        {
            **subject.about("service", "kpi"),
            "promise": subject.promise_of_kpi,
            **subject.impact("contract", "kpi"),
            "call": subject.contacts(group.services),
        },
        subject.dashboard(SERVICE, "service"),
        summary=text(f"Downtime uses the allowance up {pace}: ", subject.kpi, "."),
        resolved=text(f"Downtime no longer uses the allowance up {pace}: ", subject.kpi, "."),
        clock=subject.clock,
    )


def _expressions(
    subject: AlertSubject, burns: Sequence[tuple[Burn, list[ServiceTimeKpi]]], unless: str
) -> Iterator[str]:
    """Permitted maintenance mutes the KPIs that leave it out, and no KPI that counts it."""
    for is_counted in (False, True):
        several = [
            _burning(subject, burn, mine)
            for burn, kpis in burns
            if (mine := [kpi.id for kpi in kpis if _counts_maintenance(kpi) == is_counted])
        ]
        if several:
            yield joined("(", "\n  or\n".join(several), ")", *([] if is_counted else [unless]))


def _counts_maintenance(kpi: ServiceTimeKpi) -> bool:
    return "maintenance" in kpi.counting.kinds("counted")


def _burning(subject: AlertSubject, burn: Burn, kpis: Sequence[str]) -> str:
    allowance = subject.select(names.KPI_ALLOWANCE, kpi=kpis)
    lines = []
    for window_ms in (burn.long_ms, burn.short_ms):
        record = subject.select(f"{names.DELTA_RECORD}{lasting(window_ms)}", kpi=kpis)
        share = burn.share_percent / 100 * window_ms / burn.long_ms
        lines.append(f"    {record} > {share:.9g} * {allowance}")
    return "\n".join(["  (", lines[0], "    and", lines[1], "  )"])


def _cases(subject: AlertSubject, burns: Sequence[tuple[Burn, list[ServiceTimeKpi]]]) -> Iterator[AlertTest]:
    for burn, kpis in burns:
        possible = [each for each, able in burns if kpis[0] in able]
        yield from burn_cases(subject, kpis[0], burn, possible)


def burn_cases(subject: AlertSubject, kpi: ServiceTimeKpi, burn: Burn, burns: Sequence[Burn]) -> Iterator[AlertTest]:
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


def _no_emergencies(story: _Story, at: int, down: str) -> Iterator[AlertTest]:
    """What is no downtime; once for an alert, because it is the same for each of its rates."""
    yield story.quiet_case("a single failed probe is no downtime", at, f"0x{at + 10}")
    lost = story.outage * story.step_s
    relieved = f"{10 * lost}x{story.quiet} {5 * lost}x{story.outage + 20}"
    yield story.quiet_case("relief that is granted is no downtime", at, relieved)
    booked = {story.subject.sample(names.SERVICE_MAINTENANCE, service=story.kpi.service): "1x~"}
    if not _counts_maintenance(story.kpi):
        yield story.quiet_case("permitted maintenance is quiet", at, down, booked)


@dataclass(frozen=True, slots=True)
class _Story:
    """One KPI's allowance and downtime, in steps of a unit test."""

    subject: AlertSubject
    kpi: ServiceTimeKpi
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
    def annotation_values(self) -> dict[str, str]:
        """The downtime of the first of the alert's windows that is over its share, and what is left."""
        lost_s = self.outage * self.step_s
        for burn in (each for each in self.burns if self.is_in_step(each)):
            share_s = float(burn.share_percent) / 100 * self.allowance_s
            shown_s = min(lost_s, burn.long_ms // 1000)
            if shown_s > share_s and min(lost_s, burn.short_ms // 1000) > share_s * burn.short_ms / burn.long_ms:
                return {"value": format_short_duration(shown_s * 1000), "allowance": self._left(lost_s)}
        raise AssertionError("the outage was made long enough for one of them")

    def _left(self, lost_s: int) -> str:
        left_ms, title = (self.allowance_s - lost_s) * 1000, self.subject.kpis.get(self.kpi.id, self.kpi.id)
        over = f"used up, {format_duration(-left_ms)} more than allowed"
        return f"{over if left_ms < 0 else f'{format_duration(left_ms)} left'} {self.subject.period_name}, {title}"

    def is_in_step(self, other: Burn) -> bool:
        """Whether the windows of another rate, too, can be worked out in this story."""
        return other.long_ms <= self.burn.long_ms and other.short_ms >= self.step_ms

    def quiet_case(self, title: str, step: int, sofar: str, extra: Mapping[str, str] | None = None) -> AlertTest:
        """The alert stays quiet at a step; `sofar` is the period's downtime in promtool's notation."""
        series = {
            self.subject.sample(names.PERIOD_START): "0x~",
            self.subject.sample(names.KPI_ASSESSABLE, **self.where): "1x~",
            self.subject.sample(names.KPI_ALLOWANCE, **self.where): f"{self.allowance_s}x~",
            self.subject.sample(names.KPI_ALLOWANCE_LEFT, **self.where): _less(self.allowance_s, sofar),
            **(extra or {}),
        }
        return AlertTest(title, step * self.step_ms, series, step_ms=self.step_ms)

    def firing_case(self, title: str, sofar: str, extra: Mapping[str, str] | None = None) -> AlertTest:
        """The alert fires at the outage's last step."""
        case = self.quiet_case(title, self.quiet + self.outage, sofar, extra)
        return replace(case, fires=self.subject.came(**self.where), told=self.annotation_values)


def _less(whole: int, values: str) -> str:
    """A whole less each of some values, in promtool's notation."""
    parts = []
    for part in values.split():
        first, _, times = part.partition("x")
        start, _, step = first.partition("+")
        parts.append(f"{whole - int(start)}-{step}x{times}" if step else f"{whole - int(start)}x{times}")
    return " ".join(parts)
