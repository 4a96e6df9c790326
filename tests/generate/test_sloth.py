"""What is recorded for Sloth's dashboards, as Prometheus works it out."""

from __future__ import annotations

from pathlib import Path

import yaml

from tests.generate.support import contract, generated, promtool
from tests.generate.test_prometheus import rules_of

CAD = 'contract="small",service="cad",instance="here"'
SERIES = {
    f"sla_service_agreed_seconds{{{CAD}}}": "0+60x120",
    f'sla_kpi_downtime_allowance_seconds{{{CAD},kpi="K1"}}': "2592x120",
    f'sla_kpi_downtime_allowance_remaining_seconds{{{CAD},kpi="K1"}}': "2592x60 2556x59",
    'sla_contract_period_start_timestamp_seconds{contract="small",instance="here"}': "0x120",
}
RECORDED = {
    "slo:sli_error:ratio_rate5m": 0,
    "slo:sli_error:ratio_rate30m": 0,
    "slo:sli_error:ratio_rate1h": 0.01,
    "slo:sli_error:ratio_rate30d": 0.005,
    "slo:objective:ratio": 0.999,
    "slo:error_budget:ratio": 0.001,
    "slo:time_period:days": 30,
    "slo:current_burn_rate:ratio": 0,
    "slo:period_burn_rate:ratio": 5,
    "slo:period_error_budget_remaining:ratio": 0.9861,
    "sloth_slo_info": 1,
}


def test_what_is_recorded_is_the_contracts_downtime(tmp_path: Path) -> None:
    """Two hours of a month: 36 seconds down after the first, of 2,592 that it may have."""
    folder = generated(tmp_path, contract({"kpis": [{"id": "K1", "service": "cad", "target": "99.9"}]}), sloth=True)
    expected = [
        {"expr": f"round(sum({name}), 0.0001)", "eval_time": "2h", "exp_samples": [{"labels": "{}", "value": value}]}
        for name, value in RECORDED.items()
    ]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in SERIES.items()],
        "promql_expr_test": expected,
    }
    file = tmp_path / "sloth-test.yaml"
    rules = [str(folder / "rules" / f"small-{part}.yaml") for part in ("records", "sloth")]
    file.write_text(yaml.safe_dump({"rule_files": rules, "evaluation_interval": "1m", "tests": [test]}))
    tested = promtool("test", "rules", file)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_a_quarter_is_three_times_as_long(tmp_path: Path) -> None:
    kpi = {"id": "K1", "service": "cad", "target": "99.9", "measurement_months": 3}
    rules = rules_of(generated(tmp_path, contract({"kpis": [kpi]}), sloth=True))
    assert [rule["expr"] for rule in rules if rule.get("record") == "slo:time_period:days"] == ["vector(90)"]


def test_a_promise_in_minutes_has_the_rules_of_the_same_promise_per_cent(tmp_path: Path) -> None:
    """43.2 minutes are 99.9 per cent of 30 days: the same records, alerts and unit tests, but for the contract's own
    words."""
    plain = {"id": "K1", "service": "cad"}
    percent, minutes = plain | {"target": "99.9"}, plain | {"indicator": "downtime", "target": "43.2"}
    folders = [
        generated(tmp_path / name, contract({"kpis": [kpi]}), sloth=True)
        for name, kpi in (("percent", percent), ("minutes", minutes))
    ]
    found, expected = (
        {
            str(path.relative_to(folder)): path.read_text().replace("≤ 43.2 min", "≥ 99.9 %")
            for path in sorted(folder.rglob("*.yaml"))
        }
        for folder in folders
    )
    assert found == expected
    assert any("SlaAllowanceBurnsFast" in text for text in found.values())
