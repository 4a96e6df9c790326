"""A pair of collectors in Prometheus: both are scraped, and each figure is there once.

The one that speaks tells the figures, and either tells of itself. A figure is stored under a name of its own for each
of the two (`collector:…`), and recorded under its usual name with one `instance` for the pair: rules and dashboards ask
as ever, and the labels of an alert do not change when the other one takes over. Between the last answer of the one and
the first of the other, the last values are held, so that no alert ends and begins again: as they were, since what is
reckoned on may overshoot, and would look like a counter's new start. Values that went away before that stay away.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sla_monitor import names
from sla_monitor.generate.alerts.alert import OURS
from sla_monitor.generate.alerts.monitor_alerts import JOB
from sla_monitor.generate.promql import joined, sample, select
from sla_monitor.names import ALL_METRICS, OF_EACH, MetricName
from sla_monitor.settings import Settings

PREFIX = "collector:"
GROUP = "pair"
HELD_FOR = "5m"
"""How long figures are held while neither tells any: as long as Prometheus takes a last sample for the present one."""

FIGURES: tuple[MetricName, ...] = (
    names.ASSESSED,
    *(m for m in ALL_METRICS if m is not names.ASSESSED and m not in OF_EACH and m.kind == "gauge"),
)
"""Counters stay apart: each collector counts from its own start. When they were worked out comes first: a scrape that
ends between two rules must not make an agreed time that is held look like one that no longer grows."""


def scraping(settings: Settings) -> dict[str, Any]:
    """What to scrape: one monitor, or both of the pair."""
    pair = settings.collectors
    if pair is None:
        return {"job_name": JOB, "static_configs": [{"targets": [settings.listen]}]}
    return {
        "job_name": JOB,
        "static_configs": [{"targets": list(pair.scraped) or [settings.listen]}],
        "metric_relabel_configs": [
            {
                "source_labels": ["__name__"],
                "regex": f"({'|'.join(metric.sample for metric in FIGURES)})",
                "target_label": "__name__",
                "replacement": f"{PREFIX}$1",
            }
        ],
    }


def pair_records(settings: Settings) -> list[dict[str, Any]]:
    """The rules that make one figure of those of two; none where there is no pair."""
    if settings.collectors is None:
        return []
    return list(_records("/".join(settings.collectors.pair)))


def _records(instance: str) -> Iterator[dict[str, Any]]:
    told = select(PREFIX + names.ASSESSED.sample, job=JOB)
    # In each rule, and not in one of its own: a scrape that ends between two rules would open a gap.
    is_held = f"absent(max({told})) and on () max(count_over_time({told}[{HELD_FOR}]))"
    for metric in FIGURES:
        of_the_one = f"max without (instance) ({select(PREFIX + metric.sample, job=JOB)})"
        last = select(metric, job=JOB, instance=instance)
        of_before = f"{last}\n  and on () ({is_held})"
        yield {
            "record": metric.sample,
            "expr": joined(of_the_one, f"or ignoring (instance) ({of_before})"),
            "labels": {"instance": instance},
        }


def pair_tests(settings: Settings) -> list[dict[str, Any]]:
    """Unit tests of promtool: a takeover, one that nobody follows, and a value that has gone away before."""
    if settings.collectors is None:
        return []
    instance = "/".join(settings.collectors.pair)
    each = [{**OURS, "instance": f"{name}:9810"} for name in settings.collectors.pair]
    state, start = PREFIX + names.SERVICE_STATE.sample, PREFIX + names.SERVICE_OUTAGE_START.sample
    about = {"contract": "c", "service": "s"}

    def telling(*values: str) -> list[dict[str, str]]:
        several = zip(each, values, strict=True)
        return [{"series": sample(PREFIX + names.ASSESSED.sample, **on), "values": told} for on, told in several]

    def figures(*values: tuple[MetricName | str, dict[str, str], str]) -> list[dict[str, str]]:
        return [{"series": sample(metric, **on, **about), "values": v} for metric, on, v in values]

    def asked(metric: MetricName, at: str, value: float | None) -> dict[str, Any]:
        labels = sample(metric, **{**OURS, "instance": instance}, **about)
        found = [] if value is None else [{"labels": labels, "value": value}]
        return {"expr": metric.sample, "eval_time": at, "exp_samples": found}

    one, other = each
    agreed = PREFIX + names.SERVICE_AGREED.sample
    return [
        {
            "name": "a takeover: the figure goes on, and what was gone stays gone",
            "interval": "15s",
            "input_series": [
                *telling("0+15x8 stale", "_x10 150+15x40"),
                *figures(
                    (state, one, "1x8 stale"),
                    (state, other, "_x10 1x40"),
                    (start, one, "7x3 stale"),
                    (agreed, one, "0+15x8 stale"),
                    (agreed, other, "_x10 150+15x40"),
                ),
            ],
            "promql_expr_test": [
                *(asked(names.SERVICE_STATE, at, 1) for at in ("1m", "2m15s", "2m30s", "2m45s", "5m")),
                asked(names.SERVICE_OUTAGE_START, "45s", 7),
                *(asked(names.SERVICE_OUTAGE_START, at, None) for at in ("1m30s", "2m30s", "3m")),
                *(
                    asked(names.SERVICE_AGREED, at, value)
                    for at, value in (("2m", 120), ("2m15s", 120), ("2m30s", 150))
                ),
            ],
        },
        {
            "name": "nobody tells any more: the figure is held for a while, and no longer",
            "interval": "15s",
            "input_series": [*telling("0+15x8 stale", "_"), *figures((state, one, "1x8 stale"))],
            "promql_expr_test": [
                asked(names.SERVICE_STATE, "5m", 1),
                asked(names.SERVICE_STATE, "10m", None),
            ],
        },
    ]
