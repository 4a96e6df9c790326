"""Signing in and out: what a hostile page, a guesser and a stolen cookie come to."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.ledger.recording.audit import AuditEvent, newest_deeds
from sla_monitor.web import Limits
from tests.fakes.clock import FakeClock
from tests.web.desk.house import PASSWORD, Browser, House, furnished, hashed

MINUTE = "/desk/contracts/small/enter/minute"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("desk")) as found:
        yield found


def deeds(house: House) -> list[AuditEvent]:
    return newest_deeds(house.ledger, 1000)


def test_a_page_leads_to_the_sign_in_and_back(house: House) -> None:
    browser = house.browser()
    page = browser.get("/services/small/custody?x=1")
    assert (page.status, page.location) == (303, "/sign-in?next=%2Fservices%2Fsmall%2Fcustody%3Fx%3D1")
    signed = browser.fill_in(browser.get(page.location), "/sign-in", name="carl", password=PASSWORD)
    assert (signed.status, signed.location) == (303, "/services/small/custody?x=1")
    assert "Signed in as" in browser.get("/desk").text


def test_a_program_is_told_what_it_lacks(house: House) -> None:
    page = Browser(house.web.port, {"Accept": "application/json"}).get("/api/v1/services")
    assert (page.status, page.headers["www-authenticate"]) == (401, 'Bearer realm="sla-monitor"')
    assert house.script("wrong-token-0123456789").get("/api/v1/services").status == 401
    assert house.script().get("/api/v1/services").status == 200


def test_cookies_are_for_this_site_alone_and_for_no_script(house: House) -> None:
    browser = house.browser()
    page = browser.sign_in("carl")
    assert {one.partition("=")[0] for one in page.cookies if "expires=" not in one} == {"sla_session", "sla_device"}
    for cookie in page.cookies:
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie


def test_with_https_cookies_are_secure_and_of_this_host(tmp_path: Path) -> None:
    with furnished(tmp_path, address="https://sla.example") as house:
        browser = house.browser("carl")
        assert "__Host-sla_session" in browser.jar
        stolen = Browser(house.web.port, jar={"sla_session": browser.jar["__Host-sla_session"]})
        assert stolen.get("/desk").status == 303  # a plain cookie can be planted by another host
        assert all("Secure" in cookie for cookie in house.browser().sign_in("carl").cookies)


def test_a_session_that_was_planted_is_never_used(house: House) -> None:
    planted = {"sla_session": "planted-by-somebody", "sla_before": "planted-as-well"}
    browser = Browser(house.web.port, jar=dict(planted))
    assert browser.sign_in("carl").status == 303
    assert browser.jar["sla_session"] != planted["sla_session"]
    assert Browser(house.web.port, jar=planted).get("/desk").status == 303
    # Signing in again ends the session that the browser had.
    before = dict(browser.jar)
    form = house.browser().get("/sign-in")
    browser.jar.update({"sla_before": "x"})
    del browser.jar["sla_session"]
    again = Browser(house.web.port, jar={"sla_session": before["sla_session"]})
    assert again.get("/sign-in").status == 303  # is signed in: goes to the desk
    assert form.status == 200


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", MINUTE])
def test_a_form_that_our_page_did_not_make_is_refused(house: House, path: str) -> None:
    carl, other, before = house.browser("carl"), house.browser("anna"), len(house.entries())
    fields = {"month": "2024-10", "note": "Forged.", "name": "carl", "password": PASSWORD}
    foreign = {"_csrf": other.get("/desk").hidden["_csrf"]}
    own = {"_csrf": carl.get("/desk").hidden["_csrf"]}
    assert carl.post(path, fields).status == 403
    assert carl.post(path, {**fields, **foreign}).status == 403
    assert carl.post(path, {**fields, **own}, Origin="https://evil.example").status == 403
    assert carl.post(path, {**fields, **own}, Origin="null").status == 403
    assert carl.post(path, {**fields, **own}, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert carl.get(f"{path}?{urlencode({**fields, **own})}").status != 303 or path == "/sign-in"
    assert len(house.entries()) == before
    assert carl.get("/desk").status == 200


def test_a_form_is_read_from_the_body_as_a_form_alone(house: House) -> None:
    carl = house.browser("carl")
    own = carl.get("/desk").hidden
    assert carl.post("/sign-out", own, **{"Content-Type": "application/json"}).status == 403
    assert carl.post("/sign-out", own, **{"Content-Type": "multipart/form-data"}).status == 400
    assert carl.post(MINUTE, {**own, **{f"f{n}": "x" for n in range(401)}}).status == 400


@pytest.mark.parametrize("path", ["/", "/desk", "/sign-in", MINUTE, "/sign-in?next=/x", "/nothing"])
def test_no_page_is_shown_in_a_frame(house: House, path: str) -> None:
    for browser in (house.browser("carl"), house.browser()):
        page = browser.get(path)
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "///evil.example", "javascript:alert(1)", "http:evil.example", "/\r\nSet-Cookie: a=b", "evil.example",
        "https:/evil.example", " //evil.example", "/sign-in?next=/sign-in", "/sign-out", "/-/reload", "//[::1", "/é",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere_after_the_sign_in(house: House, wanted: str) -> None:
    browser = house.browser()
    form = browser.get(f"/sign-in?{urlencode({'next': wanted})}")
    assert form.hidden["next"] == "/desk"
    page = browser.post("/sign-in", {**form.hidden, "next": wanted, "name": "carl", "password": PASSWORD})
    assert (page.status, page.location) == (303, "/desk")
    assert browser.get(f"/sign-in?{urlencode({'next': wanted})}").location == "/desk"


@pytest.mark.parametrize(
    ("name", "password"),
    [("fred", "wrong"), ("fred", ""), ("fred", PASSWORD + "\0"), ("fred", "x" * 100), ("nobody", PASSWORD), ("", ""),
     ("FRED", PASSWORD), ("fred\0", PASSWORD), ("robot", PASSWORD)],
)  # fmt: skip
def test_a_wrong_password_says_the_same_as_an_unknown_name(house: House, name: str, password: str) -> None:
    page = house.browser().sign_in(name, password)
    assert page.status == 401
    assert "This name and password do not fit." in page.text
    assert "sla_session" not in "".join(page.cookies)


def test_who_guesses_locks_out_no_browser_that_is_known(tmp_path: Path) -> None:
    clock = FakeClock()
    with furnished(tmp_path, clock=clock) as house:
        known = house.browser("carl")
        known.fill_in(known.get("/desk"), "/sign-out", everywhere="")
        guesser = house.browser()
        statuses = [guesser.sign_in("carl", f"guess {number}").status for number in range(14)]
        assert statuses == [401] * 10 + [429] * 4
        assert house.browser().sign_in("carl").status == 429  # as is whoever comes from a browser that is new
        assert house.browser().sign_in("anna").status == 303
        assert known.sign_in("carl").status == 303
        # The cookie of one's own account opens no lane to another's.
        stolen = Browser(house.web.port, jar={"sla_device": known.jar["sla_device"]})
        assert [stolen.sign_in("sue", f"guess {number}").status for number in range(11)][-1] == 429
        # A known browser that guesses is a stranger after some attempts.
        thief = Browser(house.web.port, jar={"sla_device": known.jar["sla_device"]})
        assert [thief.sign_in("carl", f"guess {number}").status for number in range(11)] == [401] * 10 + [429]
        clock.advance(600_001)
        assert house.browser().sign_in("carl").status == 303


def test_one_address_cannot_try_all_accounts(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        guesser = house.browser()
        statuses = [guesser.sign_in(f"name{number}", "guess").status for number in range(61)]
        assert statuses == [401] * 60 + [429]
        assert Browser(house.web.port, source="127.0.0.2").sign_in("carl").status == 303


def test_a_right_password_of_a_known_browser_waits_for_no_guesser(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(hashed(rounds=9))
    with furnished(tmp_path, limits=Limits(waiting=1)) as house, ExitStack() as stack:
        known, guesser = house.browser("carl"), house.browser()
        form = guesser.get("/sign-in")
        body = urlencode({**form.hidden, "name": "sue", "password": "guess"})
        request = (
            f"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nCookie: sla_before={guesser.jar['sla_before']}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", house.web.port))) for _ in range(60)]
        for one in crowd:
            one.sendall(request.encode())
        known.jar.pop("sla_session")
        assert known.sign_in("carl").status == 303
        told = {one.recv(12).decode() for one in crowd}
        assert told <= {"HTTP/1.1 401", "HTTP/1.1 429", "HTTP/1.1 503"}
        assert "HTTP/1.1 503" in told or "HTTP/1.1 429" in told


def test_a_session_ends_by_time(tmp_path: Path) -> None:
    clock = FakeClock()
    with furnished(tmp_path, clock=clock, idle="10m", longest="1h") as house:
        idle, busy = house.browser("carl"), house.browser("anna")
        for _ in range(6):
            assert busy.get("/desk").status == 200
            clock.advance(9 * 60_000)
        assert idle.get("/desk").status == 303
        assert busy.get("/desk").status == 200
        clock.advance(7 * 60_000)
        assert busy.get("/desk").status == 303


def test_signing_out_ends_this_session_or_all_of_them(house: House) -> None:
    here, there, other = house.browser("olga"), house.browser("olga"), house.browser("carl")
    stolen = dict(here.jar)
    assert here.fill_in(here.get("/desk"), "/sign-out", everywhere="").location == "/sign-in"
    assert Browser(house.web.port, jar=stolen).get("/desk").status == 303
    third = house.browser("olga")
    assert third.fill_in(third.get("/desk"), "/sign-out", everywhere="yes").location == "/sign-in"
    assert there.get("/desk").status == 303
    assert other.get("/desk").status == 200


def test_a_leaver_and_a_changed_password_end_sessions_at_once(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        carl, anna = house.browser("carl"), house.browser("anna")
        users = [user for user in house.parts.desk.users if user.name != "carl"]
        house.parts.desk = house.parts.desk.model_copy(update={"users": tuple(users)})
        assert carl.get("/desk").status == 303
        assert house.browser().sign_in("carl").status == 401
        assert anna.get("/desk").status == 200
        (tmp_path / "password").write_text(hashed("another password"))
        assert anna.get("/desk").status == 303


def test_what_matters_asks_for_the_password_again_and_keeps_what_was_typed(tmp_path: Path) -> None:
    clock = FakeClock(1_730_000_000_000)
    with furnished(tmp_path, clock=clock, fresh="10m", idle="2h") as house:
        carl = house.browser("carl")
        told = carl.fill_in(carl.get(MINUTE), MINUTE, month="2024-10", note="Wrong.")
        undo = "/desk/contracts/small/entries/1/undo"
        assert undo in carl.get(told.location).text
        clock.advance(11 * 60_000)
        asked = carl.fill_in(carl.get(undo), undo, why='A "mistake" & more.')
        assert "give your password once more" in asked.text
        assert len(house.entries()) == 1
        wrong = carl.fill_in(asked, undo, _password="wrong")
        assert (wrong.status, "does not fit" in wrong.text) == (403, True)
        assert carl.fill_in(wrong, undo, _password=PASSWORD).status == 303
        entry = house.entries()[-1]
        assert (entry.body.kind, entry.note, entry.actor) == ("undo", 'A "mistake" & more.', "carl")


def test_the_audit_says_who_did_what_and_a_flood_is_a_few_rows(tmp_path: Path) -> None:
    clock = FakeClock()
    with furnished(tmp_path, clock=clock) as house:
        carl = house.browser("carl")
        carl.get("/desk/contracts/other/enter/minute")
        carl.fill_in(carl.get("/desk"), "/sign-out", everywhere="")
        for number in range(40):
            house.browser().sign_in(f"my password {number}", "typed in the wrong field")
        for _ in range(12):
            house.browser().sign_in("anna", "guess")
    found = deeds(house)
    assert not check(house.ledger, lambda _, __: None).problems
    assert {(one.event, one.actor, one.count) for one in found} == {
        ("signed-in", "carl", 1),
        ("forbidden", "carl", 1),
        ("signed-out", "carl", 1),
        ("sign-in-refused", "", 1),
        ("sign-in-refused", "", 39),
        ("sign-in-refused", "anna", 1),
        ("sign-in-refused", "anna", 9),
        ("sign-in-limited", "anna", 1),
        ("sign-in-limited", "anna", 1),
    }
    assert {one.addresses for one in found} == {"127.0.0.1"}
    assert "my password" not in house.ledger.read_bytes().decode(errors="replace")


def test_a_refusal_is_a_page_for_people_and_a_line_for_programs(house: House) -> None:
    refused = house.browser("sue").get(MINUTE)
    assert (refused.status, "You may not do this: keep minutes" in refused.text) == (403, True)
    assert "<h1>" in refused.text
    script = house.script()
    told = script.get("/desk/contracts/other/enter/minute")
    assert (told.status, "<" in told.text, told.text[:15]) == (403, False, "you may not do ")


def test_names_that_are_typed_make_no_rows(tmp_path: Path) -> None:
    with furnished(tmp_path) as house:
        carl = house.browser("carl")
        for number in range(20):
            assert carl.get(f"/services/invented-{number}/x").status == 403
    assert [(one.event, one.contract, one.count) for one in deeds(house)] == [
        ("signed-in", "", 1), ("forbidden", "", 1), ("forbidden", "", 19),
    ]  # fmt: skip


def test_without_users_there_is_no_desk_and_the_pages_are_as_open_as_before(tmp_path: Path) -> None:
    with furnished(tmp_path, users=[], tokens=[]) as house:
        browser = house.browser()
        assert browser.get("/").status == 200
        assert browser.get("/metrics").status == 200
        for path in ("/desk", "/sign-in", MINUTE, "/sign-in/openid"):
            assert browser.get(path).status == 404
        assert browser.post("/sign-in", {"name": "carl", "password": PASSWORD}).status == 404
        assert "/desk" not in browser.get("/").text
