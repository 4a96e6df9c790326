"""Unit tests for promtool, made with the rules: each alert fires when it must and stays quiet when it must."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sla_monitor.generate.alerts.alert import Alert, AlertTest
from sla_monitor.generate.promql import lasting
from sla_monitor.settings import Links

Files = dict[str, Any]
"""File name below the output folder: what it holds, as plain data or text."""


def unit_tests(name: str, needs: Sequence[str], alerts: Iterable[Alert], links: Links) -> Files:
    """The test files for the rules in `rules/<name>.yaml`, which need those in other files: one for each length of
    step."""
    by_step: dict[int, list[dict[str, Any]]] = {}
    for alert in alerts:
        # Instants of one story are one test: making a test's storage takes longer than evaluating its rules.
        for _, story in groupby(alert.cases, key=lambda case: (case.title, case.series, case.step_ms)):
            cases = list(story)
            by_step.setdefault(cases[0].step_ms, []).append(_test(alert, cases, links))
    return {
        f"tests/{name}-{lasting(step_ms)}.yaml": {
            "rule_files": [f"../rules/{each}.yaml" for each in (*needs, name)],
            "evaluation_interval": lasting(step_ms),
            "group_eval_order": [*needs, name],
            "tests": tests,
        }
        for step_ms, tests in sorted(by_step.items())
    }


def _test(alert: Alert, cases: Sequence[AlertTest], links: Links) -> dict[str, Any]:
    first, steps = cases[0], max(case.at_ms for case in cases) // cases[0].step_ms + 1
    return {
        "name": f"{alert.name.name}: {first.title}",
        "interval": lasting(first.step_ms),
        "input_series": [
            {"series": series, "values": values.replace("~", str(steps))} for series, values in first.series.items()
        ],
        "alert_rule_test": [
            {
                "eval_time": lasting(case.at_ms),
                "alertname": alert.name.name,
                "exp_alerts": [] if case.fires is None else [alert.expected(case, links)],
            }
            for case in cases
        ],
    }
