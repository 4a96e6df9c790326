"""The shipped example is right, and says what it promises."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from sla_monitor.contract.endpoints.endpoint import NetworkTerms
from sla_monitor.contract.load import load_contracts
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.probe import KINDS
from sla_monitor.settings import load_settings
from sla_monitor.sla.money.apportionment import participant_shares
from sla_monitor.sla.money.charges import month_charges
from tests.contract.support import ROOT


def test_the_shipped_configuration_loads() -> None:
    settings = load_settings(ROOT / "config/sla-monitor.yaml", {})
    (contract,) = load_contracts(settings.contracts)
    terms = contract.versions[0].terms
    assert (terms.authority, terms.supplier, terms.total_value) == ("Staffordshire Police", "Boeing", 100_000_000)
    assert terms.term.end_on.year - terms.term.start_on.year == 10
    assert "Illustrative" in terms.note
    assert len(terms.services) >= 6
    assert {kpi.service for kpi in terms.availability_kpis} == {service.id for service in terms.services}


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
    endpoints = [endpoint for _, _, endpoint in contract.endpoints_at(0) if isinstance(endpoint, NetworkTerms)]
    assert {host for endpoint in endpoints for host in endpoint.hosts} <= {"127.0.0.1", "localhost"}
    assert {endpoint.kind for _, _, endpoint in contract.endpoints_at(0)} == set(KINDS)


def test_the_first_kpi_rises_by_a_change_notice() -> None:
    (contract,) = load_contracts(ROOT / "config/contracts")
    before, after = contract.versions[0], contract.versions[1]
    assert after.reference == "CCN-01"
    first, second = (version.terms.availability_kpis[0] for version in (before, after))
    assert first.target < second.target


def test_systemd_says_where_the_ledger_is() -> None:
    settings = load_settings(ROOT / "config/sla-monitor.yaml", {"STATE_DIRECTORY": "/var/lib/sla-monitor"})
    assert str(settings.ledger.path) == "/var/lib/sla-monitor/ledger.db"


def test_the_charges_of_the_example_come_to_its_value() -> None:
    """£100m over ten years, with the rises that are known."""
    (contract,) = load_contracts(ROOT / "config/contracts")
    terms = contract.versions[0].terms
    month, total = terms.term.start_on, Decimal(0)
    while month <= terms.term.end_on:
        in_force = contract.version_at(midnight_ms(month, terms.time_zone)).terms.charges
        total += sum(month_charges([(in_force, 30)], 30, "GBP").values())
        month = (month + timedelta(days=32)).replace(day=1)
    assert total == Decimal("99999400.80")
    assert terms.total_value is not None
    assert 0 <= terms.total_value - total < 1000
    first_year = sum(month_charges([(terms.charges, 30)], 30, "GBP").values()) * 12
    assert terms.charges.estimated_year_1 == first_year


def test_a_partner_that_joins_the_example_takes_over_a_part_of_the_charges() -> None:
    (contract,) = load_contracts(ROOT / "config/contracts")
    shares = [participant_shares(version.terms) for version in contract.versions]
    assert [list(map(str, each.values())) for each in shares] == [
        ["4/5", "1/5"],
        ["4/5", "1/5"],
        ["18/25", "9/50", "1/10"],
    ]
    assert contract.versions[-1].reference == "CCN-02"


def test_the_example_uses_every_kind_of_term() -> None:
    (contract,) = load_contracts(ROOT / "config/contracts")
    terms = contract.versions[1].terms
    assert {kpi.indicator for kpi in terms.kpis} == {"availability", "ratio_in_target", "response_time", "submitted"}
    assert [endpoint.id for _, endpoint in terms.endpoints_of(terms.kpis[9])] == ["mobile-gateway"]
    assert len(terms.calendars["working-hours"].holidays) == 105
    assert terms.working_calendar is terms.calendars["working-hours"]
    command, custody = terms.services[0], terms.services[1]
    assert (terms.maintenance_of(command).allowance_ms, terms.maintenance_of(custody).allowance_ms) == (
        4 * 3_600_000,
        10 * 3_600_000,
    )
    assert {trigger.id for trigger in terms.triggers} == {
        "rectification",
        "unacceptable-kpi-failure",
        "critical-performance-failure",
    }
