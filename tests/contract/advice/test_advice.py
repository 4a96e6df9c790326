"""Terms that are allowed but cannot work well."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sla_monitor.contract.advice import advice
from sla_monitor.contract.load import load_contract
from tests.contract.support import HEAD, ROOT, contract_file, loaded

IN_FORCE = int(datetime(2026, 11, 22, tzinfo=UTC).timestamp() * 1000)


def terms(every: str, target: str, *, timeout: str = "5s", extra: str = "") -> str:
    return (
        f"{HEAD}{extra}services:\n  - id: custody\n    endpoints:\n"
        f"      - {{id: health, kind: tcp, host: h, port: 1, every: {every}, timeout: {timeout}}}\n"
        f"kpis: [{{id: KPI1, service: custody, target: {target}}}]\n"
    )


def remarks(folder: Path, text: str, now_ms: int = IN_FORCE) -> list[str]:
    contract = loaded(folder, text)
    return [line.removeprefix(f"{folder}/") for line in advice(contract, now_ms)]


def test_the_shipped_example_needs_no_advice() -> None:
    contract = load_contract(ROOT / "config/contracts/police-strategic-it.yaml")
    assert advice(contract, IN_FORCE) == []


def test_good_terms_need_no_advice(tmp_path: Path) -> None:
    assert remarks(tmp_path, terms("60s", "99.9")) == []


def test_an_interval_too_coarse_for_the_target_is_told_with_the_longest_that_fits(tmp_path: Path) -> None:
    """99.99 % of 30 days leaves 259.2 s; two probes a minute apart make 120 s of it."""
    assert remarks(tmp_path, terms("60s", "99.99")) == [
        (
            "c.yaml:10:58: services.custody.endpoints.health.every: KPI1 allows 4m 19s in a month,"
            " and the shortest outage that can be seen is 2m 0s (probe every 32s or more often)"
        )
    ]


def test_what_the_advice_says_helps(tmp_path: Path) -> None:
    assert remarks(tmp_path, terms("32s", "99.99")) == []
    assert remarks(tmp_path, terms("33s", "99.99")) != []


def test_a_target_that_allows_nothing_is_told(tmp_path: Path) -> None:
    (line,) = remarks(tmp_path, terms("5s", "100"))
    assert line.endswith("(no interval is short enough for this target)")


def test_service_hours_leave_less_of_the_month(tmp_path: Path) -> None:
    """50 hours a week are 214 in 30 days: 99.9 % leaves 771 s instead of 2,592 s."""
    office = "calendars: {office: {hours: {mon-fri: '08:00-18:00'}}}\n"
    always = terms("330s", "99.9")
    text = terms("100s", "99.9", extra=office).replace("id: custody\n", "id: custody\n    service_hours: office\n")
    assert "KPI1 allows 43m 12s in a month" in remarks(tmp_path, always)[0]
    assert "KPI1 allows 12m 51s in a month" in remarks(tmp_path, text)[0]


def test_a_batch_whose_silence_is_noticed_too_late_is_told(tmp_path: Path) -> None:
    """99.9 % of 30 days leaves 43.2 minutes; a daily job is missed after a day."""
    job = "id: health, kind: heartbeat, token: '${env:TOKEN}', period: 1d, grace: 5m"
    text = terms("60s", "99.9").replace("id: health, kind: tcp, host: h, port: 1", job)
    (line,) = remarks(tmp_path, text)
    assert line.endswith(
        "KPI1 allows 43m 12s in a month, and silence is noticed after 24h 5m (write a shorter period or grace)"
    )
    assert remarks(tmp_path, text.replace("period: 1d", "period: 30m")) == []


def test_one_unconfirmed_probe_that_would_raise_the_alarm_is_told(tmp_path: Path) -> None:
    """An hour at 14.4 times the pace of 99.9 % is 51.84 s: one probe a minute is more."""
    single = "accounting: {confirmation: 1}\n"
    (line,) = remarks(tmp_path, terms("60s", "99.9", extra=single))
    assert line == (
        "c.yaml:11:58: services.custody.endpoints.health.every: unconfirmed, one failed probe alone would raise the"
        " alarm for KPI1 (set accounting.confirmation to 2 or more, or probe more often)"
    )
    assert remarks(tmp_path, terms("51s", "99.9", extra=single)) == []


def test_a_service_without_a_kpi_is_told(tmp_path: Path) -> None:
    text = terms("60s", "99").replace("kpis: [{id: KPI1, service: custody, target: 99}]\n", "")
    assert remarks(tmp_path, text) == [
        "c.yaml:8:9: services.custody.id: is in no KPI: it is watched, and nothing is promised (add a KPI for it)"
    ]


def test_a_kpi_that_can_never_be_measured_is_told(tmp_path: Path) -> None:
    text = HEAD + "services: [{id: custody}]\nkpis: [{id: KPI1, service: custody, target: 99}]\n"
    assert remarks(tmp_path, text) == [
        (
            "c.yaml:8:28: kpis.KPI1.service: has no endpoints, so that nothing is ever seen of it"
            " (add one to the service)"
        )
    ]


@pytest.mark.parametrize(("day", "count"), [(datetime(2035, 3, 31, 22, 59), 0), (datetime(2035, 3, 31, 23), 1)])  # noqa: DTZ001
def test_a_contract_that_has_ended_is_told(tmp_path: Path, day: datetime, count: int) -> None:
    """Its last day ends at midnight in its zone, an hour before UTC's in summer."""
    now_ms = int(day.replace(tzinfo=UTC).timestamp() * 1000)
    lines = remarks(tmp_path, terms("60s", "99"), now_ms)
    assert len(lines) == count
    assert all("term.end: the contract has ended" in line for line in lines)


def test_a_later_version_is_looked_at_too(tmp_path: Path) -> None:
    text = terms("60s", "99").replace("target: 99}", "target: 99, versions: [{from: 2027-01-01, target: 99.999}]}")
    (line,) = remarks(tmp_path, text)
    assert "KPI1 allows 25.9s in a month" in line


def test_advice_is_one_line_a_place(tmp_path: Path) -> None:
    path = contract_file(tmp_path, terms("60s", "100"))
    lines = advice(load_contract(path), IN_FORCE)
    assert len(lines) == len(set(lines)) == 1
    assert lines[0].startswith(f"{path}:10:")


def test_saying_what_is_so_anyway_is_no_reason_for_advice(tmp_path: Path) -> None:
    said = "counting: {minutes: exact, unknown: excluded}, kind: PI, measurement_months: 1"
    text = terms("60s", "99").replace("target: 99}", f"target: 99, {said}}}") + "claims: {automatic: true}\n"
    assert remarks(tmp_path, text) == []
