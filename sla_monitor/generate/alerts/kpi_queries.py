"""An alert about KPIs that ask a Prometheus for their figure, and get none."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.alerts.annotations import Text, text
from sla_monitor.generate.alerts.subject import AlertSubject, minutes
from sla_monitor.generate.grafana.drill_down import HEALTH
from sla_monitor.generate.promql import joined, lasting

STEPS = 24
"""Samples of a unit test in one window."""


def kpi_query_alerts(subject: AlertSubject) -> Iterator[Alert]:
    """That a KPI's question was asked at least twice, and never answered, in twice the time after which it is asked
    again. An answer that was late, or came at the second attempt, does not alert: the figure is of a month."""
    by_every: dict[int, list[str]] = {}
    for kpi in subject.terms.kpis:
        if kpi.asked_source is not None:
            by_every.setdefault(kpi.asked_source.every_ms, []).append(kpi.id)
    if not by_every:
        return
    yield Alert(
        names.KPI_UNANSWERED,
        "warning",
        "\nor\n".join(_none_of_several(subject, kpis, 2 * every_ms) for every_ms, kpis in by_every.items()),
        text("In the record it is unknown, or out of date."),
        tuple(case for every_ms, kpis in by_every.items() for case in _cases(subject, kpis[0], 2 * every_ms)),
        subject.labels(),
        {**subject.about("kpi"), "promise": subject.promise_of_kpi},
        summary=text("A figure cannot be had from its Prometheus: ", subject.kpi, "."),
        resolved=text("A figure can be had from its Prometheus again: ", subject.kpi, "."),
        clock=subject.clock,
        for_ms=subject.settings.alerting.patience_ms,
        dashboard=Text((f"{str(subject.settings.links.dashboards).rstrip('/')}/d/{HEALTH}",)),
    )


def _none_of_several(subject: AlertSubject, kpis: list[str], window_ms: int) -> str:
    """Half a question more or less is what `increase` makes of samples that do not lie at the window's edges."""
    failed, asked = (
        f"increase({subject.select(metric, kpi=kpis)}[{lasting(window_ms)}])"
        for metric in (names.KPI_QUERY_FAILURES, names.KPI_QUERIES)
    )
    return joined(f"{failed} > 1.5", f"and {asked} - {failed} < 0.5")


def _cases(subject: AlertSubject, kpi: str, window_ms: int) -> Iterator[AlertTest]:
    failed, asked = (subject.sample(metric, kpi=kpi) for metric in (names.KPI_QUERY_FAILURES, names.KPI_QUERIES))
    step_ms = minutes(window_ms // STEPS) * 60_000
    at_ms, every = (2 * STEPS + 2) * step_ms, f"in {lasting(window_ms)}"
    came = subject.came(kpi=kpi)
    yield AlertTest(
        f"fires when nothing is answered {every}", at_ms, {failed: "0+1x~", asked: "7+1x~"}, came, {}, step_ms
    )
    after = {failed: f"0x{STEPS} 1+1x~", asked: "0+1x~"}
    yield AlertTest(f"fires when answers have stopped {every}", at_ms, after, came, {}, step_ms)
    yield AlertTest(
        f"one answer {every} is enough",
        at_ms,
        {failed: f"0+1x{STEPS + 5} {STEPS + 5}+1x~", asked: "0+1x~"},
        step_ms=step_ms,
    )
    yield AlertTest(
        f"one failure {every} does not alert",
        at_ms,
        {failed: f"0x{STEPS + 5} 1x~", asked: f"0x{STEPS + 5} 1x~"},
        step_ms=step_ms,
    )
    yield AlertTest(
        f"nothing that is asked {every} does not alert", at_ms, {failed: "3x~", asked: "9x~"}, step_ms=step_ms
    )
