"""PromQL as text: selectors, quoting and durations. Names in it come from names.py, values from the contracts."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sla_monitor.contract.fields import spelled_duration
from sla_monitor.names import MetricName

PER_SERVICE = "on (contract, service, instance)"
PER_ENDPOINT = "on (contract, service, endpoint, instance)"
PER_KPI = "on (contract, kpi, service, instance)"
PER_CONTRACT = "on (contract, instance)"


def quoted(text: str) -> str:
    """A string literal. JSON's escapes are a part of PromQL's."""
    return json.dumps(text, ensure_ascii=False)


def name_of(metric: MetricName | str) -> str:
    return metric.sample if isinstance(metric, MetricName) else metric


def select(metric: MetricName | str, **labels: str | Sequence[str]) -> str:
    """A selector; several values of a label are alternatives. Values are identifiers, in which only `.` means
    something to a regular expression."""
    matchers = []
    for name, wanted in labels.items():
        several = (wanted,) if isinstance(wanted, str) else tuple(wanted)
        if len(several) == 1:
            matchers.append(f"{name}={quoted(several[0])}")
        else:
            matchers.append(f"{name}=~{quoted('|'.join(value.replace('.', '[.]') for value in several))}")
    return f"{name_of(metric)}{{{','.join(matchers)}}}" if matchers else name_of(metric)


def sample(metric: MetricName | str, **labels: str) -> str:
    """One series, as a unit test of promtool names it."""
    return f"{name_of(metric)}{{{','.join(f'{name}={quoted(value)}' for name, value in sorted(labels.items()))}}}"


def lasting(milliseconds: int) -> str:
    """A duration as Prometheus writes it."""
    return spelled_duration(milliseconds) if milliseconds else "0s"


def seconds(milliseconds: int) -> str:
    """A number of seconds."""
    return f"{milliseconds / 1000:g}"


def joined(*lines: str) -> str:
    """An expression on several lines."""
    return "\n".join(lines)
