"""Alerts on how fast downtime uses a KPI's allowance up, over the contract's own period and service hours.

The workbook's rule says: so many times too fast for so long. Here it is said as a share of the period's allowance in
seconds of downtime that counts (2 per cent within an hour), which is the same for a service that is promised around
the clock, and still right for one with working hours, in months of any length, and where maintenance is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sla_monitor import names
from sla_monitor.contract.kpis.kpi import AvailabilityKpi
from sla_monitor.generate.alerts.alert import Alert, Case
from sla_monitor.generate.alerts.annotations import Label, Value, text
from sla_monitor.generate.alerts.burn_pace import PAGE, TICKET, live
from sla_monitor.generate.alerts.burn_rate_tests import burn_cases
from sla_monitor.generate.alerts.subject import ALLOWANCE_OF_KPI, MONEY, Group, Subject
from sla_monitor.generate.grafana.links import SERVICE
from sla_monitor.generate.promql import PER_CONTRACT, PER_SERVICE, joined, lasting, seconds
from sla_monitor.settings import Burn


@dataclass(frozen=True, slots=True)
class Promises:
    """The availability KPIs of the services of one criticality, those without endpoints left out."""

    subject: Subject
    group: Group

    @property
    def kpis(self) -> list[AvailabilityKpi]:
        return [kpi for kpi in self.subject.terms.availability_kpis if kpi.service in self.group.names]

    def live(self, alert: str, burns: Sequence[Burn]) -> Iterator[tuple[Burn, list[AvailabilityKpi]]]:
        """Each rate with the KPIs that can burn at it."""
        wanted = [kpi for kpi in self.kpis if (kpi.id, alert) not in self.subject.refused]
        for burn in burns:
            kpis = [kpi for kpi in wanted if live(self.subject.terms, kpi, (burn,))]
            if kpis:
                yield burn, kpis


def burn_records(subject: Subject) -> list[dict[str, Any]]:
    """Downtime of each KPI in its period so far, and within each window; service hours of late."""
    left, whole = subject.select(names.KPI_ALLOWANCE_LEFT), subject.select(names.KPI_ALLOWANCE)
    alerting = subject.settings.alerting
    windows = {ms for burn in (*alerting.page, *alerting.ticket) for ms in (burn.long_ms, burn.short_ms)}
    hours = f"increase({subject.select(names.SERVICE_AGREED)}[{lasting(subject.recent_ms)}])"
    deltas = [
        {"record": f"{names.DELTA_RECORD}{lasting(ms)}", "expr": _within(subject, ms)}
        for ms in sorted(windows)
        if subject.terms.availability_kpis
    ]
    sofar = {"record": names.DOWNTIME_RECORD, "expr": f"{whole} - {left}"}
    return [{"record": subject.hours_record, "expr": hours}, *([sofar] if deltas else []), *deltas]


def _within(subject: Subject, window_ms: int) -> str:
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


def burn_alerts(subject: Subject, group: Group) -> Iterator[Alert]:
    """The page (where somebody is called at all) and the ticket."""
    promises, alerting = Promises(subject, group), subject.settings.alerting
    fast, slow = list(promises.live(PAGE, alerting.page)), list(promises.live(TICKET, alerting.ticket))
    if fast:
        yield _burns(promises, names.BURNS_FAST, fast)
    if slow:
        yield _burns(promises, names.BURNS, slow)


def _burns(promises: Promises, name: names.AlertName, burns: Sequence[tuple[Burn, list[AvailabilityKpi]]]) -> Alert:
    subject, group = promises.subject, promises.group
    booked = subject.select(names.SERVICE_MAINTENANCE, service=group.names)
    return Alert(
        name,
        group.severity if name is names.BURNS_FAST else "warning",
        joined(
            "(",
            "\n  or\n".join(_burning(subject, burn, [kpi.id for kpi in kpis]) for burn, kpis in burns),
            ")",
            f"unless {PER_SERVICE} {booked} == 1",
        ),
        text(Label("kpi"), " of ", Label("service"), ": ", Value("humanizeDuration"), " of downtime lately."),
        tuple(_cases(subject, burns)),
        subject.labels(group),
        {
            "allowance_left": text(ALLOWANCE_OF_KPI),
            "money_at_risk": text(MONEY),
            "call": subject.contacts(group.services),
        },
        subject.dashboard(SERVICE, "service"),
    )


def _burning(subject: Subject, burn: Burn, kpis: Sequence[str]) -> str:
    allowance = subject.select(names.KPI_ALLOWANCE, kpi=kpis)
    lines = []
    for window_ms in (burn.long_ms, burn.short_ms):
        record = subject.select(f"{names.DELTA_RECORD}{lasting(window_ms)}", kpi=kpis)
        share = burn.share_percent / 100 * window_ms / burn.long_ms
        lines.append(f"    {record} > {share:.9g} * {allowance}")
    return "\n".join(["  (", lines[0], "    and", lines[1], "  )"])


def _cases(subject: Subject, burns: Sequence[tuple[Burn, list[AvailabilityKpi]]]) -> Iterator[Case]:
    for burn, kpis in burns:
        possible = [each for each, able in burns if kpis[0] in able]
        yield from burn_cases(subject, kpis[0], burn, possible)
