"""Everything Prometheus needs: what to scrape, what to record, when to call, and the proof that it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.terms import Terms
from sla_monitor.errors import GenerateError
from sla_monitor.generate.alerts.alert import Alert
from sla_monitor.generate.alerts.annotations import Text
from sla_monitor.generate.alerts.burn_pace import PaceRefusal, refusals
from sla_monitor.generate.alerts.burn_rate import burn_alerts, burn_records
from sla_monitor.generate.alerts.contract_alerts import contract_alerts
from sla_monitor.generate.alerts.coverage import coverage_alert, coverage_alerts
from sla_monitor.generate.alerts.deadlines import deadline_alerts
from sla_monitor.generate.alerts.endpoint_alerts import endpoint_alerts
from sla_monitor.generate.alerts.far_site_alerts import far_site_alerts
from sla_monitor.generate.alerts.kpi_queries import kpi_query_alerts
from sla_monitor.generate.alerts.maintenance_alerts import maintenance_alerts
from sla_monitor.generate.alerts.monitor_alerts import monitor_alerts
from sla_monitor.generate.alerts.obligation_alerts import obligation_alerts
from sla_monitor.generate.alerts.pair_alerts import pair_alerts
from sla_monitor.generate.alerts.recovery_alerts import recovery_alerts
from sla_monitor.generate.alerts.service_alerts import service_alerts
from sla_monitor.generate.alerts.subject import AlertSubject, clock_of
from sla_monitor.generate.alerts.trigger_alerts import trigger_alerts
from sla_monitor.generate.pair import GROUP as PAIR
from sla_monitor.generate.pair import pair_records, pair_tests, scraping
from sla_monitor.generate.promql import lasting
from sla_monitor.generate.promtool import Files, unit_tests
from sla_monitor.generate.sloth import sloth_group
from sla_monitor.settings import Links, Settings


def prometheus_files(
    contracts: Sequence[Contract],
    settings: Settings,
    now_ms: int,
    *,
    sloth: bool = False,
    leave_out_refused: bool = False,
) -> Files:
    """Rules for the terms in force at an instant. Raises GenerateError with the burn-rate alerts that cannot be made,
    unless `leave_out_refused`: then they are left out."""
    terms = [contract.version_at(now_ms).terms for contract in contracts]
    found = refused_alerts(terms, settings)
    if found and not leave_out_refused:
        raise GenerateError([str(refusal) for refusal in found])
    files: Files = {"prometheus.yml": _configuration(settings)}
    clock = _clock(terms)
    about_itself = [
        *monitor_alerts(settings, terms),
        *far_site_alerts(settings, terms),
        *pair_alerts(settings),
        *coverage_alerts(settings),
    ]
    files |= _pair(settings)
    files |= _alerts("monitor", [replace(alert, clock=clock) for alert in about_itself], settings.links)
    for one in terms:
        left_out = frozenset((refusal.kpi, refusal.alert) for refusal in found if refusal.contract == one.id)
        files |= _contract(AlertSubject(one, settings, left_out), sloth=sloth)
    return files


def _clock(terms: Sequence[Terms]) -> Text | None:
    """The local time of those who look after the monitor: that of the contracts, if all have the same one. It is known
    for a day after the monitor has gone."""
    zones = {one.time_zone.key: one.id for one in terms}
    return clock_of(next(iter(zones.values())), kept="1d") if len(zones) == 1 else None


def refused_alerts(terms: Sequence[Terms], settings: Settings) -> list[PaceRefusal]:
    """The burn-rate alerts that could not fire, or that one failed probe would trip."""
    return [refusal for one in terms for refusal in refusals(one, settings.alerting)]


def _configuration(settings: Settings) -> dict[str, Any]:
    alerting = settings.alerting
    url = urlsplit(settings.alertmanager.url)
    return {
        "global": {
            "scrape_interval": lasting(alerting.scrape_every_ms),
            "evaluation_interval": lasting(alerting.evaluate_every_ms),
        },
        "rule_files": ["rules/*.yaml"],
        "alerting": {
            "alertmanagers": [
                {
                    "scheme": url.scheme,
                    **({"path_prefix": url.path} if url.path.strip("/") else {}),
                    "static_configs": [{"targets": [url.netloc]}],
                }
            ]
        },
        "scrape_configs": [scraping(settings)],
    }


def _pair(settings: Settings) -> Files:
    """The rules that make one figure of two, where there are two collectors, and their tests."""
    records = pair_records(settings)
    if not records:
        return {}
    tests = {
        "rule_files": [f"../rules/{PAIR}.yaml"],
        "evaluation_interval": "15s",
        "group_eval_order": [PAIR],
        "tests": pair_tests(settings),
    }
    return {f"rules/{PAIR}.yaml": _rules(PAIR, records), f"tests/{PAIR}-15s.yaml": tests}


def _contract(subject: AlertSubject, *, sloth: bool) -> Files:
    """The contract's rules, a file for each group, so that a test evaluates no more than it needs."""
    links, name = subject.settings.links, f"{subject.id}-records"
    files: Files = {f"rules/{name}.yaml": _rules(name, burn_records(subject))}
    for group in subject.groups:
        alerts = (
            make(replace(subject, within=group), group)
            for make in (service_alerts, endpoint_alerts, maintenance_alerts, burn_alerts)
        )
        files |= _alerts(f"{subject.id}-{group.criticality}", [a for several in alerts for a in several], links, [name])
    makers = (
        contract_alerts, deadline_alerts, recovery_alerts, obligation_alerts, trigger_alerts, kpi_query_alerts,
    )  # fmt: skip
    made = (make(subject) for make in makers)
    managed = [*(alert for several in made for alert in several), coverage_alert(subject)]
    files |= _alerts(f"{subject.id}-contract", managed, links)
    if sloth and subject.terms.availability_kpis:
        files[f"rules/{subject.id}-sloth.yaml"] = _rules(f"{subject.id}-sloth", sloth_group(subject))
    return files


def _alerts(name: str, alerts: Sequence[Alert], links: Links, needs: Sequence[str] = ()) -> Files:
    """A file of alerts and its tests."""
    rules = _rules(name, [alert.rule(links) for alert in alerts])
    return {f"rules/{name}.yaml": rules, **unit_tests(name, needs, alerts, links)}


def _rules(name: str, rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"groups": [{"name": name, "rules": list(rules)}]}
