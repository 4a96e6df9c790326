"""Every KPI indicator has its figure and its best and worst case, and says about itself what others ask."""

from __future__ import annotations

from typing import get_args

import pytest

from sla_monitor.assess import indicators
from sla_monitor.contract.kpis.kpi import INDICATORS
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.rules.consistency import as_written
from sla_monitor.sla import measure
from tests.support.terms import terms_of

LEAST: dict[str, dict[str, object]] = {
    "availability": {"service": "service"},
    "downtime": {"service": "service"},
    "error_rate": {"service": "service"},
    "response_time": {"service": "service", "statistic": "mean"},
    "ticket_time": {"statistic": "mean"},
    "backlog_age": {"statistic": "oldest"},
    "composite": {"combine": "all_of", "parts": [{"kpi": "KPI1"}]},
}
"""What must be written besides."""


def kpi(indicator: str, **more: object) -> KpiTerms:
    first: dict[str, object] = {"id": "KPI1", "indicator": "submitted", "target": 99}
    own: dict[str, object] = {"id": "KPI2", "indicator": indicator, "target": 99, **LEAST.get(indicator, {}), **more}
    return terms_of({"kpis": [first, own]}).kpis[1]


def test_every_table_has_every_indicator() -> None:
    tables = {"sla/measure.py": measure.INDICATORS.keys(), "assess/indicators.py": indicators.INDICATORS.keys()}
    assert {where: set(INDICATORS) ^ set(table) for where, table in tables.items()} == {
        where: set() for where in tables
    }


@pytest.mark.parametrize("indicator", INDICATORS)
def test_the_word_of_an_indicator_is_its_tag(indicator: str) -> None:
    assert get_args(INDICATORS[indicator].model_fields["indicator"].annotation) == (indicator,)
    assert type(kpi(indicator)) is INDICATORS[indicator]


def test_what_each_indicator_says_of_itself() -> None:
    def those(ask: str) -> set[str]:
        return {indicator for indicator in INDICATORS if getattr(kpi(indicator), ask)}

    assert those("is_probed") == {"availability", "downtime", "error_rate", "response_time"}
    assert those("needs_samples") == {"error_rate", "response_time"}
    assert those("is_of_samples") == {"error_rate", "response_time"}
    assert those("downtime_counting") == {"availability", "downtime"}
    assert those("takes_counts") == {"ratio_in_target"}
    assert those("part_kpis") == {"composite"}
    assert those("ticket_terms") == {"ticket_time", "backlog_age", "first_time_fix"}
    assert those("named_endpoints") == those("asked_source") == set()
    assert those("least_denominator") == those("value_without_events") == set()
    tickets = kpi("ratio_in_target", within="4h", min_denominator=5, no_events="met")
    assert tickets.ticket_terms is tickets
    assert (tickets.least_denominator, tickets.value_without_events) == (5, 100)
    assert list(tickets.counting_words()) == ["late ones are divided by no fewer than 5"]
    asked = kpi("score", source={"prometheus": "https://prometheus.example", "value": "1"}).asked_source
    assert asked is not None
    assert asked.value == "1"
    assert kpi("availability", counting={"slow_as_down": {"promised": "1s", "multiple": 5}}).needs_samples
    assert kpi("availability", counting={"failed_requests": {"percent": 50}}).needs_samples
    assert kpi("composite").part_kpis == ("KPI1",)


def test_what_an_indicator_says_is_no_key_of_the_file() -> None:
    assert not {"part_kpis", "named_endpoints", "ticket_terms", "target_ratio"} & as_written(kpi("composite")).keys()
