"""Alerts about sites far away: what they cannot hand over, lose, or may not say, and what nobody sees without them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sla_monitor import names
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.alerts.alert import OURS, Alert, AlertTest
from sla_monitor.generate.alerts.annotations import SHORT_DURATION, CountOf, Label, Value, text
from sla_monitor.generate.alerts.monitor_alerts import contract_by_name, monitor_alert, ours, service_by_name
from sla_monitor.generate.alerts.subject import MINUTE_MS, minutes
from sla_monitor.settings import Settings
from sla_monitor.wording.durations import format_short_duration

NORTH = {**OURS, "place": "north"}
SKEW_S = 2
"""Less than half of what makes an observation UNKNOWN (`daemon/far_sites.py`)."""


def far_site_alerts(settings: Settings, contracts: Sequence[Terms]) -> Iterator[Alert]:
    """Quiet where there are none: then there is no series."""
    yield _cut_off(settings)
    yield _too_few(settings, contracts)
    yield _skewed(settings)
    yield _lost(settings)
    yield _refused(settings)


def _cut_off(settings: Settings) -> Alert:
    wait_ms = settings.alerting.patience_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    connected = ours(names.FAR_CONNECTED, place="north")
    return monitor_alert(
        settings,
        names.SITE_CUT_OFF,
        "warning",
        f"{names.FAR_CONNECTED.sample} == 0",
        text("Site ", Label("place"), " does not answer. What it sees waits in its outbox."),
        (
            AlertTest("fires when one does not answer", at_ms, {connected: "1x3 0x100"}, NORTH),
            AlertTest("is quiet while it does", at_ms, {connected: "1x100"}),
            AlertTest("a short cut does not alert", at_ms, {connected: "1x3 0x2 1x100"}),
        ),
        for_ms=wait_ms,
    )


def _too_few(settings: Settings, contracts: Sequence[Terms]) -> Alert:
    """One for each service: a site that is gone takes its part in many endpoints with it. What the rest see is no
    outage, whatever it is, so that nobody else would be told."""
    wait_ms = settings.alerting.patience_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    one = contracts[0] if contracts else None
    where = {"contract": one.id, "service": one.services[0].id} if one else {"contract": "c", "service": "s"}
    endpoints = ours(names.SERVICE_WITHOUT_QUORUM, **where)
    return monitor_alert(
        settings,
        names.TOO_FEW_PLACES,
        "warning",
        f"{names.SERVICE_WITHOUT_QUORUM.sample} > 0",
        text(
            CountOf("endpoint of ", "endpoints of "),
            service_by_name(contracts),
            ": places of ours are cut off, and too few are left for the quorum of the contract. An outage would be"
            " unknown, and the coverage falls.",
        ),
        (
            AlertTest(
                "fires while places are missing", at_ms, {endpoints: "0x3 2x100"}, {**OURS, **where}, {"value": "2"}
            ),
            AlertTest("is quiet while enough see it", at_ms, {endpoints: "0x100"}),
            AlertTest("a short cut does not alert", at_ms, {endpoints: "0x3 1x2 0x100"}),
        ),
        for_ms=wait_ms,
        contract=contract_by_name(contracts),
    )


def _skewed(settings: Settings) -> Alert:
    wait_ms = 4 * settings.alerting.scrape_every_ms
    at_ms = (minutes(wait_ms) + 6) * MINUTE_MS
    ahead = ours(names.FAR_AHEAD, place="north")
    said = [{"value": format_short_duration(ms)} for ms in (3_000, 60_000)]
    return monitor_alert(
        settings,
        names.SITE_CLOCK_SKEWED,
        "warning",
        f"abs({names.FAR_AHEAD.sample}) > {SKEW_S}",
        text("The clock of site ", Label("place"), " is wrong by ", Value(SHORT_DURATION), "."),
        (
            AlertTest("fires when it is ahead", at_ms, {ahead: "3x100"}, NORTH, said[0]),
            AlertTest("fires when it is behind", at_ms, {ahead: "-60x100"}, NORTH, said[1]),
            AlertTest("is quiet while it is right", at_ms, {ahead: "0.2x100"}),
        ),
        for_ms=wait_ms,
    )


def _lost(settings: Settings) -> Alert:
    lost = ours(names.FAR_LOST, place="north")
    return monitor_alert(
        settings,
        names.SITE_LOST_OBSERVATIONS,
        "warning",
        f"increase({names.FAR_LOST.sample}[30m]) > 0",
        text("Site ", Label("place"), " had no room for what it saw, or its outbox is gone. That time is unknown."),
        (
            AlertTest("fires when it happened", 10 * MINUTE_MS, {lost: "0x5 7x100"}, NORTH),
            AlertTest("is quiet half an hour later", 50 * MINUTE_MS, {lost: "0x5 7x100"}),
            AlertTest("is quiet while it does not", 10 * MINUTE_MS, {lost: "3x100"}),
        ),
    )


def _refused(settings: Settings) -> Alert:
    past, name = (ours(names.FAR_REFUSED, place="north", why=why) for why in ("past", "name"))
    return monitor_alert(
        settings,
        names.SITE_REFUSED,
        "warning",
        f"sum without (why) (increase({names.FAR_REFUSED.sample}[30m])) > 0",
        text("Site ", Label("place"), " says what it may not say, or what cannot be. None of it is recorded."),
        (
            AlertTest("fires when something was refused", 10 * MINUTE_MS, {past: "0x100", name: "0x5 1x100"}, NORTH),
            AlertTest("is quiet half an hour later", 50 * MINUTE_MS, {past: "0x100", name: "0x5 1x100"}),
            AlertTest("is quiet while nothing is", 10 * MINUTE_MS, {past: "3x100", name: "0x100"}),
        ),
    )
