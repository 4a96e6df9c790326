"""Unit tests for promtool, made with the rules: each alert fires when it must and stays quiet when it must."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sla_monitor.generate.alert import Alert, Case
from sla_monitor.generate.promql import lasting
from sla_monitor.settings import Links

Files = dict[str, Any]
"""File name below the output folder: what it holds, as plain data or text."""


def unit_tests(name: str, needs: Sequence[str], alerts: Iterable[Alert], links: Links) -> Files:
    """The test files for the rules in `rules/<name>.yaml`, which need those in other files: one for each length of
    step."""
    by_step: dict[int, list[dict[str, Any]]] = {}
    for alert in alerts:
        for case in alert.cases:
            by_step.setdefault(case.step_ms, []).extend(_tests(alert, case, links))
    return {
        f"tests/{name}-{lasting(step_ms)}.yaml": {
            "rule_files": [f"../rules/{each}.yaml" for each in (*needs, name)],
            "evaluation_interval": lasting(step_ms),
            "group_eval_order": [*needs, name],
            "tests": tests,
        }
        for step_ms, tests in sorted(by_step.items())
    }


def _tests(alert: Alert, case: Case, links: Links) -> Iterator[dict[str, Any]]:
    fires, steps = case.fires is not None, case.at_ms // case.step_ms + 1
    expected = {"exp_alerts": [alert.expected(case, links)]} if fires else {"exp_alerts": []}
    yield {
        "name": f"{alert.name.name}: {case.title}",
        "interval": lasting(case.step_ms),
        "input_series": [
            {"series": series, "values": values.replace("~", str(steps))} for series, values in case.series.items()
        ],
        "alert_rule_test": [{"eval_time": lasting(case.at_ms), "alertname": alert.name.name, **expected}],
    }
