"""What the page says about booked maintenance: what is silenced, until when, and what still calls somebody."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.assess import ContractAssessment
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.maintenance_rows import SHOWN_STRETCHES, MaintenanceTable, maintenance_table
from sla_monitor.web.page.status_page import StatusPage
from sla_monitor.web.page.wall import Wall
from tests.web import estate
from tests.web.page.test_status_page import READY, Outline, render


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


def test_a_service_that_is_down_in_maintenance_says_so_on_page_list_and_wall() -> None:
    """Else who is not called takes the same red for an outage that somebody was called for."""

    def said(**changes: object) -> list[str]:
        board = estate.partnership()
        one = estate.booked(7, (-1, 1), "decision 8", "custody-records")
        booked = (replace(one, **changes),)  # type: ignore[arg-type]
        board.assessment = replace(board.assessment, contracts=(replace(contract(), booked=booked),))
        wall = Wall(Layout()).render(board, READY, estate.NOW_MS, {})
        grouped = StatusPage(Layout()).render(board, READY, estate.NOW_MS, arguments={"group": ["state"]})
        return [render(board).text, Outline(grouped).text, Outline(wall).text]

    words = "Maintenance until 15:00:00 GMT: nobody is called"
    assert [text.count(words) for text in said()] == [1, 1, 1]
    for changes in ({"is_silenced": False}, {"end_ms": estate.NOW_MS}, {"services": ("e-mail",)}):
        assert not any("nobody is called" in text.split("Booked maintenance")[0] for text in said(**changes))


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
