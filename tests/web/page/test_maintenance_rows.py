"""What the page says about booked maintenance: what is silenced, until when, and what still calls somebody."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.assess import ContractAssessment
from sla_monitor.web.page.maintenance_rows import SHOWN_STRETCHES, MaintenanceTable, maintenance_table
from tests.web import estate
from tests.web.page.test_status_page import render


def contract() -> ContractAssessment:
    (found,) = estate.partnership().assessment.contracts
    return found


def table(one: ContractAssessment, service: str | None = None) -> MaintenanceTable:
    found = maintenance_table((one,), estate.NOW_MS, service)
    assert found is not None
    return found


def test_what_is_silenced_now_until_when_and_by_which_booking() -> None:
    found = table(contract())
    assert found.summary == "2 services silenced until 18:00:00 GMT, 2 to come"
    now, then, later = found.rows
    assert (now.word, now.services, now.booking) == ("Silenced now", "E-mail and Service desk portal", "#41 CHG-2071")
    assert now.when == "22 Nov 2025 12:00:00 to 18:00:00 GMT"
    assert (then.word, then.why) == ("Not silenced", estate.OUTSIDE)
    assert (later.word, later.services, later.why) == ("Not silenced", "Force network", "awaits a decision")


def test_what_is_under_way_and_not_silenced_is_said_first() -> None:
    loud = replace(contract(), booked=(estate.booked(7, (-1, 1), "awaits a decision", "e-mail", is_silenced=False),))
    found = table(loud)
    assert (found.summary, found.rows[0].word, found.is_under_way) == (
        "1 under way and not silenced",
        "Not silenced now",
        True,
    )


def test_one_services_rows_are_its_own_and_what_is_over_is_gone() -> None:
    assert [row.booking for row in table(contract(), "force-network").rows] == ["#44 CHG-2090"]
    over = replace(contract(), booked=(estate.booked(7, (-3, -1), "decision 8", "e-mail"),))
    assert maintenance_table((over,), estate.NOW_MS) is None


def test_of_many_stretches_the_next_are_shown() -> None:
    many = tuple(estate.booked(7, (day * 24, day * 24 + 2), "decision 8", "e-mail") for day in range(30))
    found = table(replace(contract(), booked=many))
    assert (len(found.rows), found.more) == (SHOWN_STRETCHES, "10 more later")


def test_the_page_has_them_and_says_nothing_where_nothing_is_booked() -> None:
    board = estate.partnership()
    text = render(board).text
    assert "Booked maintenance 2 services silenced until 18:00:00 GMT, 2 to come" in text
    assert "22 Nov 2025 12:00:00 to 18:00:00 GMT Silenced now E-mail and Service desk portal #41 CHG-2071" in text
    board.assessment = replace(board.assessment, contracts=(replace(contract(), booked=()),))
    assert "Booked maintenance" not in render(board).text
