"""Redirects: where they may lead, and what goes along."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.probe.conftest import SECRET, TOKEN
from tests.probe.looking import probed
from tests.probe.servers import OK, Conduct, Peer, Server, answering, header, page, serving


def redirect(location: str, heard: list[bytes] | None = None, status: str = "302 Found") -> Conduct:
    return answering(page(b"", status, f"Location: {location}"), heard)


def through(first: Server, path: str = "/", **options: Any) -> Finding:
    return probed("http", url=f"http://127.0.0.1:{first.port}{path}", **options)


def test_without_follow_the_redirect_is_the_answer() -> None:
    with serving(redirect("/there")) as server:
        assert through(server, expect={"status": [302]}).outcome is Outcome.UP


def test_a_redirect_is_followed_with_the_credentials_on_the_same_origin() -> None:
    heard: list[bytes] = []

    def conduct(peer: Peer) -> None:
        heard.append(peer.request())
        peer.send(OK if b"GET /there" in heard[-1] else page(b"", "302 Found", "Location: there?x=1"))

    with serving(conduct) as server:
        found = through(server, "/here/", bearer_token=SECRET, redirects={"follow": 1})
    assert found.outcome is Outcome.DOWN  # /here/there, which redirects again
    assert found.reason is Reason.REDIRECT_LIMIT
    assert heard[1].startswith(b"GET /here/there?x=1 HTTP/1.1\r\n")
    assert header(heard[1], b"Authorization") == f"Bearer {TOKEN}".encode()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_credentials_do_not_leave_their_origin(host: str) -> None:
    """Neither to another host nor to another port of the same."""
    heard: list[bytes] = []
    personal = {"X-Key": SECRET, "Cookie": "id=1", "X-Plain": "kept", "Host": "portal.example"}
    with serving(answering(OK, heard)) as other, serving(redirect(f"http://{host}:{other.port}/")) as first:
        rules = {"follow": 1, "other_hosts": ["localhost"]}
        found = through(first, bearer_token=SECRET, headers=personal, redirects=rules)
    assert found.outcome is Outcome.UP
    assert TOKEN.encode() not in heard[0]
    assert header(heard[0], b"Cookie") is None
    assert header(heard[0], b"X-Plain") == b"kept"
    assert header(heard[0], b"Host") == f"{host}:{other.port}".encode()


def test_a_redirect_to_another_host_is_refused_and_not_visited() -> None:
    with serving(answering(OK)) as other, serving(redirect(f"http://localhost:{other.port}/")) as first:
        found = through(first, redirects={"follow": 5})
        assert other.connections == 0
    assert found.reason is Reason.REDIRECT_REFUSED
    assert found.detail == "a redirect to another host, localhost, which is not allowed"


@pytest.mark.parametrize(("allowed", "reason"), [(True, None), (False, Reason.REDIRECT_REFUSED)])
def test_http_may_lead_to_https_if_allowed(
    allowed: bool, reason: Reason | None, server_tls: ssl.SSLContext, ca_file: Path
) -> None:
    with (
        serving(answering(OK), tls=server_tls) as there,
        serving(redirect(f"https://127.0.0.1:{there.port}/")) as first,
    ):
        found = through(first, ca_file=ca_file, redirects={"follow": 1, "to_https": allowed})
    assert found.reason is reason


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        ("302 Found", "POST", b"GET"),
        ("303 See Other", "PUT", b"GET"),
        ("307 Temporary Redirect", "POST", b"POST"),
        ("308 Permanent Redirect", "PUT", b"PUT"),
        ("303 See Other", "HEAD", b"HEAD"),
    ],
)
def test_the_method_after_a_redirect(status: str, method: str, then: bytes) -> None:
    heard: list[bytes] = []
    with serving(redirect("/again", heard, status)) as server:
        through(server, method=method, redirects={"follow": 1})
    assert heard[1].startswith(then + b" /again ")
