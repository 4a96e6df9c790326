"""Search, filters and grouping: what an address asks for is shown, and what makes no sense is said and harmless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from pydantic import TypeAdapter

from sla_monitor.board import Board, Watched
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.sla.observation import Finding, Outcome, Reason
from sla_monitor.web import Health
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.selection import GROUPS, choices, listed_services, selection_of
from sla_monitor.web.page.status_page import StatusPage
from tests.web import estate
from tests.web.page.test_status_page import Outline
from tests.web.running import Parts, ask, serving

PAGE = StatusPage(Layout())
Arguments = Mapping[str, Sequence[str]]


def page(board: Board, **arguments: str) -> Outline:
    asked = {name: [value] for name, value in arguments.items()}
    return Outline(PAGE.render(board, Health(ready=True), estate.NOW_MS, arguments=asked))


def names(board: Board, **arguments: str) -> list[str]:
    """The services that an address selects, in their order."""
    services = listed_services(board)
    selection = selection_of({name: [value] for name, value in arguments.items()}, choices(services))
    return [one.name for one in services if selection.holds(one)]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"q": "custody"}, ["Custody records"]),
        ({"q": "CUSTODY  api"}, ["Custody records"]),
        ({"q": "webmail"}, ["E-mail"]),
        ({"q": "127.0.0.1:1 webmail"}, ["E-mail"]),
        ({"q": "west-midlands"}, ["Custody records"]),
        ({"q": "strategic it nightly"}, ["Crime analytics"]),
        ({"q": "custody webmail"}, []),
        ({"state": "bad"}, ["Custody records", "Mobile data", "Crime analytics"]),
        ({"state": "degraded"}, ["Mobile data"]),
        ({"criticality": "critical", "state": "up"}, ["Command and control", "Force network"]),
        ({"supplier": "Boeing", "criticality": "low"}, ["Crime analytics"]),
        # Whose services are everybody's are a participant's too.
        ({"participant": "west-midlands", "state": "bad"}, ["Custody records", "Crime analytics"]),
    ],
)
def test_search_and_filters_combine(arguments: dict[str, str], found: list[str]) -> None:
    assert names(estate.partnership(), **arguments) == found


KINDS: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "http": ({"url": "https://one.example/a"}, ("one.example/a",)),
    "tcp": ({"host": "two.example", "port": 1}, ("two.example",)),
    "dns": ({"server": "192.0.2.3", "ask": "three.example"}, ("192.0.2.3", "three.example")),
    "tls": ({"host": "four.example", "port": 443}, ("four.example",)),
    "heartbeat": ({"token": "${env:TOKEN}", "period": "1d", "grace": "1h"}, ()),
    "journey": (
        {"base": "https://five.example", "steps": [{"id": "a", "url": "/sign-in"}]},
        ("five.example", "/sign-in"),
    ),
}


def test_every_kind_of_endpoint_is_found_by_its_address() -> None:
    """A kind that calls its address by another name would be left out of the search without a word."""
    adapter: TypeAdapter[Endpoint] = TypeAdapter(Endpoint)
    assert set(KINDS) == {get_args(one.model_fields["kind"].annotation)[0] for one in get_args(get_args(Endpoint)[0])}
    for kind, (fields, addresses) in KINDS.items():
        terms = adapter.validate_python({"id": "x", "kind": kind, **fields})
        board = Board(0)
        board.watch([Watched("c/x", "c", "s", terms), estate.watched("mail", "Webmail", None)])
        for address in addresses:
            assert names(board, q=address) == ["s"], kind
        assert names(board, q="TOKEN") == []


def test_the_worst_stand_first_then_the_most_critical_then_what_lasts_longest() -> None:
    board = estate.many(2, 40, 1, 12)
    services = listed_services(board)
    assert [one.state for one in services] == [Outcome.DOWN] * 12 + [Outcome.UP] * 28
    ranks = [("critical", "high", "medium", "low").index(one.criticality) for one in services[:12]]
    assert ranks == sorted(ranks)
    critical = [one.began_ms for one in services[:12] if one.criticality == services[0].criticality]
    assert critical == sorted(critical)


def test_every_filter_is_part_of_every_link_of_the_page() -> None:
    """So a filter stays when the page is turned, refreshed, unfolded or grouped, and a link can be passed on."""
    asked = {"q": "service", "criticality": "high", "group": "supplier", "refresh": "30"}
    outline = page(estate.many(4, 400, 1, 200), **asked)
    hrefs = [str(one["href"]) for one in outline.named("a")]
    (following,) = {href for one, href in zip(outline.named("a"), hrefs, strict=True) if one.get("rel") == "next"}
    assert parse_qs(urlsplit(following).query) == {name: [value] for name, value in {**asked, "page": "2"}.items()}
    assert "/?q=service&criticality=high&group=supplier" in hrefs, "stops refreshing"
    hidden = {one["name"]: one["value"] for one in outline.named("input") if one.get("type") == "hidden"}
    assert hidden == {"refresh": "30"}
    selected = [one["value"] for one in outline.named("option") if "selected" in one]
    assert selected == ["high", "supplier"]


def test_a_group_is_named_counted_and_can_be_had_alone() -> None:
    board = estate.many(4, 40, 1, 8)
    for group in GROUPS:
        outline = page(board, group=group)
        assert "8 down" in outline.text
        assert any(f"{group}=" in str(one["href"]) for one in outline.named("a")), group
    text = page(board, group="participant").text
    assert text.index("west-midlands") > 0
    assert "everybody" in text


def test_a_page_without_a_service_says_so_and_leads_back() -> None:
    outline = page(estate.partnership(), q="zzz", state="down")
    assert "No service matches" in outline.text
    assert "1 service is down" in outline.text, "what is wrong is counted whatever is searched for"
    links = [str(one["href"]) for one in outline.named("a")]
    assert {"/", "/?state=down", "/?q=zzz"} <= set(links)


HOSTILE = ["<script>alert(1)</script>", '"><img src=x>', "\u202egnp", "{{ 7*7 }}", "x" * 5_000, "-1", "99999999", "%00"]


@pytest.mark.parametrize("name", ["q", "state", "supplier", "contract", "participant", "criticality", "group", "page"])
def test_hostile_values_are_shown_as_text_and_said_to_be_ignored(name: str) -> None:
    board = estate.many(2, 40, 1, 8)
    usual = {tag for tag, _ in page(board, q="service").tags} | {tag for tag, _ in page(board, q="zzz").tags}
    for value in HOSTILE:
        outline = page(board, **{name: value})
        assert outline.open == []
        assert {tag for tag, _ in outline.tags} <= usual
        assert "8 services are down" in outline.text
        assert "49" not in outline.text or "{{" not in value
        is_number = name == "page" and value == "99999999"
        assert ("ignored" in outline.text or "is cut to" in outline.text) == (
            (name != "q" and not is_number) or is_number or len(value) > 200
        )


def test_any_bytes_in_an_address_are_an_answer() -> None:
    with serving(Parts(board=estate.partnership())) as web:
        for query in ("q=%ff%fe", "state=%00", "group=%e2%80%ae", "page=%c2%b2", "q=a&q=b", "=", "&&&", "q", "%ff=%ff"):
            assert ask(web, f"/?{query}").status == 200
            assert ask(web, f"/wall?{query}").status == 200
        assert "given more than once" in ask(web, "/?q=a&q=b").body
        assert ask(web, f"/?q={quote('custody')}&refresh=15").headers["refresh"] == "15"


def test_nothing_bad_is_hidden_by_a_page_and_the_page_of_a_thousand_is_small() -> None:
    board = estate.many(100, 1_000, 1, 200, figured=25)
    assert len(PAGE.render(board, Health(ready=True), estate.NOW_MS).encode()) < 100_000
    outline = page(board)
    assert "80 more contracts" in outline.text
    assert "200 services are down" in outline.text
    assert "200 services are not up; 50 of them are on this page." in outline.text
    assert "/?state=bad" in [one["href"] for one in outline.named("a")]
    seen: list[str] = []
    for number in range(1, 5):
        rows = page(board, state="bad", page=str(number)).named("a")
        seen += [str(one["href"]) for one in rows if str(one["href"]).startswith("/services/")]
    every = {one.address for one in listed_services(board) if one.state is Outcome.DOWN}
    assert every <= set(seen)


def test_a_page_beyond_the_last_is_the_last() -> None:
    assert "Rows 51 to 60 of 60" in page(estate.many(1, 60, 1, 0), page="99").text


def test_up_to_twenty_services_are_cards_and_more_are_rows() -> None:
    assert page(estate.many(1, 20, 1, 1)).text.count("Latest outages") == 20
    assert "Latest outages" not in page(estate.many(1, 21, 1, 1)).text
    assert page(estate.many(1, 21, 1, 1), open="all").text.count("Latest outages") == 21


def test_a_contract_s_filter_shows_its_figures_with_its_rows() -> None:
    board = estate.many(2, 60, 1, 6)
    assert "Contract 0 for managed services" in page(board).text
    assert "KPIs this month" not in page(board).text
    assert "KPIs this month" in page(board, contract="contract-0").text


def test_a_service_that_is_not_assessed_yet_is_among_the_rows() -> None:
    board = estate.many(1, 30, 1, 0)
    board.watch([*board.endpoints.values(), estate.watched("mail", "Webmail", Finding(Outcome.DOWN, Reason.TIMEOUT))])
    text = page(board).text
    assert "1 service is down" in text
    assert "not assessed yet" in text
