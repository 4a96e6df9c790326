"""What the public and a participant see: services, states, outages, maintenance. Never money, addresses or reasons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from sla_monitor.assess import ContractAssessment, assess
from sla_monitor.board import Board, Watched
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.evidence.source import endpoint_keys
from sla_monitor.periods.edges import month_of
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.sla.spans import Span
from sla_monitor.web import Health
from sla_monitor.web.api.feed import shared_feed
from sla_monitor.web.api.shared_json import shared_json
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.shared_page import SharedPage
from sla_monitor.web.page.shared_view import shared_view
from tests.assess.records import entries
from tests.web import estate
from tests.web.page.test_status_page import Outline

SAMPLES = sorted((Path(__file__).parents[3] / "config" / "contracts").rglob("*.yaml"))
PAGE = SharedPage(Layout())
MONEY = re.compile(r"[£€$]|\b(GBP|EUR|USD|CHF)\b|\d\.\d\d\b|credit|charge|penalt|points?\b|KPI|target|%", re.IGNORECASE)
INSIDE = re.compile(
    r"""https?:|\bhref="(?!#main"|/[a-z/-]+/(?:outages[.]atom|status[.]json)")|"""
    r"""\$\{|token|password|endpoint|probe|/metrics|/services/|/reviews/""",
    re.IGNORECASE,
)


def page(board: Board, participant: str | None = None, health: Health | None = None) -> str:
    html = PAGE.render(board, health or Health(ready=True), estate.NOW_MS, participant)
    return re.sub(r"<(style|script)>.*?</\1>", "", html, flags=re.DOTALL)


@dataclass
class AllDown(Evidence):
    """Every endpoint was down for a day of the month, so that there is something to pay."""

    contract: Contract
    start_ms: int

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        one, three = self.start_ms + estate.DAY, self.start_ms + 3 * estate.DAY
        cut = [(self.start_ms, one, Outcome.UP), (one, three, Outcome.DOWN), (three, estate.NOW_MS, Outcome.UP)]
        found = [
            Span(begin, end, end - 60_000, outcome, Reason.TIMEOUT if outcome is Outcome.DOWN else None, 100)
            for begin, end, outcome in cut
        ]
        return dict.fromkeys(endpoint_keys(self.contract), found)

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[tuple[int, int]]:  # type: ignore[override]
        yield from ()

    def entries(self, contract: str) -> Sequence[object]:  # type: ignore[override]
        return ()

    def first_ms(self, contract: str) -> int | None:
        return self.start_ms


def sample_board(path: Path) -> tuple[Board, ContractAssessment]:
    contract = load_contract(path)
    start_ms = month_of(estate.NOW_MS, contract.time_zone).start_ms
    board = Board(estate.NOW_MS)
    board.assessment = assess([contract], AllDown(contract, start_ms), estate.NOW_MS)
    (one,) = board.assessment.contracts
    finding = Finding(Outcome.DOWN, Reason.TIMEOUT, "secret detail of the answer", 1)
    seen = []
    for service in contract.version_at(estate.NOW_MS).terms.services:
        for terms in service.endpoints:
            watched = Watched(f"{contract.id}/{terms.id}", contract.id, service.id, terms)
            watched.saw(Observation(watched.key, estate.NOW_MS, finding))
            seen.append(watched)
    board.watch(seen)
    return board, one


def secrets(board: Board, one: ContractAssessment) -> Iterator[str]:
    """What the pages for others must not say, as far as a service's own name does not hold it."""
    yield from (one.note, one.authority, one.supplier, one.title, "secret detail", "timeout", "<operators>")
    yield from (kpi.title for kpi in one.kpis)
    for watched in board.endpoints.values():
        yield from (str(getattr(watched.terms, part, "")) for part in ("url", "host"))
        yield watched.terms.name
        yield watched.key


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_no_money_and_nothing_from_inside_is_on_the_pages_of_any_sample_contract(path: Path) -> None:
    board, one = sample_board(path)
    own = " ".join([*(service.name or service.service for service in one.services), *one.participants.values()])
    for whose in (None, *one.participants):
        html = page(board, whose, Health(ready=False, reasons=["<operators> only"], facts={"Ledger": "/var/lib"}))
        view = shared_view(board, whose, estate.NOW_MS)
        # What other programs are given is held to the same.
        feed = "".join(ET.fromstring(shared_feed(view, "", "/", 0)).itertext())
        html += json.dumps(shared_json(board, view, "/"), ensure_ascii=False) + feed
        for service in one.services:  # a service's own name may hold any word
            html = html.replace(service.name or service.service, "")
            html = html.replace((service.name or service.service).replace("&", "&amp;").replace("'", "&#39;"), "")
        assert ("Outages this month" in html) or whose or not any(service.outages for service in one.services)
        assert one.currency not in html
        assert not MONEY.search(html), MONEY.search(html)
        assert not INSIDE.search(html), INSIDE.search(html)
        assert [text for text in secrets(board, one) if len(text) > 3 and text in html and text not in own] == []


def both(**changed: object) -> Board:
    """One contract for two participants, and another contract for nobody in particular."""
    board = estate.partnership()
    (one,) = board.assessment.contracts
    names = {"staffordshire": "Staffordshire Police", "west-midlands": "West Midlands Police"}
    first = replace(one, participants=names, **changed)  # type: ignore[arg-type]
    other = replace(one, contract="other", services=(estate.service("Payroll"),), kpis=(), participants={"hq": "HQ"})
    board.assessment = replace(board.assessment, contracts=(first, other))
    return board


def test_a_participant_sees_its_own_services_and_those_for_everybody_of_its_contracts() -> None:
    board = both()
    mine = Outline(page(board, "west-midlands")).text
    assert "Service status for West Midlands Police" in mine
    assert "Custody records" in mine
    assert "Force network" in mine, "it is for everybody whom the contract serves"
    assert "Mobile data" not in mine, "it is Staffordshire's"
    assert "Payroll" not in mine, "another contract's"
    assert "1 down 1 unknown 5 up" in mine
    assert "Payroll" in Outline(page(board, "hq")).text
    assert "No service is shown here." in Outline(page(board, "nobody")).text
    public = Outline(page(board)).text
    assert "Mobile data" in public
    assert "Payroll" in public


def test_services_of_one_name_are_told_apart_by_their_contracts_and_not_to_the_public() -> None:
    board = both()
    first, other = board.assessment.contracts
    names, own = {"hq": "HQ"}, (estate.service("Payroll"),)
    titles = [("a", "Wages"), ("b", "Pensions"), ("c", "Pensions")]
    several = [replace(other, contract=name, title=title, services=own, participants=names) for name, title in titles]
    board.assessment = replace(board.assessment, contracts=(first, *several[:2]))
    assert {one.name for one in shared_view(board, "hq", estate.NOW_MS).services} == {
        "Payroll (Wages)", "Payroll (Pensions)",
    }  # fmt: skip
    board.assessment = replace(board.assessment, contracts=(first, *several))
    text = Outline(page(board, "hq")).text
    assert all(f"Payroll ({name})" in text for name in "abc"), "titles that do not tell them apart are no names"
    assert "Payroll (" not in Outline(page(board)).text


def test_outages_and_their_end_are_shown() -> None:
    text = Outline(page(both())).text
    assert "Custody records 14:03:22 GMT still open 22 min 4 s" in text
    assert "E-mail 20 Nov 2025 14:25:26 GMT 20 Nov 2025 14:28:26 GMT 3 min" in text


def test_maintenance_is_shown_until_it_is_over_unless_it_was_refused() -> None:
    hour = estate.HOUR
    stretches: list[Mapping[str, object]] = [
        {"services": ["custody-records"], "start": estate.NOW_MS - hour, "end": estate.NOW_MS + hour},
        {"services": ["mobile-data"], "start": estate.NOW_MS + hour, "end": estate.NOW_MS + 2 * hour},
        {"services": ["e-mail"], "start": estate.NOW_MS - 2 * hour, "end": estate.NOW_MS - hour},
        {"services": ["e-mail"], "start": estate.NOW_MS + hour, "end": estate.NOW_MS + 3 * hour},
    ]
    booked = entries(
        *({"kind": "maintenance", "note": "internal", **one} for one in stretches),
        {"kind": "decision", "about": 4, "granted": False},
    )
    ahead = tuple(replace(one, why="internal") for one in estate.BOOKED)
    board = both(entries=tuple(booked), pending=(booked[1],), booked=ahead)
    text = Outline(page(board)).text
    assert "Custody records 22 Nov 2025 13:25:26 GMT 22 Nov 2025 15:25:26 GMT now" in text
    assert "Mobile data 22 Nov 2025 15:25:26 GMT 22 Nov 2025 16:25:26 GMT planned, not agreed yet" in text
    assert "E-mail and Service desk portal 22 Nov 2025 12:00:00 GMT 22 Nov 2025 18:00:00 GMT now" in text
    assert text.count("planned") == 1
    assert "internal" not in text
    assert "Mobile data" not in Outline(page(board, "west-midlands")).text


def test_a_monitor_with_a_fault_says_so_and_not_why() -> None:
    text = Outline(page(both(), health=Health(ready=False, reasons=["disk /dev/sda1 is full"]))).text
    assert "The monitor has a fault" in text
    assert "disk" not in text
    assert "has assessed nothing yet" in Outline(page(Board(estate.NOW_MS))).text
