"""The contract's figures in the metrics: units, views, bands, money, forecasts, and no more series than are said."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from sla_monitor import names
from sla_monitor.assess import Acknowledged, Assessment, ContractAssessment
from sla_monitor.assess.assessment import BookedStretch
from sla_monitor.board import Board
from sla_monitor.metrics.exporter import BoardCollector, Exporter
from sla_monitor.sla.observation import Outcome, Reason
from tests.support.assessed import HOUR, permitted, with_figures
from tests.web import estate

MISSES = {("cad-availability", 1): "99.8", ("cad-availability", 5): "99.0"}
CAD = 'contract="partnership",kpi="cad-availability",service="cad"'
P1 = 'contract="partnership",kpi="p1-tickets",service=""'
MONEY = 'contract="partnership",currency="GBP"'


def assessed() -> ContractAssessment:
    down = estate.service("CAD", Outcome.DOWN, estate.outage(HOUR, None, Reason.TIMEOUT, "login"))
    found = with_figures(estate.contract((down,), (estate.kpi(down, "99.9"),)), estate.NOW_MS, MISSES)
    return replace(found, booked=(stretch(-1, 1),))


def stretch(start: int, end: int, *, is_silenced: bool = True) -> BookedStretch:
    """In hours from now."""
    start_ms, end_ms = (estate.NOW_MS + hours * HOUR for hours in (start, end))
    return BookedStretch(12, "CHG-1", ("cad",), start_ms, end_ms, is_silenced, "decision 13")


def board(contract: ContractAssessment | None = None) -> Board:
    found = Board(0)
    found.assessment = Assessment(estate.NOW_MS, (contract or assessed(),))
    return found


def render(found: Board) -> str:
    return Exporter(found, dict, lambda: ((0.1,), [0, 0], 0.0)).answer()[1].decode()


def value(text: str, series: str) -> float | None:
    rows = re.findall(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    assert len(rows) <= 1
    return float(rows[0]) if rows else None


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (f'sla_kpi_target{{{CAD},unit="ratio"}}', 0.999),
        (f'sla_kpi_target{{{P1},unit="ratio"}}', 0.95),
        (f'sla_kpi_value{{{P1},unit="ratio",view="agreed"}}', 0.97),
        (f'sla_kpi_band{{{CAD},band="minor"}}', 1),
        (f'sla_kpi_band{{{CAD},band="met"}}', 0),
        (f'sla_kpi_band{{{P1},band="met"}}', 1),
        (f"sla_kpi_points{{{CAD}}}", 2),
        (f"sla_kpi_failures_in_a_row{{{CAD}}}", 2),
        (f"sla_kpi_coverage_ratio{{{CAD}}}", 1),
        (f"sla_kpi_met{{{CAD}}}", 0),
        (f'sla_kpi_month_band{{band="below_threshold",{CAD.replace(",service", ",month=@,service")}}}', 1),
        ('sla_contract_points{contract="partnership"}', 2),
        (f"sla_contract_credit{{{MONEY}}}", 8333.33),
        (f"sla_contract_credit_before_caps{{{MONEY}}}", 8333.33),
        ('sla_contract_cap_limit{cap="yearly",contract="partnership",currency="GBP",scope="contract"}', 600_000),
        ('sla_contract_trigger{contract="partnership",trigger="rectification"}', 0),
        ('sla_contract_register_pending{contract="partnership"}', 2),
        (
            'sla_contract_oldest_pending_timestamp_seconds{contract="partnership"}',
            (estate.NOW_MS - 75 * HOUR) / 1000,
        ),
        ('sla_contract_figures_missing{contract="partnership"}', 1),
        ('sla_contract_month_points{contract="partnership",month="2025-10"}', 1),
        ('sla_service_maintenance{contract="partnership",service="cad"}', 1),
        (
            'sla_service_maintenance_end_timestamp_seconds{contract="partnership",service="cad"}',
            (estate.NOW_MS + HOUR) / 1000,
        ),
    ],
)
def test_a_figure_of_the_contract_is_told(series: str, expected: float) -> None:
    series = series.replace("month=@", 'month="2025-06"')
    labels = re.fullmatch(r"(\w+)\{(.*)\}", series)
    assert labels
    in_order = ",".join(sorted(labels[2].split(",")))
    assert value(render(board()), f"{labels[1]}{{{in_order}}}") == pytest.approx(expected)


def test_the_three_views_stand_beside_each_other() -> None:
    text = render(board())
    gross, claimed, agreed = (
        value(text, f'sla_kpi_value{{{CAD},unit="ratio",view="{view}"}}') for view in ("gross", "claimed", "agreed")
    )
    assert gross is not None and claimed is not None and agreed is not None  # noqa: PT018
    assert gross < agreed < claimed
    assert value(text, f"sla_kpi_availability_ratio{{{CAD}}}") == agreed


def test_a_response_time_is_told_in_seconds() -> None:
    cad = estate.service("Command and control")
    contract = with_figures(estate.contract((cad,), (estate.kpi(cad, "99.9"),)), estate.NOW_MS)
    labels = 'contract="partnership",kpi="cad-response",service="command-and-control",unit="seconds"'
    text = render(board(contract))
    assert value(text, f'sla_kpi_value{{{labels},view="agreed"}}') == 0.612
    assert value(text, f"sla_kpi_target{{{labels}}}") == 0.5


def test_what_is_not_forecast_is_absent_and_what_is_has_two_windows() -> None:
    text = render(board())
    assert len(re.findall(r"^sla_kpi_allowance_exhausted_timestamp_seconds\{", text, re.MULTILINE)) == 2
    assert "window=" not in "".join(row for row in text.splitlines() if "p1-tickets" in row)


def test_without_figures_yet_points_and_money_are_absent() -> None:
    bare = estate.contract((), ())
    text = render(board(bare))
    for metric in (names.CONTRACT_POINTS, names.CONTRACT_CREDIT, names.CAP_LIMIT, names.CLAIM_DEADLINE):
        assert not re.search(rf"^{metric.name}\{{", text, re.MULTILINE)
    assert value(text, 'sla_contract_register_pending{contract="partnership"}') == 0


def test_a_claim_can_be_made_to_the_end_of_its_last_day_in_the_contracts_zone() -> None:
    """30 June 2026 ends at 23:00 UTC in London."""
    text = render(board(replace(assessed(), claim_by=date(2026, 6, 30))))
    assert value(text, 'sla_contract_claim_deadline_timestamp_seconds{contract="partnership"}') == 1_782_860_400


def test_of_two_windows_of_maintenance_the_later_end_is_told() -> None:
    contract = assessed()
    now_ms = estate.NOW_MS
    ended = replace(contract.services[0], excluded=(permitted(now_ms - 3 * HOUR, now_ms - HOUR),))
    text = render(board(replace(contract, services=(ended,), booked=(stretch(-1, 1), stretch(2, 3)))))
    series = 'sla_service_maintenance_end_timestamp_seconds{contract="partnership",service="cad"}'
    assert value(text, series) == (now_ms + HOUR) / 1000


def test_maintenance_that_is_booked_and_not_permitted_is_told_apart() -> None:
    text = render(board(replace(assessed(), booked=(stretch(-1, 1, is_silenced=False),))))
    labels = '{contract="partnership",service="cad"}'
    assert value(text, f"sla_service_maintenance{labels}") == 0
    assert value(text, f"sla_service_maintenance_not_permitted{labels}") == 1
    assert value(text, f"sla_service_maintenance_end_timestamp_seconds{labels}") is None
    assert value(render(board()), f"sla_service_maintenance_not_permitted{labels}") == 0


def test_the_end_of_maintenance_is_told_for_a_day() -> None:
    contract = assessed()
    ended = [
        replace(contract.services[0], excluded=(permitted(estate.NOW_MS - 30 * HOUR, estate.NOW_MS - ago * HOUR),))
        for ago in (23, 25)
    ]
    texts = [render(board(replace(contract, services=(service,), booked=()))) for service in ended]
    assert ["sla_service_maintenance_end_timestamp_seconds{" in text for text in texts] == [True, False]
    assert all(value(text, 'sla_service_maintenance{contract="partnership",service="cad"}') == 0 for text in texts)


def test_the_figures_are_byte_identical_to_the_library() -> None:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BoardCollector(board()))
    assert render(board()).encode().startswith(generate_latest(registry))


def test_nothing_has_more_series_than_the_page_says() -> None:
    """docs/metrics.md gives the numbers; bands, caps, triggers and closed months come on top."""
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    said = {name: int(number) for name, number in re.findall(r"^\| ([a-z][A-Za-z ]+) \| (\d+)[ ,]", page, re.MULTILINE)}
    rows = [row for row in render(board()).splitlines() if row.startswith("sla_")]
    kpis = Counter(found[1] for row in rows if (found := re.search('kpi="([^"]+)"', row)) and "band=" not in row)
    assert kpis["cad-availability"] == said["availability KPI"]
    assert kpis["p1-tickets"] <= said["other KPI"]
    services = [row for row in rows if row.startswith("sla_service")]
    assert len(services) == said["service"]
    contract = [row for row in rows if re.match("sla_contract_(?!cap|trigger|month)", row)]
    assert len(contract) == said["contract"] - 1, "there is no claim to make"
    assert said["endpoint"] == 15


def test_a_month_that_nobody_measured_has_no_points_and_no_money() -> None:
    found = estate.partnership()
    (contract,) = found.assessment.contracts
    past = contract.earlier[-1]
    blind = replace(past, kpis=(), points=Fraction(0), credit=replace(past.credit, lines=()), withheld=Decimal(0))
    found.assessment = replace(found.assessment, contracts=(replace(contract, earlier=(blind,)),))
    assert f'month="{past.month}"' in render(estate.partnership())
    assert "sla_contract_month_points{" not in render(found)
    assert "sla_contract_month_credit{" not in render(found)


def test_a_running_month_of_which_nothing_is_measured_has_no_points_no_money_and_no_allowance_left() -> None:
    """Whatever claims a measurement is absent; limits (allowances, targets, best and worst case) are not."""
    found = estate.partnership()
    (contract,) = found.assessment.contracts
    result = contract.result
    assert result is not None
    blind = replace(result, kpis=(), points=Fraction(0), credit=replace(result.credit, lines=()), withheld=Decimal(0))
    kpis = tuple(
        replace(
            kpi,
            is_assessable=False,
            result=None,
            views={},
            coverage_ratio=None,
            service=kpi.service and replace(kpi.service, agreed_ms=0, unknown_ms=0, excluded_ms=0, downtime_ms=0),
        )
        for kpi in contract.kpis
    )
    found.assessment = replace(found.assessment, contracts=(replace(contract, result=blind, kpis=kpis, earlier=()),))
    text = render(found)
    claims = (
        "sla_contract_points", "sla_contract_credit", "sla_contract_credit_before_caps", "sla_kpi_points",
        "sla_kpi_failures_in_a_row", "sla_kpi_downtime_allowance_remaining_seconds", "sla_kpi_value",
        "sla_kpi_availability_ratio",
    )  # fmt: skip
    whole = render(estate.partnership())
    for name in claims:
        assert f"\n{name}{{" in whole, name
        assert f"\n{name}{{" not in text, name
    assert 'case="now"' not in text
    assert "\nsla_kpi_downtime_allowance_seconds{" in text


HOSTILE = '{{ $value }} "\\' + "\u202e\n" + "x" * 200


def test_who_has_an_outage_in_hand_is_a_label_that_harms_nobody() -> None:
    """A line without controls, cut; the value is when."""
    one = Acknowledged(7, 1_000, "ann", HOSTILE, "cad")
    text = render(board(replace(assessed(), acknowledged=(one,))))
    (line,) = re.findall(r"^sla_acknowledged_timestamp_seconds\{.*$", text, re.M)
    assert line.startswith(
        'sla_acknowledged_timestamp_seconds{by="ann",contract="partnership",endpoint="",service="cad"'
    )
    assert line.endswith('…"} 1.0')
    assert len(line) < 300
    assert "\u202e" not in line
    assert "sla_acknowledged_timestamp_seconds{" not in render(board())
