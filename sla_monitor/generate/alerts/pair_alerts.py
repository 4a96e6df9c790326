"""Alerts about a pair of collectors: that one speaks, one alone, and that the other one could."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor import names
from sla_monitor.generate.alerts.alert import OURS, Alert, AlertTest
from sla_monitor.generate.alerts.annotations import SHORT_DURATION, Label, Value, text
from sla_monitor.generate.alerts.monitor_alerts import JOB, monitor_alert, ours
from sla_monitor.generate.alerts.subject import MINUTE_MS, minutes
from sla_monitor.generate.promql import sample, select
from sla_monitor.names import AlertName, MetricName
from sla_monitor.settings import Settings
from sla_monitor.wording.durations import format_short_duration

EAST, WEST = ({**OURS, "instance": f"{name}:9810"} for name in ("east", "west"))
_OF_PAIR = {"job": JOB}
BEHIND_S = 900
"""How old what a collector lacks may be."""


def pair_alerts(settings: Settings) -> Iterator[Alert]:
    """Quiet where there is no pair: then there is no series."""
    yield _one_down(settings)
    yield _nobody_speaks(settings)
    yield _two_speak(settings)
    yield _cannot_reach(settings)
    yield _unfit(settings)
    yield _taken_over(settings)
    yield _behind(settings)
    yield _differs(settings)
    yield _out_of_step(settings)


def _speaking(east: str, west: str) -> dict[str, str]:
    return {
        sample(names.COLLECTOR_SPEAKS, collector="east", **EAST): east,
        sample(names.COLLECTOR_SPEAKS, collector="west", **WEST): west,
    }


def _one_down(settings: Settings) -> Alert:
    wait_ms = 8 * settings.alerting.scrape_every_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    east, west = sample("up", **EAST), sample("up", **WEST)
    return monitor_alert(
        settings,
        names.COLLECTOR_DOWN,
        "warning",
        f"{select('up', job=JOB)} == 0\nand on () {names.COLLECTOR_SPEAKS.sample}",
        text("The other one goes on. While it is alone, what happens to it is a gap."),
        (
            AlertTest("fires when one is down", at_ms, {east: "1x3 0x100", west: "1x100", **_speaking("1x3 stale", "0x4 1x100")}, EAST),  # noqa: E501
            AlertTest("is quiet while both are up", at_ms, {east: "1x100", west: "1x100", **_speaking("1x100", "0x100")}),  # noqa: E501
            AlertTest("of a monitor that is alone it is quiet", at_ms, {east: "0x100"}),
        ),
        for_ms=wait_ms,
    )  # fmt: skip


def _nobody_speaks(settings: Settings) -> Alert:
    wait_ms = 4 * settings.alerting.scrape_every_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    return monitor_alert(
        settings,
        names.NOBODY_SPEAKS,
        "critical",
        f"max without (instance, collector) ({names.COLLECTOR_SPEAKS.sample}) == 0",
        text("Both go on recording. No supplier outage is reported, and no mail is sent."),
        (
            AlertTest("fires while neither does", at_ms, _speaking("1x3 0x100", "0x103"), _OF_PAIR),
            AlertTest("fires when one is gone and the other follows", at_ms, _speaking("1x3 stale", "0x103"), _OF_PAIR),
            AlertTest("is quiet while one does", at_ms, _speaking("1x100", "0x100")),
            AlertTest("a takeover does not alert", at_ms, _speaking("1x3 0x100", "0x4 1x100")),
        ),
        for_ms=wait_ms,
    )


def _two_speak(settings: Settings) -> Alert:
    wait_ms = 4 * settings.alerting.scrape_every_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    return monitor_alert(
        settings,
        names.TWO_SPEAK,
        "critical",
        f"sum without (instance, collector) ({names.COLLECTOR_SPEAKS.sample}) > 1",
        text("Everybody may be told everything twice."),
        (
            AlertTest("fires while both do", at_ms, _speaking("1x100", "0x3 1x100"), _OF_PAIR),
            AlertTest("is quiet while one does", at_ms, _speaking("1x100", "0x100")),
            AlertTest("a takeover does not alert", at_ms, _speaking("1x4 0x100", "0x3 1x100")),
        ),
        for_ms=wait_ms,
    )


def _cannot_reach(settings: Settings) -> Alert:
    said = " cannot speak, whatever happens to the other one."
    return _of_one(settings, names.LEASE_UNREACHABLE, names.LEASE_UP, said)


def _unfit(settings: Settings) -> Alert:
    """Figures of one that follows are told by the other one: nothing else says that they cannot be made."""
    said = " cannot take over as it should; its page says why."
    return _of_one(settings, names.COLLECTOR_UNFIT, names.COLLECTOR_FIT, said)


def _of_one(settings: Settings, name: AlertName, metric: MetricName, said: str) -> Alert:
    """What one of the two is not as it should be, while it lasts; `metric`: 1 while all is well."""
    wait_ms = settings.alerting.patience_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    east = sample(metric, collector="east", **EAST)
    return monitor_alert(
        settings,
        name,
        "warning",
        f"{metric.sample} == 0",
        text("Collector ", Label("collector"), said),
        (
            AlertTest("fires while it lasts", at_ms, {east: "1x3 0x100"}, {**EAST, "collector": "east"}),
            AlertTest("is quiet while all is well", at_ms, {east: "1x100"}),
            AlertTest("a moment does not alert", at_ms, {east: "1x3 0x2 1x100"}),
        ),
        for_ms=wait_ms,
    )


def _taken_over(settings: Settings) -> Alert:
    west = sample(names.TAKEOVERS, collector="west", **WEST)
    return monitor_alert(
        settings,
        names.TAKEN_OVER,
        "info",
        f"increase({names.TAKEOVERS.sample}[30m]) > 0",
        text("Collector ", Label("collector"), " speaks now. The other one was gone, or could not reach the server."),
        (
            AlertTest("fires when it happened", 10 * MINUTE_MS, {west: "0x5 1x100"}, {**WEST, "collector": "west"}),
            AlertTest("is quiet half an hour later", 50 * MINUTE_MS, {west: "0x5 1x100"}),
            AlertTest("is quiet while it does not", 10 * MINUTE_MS, {west: "3x100"}),
        ),
    )


def _behind(settings: Settings) -> Alert:
    wait_ms = settings.alerting.patience_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    west = ours(names.FAR_BEHIND, place="north", collector="west")
    return monitor_alert(
        settings,
        names.COLLECTOR_BEHIND,
        "warning",
        f"{names.FAR_BEHIND.sample} > {BEHIND_S}",
        text(
            "Collector ", Label("collector"), " does not have what site ", Label("place"), " saw in the last ",
            Value(SHORT_DURATION), ". The site keeps it, until its outbox is full.",
        ),
        (
            AlertTest(
                "fires when one does not record",
                at_ms,
                {west: "1000x100"},
                {**OURS, "place": "north", "collector": "west"},
                {"value": format_short_duration(1_000_000)},
            ),
            AlertTest("is quiet while it does", at_ms, {west: "3x100"}),
        ),
        for_ms=wait_ms,
    )  # fmt: skip


def _differs(settings: Settings) -> Alert:
    unequal = ours(names.PAIR_DIFFERENCES)
    return monitor_alert(
        settings,
        names.PAIR_DIFFERS,
        "warning",
        f"{names.PAIR_DIFFERENCES.sample} > 0",
        text("The two collectors of the pair differ in what they have of a day; the log names the first difference."),
        (
            AlertTest("fires when a day differs", 5 * MINUTE_MS, {unequal: "0x2 1x100"}, OURS),
            AlertTest("is quiet while none does", 5 * MINUTE_MS, {unequal: "0x100"}),
        ),
    )


def _out_of_step(settings: Settings) -> Alert:
    wait_ms = settings.alerting.patience_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    in_step = ours(names.PAIR_IN_STEP)
    return monitor_alert(
        settings,
        names.PAIR_OUT_OF_STEP,
        "warning",
        f"{names.PAIR_IN_STEP.sample} == 0",
        text("The register of this collector may lack what is entered at the other one; its page says why."),
        (
            AlertTest("fires when it lasts", at_ms, {in_step: "1x3 0x100"}, OURS),
            AlertTest("is quiet while it has all", at_ms, {in_step: "1x100"}),
            AlertTest("a short while does not alert", at_ms, {in_step: "1x3 0x2 1x100"}),
        ),
        for_ms=wait_ms,
    )
