"""The questions that are made of OpenSLO's metrics, put to Prometheus's own engine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.contract.kpis.kpi import RatioKpi
from tests.contract.openslo.importing import changed, imported, metric, run
from tests.contract.openslo.test_reading import RATIO, SHOP

SERIES = [
    {"series": 'calls{ok="1",host="a"}', "values": "0+8x60"},
    {
        "series": 'calls{ok="1",host="b"}',
        "values": "0+1x29 0+1x30",
    },  # its server was started anew, and 59 calls were told
    {"series": 'calls{ok="0",host="a"}', "values": "0+1x60"},
    {"series": "latency", "values": "100x29 900x19 _x10"},
    {"series": "nothing_yet", "values": "_x60"},
    {"series": "ok:ratio", "values": "1x29 0.5x29"},
]
"""An hour, a minute apart."""

COUNTS = 'calls{ok="1"}'
SLIS: dict[str, tuple[dict[str, Any], dict[str, float]]] = {
    "good of total": ({f"{RATIO}.good": metric(COUNTS)}, {"good": 539, "total": 599}),
    "bad of total": ({f"{RATIO}.good": None, f"{RATIO}.bad": metric('calls{ok="0"}')}, {"good": 539, "total": 599}),
    "no bad ones yet": ({f"{RATIO}.good": None, f"{RATIO}.bad": metric("nothing_yet")}, {"good": 599, "total": 599}),
    "a threshold": (
        {"spec.indicator.spec": {"thresholdMetric": metric("latency")}, "spec.objectives.0.op": "lt",
         "spec.objectives.0.value": 500},
        {"good": 30, "total": 55},  # what was last seen holds for five minutes
    ),
    "a threshold never kept": (
        {"spec.indicator.spec": {"thresholdMetric": metric("latency")}, "spec.objectives.0.op": "lt",
         "spec.objectives.0.value": 5},
        {"good": 0, "total": 55},
    ),
    "not a number": (
        {"spec.indicator.spec": {"thresholdMetric": metric("latency / 0 * 0")}, "spec.objectives.0.op": "lt",
         "spec.objectives.0.value": 5},
        {"good": 0, "total": -1},
    ),
    "a ratio": ({RATIO: {"rawType": "success", "raw": metric("ok:ratio")}}, {"value": 75}),
    "a ratio of failures": ({RATIO: {"rawType": "failure", "raw": metric("ok:ratio")}}, {"value": 25}),
}  # fmt: skip


@pytest.mark.parametrize("name", SLIS)
def test_the_engine_counts_what_the_objective_means(tmp_path: Path, name: str) -> None:
    changes, expected = SLIS[name]
    kpi = imported(tmp_path, changed(changes)).contract(tmp_path).versions[0].terms.kpis[0]
    assert isinstance(kpi, RatioKpi)
    assert kpi.source is not None
    cases = [
        {
            "expr": f"round(({query.replace('$range', '1h')}), 1)",
            "eval_time": "1h",
            "exp_samples": [{"labels": "{}", "value": expected[part]}] if expected[part] >= 0 else [],
        }
        for part, query in kpi.source.queries.items()
    ]
    tests = [{"interval": "1m", "input_series": SERIES, "promql_expr_test": cases}]
    file = tmp_path / "test.yml"
    file.write_text(json.dumps({"rule_files": [], "evaluation_interval": "1m", "tests": tests}))
    said = subprocess.run(["promtool", "test", "rules", str(file)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_every_query_of_a_whole_file_is_promql(tmp_path: Path) -> None:
    kpis = run(SHOP).contract(tmp_path).versions[0].terms.kpis
    sources = [kpi.source for kpi in kpis if isinstance(kpi, RatioKpi) and kpi.source]
    rules = [
        {"record": f"a:b{i}_{part}:c", "expr": query.replace("$range", "30d")}
        for i, source in enumerate(sources)
        for part, query in source.queries.items()
    ]
    file = tmp_path / "rules.yml"
    file.write_text(json.dumps({"groups": [{"name": "imported", "rules": rules}]}))
    said = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
    assert len(rules) == 7
