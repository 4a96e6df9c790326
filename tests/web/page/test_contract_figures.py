"""The contract's figures on the page: what is missed, what is near it, points, money, and what awaits people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.assessment import NO_FIGURE, Figure, KpiForecast, Outlook
from sla_monitor.board import Board
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.results import TriggerResult
from sla_monitor.web.page.kpi_rows import kpi_rows, tally_of
from sla_monitor.wording.vocabulary import NO_FIGURE_YET, NOT_ASSESSABLE
from tests.support.assessed import with_figures
from tests.web import estate
from tests.web.page.test_status_page import render


def showing(**changed: object) -> str:
    """The partnership's page with parts of its assessment replaced."""
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    board.assessment = replace(board.assessment, contracts=(replace(contract, **changed),))  # type: ignore[arg-type]
    return render(board).text


def one_service(downtime_ms: int, target: str = "99.9") -> str:
    """A service with one outage that is over."""
    outage = estate.outage(2 * estate.DAY, downtime_ms, Reason.TIMEOUT, "mail")
    mail = estate.service("Mail", Outcome.UP, *([outage] if downtime_ms else []))
    board = estate.board((mail,), (estate.kpi(mail, target),), [])
    (contract,) = board.assessment.contracts
    board.assessment = replace(board.assessment, contracts=(with_figures(contract, estate.NOW_MS),))
    return render(board).text


def test_a_missed_promise_stands_at_the_top_with_its_points_and_its_repeat() -> None:
    text = render(estate.partnership()).text
    top = text[: text.index("Boeing Strategic IT partnership")]
    assert "✕ Minor Custody records availability: 99.88 % target ≥ 99.9 %; 2 points; 2nd failure in a row" in top
    assert "✕ Missed The incident list answers in time: 612 ms target ≤ 500 ms" in top
    assert "this month so far: 2 service points, £8,333.33 service credit (at worst £83,333.30)" in top


def test_a_promise_that_will_be_missed_at_this_rate_is_called_near() -> None:
    text = one_service(25 * estate.MINUTE)
    assert "▲ Met, near Mail availability: 99.91 % target ≥ 99.9 %; at this rate the allowance lasts until" in text


@pytest.mark.parametrize(("downtime_ms", "told"), [(0, 0), (25 * estate.MINUTE, 1)])
def test_the_banner_says_whether_a_breach_is_near(downtime_ms: int, told: int) -> None:
    """A phone's first screen has no room for more."""
    assert one_service(downtime_ms).partition("How to read")[0].count("1 KPI missed or near it") == told


def test_a_promise_with_little_of_its_allowance_left_is_called_near() -> None:
    """Eleven minutes are not much; whether they last is not known without a forecast."""
    board = estate.board((), (), [])
    mail = estate.service("Mail", Outcome.UP, estate.outage(2 * estate.DAY, 33 * estate.MINUTE, None, "mail"))
    mail = replace(mail, agreed_ms=mail.period_agreed_ms)
    contract = with_figures(estate.contract((mail,), (estate.kpi(mail, "99.9"),)), estate.NOW_MS)
    kpis = tuple(replace(kpi, forecast=None) for kpi in contract.kpis)
    board.assessment = replace(board.assessment, contracts=(replace(contract, kpis=kpis),))
    assert "▲ Met, near Mail availability: 99.92 % target ≥ 99.9 %" in render(board).text


def test_an_allowance_that_is_used_up_is_called_so() -> None:
    assert "; allowance used up" in one_service(2 * estate.HOUR)


def test_while_too_little_was_seen_nobody_says_what_is_left_of_an_allowance() -> None:
    """Pager and dashboards say nothing then, either."""
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    kpis = tuple(replace(kpi, is_assessable=False) for kpi in contract.kpis)
    board.assessment = replace(board.assessment, contracts=(replace(contract, kpis=kpis),))
    text = render(board, unfold=True).text
    assert "; what is left of it is not known" in text
    for words in (" left of ", "used up", "at this rate"):
        assert words not in text.partition("How to read this page")[0], words


def test_a_tally_tells_kpis_without_a_figure_from_those_that_are_not_assessable() -> None:
    found = [
        (Outcome.UP, "Met"),
        (Outcome.UNKNOWN, NOT_ASSESSABLE),
        (Outcome.DOWN, "Severe"),
        (Outcome.UNKNOWN, NO_FIGURE_YET),
        (Outcome.UNKNOWN, NO_FIGURE_YET),
    ]
    assert tally_of(found) == "1 missed, 1 met, 1 not assessable, 2 no figure yet"


@pytest.mark.parametrize(
    ("best", "told"),
    [
        (Figure(Fraction(480), is_met=True), "if nothing more goes wrong, 480 ms"),
        (Figure(Fraction(560), is_met=False), "if nothing more goes wrong, 560 ms, still missed"),
        (NO_FIGURE, "not forecast"),
    ],
)
def test_how_a_kpi_without_an_allowance_may_end_is_told_or_that_nobody_knows(best: Figure, told: str) -> None:
    (contract,) = estate.partnership().assessment.contracts
    forecast = KpiForecast(None, None, None, None, best, NO_FIGURE)
    kpis = [replace(one, forecast=forecast) if one.kpi == "cad-response" else one for one in contract.kpis]
    assert f"The incident list answers in time: 612 ms target ≤ 500 ms; {told}" in showing(kpis=tuple(kpis))


def test_where_charges_may_be_withheld_it_is_not_said_that_points_may_fall() -> None:
    """A trigger that suppresses points is the worst that can happen, and leaves none."""
    (contract,) = estate.partnership().assessment.contracts
    assert contract.forecast is not None
    worst = Outlook(Fraction(0), Decimal("833333.00"), ("unacceptable",))
    text = showing(forecast=replace(contract.forecast, worst=worst))
    assert "at worst none: charges are withheld in their place" in text
    assert "at worst £833,333.00" in text


def test_while_all_promises_are_kept_nothing_stands_at_the_top() -> None:
    text = one_service(0)
    assert "Promises missed" not in text
    assert "KPIs this month 2 met" in text


def test_every_kpi_shows_its_three_views() -> None:
    text = render(estate.partnership()).text
    assert "✕ Minor ≥ 99.9 % 99.88 % 99.69 % 99.94 % 100.00 % 2" in text
    assert "? Not assessable ≥ 98 %" in text
    assert "✓ Met ≥ 95 % 97.00 % 97.00 % 97.00 %" in text


def test_the_month_shows_points_credit_caps_and_what_awaits_people() -> None:
    text = render(estate.partnership()).text
    for said in (
        "Month November 2025 running, ends in 8 d 9 h",
        "Service points 2 at worst 26",
        "Service credit £8,333.33 at worst £83,333.30",
        "Set off nothing of 2 triggers",
        "Awaiting a decision 2 entries oldest for 3 d 3 h",
        "Figures owed 1 p1-tickets October 2025",
        "Cap monthly: £74,999.97 left of £83,333.30",
        "Cap yearly: £591,666.67 left of £600,000.00",
    ):
        assert said in text


def test_a_trigger_that_is_set_off_is_named() -> None:
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    bad = {("custody-records-availability", ago): "99.0" for ago in range(12, 0, -1)}
    board.assessment = replace(board.assessment, contracts=(with_figures(contract, estate.NOW_MS, bad),))
    assert "Set off critical failure of 2 triggers" in render(board).text


def test_a_trigger_that_goes_by_days_is_named_with_its_day() -> None:
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    assert contract.result is not None
    chronic = TriggerResult("chronic", (contract.result.month,), ("termination_right",), (), date(2026, 6, 5))
    result = replace(contract.result, triggers=(chronic,))
    board.assessment = replace(board.assessment, contracts=(replace(contract, result=result),))
    assert "Set off chronic on 5 June 2026 of 2 triggers" in render(board).text


def test_a_claim_deadline_and_the_way_of_counting_are_shown() -> None:
    text = showing(claim_by=date(2026, 5, 31), accounting=("Unknown time is left out of both sides.",))
    assert "Claim credits by 31 May 2026" in text
    assert "How it is counted Unknown time is left out of both sides." in text


def test_a_contract_that_does_not_run_has_no_month() -> None:
    assert "Service points" not in showing(ends_on=date(2025, 10, 31))


def test_before_the_terms_are_applied_there_is_no_month() -> None:
    board = Board(estate.NOW_MS)
    mail = estate.service("Mail")
    board.assessment = replace(board.assessment, contracts=(estate.contract((mail,), (estate.kpi(mail, "99"),)),))
    assert "KPIs this month" not in render(board).text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202egnp.exe", "</table></details>"])
def test_hostile_words_in_terms_and_register_do_nothing(text: str) -> None:
    def spoiled(contract: ContractAssessment) -> ContractAssessment:
        kpis = tuple(replace(kpi, title=text, clause=text) for kpi in contract.kpis)
        missing = ((text, "2025-10"),)
        return replace(contract, kpis=kpis, missing_figures=missing, accounting=(text,), currency=text[:3], title=text)

    board = estate.partnership()
    before = {name for name, _ in render(board).tags}
    board.assessment = replace(board.assessment, contracts=tuple(map(spoiled, board.assessment.contracts)))
    outline = render(board)
    assert {name for name, _ in outline.tags} == before | {"details"}
    assert "\u202e" not in outline.text


def test_a_month_that_nobody_measured_shows_no_points_and_no_money() -> None:
    (contract,) = estate.partnership().assessment.contracts
    assert contract.result is not None
    credit = replace(contract.result.credit, lines=())
    text = showing(result=replace(contract.result, kpis=(), credit=credit, withheld=Decimal(0)))
    assert "Service points and credit not assessed no KPI can be assessed yet" in text
    assert "this month so far" not in text


def test_a_kpi_without_a_verdict_shows_no_points() -> None:
    """0 points of what nobody could assess would be a claim."""
    (contract,) = estate.partnership().assessment.contracts
    kpi = next(one for one in contract.kpis if one.result is not None)
    assert kpi.result is not None
    blind = replace(kpi, result=replace(kpi.result, band=None, value=None, points=Fraction(0)))
    at = (ZoneInfo(contract.time_zone), contract.at_ms)
    assert [bool(row.points) for row in kpi_rows((kpi, blind), contract.contract, at)] == [True, False]
