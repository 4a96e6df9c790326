"""The shipped example is right, and says what it promises."""

from __future__ import annotations

from sla_monitor.contract.load import load_contracts
from sla_monitor.settings import load_settings
from tests.contract.support import ROOT


def test_the_shipped_configuration_loads() -> None:
    settings = load_settings(ROOT / "config/sla-monitor.yaml", {})
    (contract,) = load_contracts(settings.contracts)
    terms = contract.versions[0].terms
    assert (terms.authority, terms.supplier, terms.total_value) == ("Staffordshire Police", "Boeing", 100_000_000)
    assert terms.term.end_on.year - terms.term.start_on.year == 10
    assert "Illustrative" in terms.note
    assert len(terms.services) >= 6
    assert {kpi.service for kpi in terms.kpis} == {service.id for service in terms.services}


def test_paths_are_relative_to_the_file_that_holds_them() -> None:
    settings = load_settings(ROOT / "config/sla-monitor.yaml", {})
    assert settings.ledger.path == ROOT / "var/ledger.db"
    assert settings.contracts == ROOT / "config/contracts"
    (contract,) = load_contracts(settings.contracts)
    endpoints = {key: endpoint for key, _, endpoint in contract.endpoints_at(0)}
    assert endpoints["police-strategic-it/custody-records"].ca_file == ROOT / "var/demo/ca.pem"  # type: ignore[union-attr]
    token = endpoints["police-strategic-it/records-nightly-batch"].token  # type: ignore[union-attr]
    assert str(token) == f"${{file:{ROOT}/var/demo/heartbeat-token}}"


def test_every_endpoint_of_the_example_is_on_this_machine() -> None:
    (contract,) = load_contracts(ROOT / "config/contracts")
    for _, _, endpoint in contract.endpoints_at(0):
        address = getattr(endpoint, "url", "") or getattr(endpoint, "host", "") or getattr(endpoint, "server", "")
        assert not address or "127.0.0.1" in address or "localhost" in address


def test_the_first_kpi_rises_by_a_change_notice() -> None:
    (contract,) = load_contracts(ROOT / "config/contracts")
    before, after = contract.versions[0], contract.versions[1]
    assert after.reference == "CCN-01"
    assert before.terms.kpis[0].target_percent < after.terms.kpis[0].target_percent


def test_systemd_says_where_the_ledger_is() -> None:
    settings = load_settings(ROOT / "config/sla-monitor.yaml", {"STATE_DIRECTORY": "/var/lib/sla-monitor"})
    assert str(settings.ledger.path) == "/var/lib/sla-monitor/ledger.db"
