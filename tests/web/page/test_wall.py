"""The wall: what is wrong in large letters, how old it is, and that it never looks fresh when it is not."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

from sla_monitor.assess import Acknowledged
from sla_monitor.board import Board
from sla_monitor.clock import SystemClock
from sla_monitor.sla.observation import Outcome
from sla_monitor.web import Health
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.wall import REFRESH_S, Wall
from tests.web import estate
from tests.web.browser import tab
from tests.web.page.test_status_page import Outline, render
from tests.web.running import Parts, ask, serving

WALL = Wall(Layout())


def text(board: Board, health: Health | None = None, **arguments: str) -> str:
    asked = {name: [value] for name, value in arguments.items()}
    return Outline(WALL.render(board, health or Health(ready=True), estate.NOW_MS, asked)).text


def test_the_wall_shows_every_state_s_number_and_the_worst_services() -> None:
    found = text(estate.partnership())
    assert "✕ 1 service is down" in found
    assert "✕ 1 Down ▲ 1 Degraded ? 1 Unknown ✓ 5 Up" in found
    assert "✕ Down Custody records status unexpected, for 22 min 4 s" in found
    assert "Monitor ready" in found
    assert "assessed 4 s ago" in found


def test_what_does_not_fit_is_counted() -> None:
    assert "192 more are not up" in text(estate.many(1, 1_000, 1, 200, figured=0))
    assert "Nothing is down, degraded or unseen." in text(estate.many(1, 10, 1, 0, figured=0))


def test_the_wall_takes_the_status_page_s_filters_and_says_what_it_leaves_out() -> None:
    found = text(estate.partnership(), criticality="medium", state="x")
    assert "Each of the 2 services shown is up." in found
    assert "2 of 8 services" in found
    assert "Filter ignored" in found


def test_figures_that_stand_still_and_a_monitor_with_a_fault_are_said() -> None:
    board = estate.partnership()
    board.assessment = replace(board.assessment, at_ms=estate.NOW_MS - 121_000)
    assert "Figures stand still: the monitor assessed last 2 min 1 s ago." in text(board)
    assert "Figures stand still" not in text(estate.partnership())
    assert "The monitor is not ready: ledger locked." in text(board, Health(ready=False, reasons=["ledger locked"]))


def whose_command_and_control_is(state: Outcome) -> Board:
    """By its assessment, without an outage; its endpoints are up."""
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    several = tuple(
        replace(one, state=state, outages=()) if one.service == "command-and-control" else one
        for one in contract.services
    )
    board.assessment = replace(board.assessment, contracts=(replace(contract, services=several),))
    return board


def test_a_service_whose_probes_are_not_recorded_is_not_said_to_be_unseen_since_the_start() -> None:
    """A ledger that was moved away: the endpoints answer, and nothing of it counts."""
    board = whose_command_and_control_is(Outcome.UNKNOWN)
    assert "Command and control probed, but not in the record" in text(board)
    page = render(board).text
    assert "Affects everybody · probed, but not in the record" in page
    assert page.count("since the monitor started · not seen") == 1  # Crime analytics, which was never probed


def test_a_service_that_came_up_since_it_was_assessed_is_not_said_to_be_degraded_since_the_start() -> None:
    board = whose_command_and_control_is(Outcome.DEGRADED)
    told = "its endpoints are up again, and it is not assessed anew yet"
    assert f"Command and control {told}" in text(board)
    assert f"Affects everybody · {told}" in render(board).text


def test_the_wall_names_who_has_an_outage_in_hand() -> None:
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    taken = Acknowledged(3, estate.NOW_MS, "kim", "On it.", "custody-records")
    board.assessment = replace(board.assessment, contracts=(replace(contract, acknowledged=(taken,)),))
    assert "Custody records In hand: kim status unexpected" in text(board)


def test_without_a_script_the_browser_comes_back_by_itself(tmp_path: Path) -> None:
    element = f'<noscript><meta http-equiv="refresh" content="{REFRESH_S}"></noscript>'
    with serving(Parts(board=estate.partnership())) as web:
        answer = ask(web, "/wall")
        assert element in answer.body
        assert "refresh" not in answer.headers
    config = tmp_path / "web-config.yml"
    config.write_text("http_server_config: {headers: {Content-Security-Policy: default-src 'none'}}\n")
    with serving(Parts(board=estate.partnership()), web_config=config) as web:
        assert ask(web, "/wall").headers["refresh"] == str(REFRESH_S), "an own policy may stop the script"


def test_the_wall_refreshes_and_goes_stale_when_the_monitor_stops_answering(tmp_path: Path) -> None:
    """In Chromium, whose clock is set forward rather than waited for."""
    board = estate.partnership()
    board.assessment = replace(board.assessment, at_ms=SystemClock().now_ms())
    shown = "[...document.querySelectorAll('.stale')].filter(e => getComputedStyle(e).visibility === 'visible'"
    shown += " && e.getClientRects().length).map(e => e.textContent)"

    async def visit(port: int, stop: threading.Event) -> None:
        async with tab(tmp_path) as browser:
            # Each wait of the script for the next question is cut to 50 ms.
            quick = "const later = window.setTimeout; window.setTimeout = (f, ms) => later(f, ms > 1000 ? 50 : ms);"
            await browser.send("Page.enable")
            await browser.send("Page.addScriptToEvaluateOnNewDocument", source=quick)
            await browser.open(f"http://127.0.0.1:{port}/wall", 1920, 1080, "dark")
            assert await browser.value("document.documentElement.scrollHeight") <= 1080
            assert await browser.value(shown) == []
            # The style sheet says it after a minute, whatever has become of the script.
            late = "document.getAnimations().find(a => a.animationName === 'late').currentTime = 60001"
            (said,) = await browser.value(f"{late}; {shown}")
            assert said == "Out of date: this page is older than a minute."
            board.assessment = replace(board.assessment, contracts=())
            board.watch(())
            await until(browser, "document.querySelector('h1').textContent.includes('Nothing is being watched')")
            assert await browser.value("document.title.includes('Nothing')")
            assert browser.complaints() == []
            await asyncio.to_thread(stop.set)
            await until(browser, f"({shown}).some(text => text.includes('does not answer'))")
            assert await browser.value("getComputedStyle(document.querySelector('h1')).opacity") == "0.45"
            assert await browser.value("document.title.includes('Out of date')")

    async def until(browser: object, condition: str) -> None:
        for _ in range(200):
            if await browser.value(condition):  # type: ignore[attr-defined]
                return
            await asyncio.sleep(0.05)
        raise AssertionError(condition)

    stop = threading.Event()
    with serving(Parts(board=board)) as web:

        def end() -> None:
            stop.wait(60)
            web.stop(1)

        thread = threading.Thread(target=end)
        thread.start()
        try:
            asyncio.run(visit(web.port, stop))
        finally:
            stop.set()
            thread.join()
