"""What the status page says, and what hostile text cannot do to it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from sla_monitor.board import Board
from sla_monitor.sla.observation import Finding, Outcome, Reason
from sla_monitor.web import Health
from sla_monitor.web.page.layout import Layout
from sla_monitor.web.page.status_page import StatusPage
from sla_monitor.web.page.wall import Wall
from tests.support.reconciled import reconciled
from tests.web import estate
from tests.web.running import Parts, ask, serving

READY = Health(ready=True)


class Outline(HTMLParser):
    """The page's elements, their balance, and its text."""

    APART = ("dd", "div", "dt", "h1", "h2", "h3", "li", "p", "td", "th")
    VOID = ("meta", "link", "br", "img", "input")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.texts.append(" " if tag in self.APART else "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.texts))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def render(board: Board, health: Health = READY, *, unfold: bool = False) -> Outline:
    return Outline(
        StatusPage(Layout()).render(board, health, estate.NOW_MS, arguments={"open": ["all"] if unfold else []})
    )


def test_the_page_says_what_is_broken_for_whom_since_when_and_why() -> None:
    text = render(estate.partnership()).text
    assert "1 service is down" in text
    assert "1 down 1 degraded 1 unknown 5 up" in text
    assert (
        "✕ Down Custody records Boeing Affects staffordshire, west-midlands · since 14:03:22 GMT (for 22 min 4 s)"
        " · status unexpected 503 Service Unavailable, expected 200-299"
    ) in text


def test_the_worst_trouble_stands_first() -> None:
    text = render(estate.partnership()).text
    places = [text.index(name) for name in ("✕ Down Custody", "▲ Degraded Mobile", "? Unknown Crime")]
    assert places == sorted(places)


def test_a_service_that_is_degraded_by_an_endpoint_that_is_down_says_why() -> None:
    """One failed probe is not confirmed: the service is no more than degraded, and the reason is known all the same."""
    one = estate.service("Custody", Outcome.DEGRADED)
    refused = Finding(Outcome.DOWN, Reason.STATUS_UNEXPECTED, "the status is 503, expected 200-299")
    seen = [estate.watched("custody", "Health", refused), estate.watched("custody", "Records", estate.up(9))]
    text = render(estate.board((one,), (), seen)).text
    assert "status unexpected the status is 503" in text
    assert "no reason recorded" not in text


def test_a_journey_that_fails_names_its_step_where_the_trouble_is_told_and_at_the_endpoint() -> None:
    detail = "step 2 of 4, «Find a detainee's record»: the status is 500, expected 200-299"
    failed = Finding(Outcome.DOWN, Reason.STATUS_UNEXPECTED, detail, 61_000)
    one = estate.service("Custody", Outcome.DOWN, estate.outage(60_000, None, Reason.STATUS_UNEXPECTED, "transaction"))
    text = render(estate.board((one,), (), [estate.watched("custody", "Transaction", failed, kind="journey")])).text
    assert f"status unexpected {detail}" in text
    assert f"Transaction journey ✕ Down status unexpected, 1 failure in a row{detail}" in text


def test_a_service_shows_its_month_with_the_allowance_left() -> None:
    text = render(estate.partnership()).text
    assert "Availability 99.88 % of the time that was seen" in text
    assert "Downtime 36 min 4 s of 518 h 25 min 26 s agreed so far" in text
    assert "target 99.9 %, below target so far" in text
    assert "7 min 8 s left of 43 min 12 s" in text
    assert "still open" in text
    assert "Figures are month to date, divided by the time so far: from 1 Nov 2025 00:00:00 GMT" in text


def test_the_outages_stand_beside_the_supplier_s_list() -> None:
    """Each of ours is on theirs too, and theirs has one more for each service."""
    text = render(estate.partnership()).text
    assert "Outages against the supplier’s list, November 2025 4 agreed, 8 theirs only" in text
    assert "Custody records ✕ theirs only Disk full Disk full: 1 Nov 2025 01:00:00 to 02:00:00 GMT 0 s 1 h +1 h" in text
    assert "13 Nov 2025 14:25:26 to 14:31:38 GMT" in text
    assert "All services 45 min 16 s 8 h 45 min 16 s +8 h" in text
    assert "List of the supplier: register entry 7." in text


def test_without_a_list_the_page_says_nothing_of_one() -> None:
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    board.assessment = replace(board.assessment, contracts=(replace(contract, reconciliation=None),))
    assert "supplier’s list" not in render(board).text


def test_a_long_list_is_cut_and_the_rest_is_counted() -> None:
    board = estate.thousand()
    (contract,) = board.assessment.contracts
    board.assessment = replace(board.assessment, contracts=(reconciled(contract, ["<b>", "\u202e"]),))
    outline = render(board, unfold=True)
    assert "60 more matches not listed" in outline.text
    assert "<b> \ufffd: 1 Nov" in outline.text
    assert not outline.named("b")


def test_the_contract_shows_its_terms_and_its_note() -> None:
    text = render(estate.partnership()).text
    assert "Illustrative terms" in text
    assert "For Staffordshire Police. Terms in force since 15 April 2025 (CCN-12)." in text


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2025, 11, 23), date(2034, 3, 31), "The contract begins on 23 November 2025: what is seen now"),
        (
            date(2024, 4, 1),
            date(2025, 11, 21),
            "ended on 21 November 2025, and its last month stands below. It is no longer",
        ),
        (date(2025, 11, 22), date(2025, 11, 22), "in force since"),
    ],
    ids=["before", "after", "first and last day"],
)
def test_a_contract_says_when_it_does_not_run(first: date, last: date, said: str) -> None:
    """Today is 22 November 2025."""
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    board.assessment = replace(board.assessment, contracts=(replace(contract, starts_on=first, ends_on=last),))
    text = render(board).text
    assert said in text
    assert ("Figures are month to date" in text) == (said == "in force since")


def test_a_contract_that_is_probed_after_its_end_says_so() -> None:
    board = estate.partnership()
    (contract,) = board.assessment.contracts
    ended = replace(contract, starts_on=date(2024, 4, 1), ends_on=date(2025, 11, 21), probe_after_term=True)
    board.assessment = replace(board.assessment, contracts=(ended,))
    assert "It is still probed, as its terms say: what is seen now counts for no figure." in render(board).text


def test_an_endpoint_shows_its_last_probe() -> None:
    text = render(estate.partnership()).text
    assert "Custody web http ✕ Down status unexpected, 23 failures in a row" in text
    assert "12 s ago 14:25:14 GMT 41 ms" in text
    assert "9 days left" in text
    assert "Nightly extract http ? Unknown not probed yet never" in text


def test_what_is_fine_is_folded_and_what_is_not_is_open() -> None:
    outline = render(estate.partnership())
    folded = {one["id"]: "open" in one for one in outline.named("details")}
    assert folded["partnership--custody-records"]
    assert folded["partnership--mobile-data"]
    assert folded["partnership--crime-analytics"]
    assert not folded["partnership--e-mail"]


def test_everything_can_be_unfolded() -> None:
    outline = render(estate.partnership(), unfold=True)
    assert all("open" in one for one in outline.named("details") if one["id"] != "reading")


def test_an_overdrawn_allowance_says_by_how_much() -> None:
    long = estate.service("Mail", Outcome.UP, estate.outage(estate.DAY, 2 * estate.HOUR, Reason.TIMEOUT, "mail"))
    text = render(estate.board((long,), (estate.kpi(long, "99.9"),), [])).text
    assert "used up: 1 h 16 min 48 s more than 43 min 12 s" in text
    assert "below target so far" in text


def test_a_target_of_100_percent_allows_nothing() -> None:
    perfect = estate.service("Mail")
    text = render(estate.board((perfect,), (estate.kpi(perfect, "100"),), [])).text
    assert "Availability 100.00 %" in text
    assert "0 s left of 0 s" in text
    assert "on target so far" in text


def test_the_unseen_is_never_a_number() -> None:
    unseen = estate.service("Mail", Outcome.UNKNOWN, unknown_ms=estate.SO_FAR_MS)
    text = render(estate.board((unseen,), (estate.kpi(unseen, "99.9"),), [])).text
    assert "Availability unknown" in text
    assert "target 99.9 %, nothing seen yet" in text
    assert "0.00 % available" not in text
    assert text.count("0.00 %") == text.count("0.00 % seen") + text.count("Coverage 0.00 %")


def test_before_the_first_service_hour_there_is_no_figure() -> None:
    early = estate.service("Desk", agreed_ms=0)
    assert "no service hours yet" in render(estate.board((early,), (), [])).text


def test_too_little_coverage_is_not_called_met() -> None:
    thin = estate.service("Mail", unknown_ms=estate.SO_FAR_MS // 2)
    text = render(estate.board((thin,), (estate.kpi(thin, "99.9", is_assessable=False),), [])).text
    assert "not assessable: coverage too low" in text
    assert "on target" not in text
    assert "50.00 % seen" in text


def test_an_empty_board_says_so() -> None:
    text = render(Board(estate.NOW_MS)).text
    assert "Nothing is being watched" in text
    assert "No contract is loaded." in text


def test_what_is_watched_but_not_assessed_yet_is_shown_all_the_same() -> None:
    board = Board(estate.NOW_MS - 5_000)
    board.watch([estate.watched("mail", "Webmail", Finding(Outcome.DOWN, Reason.TIMEOUT))])
    text = render(board).text
    assert "1 service is down" in text
    assert "not assessed yet" in text
    assert "Webmail" in text


def test_all_up_is_said_in_one_line() -> None:
    services = (estate.service("Mail"), estate.service("Desk"))
    text = render(estate.board(services, (), [])).text
    assert "All 2 services are up" in text
    assert "What is wrong now" not in text


def test_the_monitor_says_how_it_is_itself() -> None:
    text = render(estate.partnership(), Health(False, ["ledger locked"], {"Ledger": "1,204 rows"})).text
    assert "✕ Not ready ledger locked" in text
    assert "The monitor is not ready: ledger locked." in text.partition("What is wrong now")[0]
    assert "Ledger 1,204 rows" in text
    several = render(estate.partnership(), Health(False, ["ledger locked", "register apart"])).text
    assert "The monitor is not ready: ledger locked register apart" in several, "each on a line of its own"
    assert "▲ Ready reload failed" in render(estate.partnership(), Health(True, ["reload failed"])).text


def test_a_collector_that_follows_says_who_speaks_at_the_head_of_every_page() -> None:
    notice = "This collector, west, follows. The one that speaks is east."
    text = render(estate.partnership(), Health(True, notice=notice)).text
    assert notice in text.partition("What is wrong now")[0]
    assert "follows" not in render(estate.partnership(), Health(True)).text
    wall = Wall(Layout()).render(estate.partnership(), Health(True, notice=notice), estate.NOW_MS, {})
    assert notice in Outline(wall).text


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</td></tr></table></details></body>",
    "{{ 7 * 7 }}{% raw %}",
    "\0\x1b]0;x\x07\u202egnp.exe",
    "\ud800",
    "&lt;b&gt;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(text: str) -> None:
    found = estate.partnership()
    before = Outline(StatusPage(Layout()).render(found, READY, estate.NOW_MS))
    for one in found.endpoints.values():
        if one.last:
            one.last = replace(one.last, finding=replace(one.last.finding, detail=text))
    html = StatusPage(Layout()).render(found, READY, estate.NOW_MS)
    after = Outline(html)
    assert {name for name, _ in after.tags} <= {name for name, _ in before.tags}
    assert len(after.named("table")) == len(before.named("table"))
    assert ("{{ 7 * 7 }}" in after.text) == ("{{" in text)
    assert not set(html) & set("\0\x1b\x07\u202e\ud800")
    assert html.encode()


def test_the_page_is_made_for_everybody() -> None:
    outline = render(estate.partnership())
    assert outline.open == []
    assert outline.named("html") == [{"lang": "en-GB"}]
    assert all(one.get("scope") in {"row", "col"} for one in outline.named("th"))
    assert len(outline.named("caption")) == len(outline.named("table")) > 0
    assert len(outline.named("h1")) == 1
    assert outline.named("script") == [{}]  # our own, inside the page: none is fetched
    assert not [
        tag for tag, attributes in outline.tags if "style" in attributes or any(k[:2] == "on" for k in attributes)
    ]
    ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"#{one}" for one in ids} >= {str(a["href"]) for a in outline.named("a") if str(a["href"]).startswith("#")}


def test_a_thousand_endpoints_are_rendered_without_delay() -> None:
    page, board = StatusPage(Layout()), estate.thousand()
    everything = {"open": ["all"]}
    page.render(board, READY, estate.NOW_MS, arguments=everything)
    began = time.process_time()
    html = page.render(board, READY, estate.NOW_MS, arguments=everything)
    # Far above what it takes: it would take a mistake in the order of growth to get here.
    assert time.process_time() - began < 2
    assert html.count("Endpoint service-") == 1000


def test_the_page_reloads_by_itself_only_for_those_who_ask() -> None:
    with serving(Parts(board=estate.partnership())) as web:
        assert "refresh" not in ask(web, "/").headers
        assert ask(web, "/?refresh=15").headers["refresh"] == "15"
        for nonsense in ("0", "1", "-5", "x", "9999", "%C2%B2", "99999999999999999999"):
            answer = ask(web, f"/?refresh={nonsense}")
            assert (answer.status, "refresh" in answer.headers) == (200, False)


def test_no_link_leads_away_from_the_monitor() -> None:
    assert all(str(a["href"])[0] in "/?#" for a in render(estate.partnership()).named("a"))
