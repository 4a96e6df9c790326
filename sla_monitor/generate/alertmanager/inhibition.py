"""Inhibition: alerts that stay quiet while another one fires.

Alertmanager takes two labels that are both missing for equal ones: without care, one alert would mute every other.
So each rule demands of both sides that the labels which must be equal are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sla_monitor import names
from sla_monitor.generate.promql import quoted
from sla_monitor.names import AlertName


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While one of `sources` fires, `targets` with equal labels are not told. `but`: those that are all the same."""

    sources: tuple[AlertName, ...]
    targets: tuple[AlertName, ...] | str
    equal: tuple[str, ...]
    but: tuple[AlertName, ...] = ()

    def rule(self) -> dict[str, Any]:
        present = [f'{label}!=""' for label in self.equal]
        return {
            "source_matchers": [_named(self.sources), *present],
            "target_matchers": [
                f"area={quoted(self.targets)}" if isinstance(self.targets, str) else _named(self.targets),
                *([_named(self.but, negated=True)] if self.but else []),
                *present,
            ],
            "equal": list(self.equal),
        }


INHIBITIONS = (
    # A service that is down says all that its endpoints would.
    Inhibition(
        (names.SERVICE_DOWN,),
        (names.ENDPOINT_DOWN, names.HEARTBEAT_SILENT, names.JOURNEY_FAILING, names.SERVICE_DEGRADED),
        ("contract", "service", "instance"),
    ),
    # What a blind monitor says of suppliers is nothing to call anybody for.
    Inhibition(
        (names.MONITOR_BLIND, names.NOT_PROBING, names.ASSESSMENT_STALE),
        "supplier",
        ("instance",),
    ),
    # Permitted maintenance mutes everything about its service, except that it is not over in time. Burn rates know by
    # themselves: a KPI may count maintenance.
    Inhibition(
        (names.MAINTENANCE,),
        "supplier",
        ("contract", "service", "instance"),
        but=(names.MAINTENANCE, names.MAINTENANCE_OVERRUN, names.BURNS_FAST, names.BURNS),
    ),
    # Somebody has been called: no ticket for the same.
    Inhibition((names.BURNS_FAST,), (names.BURNS, names.RUNS_OUT), ("contract", "kpi", "instance")),
    # The allowance is gone: how fast it went is no longer the question.
    Inhibition((names.KPI_BREACHED,), (names.BURNS, names.RUNS_OUT), ("contract", "kpi", "instance")),
    Inhibition((names.TRIGGER_REACHED,), (names.TRIGGER_NEAR,), ("contract", "trigger", "instance")),
)


def inhibitions() -> Iterator[dict[str, Any]]:
    """The rules as Alertmanager reads them."""
    return (inhibition.rule() for inhibition in INHIBITIONS)


def _named(alerts: tuple[AlertName, ...], *, negated: bool = False) -> str:
    listed = "|".join(alert.name for alert in alerts)
    return f"alertname{'!~' if negated else '=~'}{quoted(listed)}"
