"""The same values through page, pack, terminal and dashboards: no two screens say something else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from sla_monitor.assess.assessment import Assessment, ContractAssessment, Outage
from sla_monitor.board import Board
from sla_monitor.cli.assess.month import format_assessment
from sla_monitor.cli.assess.working_steps import format_working
from sla_monitor.contract.load import load_contract
from sla_monitor.generate.grafana.style import KPI_STATES, STATES, band_colors
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from sla_monitor.sla.banding import band_of
from sla_monitor.sla.observation import Reason
from sla_monitor.web.page.kpi_rows import kpi_state
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.status_page import StatusPage
from sla_monitor.wording.vocabulary import OUTCOMES, SYMBOLS, describe_id
from tests.review.months import CONTRACT, scene
from tests.review.plain_text import text_of
from tests.support.terms import terms_of
from tests.web.page.test_status_page import READY, Outline

AUTUMN_MS = 1_792_888_200_000
"""25 October 2026, 01:30 in London, for the first time."""


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> PackInput:
    return scene("bad", tmp_path_factory.mktemp("bad"))[0]


def screens(case: PackInput) -> dict[str, str]:
    """What each screen says of one and the same assessment; the terminal's ASCII has a name for the pound sign."""
    one = case.assessment
    board = Board(one.at_ms)
    board.assessment = Assessment(one.at_ms, (one,))
    contract = load_contract(CONTRACT)
    return {
        "page": Outline(StatusPage(Layout()).render(board, READY, one.at_ms)).text,
        "pack": text_of(pack(case)),
        "terminal": f"{format_assessment(one, contract, 300)}\n{format_working(one, contract, 300)}",
    }


def of(case: PackInput, **changed: Any) -> PackInput:
    return replace(case, assessment=replace(case.assessment, **changed))


def with_kpi(case: PackInput, terms: dict[str, object], value: str, points: str = "2") -> PackInput:
    """The month's first KPI under other terms, with a figure and points of ours."""
    (kpi,) = terms_of({"kpis": [{"id": "KPI1", "title": "Looked at", **terms}]}).kpis
    figure, one, result = Fraction(value), case.assessment.kpis[0], case.assessment.result
    assert result is not None
    band = band_of(kpi, figure)
    judged = replace(result.kpis[0], value=figure, figure=figure, band=band.name, points=Fraction(points))
    views = {view: replace(found, value=figure, band=band.name) for view, found in one.views.items()}
    made = replace(one, terms=kpi, title="Looked at", views=views, result=judged)
    whole = replace(result, kpis=(judged,), points=Fraction(points))
    assert isinstance(case.assessment, ContractAssessment)
    changed = of(case, kpis=(made,), result=whole)
    return replace(changed, terms=case.terms.model_copy(update={"kpis": (kpi,)}))


SHARE = {"indicator": "error_rate", "service": "control"}
SLOW = {"indicator": "response_time", "statistic": "mean", "target": "500ms", "service": "control"}


@pytest.mark.parametrize(
    ("terms", "value", "told"),
    [
        (SLOW, "412.4", "413 ms"),
        ({"indicator": "days_late", "target": 2}, "3.5", "3.5 days"),
        ({**SHARE, "target": "99.5", "rounding": {"mode": "half_up", "places": 1}}, "99.949", "99.9 %"),
        ({**SHARE, "target": "99.5"}, "99.996", "99.99 %"),
        ({**SHARE, "target": "99.9995"}, "99.99949", "99.9994 %"),
        ({"indicator": "count", "target": 3}, "1204", "1,204"),
        ({"indicator": "score", "target": 4}, "3.999", "3.9"),
    ],
)
def test_a_figure_is_the_same_on_every_screen(case: PackInput, terms: dict[str, object], value: str, told: str) -> None:
    changed = with_kpi(case, terms, value)
    for name, text in screens(changed).items():
        assert f" {told}" in text, name


def test_a_target_keeps_its_digits_on_every_screen(case: PackInput) -> None:
    changed = with_kpi(case, {**SHARE, "target": "99.9995"}, "99")
    for name, text in screens(changed).items():
        assert "99.9995 %" in text, name


def test_points_keep_their_digits_on_every_screen(case: PackInput) -> None:
    changed = with_kpi(case, {**SHARE, "target": "99.5"}, "99", points="2.505")
    for name, text in screens(changed).items():
        assert "2.505" in text, name


def test_money_is_the_same_on_every_screen(case: PackInput) -> None:
    result = case.assessment.result
    assert result is not None
    credit = replace(result.credit, total=Decimal("12345.6"))
    for name, text in screens(of(case, result=replace(result, credit=credit))).items():
        assert "£12,345.60" in text, name


def test_an_instant_of_the_autumn_hour_is_the_same_on_every_screen(case: PackInput) -> None:
    """And so is why the outage was one."""
    began, reason = AUTUMN_MS, Reason.DNS_FAILED
    outage = Outage(began, began + 3_600_000, 3_600_000, reason, ("cad",), 3_600_000)
    first, *others = case.assessment.services
    for name, text in screens(of(case, services=(replace(first, outages=(outage,)), *others))).items():
        assert "25 Oct 2026 01:30:00 BST" in text, name
        assert "25 Oct 2026 01:30:00 GMT" in text, name
        assert "name lookup failed" in text, name


def test_no_screen_shows_a_raw_id(case: PackInput) -> None:
    for name, text in screens(with_kpi(case, {**SHARE, "target": "99.5"}, "90")).items():
        for raw in ("critical-performance-failure", "service-credits", "rectification_plan", "below_threshold"):
            assert raw not in text, (name, raw)


def test_dashboards_name_outcomes_and_bands_as_the_screens_do(case: PackInput) -> None:
    words = {f"{SYMBOLS[outcome]} {OUTCOMES[outcome]}" for outcome in OUTCOMES}
    assert {text for text, _ in STATES.values()} == words
    bands = band_colors([case.terms])
    assert {name: text for name, (text, _) in bands.items()} == {name: describe_id(name).capitalize() for name in bands}
    assert "Below threshold" in {text for text, _ in bands.values()}


def test_dashboards_say_of_a_kpi_what_the_page_says(case: PackInput) -> None:
    """Its state, in the order of the queries: met, no figure yet, not assessable, missed."""
    met = replace(with_kpi(case, {**SHARE, "target": "99.5"}, "99.9").assessment.kpis[0], is_assessable=True)
    agreed = replace(met.views["agreed"], band=None, is_met=True)
    cases = (
        replace(met, views={"agreed": agreed}),
        replace(met, views={"agreed": agreed}, is_of_nothing=True),
        replace(met, views={"agreed": agreed}, is_assessable=False),
        replace(met, views={"agreed": replace(agreed, is_met=False)}),
    )
    said = [kpi_state(replace(one, service=None, forecast=None))[1] for one in cases]
    assert said == [text for _, (text, _) in sorted(KPI_STATES.items())]
