"""The how-to's KPIs are good ones."""

from __future__ import annotations

import re
from pathlib import Path

from sla_monitor.contract.advice import advice
from sla_monitor.contract.load import load_contract
from sla_monitor.queries import asks
from tests.contract.openslo.importing import HEAD, SERVICES

PAGE = Path(__file__).parents[2] / "docs/how-to/kpis-from-prometheus.md"


def test_the_kpis_of_the_how_to_are_good_ones(tmp_path: Path) -> None:
    (kpis,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "c.yaml"
    file.write_text(HEAD + SERVICES + kpis)
    contract = load_contract(file)
    assert asks(contract) == ["KPI4", "KPI5"]
    assert advice(contract, 0) == []
