"""A first configuration for somebody's own endpoints: settings and one contract, with a comment for what comes next."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class FirstContract:
    """What is asked for. `urls`: one endpoint each, of one service; `target`: per cent, as it is typed; `witnesses`:
    addresses of somebody else."""

    title: str
    authority: str
    supplier: str
    urls: tuple[str, ...]
    target: str
    time_zone: str
    currency: str
    witnesses: tuple[str, ...]
    term: tuple[date, date]

    @property
    def id(self) -> str:
        """The title as an identifier."""
        return _identifier(self.title) or "contract"


def own_files(first: FirstContract) -> dict[str, str]:
    """The text of each file by its path in the configuration's folder."""
    return {f"contracts/{first.id}.yaml": _contract(first), "sla-monitor.yaml": _settings(first)}


def _settings(first: FirstContract) -> str:
    return f"""\
# yaml-language-server: $schema=schema/settings.schema.json
#
# The monitor's own settings. Paths are relative to this file. `sla-monitor schema settings` prints every key.

listen: 127.0.0.1:9810  # the status page and the metrics; for others to reach it, put a web server in front
contracts: contracts  # the folder of the contracts, a file each

ledger:
  path: ../var/ledger.db  # the record

# Endpoints of somebody else. When none of them answers, our own network is gone: what we then fail to see is UNKNOWN
# and no supplier's downtime. Without witnesses every failure is the supplier's. Two are better than one.
{_witnesses(first.witnesses)}
# Where alerts go, and where booked maintenance is silenced.
# alertmanager:
#   url: http://127.0.0.1:9093
#   silences: true
"""


def _witnesses(urls: tuple[str, ...]) -> str:
    if not urls:
        return """\
# witnesses:
#   - {id: witness-1, kind: http, url: "https://www.example.org/", every: 60s, timeout: 5s}
#   - {id: witness-2, kind: http, url: "https://www.example.net/", every: 60s, timeout: 5s}
"""
    lines = [
        f"  - {{id: witness-{i}, kind: http, url: {_quoted(url)}, every: 60s, timeout: 5s}}"
        for i, url in enumerate(urls, 1)
    ]
    return "\n".join(["witnesses:", *lines, ""])


def _contract(first: FirstContract) -> str:
    start, end = first.term
    return f"""\
# yaml-language-server: $schema=../schema/contract.schema.json
#
# One contract. Every date, time and amount below is a first guess: put your contract's own in its place.
# `sla-monitor check` says what is wrong, with line and column. `sla-monitor schema contract` prints every key.

id: {_quoted(first.id)}  # keep it for the whole term: history, metrics and reports use it
title: {_quoted(first.title)}
authority: {_quoted(first.authority)}
supplier: {_quoted(first.supplier)}
term: {{start: {start}, end: {end}}}  # first and last day
time_zone: {first.time_zone}  # of months, service hours and deadlines
currency: {first.currency}

accounting:
  confirmation: 2  # so many failed probes in a row make an outage

# Hours in which downtime counts; a service names them with `service_hours: office`. Without, it counts at any hour.
calendars:
  office:
    hours: {{mon-fri: "08:00-18:00"}}
    # closed_on: [{start.year}-12-25, {start.year}-12-26]

services:
  - id: {_quoted(first.id)}
    name: {_quoted(first.title)}
    criticality: high  # critical, high, medium or low: how urgently its outages are reported
    # service_hours: office
    endpoints:
{_endpoints(first.urls)}
kpis:
  - id: KPI1
    title: {_quoted(f"{first.title} is available")}
    clause: (the clause of your contract)
    service: {_quoted(first.id)}
    target: {first.target}  # per cent of the month

# What a month costs, what a missed target takes off, and at most how much.
# charges:
#   monthly: [{{amount: 10000}}]
# credits:
#   - {{id: service-credit, method: tiers, kpi: KPI1, tiers: [{{below: {first.target}, percent: 5}}]}}
# caps:
#   - {{id: annual, percent: 10, base: contract_year, over: contract_year}}
"""


def _endpoints(urls: tuple[str, ...]) -> str:
    """One item for each; the comments stand below the first."""
    names = [_endpoint_id(url) for url in urls]
    lines: list[str] = []
    for i, (url, name) in enumerate(zip(urls, names, strict=True)):
        is_twice = names.count(name) > 1
        lines += [
            f"      - id: {_quoted(f'{name[:59]}-{i + 1}' if is_twice else name)}",
            "        kind: http",
            f"        url: {_quoted(url)}",
            "        every: 30s",
            "        timeout: 10s",
        ]
        lines += _FURTHER_KEYS if i == 0 else []
    return "\n".join([*lines, ""])


_FURTHER_KEYS = (
    "        # degraded_above: 2s",
    "        # expect: {status: [200], body_contains: [Sign in]}",
    "        # A secret is never written here, only where it is: a file, or an environment variable.",
    "        # bearer_token: ${file:/etc/sla-monitor/token}",
)


def _endpoint_id(url: str) -> str:
    parts = urlsplit(url)
    return _identifier(f"{parts.hostname or ''}{parts.path}") or "endpoint"


def _identifier(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:63].rstrip("-")


def _quoted(text: str) -> str:
    """As a double-quoted scalar: JSON's strings are YAML's."""
    return json.dumps(text, ensure_ascii=False)
