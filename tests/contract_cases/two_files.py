"""A run of a case as two files, the contract and the evidence: the whole way of a month gives the same answers.

What a row says was seen becomes outages of endpoints, one after the other from the second day of the month on; figures,
tickets, occurrences and the rest become entries of the register.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sla_monitor.contract.fields import parse_duration
from sla_monitor.periods.months import shifted
from sla_monitor.register.instant import format_utc
from tests.support.terms import HEAD

from .reading import Case, month_name, site_spans

Run = list[dict[str, Any]]
GAP = timedelta(minutes=1)
NOT_TOLD = {"slots", "samples", "looks", "now"}
TIME_TOLD = {"down", "excluded", "excluded_down", "kept", "beyond", "unknown"}
PARTIES = {"figures": "authority", "submitted": "supplier", "agreed": "agreed"}


def can_be_told(run: Run) -> bool:
    """Whether two files can hold it: single observations are told by tests of their own, and a month has its own
    length."""
    times = [time for row in run for time in row.get("time", {}).values()]
    outages = [one for time in times for one in time.get("down", ())]
    return (
        not any(NOT_TOLD & row.keys() for row in run)
        and all(time.keys() <= TIME_TOLD for time in times)
        and not any(isinstance(one, dict) and "counted" in one for one in outages)
    )


def write(case: Case, run: Run, folder: Path) -> tuple[Path, Path]:
    """The two files. JSON is YAML; numbers are written with all their digits."""
    paths = folder / "contract.yaml", folder / "evidence.json"
    for path, document in zip(paths, (_contract(case, run), _evidence(case, run)), strict=True):
        path.write_text(json.dumps(document, default=str), encoding="utf-8")
    return paths


def _contract(case: Case, run: Run) -> dict[str, Any]:
    terms = _without_nothing(deepcopy(case.data.get("terms", {})))
    charges = run[0].get("charges", case.data.get("charges", {}))
    rules = [*terms.get("kpis", ()), *terms.get("credits", ())]
    names = dict.fromkeys(
        ["service", *(rule["service"] for rule in rules if "service" in rule), *filter(None, charges)]
    )
    seen = set(_watched(case, run).values())
    monthly = [{"amount": amount} | ({"service": name} if name else {}) for name, amount in charges.items()]
    return {
        **HEAD,
        "term": {"start": f"{first_month(case, run)}-01", "end": "2045-12-31"},
        "time_zone": case.zone.key,
        "currency": case.data.get("currency", "GBP"),
        "accounting": {"confirmation": 1, "coverage_floor": 0},
        "maintenance": {"approval": "none"},
        "services": [{"id": name, "endpoints": [_endpoint(name)] if name in seen else []} for name in names],
        **terms,
        "charges": {**terms.get("charges", {}), "monthly": monthly},
    }


def _without_nothing(value: Any) -> Any:
    """A variant takes a key away by setting it to nothing."""
    if isinstance(value, dict):
        return {key: _without_nothing(inner) for key, inner in value.items() if inner is not None}
    return [_without_nothing(inner) for inner in value] if isinstance(value, list) else value


def _endpoint(service: str) -> dict[str, Any]:
    return {"id": f"{service}-endpoint", "kind": "tcp", "host": "supplier.example", "port": 443}


def _watched(case: Case, run: Run) -> dict[str, str]:
    """The KPIs whose time the run tells, each with its service."""
    timed = {name for row in run if "sites" not in row for name in row.get("time", {})}
    return {kpi["id"]: kpi["service"] for kpi in case.data["terms"].get("kpis", ()) if kpi["id"] in timed}


def first_month(case: Case, run: Run) -> str:
    return str(case.data.get("start", month_name(run[0])))


def _evidence(case: Case, run: Run) -> dict[str, Any]:
    entries, observed = [one for row in run for one in _said(case, row)], []
    observed += [one for row in run if "sites" in row for one in _by_site(case, row)]
    for kpi, service in _watched(case, run).items():
        told: dict[str, list[dict[str, str]]] = {"outages": [], "unseen": []}
        for row in run:
            entries += _time(row.get("time", {}).get(kpi, {}), service, month_name(row), told)
        observed.append({"kind": "outages", "endpoint": f"{service}-endpoint", **told})
    plain = {"at": "2019-01-01T00:00:00Z", "contract": HEAD["id"]}
    return {
        "format": "sla-monitor-evidence",
        "version": 1,
        "contract": HEAD["id"],
        "zone": case.zone.key,
        "seen": {"from": f"{first_month(case, run)}-01", "until": f"{shifted(month_name(run[-1]), 1)}-01"},
        "observed": observed,
        "entries": [plain | {"number": n, "actor": f"person {n}", "said": said} for n, said in enumerate(entries, 1)],
    }


def _by_site(case: Case, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What each site recorded, as a ledger would write it."""
    for service in case.terms().services:
        for endpoint in service.endpoints:
            for site in endpoint.sites:
                spans = [
                    {
                        "start": format_utc(one.start_ms),
                        "end": format_utc(one.end_ms),
                        "outcome": f"{one.outcome}",
                        "last_look": format_utc(one.seen_ms),
                        "looks": one.probes,
                    }
                    for one in site_spans(case, row, endpoint, site)
                ]
                yield {"kind": "spans", "endpoint": endpoint.id, "site": site, "spans": spans}


def _said(case: Case, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    month = month_name(row)
    for key, party in PARTIES.items():
        for kpi, value in row.get(key, {}).items():
            plain = parse_duration(value) if isinstance(value, str) else value
            yield {"kind": "figure", "kpi": kpi, "month": month, "party": party, "value": plain}
    for kpi, (good, total) in row.get("counts", {}).items():
        counts = {"in_target": good, "total": total}
        yield {"kind": "figure", "kpi": kpi, "month": month, "party": "authority", **counts}
    for ticket in (one for several in row.get("tickets", {}).values() for one in several):
        stops = [dict(zip(("start", "end", "reason"), stop, strict=True)) for stop in ticket.get("stops", ())]
        yield {"kind": "ticket", **ticket, "id": str(ticket["id"]), "stops": stops}
    rates = [rule["id"] for rule in case.data.get("terms", {}).get("credits", ()) if rule["method"] == "unit_rate"]
    for rule, several in row.get("occurrences", {}).items():
        for one in several:
            rest = {"area": one["area"], "used": one.get("is_used", False), "repeats": one.get("repeats", 1)}
            lasted = {"duration_ms": parse_duration(one["lasted"])}
            yield {"kind": "occurrence", "rule": rule or rates[0], "month": month, **lasted, **rest}
    for one in row.get("misreports", ()):
        yield {"kind": "misreport", "month": month} | {key.removeprefix("is_"): value for key, value in one.items()}


def _time(
    time: dict[str, Any], service: str, month: str, told: dict[str, list[dict[str, str]]]
) -> Iterator[dict[str, Any]]:
    """Adds to the outages and to what nobody saw; gives the entries that belong to them."""
    clock = _Clock(datetime.fromisoformat(f"{month}-02"))
    for one in time.get("down", ()):
        if isinstance(one, str) or "whole" in one:
            outage = clock.next(one if isinstance(one, str) else one["whole"])
            told["outages"] += [outage] if outage["start"] < outage["end"] else []
            if isinstance(one, dict) and "users" in one:
                yield {"kind": "impact", "service": service, "users": one["users"][0], "of": one["users"][1], **outage}
        else:
            told["outages"].append({"start": one["began"], "end": one["ended"]})
    if "excluded" in time:
        booked = clock.next(time["excluded"], time.get("beyond", "0s"))
        yield {"kind": "maintenance", "services": [service], **booked}
        if "excluded_down" in time:
            was_down = _span(datetime.fromisoformat(booked["start"]), time["excluded_down"], time.get("beyond", "0s"))
            told["outages"].append(was_down)
    if "unknown" in time:
        told["unseen"].append(clock.next(time["unknown"]))


class _Clock:
    """Where in a month the next stretch of time begins, on the wall."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def next(self, *lasting: str) -> dict[str, str]:
        span = _span(self.at, *lasting)
        self.at = datetime.fromisoformat(span["end"]) + GAP
        return span


def _span(start: datetime, *lasting: str) -> dict[str, str]:
    end = start + timedelta(milliseconds=sum(map(parse_duration, lasting)))
    return {"start": start.isoformat(), "end": end.isoformat()}
