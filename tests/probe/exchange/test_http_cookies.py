"""Cookies: kept within one probe's redirects, by the jar's rules, and never beyond it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from sla_monitor.probe.exchange.redirects import LONGEST_COOKIE, MOST_COOKIE_BYTES, MOST_COOKIES
from sla_monitor.sla.observation import Outcome
from tests.probe.conftest import SECRET
from tests.probe.looking import probed, prober, timed
from tests.probe.servers import OK, Conduct, Peer, answering, header, page, serving

FOLLOW = {"follow": 4, "other_hosts": ["localhost", "127.0.0.1"]}


def sets(cookies: list[str], heard: list[bytes], location: str = "/b/there") -> Conduct:
    """Sets cookies on the first path and leads on; the other paths are the page."""
    lines = [f"Set-Cookie: {cookie}" for cookie in cookies]
    away = page(b"", "302 Found", f"Location: {location}", *lines)

    def conduct(peer: Peer) -> None:
        heard.append(peer.request())
        peer.send(away if b"GET /a/first" in heard[-1] else OK)

    return conduct


@pytest.mark.parametrize(
    ("cookie", "sent"),
    [
        ("id=1", b"id=1"),
        ("id=1; Path=/", b"id=1"),
        ("id=1; Path=/b", b"id=1"),
        ("id=1; Path=/a", None),
        ("id=1; Path=/b/there/below", None),
        ("id=1; Domain=127.0.0.1", b"id=1"),
        ("id=1; Domain=127.0.0.2", None),
        ("id=1; Domain=example.com", None),
        ("id=1; Domain=.1", None),
        ("id=1; Secure", None),
        ("id=1; HttpOnly; SameSite=Strict", b"id=1"),
        ("id=1; Max-Age=0", None),
        ("id=1; Max-Age=60", b"id=1"),
        ("id=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("id=1; Expires=nonsense", b"id=1"),
        ("=1", None),
        ("", None),
        ("id=a b", b"id=a b"),
    ],
)
def test_whose_a_cookie_is(cookie: str, sent: bytes | None) -> None:
    heard: list[bytes] = []
    path = "; Path=/" if sent and "Path" not in cookie else ""
    with serving(sets([cookie + path], heard)) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/a/first", redirects=FOLLOW)
    assert found.outcome is Outcome.UP
    assert header(heard[1], b"Cookie") == sent


def test_a_cookie_s_own_path_is_the_folder_that_set_it() -> None:
    for location, sent in (("/a/second", b"id=1"), ("/b/second", None)):
        heard: list[bytes] = []
        with serving(sets(["id=1"], heard, location)) as server:
            probed("http", url=f"http://127.0.0.1:{server.port}/a/first", redirects=FOLLOW)
        assert header(heard[1], b"Cookie") == sent


def test_a_cookie_set_in_a_redirect_to_the_same_url_is_used() -> None:
    def conduct(peer: Peer) -> None:
        asked = peer.request()
        peer.send(OK if header(asked, b"Cookie") else page(b"", "302 Found", "Location: /", "Set-Cookie: seen=yes"))

    with serving(conduct) as server:
        assert probed("http", url=f"http://127.0.0.1:{server.port}/", redirects=FOLLOW).outcome is Outcome.UP


@pytest.mark.parametrize("connection", ["fresh", "reuse"])
def test_no_cookie_is_carried_to_the_next_probe(connection: str) -> None:
    heard: list[bytes] = []
    with (
        serving(sets(["id=1; Path=/"], heard)) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/a/first", redirects=FOLLOW, connection=connection) as made,
    ):
        for _ in range(2):
            timed(made)
    assert [header(asked, b"Cookie") for asked in heard] == [None, b"id=1", None, b"id=1"]


def test_no_cookie_is_carried_to_another_host() -> None:
    heard: list[bytes] = []
    with serving(answering(OK, heard)) as other:
        conduct = sets(["id=1; Path=/", "wide=1; Path=/; Domain=localhost"], [], f"http://localhost:{other.port}/")
        with serving(conduct) as server:
            found = probed("http", url=f"http://127.0.0.1:{server.port}/a/first", redirects=FOLLOW)
    assert found.outcome is Outcome.UP
    assert header(heard[0], b"Cookie") is None


def test_a_secure_cookie_is_sent_over_tls(server_tls: ssl.SSLContext, ca_file: Path) -> None:
    heard: list[bytes] = []
    with serving(sets(["id=1; Path=/; Secure"], heard), tls=server_tls) as server:
        probed("http", url=f"https://127.0.0.1:{server.port}/a/first", redirects=FOLLOW, ca_file=ca_file)
    assert header(heard[1], b"Cookie") == b"id=1"


def test_a_cookie_comes_after_the_contract_s_own_and_the_last_one_set_counts() -> None:
    heard: list[bytes] = []
    with serving(sets(["id=1; Path=/", "id=2; Path=/", "b=3; Path=/"], heard)) as server:
        url = f"http://127.0.0.1:{server.port}/a/first"
        probed("http", url=url, redirects=FOLLOW, headers={"Cookie": "ours=yes", "X-Key": SECRET})
    assert [header(asked, b"Cookie") for asked in heard] == [b"ours=yes", b"ours=yes; id=2; b=3"]


def test_floods_of_cookies_are_bounded() -> None:
    for cookies, most in (
        ([f"c{number:03}=x; Path=/" for number in range(200)], MOST_COOKIES),
        (["long=" + "x" * (LONGEST_COOKIE - 5), "ok=1; Path=/"], 1),
        ([f"c{number}=" + "x" * 4_000 + "; Path=/" for number in range(15)], 2),
    ):
        heard: list[bytes] = []
        with serving(sets(cookies, heard)) as server:
            found = probed("http", url=f"http://127.0.0.1:{server.port}/a/first", redirects=FOLLOW)
        assert found.outcome is Outcome.UP
        sent = header(heard[1], b"Cookie") or b""
        assert len(sent) <= MOST_COOKIE_BYTES
        assert len(sent.split(b"; ")) == most
