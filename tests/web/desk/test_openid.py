"""Signing in through an OpenID provider: a real one, and one that lies."""

from __future__ import annotations

import base64
import http.server
import json
import socket
import threading
import time
import urllib.parse
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey

from tests.fakes.clock import FakeClock
from tests.web.desk.house import Browser, House, Page, furnished

ADDRESS = "http://localhost:9810"
CARL = [{"name": "carl", "openid": "carl@authority.example", "roles": [{"role": "contract_manager"}]}]


def query(page: Page) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page.location).query))


@contextmanager
def desk_of(folder: Path, issuer: str, clock: FakeClock | None = None, **more: Any) -> Iterator[House]:
    provider = {"issuer": issuer, "client_id": "sla-monitor", **more}
    with furnished(folder, address=ADDRESS, openid=provider, users=CARL, tokens=[], clock=clock) as house:
        yield house


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the provider uses what its library advises against
def test_a_provider_signs_somebody_in(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from oidc_provider_mock import User, run_server_in_thread
    carl = User(sub="subject-1", claims={"email": "carl@authority.example", "email_verified": True})
    stranger = User(sub="subject-2", claims={"email": "other@elsewhere.example", "email_verified": True})
    unverified = User(sub="subject-3", claims={"email": "carl@authority.example", "email_verified": False})
    (tmp_path / "secret").write_text("client-secret")
    secret = f"${{file:{tmp_path / 'secret'}}}"
    with run_server_in_thread(user_claims=(carl, stranger, unverified)) as provider:
        issuer = f"http://localhost:{provider.server_port}"
        with desk_of(tmp_path, issuer, claim="email", client_secret=secret) as house:
            for sub, status in (("subject-1", 303), ("subject-2", 403), ("subject-3", 403)):
                browser = house.browser()
                begun = browser.get("/sign-in/openid?next=/desk%3Fx%3D1")
                assert query(begun)["code_challenge_method"] == "S256"
                sent = requests.post(begun.location, data={"sub": sub}, allow_redirects=False, timeout=60)
                back = urllib.parse.urlsplit(sent.headers["Location"])
                page = browser.get(f"{back.path}?{back.query}")
                assert page.status == status
            assert "sla_session" not in browser.jar
            carls = house.browser()
            begun = carls.get("/sign-in/openid?next=/desk%3Fx%3D1")
            sent = requests.post(begun.location, data={"sub": "subject-1"}, allow_redirects=False, timeout=60)
            back = urllib.parse.urlsplit(sent.headers["Location"])
            assert carls.get(f"{back.path}?{back.query}").location == "/desk?x=1"
            assert f"through {issuer}" in carls.get("/desk").text
            # The same answer again, and in another browser: neither is a sign-in.
            assert carls.get(f"{back.path}?{back.query}").status == 403
            assert house.browser().get(f"{back.path}?{back.query}").status == 403


class Liar:
    """A provider that gives out whatever token a test makes. `claims`: of the right one for a nonce."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.key = ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256", "use": "sig"})
        self.described: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        self.token: Any = ""
        self.asked: dict[str, str] = {}

    def claims(self, nonce: str, now_s: int, **more: Any) -> dict[str, Any]:
        return {
            "iss": self.issuer, "aud": "sla-monitor", "sub": "carl@authority.example", "nonce": nonce,
            "iat": now_s, "exp": now_s + 300, **more,
        }  # fmt: skip

    def signed(self, claims: dict[str, Any], key: ECKey | None = None) -> str:
        return jwt.encode({"alg": "ES256", "kid": "one"}, claims, key or self.key)

    def answer(self, path: str) -> Any:
        if path == "/keys":
            return {"keys": [self.key.as_dict(private=False)]}
        return self.described if path.startswith("/.well-known") else {
            "access_token": "x", "token_type": "Bearer", "id_token": self.token,
        }  # fmt: skip


@pytest.fixture(scope="module")
def liar() -> Iterator[Liar]:
    lying: list[Liar] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(lying[0].answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            lying[0].asked = dict(urllib.parse.parse_qsl(self.rfile.read(size).decode()))
            self.do_GET()

        def log_message(self, *_: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    lying.append(Liar(server.server_port))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield lying[0]
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, liar: Liar) -> Iterator[House]:
    with desk_of(tmp_path_factory.mktemp("desk"), liar.issuer) as found:
        yield found


def unsigned(claims: dict[str, Any], algorithm: str) -> str:
    parts = ({"alg": algorithm, "kid": "one"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


Made = Callable[[Liar, str, int], Any]
RIGHT: Made = lambda liar, nonce, now_s: liar.signed(liar.claims(nonce, now_s))  # noqa: E731
WRONG: dict[str, Made] = {
    "nonce": lambda liar, nonce, now_s: liar.signed(liar.claims("another", now_s)),
    "no nonce": lambda liar, nonce, now_s: liar.signed({**liar.claims(nonce, now_s), "nonce": None}),
    "expired": lambda liar, nonce, now_s: liar.signed(liar.claims(nonce, now_s, exp=now_s - 120)),
    "no expiry": lambda liar, nonce, now_s: liar.signed(
        {name: value for name, value in liar.claims(nonce, now_s).items() if name != "exp"}
    ),
    "from the future": lambda liar, nonce, now_s: liar.signed(liar.claims(nonce, now_s, iat=now_s + 600)),
    "issuer": lambda liar, nonce, now_s: liar.signed(liar.claims(nonce, now_s, iss="https://evil.example")),
    "audience": lambda liar, nonce, now_s: liar.signed(liar.claims(nonce, now_s, aud="another")),
    "party": lambda liar, nonce, now_s: liar.signed(
        liar.claims(nonce, now_s, aud=["sla-monitor", "another"], azp="another")
    ),
    "no signature": lambda liar, nonce, now_s: unsigned(liar.claims(nonce, now_s), "none"),
    "signature left out": lambda liar, nonce, now_s: unsigned(liar.claims(nonce, now_s), "ES256"),
    "another key": lambda liar, nonce, now_s: liar.signed(
        liar.claims(nonce, now_s), ECKey.generate_key("P-256", {"kid": "one"})
    ),
    "the public key as a secret": lambda liar, nonce, now_s: jwt.encode(
        {"alg": "HS256", "kid": "one"}, liar.claims(nonce, now_s),
        OctKey.import_key(json.dumps(liar.key.as_dict(private=False))),
    ),
    "nobody": lambda liar, nonce, now_s: liar.signed(liar.claims(nonce, now_s, sub="nobody")),
    "no text": lambda liar, nonce, now_s: liar.signed(liar.claims(nonce, now_s, sub=["carl@authority.example"])),
    "no token": lambda liar, nonce, now_s: "",
    "no JSON": lambda liar, nonce, now_s: {"a": 1},
}  # fmt: skip


def answered(house: House, liar: Liar, made: Made, **changed: str) -> tuple[Browser, Page]:
    """A sign-in at the provider, whose answer has these parts changed."""
    browser = house.browser()
    sent = query(browser.get("/sign-in/openid"))
    liar.token = made(liar, sent["nonce"], int(time.time()))
    given = {"state": sent["state"], "code": "code-1", **changed}
    return browser, browser.get(f"/sign-in/openid/answer?{urllib.parse.urlencode(given)}")


def test_what_the_provider_says_signs_in_if_all_of_it_is_right(house: House, liar: Liar) -> None:
    browser, page = answered(house, liar, RIGHT)
    assert (page.status, page.location) == (303, "/desk")
    assert browser.get("/desk").status == 200
    assert len(liar.asked["code_verifier"]) >= 43
    assert liar.asked["redirect_uri"] == f"{ADDRESS}/sign-in/openid/answer"


@pytest.mark.parametrize("what", WRONG)
def test_a_token_that_is_wrong_signs_nobody_in(house: House, liar: Liar, what: str) -> None:
    browser, page = answered(house, liar, WRONG[what])
    assert page.status == 403
    assert browser.get("/desk").status == 303


@pytest.mark.parametrize(
    "changed",
    [{"state": "another"}, {"state": ""}, {"code": ""}, {"error": "access_denied"}, {"iss": "https://evil.example"}],
)
def test_an_answer_that_is_not_of_this_sign_in_signs_nobody_in(
    house: House, liar: Liar, changed: dict[str, str]
) -> None:
    assert answered(house, liar, RIGHT, **changed)[1].status == 403


def test_nobody_finishes_what_another_browser_began(house: House, liar: Liar) -> None:
    victim, attacker = house.browser(), house.browser()
    sent = query(attacker.get("/sign-in/openid"))
    liar.token = RIGHT(liar, sent["nonce"], int(time.time()))
    answer = f"/sign-in/openid/answer?{urllib.parse.urlencode({'state': sent['state'], 'code': 'c'})}"
    assert victim.get(answer).status == 403
    victim.get("/sign-in/openid")
    assert victim.get(answer).status == 403


def test_one_address_makes_the_provider_work_so_often_and_no_more(tmp_path: Path, liar: Liar) -> None:
    with desk_of(tmp_path, liar.issuer) as house:
        browser = house.browser()
        statuses = [browser.get("/sign-in/openid/answer?state=x&code=y").status for _ in range(61)]
        assert statuses == [403] * 60 + [429]


def test_a_cookie_that_was_changed_or_is_old_signs_nobody_in(tmp_path: Path, liar: Liar) -> None:
    clock = FakeClock(int(time.time() * 1000))
    with desk_of(tmp_path, liar.issuer, clock) as house:
        for change in ("altered", "old"):
            browser = house.browser()
            sent = query(browser.get("/sign-in/openid"))
            liar.token = RIGHT(liar, sent["nonce"], clock.now_ms() // 1000)
            if change == "altered":
                browser.jar["sla_openid"] = "x" + browser.jar["sla_openid"]
            else:
                clock.advance(600_001)
            answer = f"/sign-in/openid/answer?{urllib.parse.urlencode({'state': sent['state'], 'code': 'c'})}"
            assert browser.get(answer).status == 403


def test_a_provider_that_cannot_be_reached_or_is_another_one_is_said(tmp_path: Path, liar: Liar) -> None:
    with desk_of(tmp_path, f"{liar.issuer}/elsewhere") as house:
        page = house.browser().get("/sign-in/openid")
        assert page.status == 403
        assert "did not work" in page.text
    with desk_of(tmp_path, "http://127.0.0.1:9") as house:
        assert house.browser().get("/sign-in/openid").status == 403


@pytest.mark.parametrize(
    "answer",
    [
        b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno gzip..",
        b"Transfer-Encoding: chunked\r\n\r\nff\r\n{}",
        b"Content-Length: 300000\r\n\r\n" + b" " * 300_000,
        b"Content-Length: 2\r\n\r\n[]",
    ],
)
def test_a_provider_whose_answer_is_broken_is_said(
    tmp_path: Path, answer: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + answer)

        thread = threading.Thread(target=once)
        thread.start()
        with desk_of(tmp_path, f"http://127.0.0.1:{server.getsockname()[1]}") as house:
            page = house.browser().get("/sign-in/openid")
        thread.join()
    assert (page.status, "did not work" in page.text) == (403, True)
    assert not [one for one in caplog.records if one.levelname == "ERROR"]


def test_what_matters_sends_somebody_to_the_provider_again(tmp_path: Path, liar: Liar) -> None:
    clock = FakeClock(int(time.time() * 1000))
    minute, undo = "/desk/contracts/small/enter/minute", "/desk/contracts/small/entries/1/undo"
    with desk_of(tmp_path, liar.issuer, clock) as house:
        browser = house.browser()

        def sign_in(path: str, **claims: Any) -> Page:
            sent = query(browser.get(path))
            liar.token = liar.signed(liar.claims(sent["nonce"], clock.now_ms() // 1000, **claims))
            return browser.get(
                f"/sign-in/openid/answer?{urllib.parse.urlencode({'state': sent['state'], 'code': 'c'})}"
            )

        assert sign_in("/sign-in/openid", auth_time=clock.now_ms() // 1000 + 3600).status == 303  # of its own clock
        browser.fill_in(browser.get(minute), minute, month="2024-10", note="Wrong.")
        form = browser.get(undo)
        clock.advance(601_000)
        assert "Sign in once more" in browser.fill_in(form, undo, why="A mistake.").text
        again = browser.get(undo)
        assert again.location.startswith("/sign-in/openid?again=1")
        filled = browser.get(f"{undo}?why=A+mistake&x=%2F")  # what a form is filled in with is not lost on the way
        assert query(filled)["next"] == f"{undo}?why=A+mistake&x=%2F"
        assert sign_in(again.location).status == 403  # it does not say when it asked
        assert sign_in(again.location, auth_time=clock.now_ms() // 1000 - 3600).status == 403  # it did not ask
        assert sign_in(again.location, auth_time=clock.now_ms() // 1000).location == undo
        assert browser.fill_in(browser.get(undo), undo, why="A mistake.").status == 303
        assert house.entries()[-1].known_by == f"openid {liar.issuer}"


@pytest.mark.parametrize(("asked_s", "is_proof"), [(0, True), (-3600, False), (None, False), (True, False)])
def test_who_is_let_through_unasked_by_the_provider_has_shown_nothing(
    house: House, liar: Liar, asked_s: int | None, is_proof: bool
) -> None:
    def made(lying: Liar, nonce: str, now_s: int) -> str:
        told = asked_s if asked_s is None or asked_s is True else now_s + asked_s
        return lying.signed({**lying.claims(nonce, now_s), **({} if told is None else {"auth_time": told})})

    browser, _ = answered(house, liar, made)
    again = browser.get("/desk/contracts/small/months/2024-10/sign-off")
    assert again.location.startswith("/sign-in/openid?again=1") is not is_proof


def test_sessions_of_a_provider_end_with_it(tmp_path: Path, liar: Liar) -> None:
    with desk_of(tmp_path, liar.issuer) as house:
        browser, _ = answered(house, liar, RIGHT)
        assert browser.get("/desk").status == 200
        moved = house.parts.desk.openid.model_copy(update={"issuer": "https://id.example"})  # type: ignore[union-attr]
        house.parts.desk = house.parts.desk.model_copy(update={"openid": moved})
        assert browser.get("/desk").status == 303
