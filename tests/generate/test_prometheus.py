"""What Prometheus is given: clean for promtool, proven by its own unit tests, and never moved by hostile text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sla_monitor.configuration import read_configuration
from sla_monitor.contract.load import load_contract_files
from sla_monitor.generate.file_set import rendered
from sla_monitor.generate.prometheus import prometheus_files
from sla_monitor.names import ALL_ALERTS, WATCHDOG
from tests.generate.support import NOW_MS, ROOT, contract, generated, passes, promtool

COMMITTED = ROOT / "config/prometheus"
ASKED = {"prometheus": "http://127.0.0.1:9090", "value": "sum(increase(calls_total[$range]))"}
EVERYTHING: dict[str, Any] = {
    "id": "all.of-it",
    "services": [
        {
            "id": "cad.core",
            "criticality": "critical",
            "endpoints": [
                {"id": "secure", "kind": "tls", "host": "localhost", "every": "60s"},
                {"id": "job", "kind": "heartbeat", "period": "1h", "grace": "5m", "token": "${env:TOKEN}"},
            ],
        },
        {
            "id": "desk",
            "endpoints": [
                {"id": "desk", "kind": "tcp", "host": "localhost", "port": 1},
                {"id": "walk", "kind": "journey", "steps": [{"id": "in", "url": "https://localhost/"}]},
            ],
        },
    ],
    "kpis": [
        {"id": "K1", "service": "cad.core", "target": "99.9"},
        {"id": "K2", "service": "desk", "target": "99.5", "measurement_months": 3},
        {"id": "K3", "indicator": "count", "target": "2"},
        {"id": "K4", "indicator": "count", "target": "2", "source": {**ASKED, "every": "6h"}},
        {"id": "K5", "indicator": "count", "target": "2", "source": {**ASKED, "every": "1d"}},
    ],
    "invoicing": {"notify_working_days": 10},
    "obligations": [
        {"id": "plan", "title": "The {{ plan }}", "due": "2025-06-02", "consequence": "A letter.", "leads_to": "many"},
        {"id": "report", "title": "Report", "clause": "Schedule 2", "rrule": "FREQ=MONTHLY", "party": "authority"},
    ],
    "caps": [{"id": "yearly", "amount": "1000", "over": "contract_year"}],
    "triggers": [
        {"id": "many", "conditions": [{"measure": "points", "at_least": "10"}], "effects": ["notice"]},
        {"id": "dear", "conditions": [{"measure": "credits", "more_than": "500"}], "effects": ["notice"]},
        {
            "id": "long",
            "conditions": [{"measure": "failures", "months": 3, "at_least": "2"}],
            "effects": ["termination_right"],
        },
    ],
}


def rules_of(folder: Path) -> list[dict[str, Any]]:
    groups = [yaml.safe_load(path.read_text())["groups"] for path in sorted((folder / "rules").glob("*.yaml"))]
    return [rule for several in groups for group in several for rule in group["rules"]]


def unit_tests_of(folder: Path) -> list[dict[str, Any]]:
    files = [yaml.safe_load(path.read_text())["tests"] for path in sorted((folder / "tests").glob("*.yaml"))]
    return [test for tests in files for test in tests]


def test_the_committed_files_are_those_of_the_example() -> None:
    """`make generated` writes them anew."""
    read = read_configuration(ROOT / "config/sla-monitor.yaml")
    wanted = rendered(prometheus_files(read.contracts, read.settings, NOW_MS))
    found = {str(path.relative_to(COMMITTED)): path.read_text() for path in COMMITTED.rglob("*.y*ml")}
    assert found == wanted


def test_promtool_accepts_the_committed_configuration() -> None:
    check = promtool("check", "config", COMMITTED / "prometheus.yml")
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize("group", ["monitor", "*-contract", "*-critical", "*-high", "*-medium", "*-low"])
def test_the_committed_rules_pass_their_own_tests(group: str) -> None:
    passes(COMMITTED, f"{group}-[0-9]*.yaml")


def test_every_alert_has_a_rule_and_fires_in_one_test_and_is_quiet_in_another(tmp_path: Path) -> None:
    folder = generated(tmp_path, contract(EVERYTHING))
    rules = {rule["alert"] for rule in rules_of(folder) if "alert" in rule}
    assert rules == {alert.name for alert in ALL_ALERTS}
    fires: dict[bool, set[str]] = {True: set(), False: set()}
    for test in unit_tests_of(folder):
        for expected in test["alert_rule_test"]:
            fires[bool(expected["exp_alerts"])].add(expected["alertname"])
    assert fires[True] == rules
    assert fires[False] == rules - {WATCHDOG.name}


def test_a_contract_with_everything_passes(tmp_path: Path) -> None:
    passes(generated(tmp_path, contract(EVERYTHING), sloth=True), "all.of-it-*t-1m.yaml")
    tests = promtool(
        "test",
        "rules",
        *(
            tmp_path / f"tests/all.of-it-{one}.yaml"
            for one in ("medium-5m", "critical-5m", "contract-30m", "contract-2h")
        ),
    )
    assert tests.returncode == 0, tests.stdout


def test_rules_that_are_broken_on_purpose_fail_their_tests(tmp_path: Path) -> None:
    """Alerts that never fire: there is a unit test for each that says so."""
    folder = generated(tmp_path, contract({"kpis": [{"id": "K1", "service": "cad", "target": "99.9"}]}))
    alerts = {rule["alert"] for rule in rules_of(folder) if "alert" in rule}
    for path in (folder / "rules").glob("*.yaml"):
        rules = yaml.safe_load(path.read_text())
        for rule in rules["groups"][0]["rules"]:
            rule["expr"] = "vector(0) > 1"
        path.write_text(yaml.safe_dump(rules))
    tests = [
        *sorted((folder / "tests").glob("*-[15]m.yaml")),
        folder / "tests/small-medium-2h.yaml",
        folder / "tests/small-contract-6h.yaml",
    ]
    failed = promtool("test", "rules", *tests)
    assert failed.returncode == 1
    assert {alert for alert in alerts if f"{alert}: " in failed.stdout + failed.stderr} == alerts


def test_what_people_wrote_is_never_read_as_a_template(tmp_path: Path) -> None:
    """Promtool compares the text that Prometheus makes with the text that was meant."""
    hostile = 'Evil {{ $labels.contract }} "quoted" \\ {{ query "up" }} {{'
    one = contract(
        {
            "supplier": hostile,
            "contacts": [{"id": "desk", "name": f"Desk: {hostile}", "phone": "{{ template }}"}],
            "kpis": [{"id": "K1", "service": "cad", "target": "99.9"}],
        }
    )
    passes(generated(tmp_path, one), "small-[mc]*-1m.yaml")


def test_the_version_in_force_decides() -> None:
    read = read_configuration(ROOT / "config/sla-monitor.yaml")
    early = rendered(prometheus_files(read.contracts, read.settings, 0))
    late = rendered(prometheus_files(read.contracts, read.settings, NOW_MS))
    assert early != late


def test_the_same_terms_give_the_same_bytes() -> None:
    one = contract(EVERYTHING)
    first, again = (rendered(prometheus_files([one], read_settings(), NOW_MS, sloth=True)) for _ in range(2))
    assert first == again


def read_settings() -> Any:
    return read_configuration(ROOT / "config/sla-monitor.yaml").settings


def test_one_criticality_is_called_and_another_gets_a_ticket(tmp_path: Path) -> None:
    severities = {
        (rule["alert"], rule["labels"].get("criticality")): rule["labels"]["severity"]
        for rule in rules_of(generated(tmp_path, contract(EVERYTHING)))
        if "alert" in rule
    }
    assert severities["SlaServiceDown", "critical"] == "critical"
    assert severities["SlaServiceDown", "medium"] == "warning"


def test_an_unconfirmed_outage_waits_for_a_second_probe(tmp_path: Path) -> None:
    """Where the contract takes one failed look for an outage, the call still waits until the next probe has failed."""
    one = contract(
        {"accounting": {"confirmation": 1}, "kpis": [{"id": "K1", "service": "cad", "target": "99.5"}]},
    )
    folder = generated(tmp_path, one)
    (down,) = [rule for rule in rules_of(folder) if rule.get("alert") == "SlaServiceDown"]
    assert down["for"] == "65s"  # 30 s until the next probe, 5 s for its answer, and a scrape at either end
    passes(folder, "small-medium-1m.yaml")


@pytest.mark.parametrize(
    "path", sorted((ROOT / "config/contracts/examples").glob("*.yaml")), ids=lambda path: path.stem
)
def test_the_rules_of_every_example_are_clean(path: Path, tmp_path: Path) -> None:
    """Regimes of all kinds: pools, tiers, quorums, unit rates, service desks."""
    generated(tmp_path, *load_contract_files([path]))
    check = promtool("check", "rules", "--lint=all", "--lint-fatal", *sorted((tmp_path / "rules").glob("*.yaml")))
    assert check.returncode == 0, check.stdout + check.stderr
