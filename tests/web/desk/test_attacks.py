"""What others might try at the desk: forms from elsewhere, frames, leads to elsewhere, hostile words, two at once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from sla_monitor.ledger.recording.audit import newest_deeds
from sla_monitor.web import Limits
from sla_monitor.web.identity.desk_state import digest_of
from tests.web.desk.house import TOKEN, Browser, House, furnished
from tests.web.desk.side_house import HOSTILE, say, side_house
from tests.web.desk.test_access import ADDRESSES
from tests.web.desk.walking import walked
from tests.web.running import raw

EVERYWHERE = [{"role": role} for role in ("operator", "contract_manager", "approver", "finance", "auditor")]
PAGES = sorted({path for path, _, _ in ADDRESSES.values() if path.startswith(("/desk", "/sign-in"))})
COMMENT = "/desk/contracts/small/enter/comment"
ELSEWHERE = (
    "https://evil.example/", "//evil.example", r"/\evil.example", "javascript:alert(1)", "/sign-out",
    "\t//evil.example", "%2f%2fevil.example", "/desk\r\nSet-Cookie: a=b",
)  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With one person who may do everything."""
    folder = tmp_path_factory.mktemp("desk")
    users = [
        {"name": name, "password": f"${{file:{folder / 'password'}}}", "roles": EVERYWHERE}
        for name in ("max", "moritz")
    ]
    with side_house(folder, users=users) as found:
        for kind, words in (("minute", {"month": "2026-10"}), ("acknowledgement", {"service": "custody"})):
            say(found.ledger, found.parts.contracts[0], kind, words, HOSTILE, actor=HOSTILE, reference=HOSTILE)
        line = {"month": "2026-08", "amount": "1", "on": "2026-11-01", "invoice": HOSTILE}
        say(found.ledger, found.parts.contracts[0], "credit_invoiced", line, HOSTILE, evidence=HOSTILE)
        yield found


@pytest.fixture(scope="module")
def browser(house: House) -> Browser:
    return house.browser("max")


def forms_in(text: str) -> Sequence[str]:
    """Where the forms of a page are posted to."""
    return re.findall(r'<form[^>]*method="post"[^>]*action="([^"]+)"', text)


def test_no_form_is_taken_from_another_site_or_without_its_token(house: House, browser: Browser) -> None:
    actions = {action for page in walked(browser, PAGES).values() for action in forms_in(page.text)} - {"/sign-out"}
    assert len(actions) > 10
    before, token = len(house.entries()), browser.get("/desk").hidden
    for action in actions:
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            assert browser.post(action, token, **headers).status == 403, action
        assert browser.post(action, {"_csrf": "0" * 64}).status == 403, action
        assert browser.post(action, {"_csrf": house.browser("moritz").get("/desk").hidden["_csrf"]}).status == 403
    assert len(house.entries()) == before


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_its_armour_and_no_text_gets_out_of_its_place(browser: Browser, path: str) -> None:
    page = browser.get(path)
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    if "text/html" in page.headers.get("content-type", "") and page.status == 200:
        policy = page.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<[^>]+ (?:on\w+|style)=", page.text), "a handler or a style of its own"
        assert "<script>alert" not in page.text
    assert "\u202e" not in page.text


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_no_sign_in_leads_elsewhere(house: House, wanted: str) -> None:
    signed_in = house.browser().sign_in("max", following=wanted)
    assert (signed_in.status, signed_in.location) == (303, "/desk")
    assert house.browser("max").get(f"/sign-in?next={quote(wanted, safe='')}").location == "/desk"


def test_what_an_address_says_stays_text(browser: Browser) -> None:
    asked = quote(HOSTILE, safe="")
    addresses = (
        f"/desk/audit?person={asked}&day={asked}", f"/desk/contracts/small/enter/minute?month={asked}&x={asked}",
        f"/desk/contracts/{asked}/credits", f"/desk/contracts/small/entered?number={asked}",
    )  # fmt: skip
    for path in addresses:
        page = browser.get(path)
        assert page.status in {200, 404, 422}
        assert "<script>alert" not in page.text


def test_two_at_once_enter_one_of_two_lines_that_exclude_each_other(house: House) -> None:
    address = "/desk/contracts/small/enter/credit_invoiced"
    said = {"month": "2026-08", "amount": "2", "on": "2026-11-02", "invoice": "INV-77"}
    browsers = [house.browser(name) for name in ("max", "moritz")]
    forms = [one.get(address) for one in browsers]
    with ThreadPoolExecutor(2) as pool:
        pairs = zip(browsers, forms, strict=True)
        answers = list(pool.map(lambda pair: pair[0].fill_in(pair[1], address, **said), pairs))
    assert sorted(one.status for one in answers) == [303, 422]
    assert sum("INV-77" in f"{one.body}" for one in house.entries()) == 1


def test_the_same_submission_ten_times_at_once_counts_once(house: House, browser: Browser) -> None:
    address = "/desk/contracts/small/enter/obligation_met"
    form, said = (
        browser.get(address),
        {"obligation": "insurance", "due": "2026-11-12", "met": "2026-11-10", "by": "Max"},
    )
    before = len(house.entries())
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: browser.fill_in(form, address, **said), range(10)))
    assert {one.status for one in answers} == {303}, [re.findall(r"problem.>.*|<li>.*", one.text) for one in answers]
    assert len({one.location.partition("&")[0] for one in answers}) == 1
    assert len(house.entries()) == before + 1


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_no_form_leads_elsewhere_once_it_is_sent(browser: Browser, wanted: str) -> None:
    address = "/desk/contracts/small/enter/minute"
    form = browser.get(f"{address}?next={quote(wanted, safe='')}")
    said = browser.post(address, {**form.hidden, "month": "2026-10", "note": f"Then {wanted!r}.", "next": wanted})
    assert said.status == 303
    assert said.location.startswith("/desk/contracts/small/"), said.location


def test_no_page_of_the_desk_does_anything_by_another_method(house: House, browser: Browser) -> None:
    before, token = len(house.entries()), browser.get("/desk").hidden["_csrf"]
    for path in PAGES:
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POSTS"):
            page = browser.ask(method, path, f"_csrf={token}".encode(), {"X-HTTP-Method-Override": "POST"})
            assert page.status in {405, 501}, (method, path, page.status)
    assert len(house.entries()) == before


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 5\r\nContent-Length: 50\r\n",
        b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, identity\r\n", b"Content-Length: +5\r\n",
        b"Content-Length : 5\r\n", b"Content-Length: 0x5\r\n",
    ],
)  # fmt: skip
def test_a_request_whose_end_nobody_knows_is_refused_and_hides_no_other(house: House, head: bytes) -> None:
    hidden = b"GET /desk HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = raw(house.web, b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n0\r\n\r\n" + hidden)
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    assert not answer or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 403")), answer


@pytest.mark.parametrize("name", ["evil.example", "localhost.evil.example", "127.0.0.1@evil.example", "localhost:1@x"])
def test_a_name_that_is_not_ours_gets_no_page(house: House, name: str) -> None:
    told = Browser(house.web.port, {"Host": name}).get("/desk")
    assert (told.status in {400, 403}, told.location) == (True, "")


def test_nobody_of_a_supplier_fills_the_disk_by_forms(tmp_path: Path) -> None:
    with furnished(tmp_path, limits=Limits(day_bytes=3_000)) as house:
        browser, said = house.browser("sue"), {"month": "2024-10", "note": "x" * 2_500}
        assert browser.fill_in(browser.get(COMMENT), COMMENT, **said).status == 303
        refused = browser.fill_in(browser.get(COMMENT), COMMENT, **said)
        assert (refused.status, "at most 3,000 bytes within a day" in refused.text) == (429, True)
        assert "ask the authority to bring the rest in" in refused.text
        entry = "/desk/contracts/small/entries/1"
        attached = browser.upload(entry, browser.get(entry).hidden, {}, ("a.txt", b"a"))
        assert (attached.status, "within a day" in attached.text) == (429, True)
        manager = house.browser("carl")
        for _ in range(3):
            assert manager.fill_in(manager.get(COMMENT), COMMENT, **said).status == 303


def test_nobody_fills_the_register_by_forms_faster_than_by_programs(tmp_path: Path) -> None:
    with furnished(tmp_path, limits=Limits(writes_per_minute=2)) as house:
        browser, other = house.browser("sue"), house.browser("carl")
        statuses = []
        for number in range(3):
            said = {"month": "2024-10", "note": f"Comment {number}."}
            statuses.append(browser.fill_in(browser.get(COMMENT), COMMENT, **said).status)
        assert statuses == [303, 303, 429]
        assert other.fill_in(other.get(COMMENT), COMMENT, month="2024-10", note="Another person.").status == 303
        assert len(house.entries()) == 3


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "2024-99"])
@pytest.mark.parametrize("page", ["", "/outages", "/meeting", "/sign-off", ".json", "/outages.json"])
def test_a_month_that_is_none_is_no_page_and_no_fault(
    house: House, browser: Browser, month: str, page: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = page.removesuffix(".json")
    root = "/api/v1" if path != page else "/desk"
    assert browser.get(f"{root}/contracts/{house.parts.contracts[0].id}/months/{month}{path}").status == 404
    assert caplog.records == []


def test_what_a_supplier_may_not_say_is_in_the_audit_and_not_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    supplier = [{"role": "supplier", "contracts": ["small"]}]
    with furnished(tmp_path, tokens=[{"name": "robot", "sha256": digest_of(TOKEN), "roles": supplier}]) as house:
        internal = {"said": {"kind": "comment", "month": "2024-10", "internal": True}, "note": "For the authority."}
        sent = {"Content-Type": "application/json", "Idempotency-Key": "1"}
        page = house.script().ask("POST", "/api/v1/contracts/small/entries", json.dumps(internal).encode(), sent)
        assert (page.status, "what is internal is the authority" in page.text) == (403, True)
        typed = {"month": "2024-10", "internal": "yes", "note": "For the authority."}
        page = house.script().post("/desk/contracts/small/enter/comment", typed)
        assert (page.status, "what is internal is the authority" in page.text) == (403, True)
    assert caplog.records == []
    told = [(one.event, one.actor, one.contract, one.subject) for one in newest_deeds(tmp_path / "ledger.db", 100)]
    assert told == 2 * [("forbidden", "robot", "small", "what is internal is the authority’s")]
