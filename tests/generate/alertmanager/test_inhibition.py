"""What mutes what, in a real Alertmanager with the generated configuration; nothing is muted for want of a label."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sla_monitor.generate.alertmanager.alertmanager_file import alertmanager_files
from sla_monitor.generate.alertmanager.receivers import placeholders
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.settings import Settings
from tests.generate.support import NOW_MS, contract
from tests.support.stack import Alertmanager, alertmanager

AREAS = {"area": "supplier", "severity": "warning"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alertmanager]:
    """With receivers that tell nobody."""
    folder = tmp_path_factory.mktemp("inhibition")
    silent = [{"name": receiver["name"]} for receiver in placeholders(["small"])]
    write(rendered(alertmanager_files([contract({})], Settings(), NOW_MS, silent)), folder)
    with alertmanager(folder, folder / "alertmanager.yml") as one:
        yield one


def labels(alert: str, case: str, **more: str) -> dict[str, str]:
    """An alert of one test: the instance keeps the tests apart."""
    return {"alertname": alert, **AREAS, "contract": "small", "service": "cad", "instance": case, **more}


def muted(running: Alertmanager, source: dict[str, str], *targets: dict[str, str]) -> list[bool]:
    for one in (source, *targets):
        running.fire(**one)
    assert not running.is_muted(**source)
    return [running.is_muted(**target) for target in targets]


def without(target: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in target.items() if name not in names}


def test_a_service_that_is_down_mutes_its_own_endpoints_only(running: Alertmanager) -> None:
    down = labels("SlaServiceDown", "down", severity="critical")
    endpoint = labels("SlaEndpointDown", "down", endpoint="login")
    other = {**endpoint, "service": "custody"}
    elsewhere = {**endpoint, "contract": "other"}
    assert muted(running, down, endpoint, other, elsewhere) == [True, False, False]


def test_a_blind_monitor_mutes_suppliers_and_nothing_of_its_own(running: Alertmanager) -> None:
    blind = {"alertname": "SlaMonitorBlind", "area": "monitor", "severity": "critical", "instance": "blind"}
    supplier = labels("SlaServiceDown", "blind")
    ledger = {"alertname": "SlaLedgerFailing", "area": "monitor", "severity": "critical", "instance": "blind"}
    other_monitor = labels("SlaServiceDown", "not blind")
    assert muted(running, blind, supplier, ledger, other_monitor) == [True, False, False]


def test_maintenance_mutes_its_service_but_for_its_overrun(running: Alertmanager) -> None:
    maintenance = labels("SlaMaintenance", "works", severity="info")
    degraded, overrun = labels("SlaServiceDegraded", "works"), labels("SlaMaintenanceOverrun", "works")
    assert muted(running, maintenance, degraded, overrun) == [True, False]


def test_a_call_mutes_its_ticket(running: Alertmanager) -> None:
    fast = labels("SlaAllowanceBurnsFast", "burns", kpi="K1", severity="critical")
    slow, other = (labels("SlaAllowanceBurns", "burns", kpi=kpi) for kpi in ("K1", "K2"))
    assert muted(running, fast, slow, other) == [True, False]


@pytest.mark.parametrize(
    ("source", "target", "missing"),
    [
        ("SlaServiceDown", "SlaEndpointDown", ("contract", "service", "instance")),
        ("SlaServiceDown", "SlaEndpointDown", ("service",)),
        ("SlaMaintenance", "SlaServiceDown", ("contract", "service", "instance")),
        ("SlaMonitorBlind", "SlaServiceDown", ("instance",)),
        ("SlaAllowanceBurnsFast", "SlaAllowanceBurns", ("kpi", "contract")),
        ("SlaTriggerReached", "SlaTriggerNear", ("trigger",)),
    ],
)
def test_labels_that_are_missing_on_both_sides_mute_nothing(
    source: str, target: str, missing: tuple[str, ...], running: Alertmanager
) -> None:
    case = f"{source} without {' '.join(missing)}"
    one, other = (without(labels(name, case, endpoint="login", mark=case), *missing) for name in (source, target))
    assert muted(running, one, other) == [False]
