"""What Alertmanager is given: routes to the right people, words that say enough, and nothing that mutes by accident."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from sla_monitor.configuration import read_configuration
from sla_monitor.contract.reading.yaml_file import DEPTH_LIMIT
from sla_monitor.errors import GenerateError
from sla_monitor.generate.alertmanager.alertmanager_file import alertmanager_files
from sla_monitor.generate.alertmanager.inhibition import INHIBITIONS
from sla_monitor.generate.alertmanager.receivers import read_receivers
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.settings import Settings
from tests.generate.support import NOW_MS, ROOT, contract

COMMITTED = ROOT / "config/alertmanager"
POLICE = {"supplier": "Boeing", "contract": "police-strategic-it"}
PAGER, TICKETS, MANAGERS = (f"police-strategic-it-{desk}" for desk in ("pager", "tickets", "managers"))


def amtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["amtool", *map(str, arguments)], capture_output=True, text=True, check=False)


def configured(folder: Path, *parts: dict[str, Any], receivers: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Alertmanager's configuration for some contracts, written to a folder and accepted by amtool."""
    contracts = [contract(one) for one in parts]
    files = rendered(alertmanager_files(contracts, Settings(), NOW_MS, receivers or []))
    write(files, folder)
    check = amtool("check-config", folder / "alertmanager.yml")
    assert check.returncode == 0, check.stdout + check.stderr
    return dict(yaml.safe_load(files["alertmanager.yml"]))


def test_the_committed_files_are_those_of_the_example() -> None:
    """`make generated` writes them anew."""
    read = read_configuration(ROOT / "config/sla-monitor.yaml")
    wanted = rendered(alertmanager_files(read.contracts, read.settings, NOW_MS))
    assert {str(p.relative_to(COMMITTED)): p.read_text() for p in COMMITTED.rglob("*.*")} == wanted


def test_amtool_accepts_the_committed_configuration() -> None:
    check = amtool("check-config", COMMITTED / "alertmanager.yml")
    assert check.returncode == 0, check.stdout + check.stderr


@pytest.mark.parametrize(
    ("receiver", "labels"),
    [
        (PAGER, {"alertname": "SlaServiceDown", "severity": "critical", "criticality": "critical", "area": "supplier"}),
        (PAGER, {"alertname": "SlaServiceDown", "severity": "critical", "criticality": "high", "area": "supplier"}),
        (TICKETS, {"alertname": "SlaServiceDown", "severity": "warning", "criticality": "low", "area": "supplier"}),
        (TICKETS, {"alertname": "SlaEndpointDown", "severity": "warning", "criticality": "high", "area": "supplier"}),
        (MANAGERS, {"alertname": "SlaKpiBreached", "severity": "warning", "area": "contract"}),
        ("nobody", {"alertname": "SlaMaintenance", "severity": "info", "area": "supplier"}),
        ("monitor-tickets", {"alertname": "SlaCoverageLow", "severity": "warning", "area": "monitor"}),
        ("monitor-pager", {"alertname": "SlaMonitorBlind", "severity": "critical", "area": "monitor"}),
        ("dead-mans-switch", {"alertname": "SlaWatchdog", "severity": "none", "area": "monitor"}),
        ("monitor-tickets", {"alertname": "Unheard", "supplier": "Somebody else", "contract": "other"}),
    ],
    ids=lambda value: value.get("alertname", "") if isinstance(value, dict) else value,
)
def test_an_alert_reaches_the_right_people(receiver: str, labels: dict[str, str]) -> None:
    pairs = [f"{label}={value}" for label, value in {**POLICE, **labels}.items()]
    config = COMMITTED / "alertmanager.yml"
    tested = amtool("config", "routes", "test", "--config.file", config, f"--verify.receivers={receiver}", *pairs)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_a_suppliers_name_is_only_text(tmp_path: Path) -> None:
    name = 'Smith "& Sons" \\ {{ .Nothing }}\tLtd'
    configured(tmp_path, {"supplier": name, "id": "a.b-c"})
    route = amtool(
        "config", "routes", "test", "--config.file", tmp_path / "alertmanager.yml", "--verify.receivers=a.b-c-pager",
        f'supplier="{name}"'.replace("\\", "\\\\").replace('"& Sons"', '\\"& Sons\\"'),
        "contract=a.b-c", "severity=critical",
    )  # fmt: skip
    assert route.returncode == 0, route.stdout + route.stderr


def test_a_contract_cannot_take_the_place_of_who_looks_after_the_monitor(tmp_path: Path) -> None:
    with pytest.raises(GenerateError, match="rename the contract"):
        configured(tmp_path, {"id": "monitor"})


def test_tickets_keep_the_contracts_hours(tmp_path: Path) -> None:
    parts = {
        "time_zone": "Europe/London",
        "calendars": {
            "office": {
                "hours": {"mon-thu": "08:00-18:00", "fri": ["08:00-12:00", "13:00-24:00"]},
                "closed_on": ["2026-12-25", "2026-12-28", "2027-01-01", "2026-12-24"],
                "open_on": {"2026-12-23": "08:00-12:00"},
            }
        },
        "working_days": "office",
    }
    hours, holidays = configured(tmp_path, parts)["time_intervals"]
    assert hours["time_intervals"] == [
        {
            "weekdays": ["monday", "tuesday", "wednesday", "thursday"],
            "times": [{"start_time": "08:00", "end_time": "18:00"}],
            "location": "Europe/London",
        },
        {
            "weekdays": ["friday"],
            "times": [{"start_time": "08:00", "end_time": "12:00"}, {"start_time": "13:00", "end_time": "24:00"}],
            "location": "Europe/London",
        },
    ]
    dates = [
        date(int(one["years"][0]), int(one["months"][0]), int(day))
        for one in holidays["time_intervals"]
        for day in one["days_of_month"]
    ]
    assert dates == [date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)]


def test_without_a_calendar_tickets_keep_office_hours(tmp_path: Path) -> None:
    (hours,) = configured(tmp_path, {})["time_intervals"]
    assert hours["time_intervals"][0]["times"] == [{"start_time": "09:00", "end_time": "17:00"}]


def test_labels_that_must_be_equal_must_be_there() -> None:
    """Alertmanager takes two missing labels for equal ones."""
    for rule in (inhibition.rule() for inhibition in INHIBITIONS):
        for label in rule["equal"]:
            assert f'{label}!=""' in rule["source_matchers"]
            assert f'{label}!=""' in rule["target_matchers"]
        assert rule["equal"]


def test_no_alert_mutes_itself() -> None:
    for inhibition in INHIBITIONS:
        for source in inhibition.sources:
            by_name = source in inhibition.targets if isinstance(inhibition.targets, tuple) else False
            by_area = source.area == inhibition.targets and source not in inhibition.but
            assert not by_name
            assert not by_area


def test_receivers_of_ones_own_take_the_place_of_the_placeholders(tmp_path: Path) -> None:
    own = [{"name": "small-pager", "webhook_configs": [{"url": "http://127.0.0.1:1/"}]}]
    found = configured(tmp_path, {}, receivers=own)["receivers"]
    assert [one for one in found if one["name"] == "small-pager"] == own
    assert len({one["name"] for one in found}) == len(found) == 7


def test_a_receiver_that_no_route_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GenerateError, match=r"no such receiver: small-pagr .the routes know nobody, .*small-pager"):
        configured(tmp_path, {}, receivers=[{"name": "small-pagr"}])


def test_receivers_may_be_nested_as_deep_as_the_limit_says(tmp_path: Path) -> None:
    """The list and the receiver are two of the levels."""
    path = tmp_path / "receivers.yaml"
    for more, is_read in ((DEPTH_LIMIT - 2, True), (DEPTH_LIMIT - 1, False)):
        path.write_text(f"- {{name: small-pager, odd: {'[' * more}{']' * more}}}")
        if is_read:
            assert [one["name"] for one in read_receivers(path)] == ["small-pager"]
        else:
            with pytest.raises(GenerateError, match=f"nested more than {DEPTH_LIMIT} deep"):
                read_receivers(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "No such file or directory"),
        ("a: [", ":2:1: "),
        ("name: monitor-pager", "must be a list of receivers, each with a name"),
        ("- {webhook_configs: []}", "must be a list of receivers, each with a name"),
        ("- name: \x00", "control characters are not allowed"),
        ("[" * 100_000 + "]" * 100_000, "is nested more than 40 deep"),
        ("- name: 2026-99-99", "month must be in 1..12"),
        (b"\xff", "is not UTF-8 text"),
    ],
    ids=["none", "yaml", "mapping", "nameless", "control", "deep", "date", "bytes"],
)
def test_a_bad_file_of_receivers_is_told(text: str | bytes | None, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "receivers.yaml"
    if text is not None:
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(GenerateError) as refused:
        read_receivers(path)
    (line,) = refused.value.problems
    assert line.startswith(str(path))
    assert problem in line


def test_no_secret_is_written_only_where_it_is() -> None:
    text = (COMMITTED / "alertmanager.yml").read_text()
    assert "routing_key:" not in text
    assert "auth_password:" not in text
    assert "routing_key_file: /etc/alertmanager/secrets/monitor-pager" in text
