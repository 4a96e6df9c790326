"""The feeds by the rules of RFC 4287, read by a real parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import pytest

from sla_monitor.assess import Assessment
from sla_monitor.board import Board
from sla_monitor.register.instant import parse_instant
from sla_monitor.settings.views import SharedViews
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.web import Web
from tests.web import estate
from tests.web.running import Parts, ask, serving

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "<script>alert(1)</script>&amp;]]>\x00\x08\ud800\u202e\ufffe"
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
TAG = re.compile(r"tag:sla-monitor\.invalid,2026:[A-Za-z0-9/._~%?=&+-]+")


def feed_at(web: Web, path: str) -> ET.Element:
    """A feed that keeps the rules: the elements that must be there, once each; ids and instants as they must be."""
    answer = ask(web, path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/atom+xml; charset=utf-8")
    feed = ET.fromstring(answer.body)
    assert feed.tag == f"{ATOM}feed"
    assert len(feed.findall(f"{ATOM}author/{ATOM}name")) == 1
    links = {one.get("rel"): one for one in feed.findall(f"{ATOM}link")}
    assert urljoin(f"http://host{path}", str(links["self"].get("href"))) == f"http://host{path}"
    assert links["self"].get("type") == "application/atom+xml"
    assert ask(web, str(links["alternate"].get("href"))).headers["content-type"] == "text/html; charset=utf-8"
    entries = feed.findall(f"{ATOM}entry")
    for one in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert len(one.findall(f"{ATOM}{name}")) == 1
        assert TAG.fullmatch(text(one, "id"))
        assert RFC_3339.fullmatch(text(one, "updated"))
    for one in entries:
        assert RFC_3339.fullmatch(text(one, "published"))
        assert text(one, "published") <= text(one, "updated")
        assert one.find(f"{ATOM}link[@rel='alternate']") is not None
        assert text(one, "summary")
    ids = [text(one, "id") for one in entries]
    assert len(ids) == len(set(ids))
    if entries:
        assert parse_instant(text(feed, "updated")) == max(parse_instant(text(one, "updated")) for one in entries)
    return feed


def text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{ATOM}{name}") or ""


def titles(feed: ET.Element) -> list[str]:
    return [text(one, "title") for one in feed.iter(f"{ATOM}entry")]


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with serving(Parts(board=estate.partnership(), views=SharedViews(public="everybody"))) as served:
        yield served


@pytest.mark.parametrize(
    "path",
    [
        "/outages.atom",
        "/outages.atom?q=custody&state=down",
        "/services/partnership/custody-records/outages.atom",
        "/services/partnership/mobile-data/outages.atom",
        "/public/outages.atom",
    ],
)
def test_every_feed_keeps_the_rules(web: Web, path: str) -> None:
    feed = feed_at(web, path)
    assert len(titles(feed)) == {"/outages.atom": 4, "/public/outages.atom": 4}.get(path, 0 if "mobile" in path else 2)


def test_an_entry_says_what_happened_in_words(web: Web) -> None:
    first, *others = feed_at(web, "/outages.atom").findall(f"{ATOM}entry")
    assert text(first, "title") == "Custody records: down"
    assert text(first, "summary") == (
        "Down since 22 Nov 2025 14:03:22 GMT: status unexpected (custody-web, custody-api)."
    )
    assert text(others[0], "title") == "E-mail: was down for 3 min"
    assert text(others[0], "summary") == (
        "Down from 20 Nov 2025 14:25:26 GMT to 20 Nov 2025 14:28:26 GMT: TLS failed (webmail)."
    )


def test_an_entry_is_the_same_when_its_outage_ends_and_is_news_again() -> None:
    def board(lasted_ms: int | None) -> Board:
        outage = estate.outage(22 * estate.MINUTE, lasted_ms, Reason.TIMEOUT, "webmail")
        one = estate.service("E-mail", Outcome.DOWN if lasted_ms is None else Outcome.UP, outage)
        return estate.board((one,), (), [])

    entries = []
    for lasted_ms in (None, 5 * estate.MINUTE):
        with serving(Parts(board=board(lasted_ms))) as web:
            (entry,) = feed_at(web, "/outages.atom").findall(f"{ATOM}entry")
            entries.append(entry)
    before, after = entries
    assert text(before, "id") == text(after, "id")
    assert text(before, "published") == text(after, "published")
    assert parse_instant(text(after, "updated")) == estate.NOW_MS - 17 * estate.MINUTE


def test_hostile_text_stays_text() -> None:
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    services = tuple(
        replace(one, name=f"{HOSTILE} {one.name}", outages=tuple(o._replace(endpoints=(HOSTILE,)) for o in one.outages))
        for one in contract.services
    )
    board.assessment = Assessment(board.assessment.at_ms, (replace(contract, services=services),))
    with serving(Parts(board=board, views=SharedViews(public="everybody"))) as web:
        for path in ("/outages.atom", "/public/outages.atom"):
            feed = feed_at(web, path)
            assert {one.tag.removeprefix(ATOM) for one in feed.iter()} == {
                "feed", "id", "title", "updated", "author", "name", "link", "entry", "published", "summary",
            }  # fmt: skip
            assert "<script>alert(1)</script>&amp;]]>" in titles(feed)[0]
            assert "\u202e" not in ask(web, path).body
        badge = ask(web, "/badge/partnership/e-mail.svg").body
        assert {one.tag.rpartition("}")[2] for one in ET.fromstring(badge).iter()} == {
            "svg",
            "title",
            "path",
            "g",
            "text",
        }
        assert "\u202e" not in ask(web, "/api/v1/services").body


def test_a_feed_has_the_newest_hundred() -> None:
    with serving(Parts(board=estate.many(2, 100, 1, 50, figured=0))) as web:
        found = titles(feed_at(web, "/outages.atom"))
    assert len(found) == 100
    assert sum(title.endswith(": down") for title in found) == 50


def test_a_filter_that_fits_nothing_and_a_service_that_is_not_there_are_refused(web: Web) -> None:
    answer = ask(web, "/outages.atom?state=broken")
    assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert "state is one of" in answer.body
    assert ask(web, "/services/partnership/none/outages.atom").status == 404


@pytest.mark.parametrize(
    ("page", "feed", "told"),
    [
        ("/", "/outages.atom", "/api/v1/services"),
        ("/wall", "/outages.atom", "/api/v1/services"),
        ("/public", "/public/outages.atom", "/public/status.json"),
    ],
)
def test_pages_lead_to_their_feed_and_their_json(web: Web, page: str, feed: str, told: str) -> None:
    head = ask(web, page).body.partition("</head>")[0]
    assert f'<link rel="alternate" type="application/atom+xml" title="Outages" href="{feed}">' in head
    assert f'<link rel="alternate" type="application/json" href="{told}">' in head
    assert ask(web, told).status == 200
