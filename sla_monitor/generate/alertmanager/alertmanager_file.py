"""Alertmanager's configuration file, with its routes, and the template of its messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files as resources
from typing import Any

from sla_monitor import names
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.alertmanager.clock import clock_template
from sla_monitor.generate.alertmanager.inhibition import inhibitions
from sla_monitor.generate.alertmanager.receivers import DEAD_MANS_SWITCH, NOBODY, WATCHERS, placeholders, replaced
from sla_monitor.generate.alertmanager.working_hours import holidays, holidays_name, hours_name, time_intervals
from sla_monitor.generate.promql import lasting, quoted
from sla_monitor.generate.promtool import Files
from sla_monitor.settings import Settings

HOUR_MS = 3_600_000


def alertmanager_files(
    contracts: Sequence[Contract], settings: Settings, now_ms: int, receivers: Sequence[Mapping[str, Any]] = ()
) -> Files:
    """The configuration and the templates. `receivers` stand in place of the placeholders of their names; raises
    GenerateError for one that has no such name."""
    terms = [contract.version_at(now_ms).terms for contract in contracts]
    template = resources("sla_monitor.generate") / "templates" / "sla.tmpl"
    return {
        "alertmanager.yml": {
            "global": {"resolve_timeout": "5m"},
            "templates": ["templates/*.tmpl"],
            "route": _root(terms, settings),
            "inhibit_rules": list(inhibitions()),
            "time_intervals": [interval for one in terms for interval in time_intervals(one)],
            "receivers": replaced(placeholders([one.id for one in terms]), receivers),
        },
        "templates/sla.tmpl": template.read_text(encoding="utf-8"),
        "templates/sla-clock.tmpl": clock_template(terms, now_ms),
    }


def matcher(label: str, operator: str, value: str) -> str:
    """One matcher; the value is quoted, as newer versions of Alertmanager want it."""
    return f"{label}{operator}{quoted(value)}"


def _root(terms: Sequence[Terms], settings: Settings) -> dict[str, Any]:
    """What no route knows goes to those who look after the monitor: nothing is lost."""
    wait_ms = settings.alerting.group_wait_ms
    return {
        "receiver": WATCHERS.tickets,
        "group_by": ["alertname", "contract", "service"],
        "group_wait": lasting(wait_ms),
        "group_interval": lasting(10 * wait_ms),
        "repeat_interval": _repeat(4, wait_ms),
        "routes": [
            {
                "matchers": [matcher("alertname", "=", names.WATCHDOG.name)],
                "receiver": DEAD_MANS_SWITCH,
                "group_wait": "1s",
                "group_interval": "1m",
                "repeat_interval": "5m",
            },
            {"matchers": [matcher("severity", "=", "info")], "receiver": NOBODY},
            {
                # What the monitor cannot see of one contract is one message, however many services it has.
                "matchers": [matcher("area", "=", "monitor")],
                "receiver": WATCHERS.tickets,
                "group_by": ["alertname", "contract"],
                "routes": [
                    {
                        "matchers": [matcher("severity", "=", "critical")],
                        "receiver": WATCHERS.pager,
                        "repeat_interval": _repeat(1, wait_ms),
                    }
                ],
            },
            *(route for one in terms for route in _contract(one, wait_ms)),
        ],
    }


def _contract(terms: Terms, wait_ms: int) -> Iterator[dict[str, Any]]:
    """By contract, then by severity, and calls by how critical the service is.

    Not by supplier: a name may hold what Alertmanager cannot compare, and may change before its configuration does.
    """
    hours: dict[str, Any] = {"active_time_intervals": [hours_name(terms)]}
    if holidays(terms):
        hours["mute_time_intervals"] = [holidays_name(terms)]
    critical = matcher("severity", "=", "critical")
    yield {
        "matchers": [matcher("contract", "=", terms.id)],
        "receiver": f"{terms.id}-tickets",
        "routes": [
            {
                "matchers": [matcher("area", "=", "contract")],
                "receiver": f"{terms.id}-managers",
                "group_by": ["alertname", "contract", "kpi"],
                "repeat_interval": _repeat(24, wait_ms),
                **hours,
            },
            {
                "matchers": [critical, matcher("criticality", "=", "critical")],
                "receiver": f"{terms.id}-pager",
                "repeat_interval": _repeat(1, wait_ms),
            },
            {"matchers": [critical], "receiver": f"{terms.id}-pager"},
            {
                "matchers": [matcher("severity", "=", "warning")],
                "receiver": f"{terms.id}-tickets",
                "repeat_interval": _repeat(24, wait_ms),
                **hours,
            },
        ],
    }


def _repeat(hours: int, wait_ms: int) -> str:
    """A whole number of group intervals, or Alertmanager rounds it up by itself."""
    step_ms = 10 * wait_ms
    return lasting(-(-hours * HOUR_MS // step_ms) * step_ms)
