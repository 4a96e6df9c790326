"""Credentials, certificates, redirects and proxies: what is sent to whom."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.probe.conftest import server_context
from tests.probe.looking import look, prober, timed
from tests.probe.servers import OK, Conduct, Peer, Server, answering, closed_port, page, serving

TOKEN = "s3cr3t-t0k3n"


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_SECRET", TOKEN)


SECRET = "${env:PROBE_SECRET}"


def redirect(location: str, heard: list[bytes] | None = None, status: str = "302 Found") -> Conduct:
    return answering(page(b"", status, f"Location: {location}"), heard)


def through(first: Server, path: str = "/", host: str = "127.0.0.1", **options: Any) -> Finding:
    return look("http", url=f"http://{host}:{first.port}{path}", **options)


def header(request: bytes, name: bytes) -> bytes | None:
    for line in request.split(b"\r\n"):
        if line.lower().startswith(name.lower() + b":"):
            return line.partition(b":")[2].strip()
    return None


# Credentials


def test_a_bearer_token_is_sent() -> None:
    heard: list[bytes] = []
    with serving(answering(OK, heard)) as server:
        assert through(server, bearer_token=SECRET).outcome is Outcome.UP
    assert header(heard[0], b"Authorization") == f"Bearer {TOKEN}".encode()


def test_basic_credentials_are_sent_as_utf_8() -> None:
    heard: list[bytes] = []
    with serving(answering(OK, heard)) as server:
        through(server, basic_auth={"username": "josé", "password": SECRET})
    assert header(heard[0], b"Authorization") == b"Basic " + base64.b64encode(f"josé:{TOKEN}".encode())


def test_a_secret_header_is_sent_and_its_echo_is_hidden() -> None:
    def echo(peer: Peer) -> None:
        peer.send(page(b"you said: " + peer.request(), f"500 no {TOKEN}", f"X-Echo: {TOKEN}"))

    with serving(echo) as server:
        expect = {"status": [500], "headers": {"X-Echo": "^never$"}}
        found = through(server, headers={"X-Api-Key": SECRET}, expect=expect)
    assert found.reason is Reason.HEADER_UNEXPECTED
    assert TOKEN not in f"{found}"
    assert "***" in found.detail
    assert b"X-Api-Key: ***" in found.evidence


def test_basic_credentials_in_an_echo_are_hidden() -> None:
    def echo(peer: Peer) -> None:
        peer.send(page(peer.request(), "500 no"))

    with serving(echo) as server:
        found = through(server, basic_auth={"username": "somebody", "password": SECRET})
    assert base64.b64encode(f"somebody:{TOKEN}".encode()) not in found.evidence
    assert b"Basic ***" in found.evidence


@pytest.mark.parametrize(
    "options",
    [
        {"bearer_token": "${env:PROBE_NOTHING}"},
        {"headers": {"X-Key": "${file:/nowhere/at/all}"}},
        {"basic_auth": {"username": "a", "password": "${credential:none}"}},
    ],
)
def test_a_secret_that_is_not_there_is_unknown_and_named(options: dict[str, Any]) -> None:
    found = look("http", url=f"http://127.0.0.1:{closed_port()}/", **options)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.INTERNAL_ERROR)
    assert "${" in found.detail


def test_a_secret_that_arrives_later_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serving(answering(OK)) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/", bearer_token="${env:PROBE_LATER}") as made,
    ):
        assert timed(made).outcome is Outcome.UNKNOWN
        monkeypatch.setenv("PROBE_LATER", TOKEN)
        assert timed(made).outcome is Outcome.UP


def test_a_secret_that_cannot_stand_in_a_header_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_SECRET", f"{TOKEN}\r\nX-Injected: yes")
    found = look("http", url=f"http://127.0.0.1:{closed_port()}/", bearer_token=SECRET)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.INTERNAL_ERROR)
    assert TOKEN not in found.detail


# Redirects


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


# Certificates


def test_our_client_certificate_is_shown(authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:
    ours = authority.issue_cert("monitor@example.com")
    both, certificate, key = (tmp_path / name for name in ("both.pem", "certificate.pem", "key.pem"))
    ours.private_key_and_cert_chain_pem.write_to_path(str(both))
    ours.cert_chain_pems[0].write_to_path(str(certificate))
    ours.private_key_pem.write_to_path(str(key))
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    with serving(answering(OK), tls=context) as server:
        url = f"https://127.0.0.1:{server.port}/"
        assert look("http", url=url, ca_file=ca_file, client_certificate=both).outcome is Outcome.UP
        apart = look("http", url=url, ca_file=ca_file, client_certificate=certificate, client_key=key)
    assert apart.outcome is Outcome.UP


def test_our_client_certificate_does_not_leave_its_origin(authority: trustme.CA, ca_file: Path, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    authority.issue_cert("monitor@example.com").private_key_and_cert_chain_pem.write_to_path(str(both))
    context = server_context(authority.issue_cert("127.0.0.1", "localhost"))
    context.verify_mode = ssl.CERT_OPTIONAL
    authority.configure_trust(context)
    shown: list[bool] = []

    def conduct(peer: Peer) -> None:
        peer.request()
        assert isinstance(peer.sock, ssl.SSLSocket)
        shown.append(bool(peer.sock.getpeercert()))
        peer.send(OK)

    with serving(conduct, tls=context) as there:
        url = f"https://localhost:{there.port}/"
        location = answering(page(b"", "302 Found", f"Location: {url}"))
        with serving(location, tls=context) as first:
            found = look(
                "http",
                url=f"https://127.0.0.1:{first.port}/",
                ca_file=ca_file,
                client_certificate=both,
                redirects={"follow": 1, "other_hosts": ["localhost"]},
            )
        look("http", url=url, ca_file=ca_file, client_certificate=both)
    assert found.outcome is Outcome.UP
    assert shown == [False, True]


def test_a_certificate_file_that_is_missing_or_none_is_unknown_and_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing\n")
    for name, words in (("absent.pem", "absent.pem"), ("empty.pem", "no certificate or crl found")):
        found = look("http", url=f"https://127.0.0.1:{closed_port()}/", ca_file=tmp_path / name)
        assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.INTERNAL_ERROR)
        assert words in found.detail


@pytest.mark.parametrize("connection", ["fresh", "reuse"])
def test_a_certificate_that_will_expire_is_degraded(connection: str, server_tls: ssl.SSLContext, ca_file: Path) -> None:
    options = {"ca_file": ca_file, "connection": connection}
    with serving(answering(OK), tls=server_tls) as server:
        url = f"https://127.0.0.1:{server.port}/"
        assert look("http", url=url, certificate_days_left=14, **options).outcome is Outcome.UP
        with prober("http", url=url, certificate_days_left=999_999, **options) as made:
            found = [timed(made), timed(made)]
        assert server.connections == 3  # a renewed certificate would be seen at once
    assert {(one.outcome, one.reason) for one in found} == {(Outcome.DEGRADED, Reason.CERTIFICATE_EXPIRING)}
    assert "999999 days" in found[0].detail


# Proxies


def proxying(heard: list[bytes], upstream: int | None = None, refusal: bytes = b"") -> Conduct:
    """A proxy that answers plain requests itself, and tunnels to the port `upstream`."""

    def conduct(peer: Peer) -> None:
        heard.append(peer.request())
        if not heard[-1].startswith(b"CONNECT"):
            peer.send(OK)
        elif refusal:
            peer.send(refusal)
        else:
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            peer.tunnel(upstream or 0)

    return conduct


def test_http_goes_through_a_proxy_with_the_whole_url() -> None:
    heard: list[bytes] = []
    with serving(proxying(heard)) as proxy:
        found = look("http", url="http://supplier.invalid/a?b", proxy=f"http://127.0.0.1:{proxy.port}")
    assert found.outcome is Outcome.UP
    assert heard[0].startswith(b"GET http://supplier.invalid/a?b HTTP/1.1\r\n")
    assert header(heard[0], b"Host") == b"supplier.invalid"


@pytest.mark.parametrize("connection", ["fresh", "reuse"])
def test_https_goes_through_a_tunnel(connection: str, server_tls: ssl.SSLContext, ca_file: Path) -> None:
    heard: list[bytes] = []
    with serving(answering(OK), tls=server_tls) as there, serving(proxying(heard, there.port)) as proxy:
        options = {"ca_file": ca_file, "proxy": f"http://127.0.0.1:{proxy.port}", "bearer_token": SECRET}
        with prober("http", url="https://localhost/", connection=connection, **options) as made:
            assert [timed(made).outcome, timed(made).outcome] == [Outcome.UP, Outcome.UP]
    assert heard[0].startswith(b"CONNECT localhost:443 HTTP/1.1\r\n")
    assert len(heard) == (2 if connection == "fresh" else 1)
    assert TOKEN.encode() not in b"".join(heard)


@pytest.mark.parametrize(
    ("refusal", "outcome", "reason"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Outcome.UNKNOWN, Reason.INTERNAL_ERROR),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", Outcome.DOWN, Reason.CONNECTION_FAILED),
        (b"nonsense\r\n\r\n", Outcome.DOWN, Reason.PROTOCOL_ERROR),
    ],
)
def test_a_proxy_that_refuses(refusal: bytes, outcome: Outcome, reason: Reason) -> None:
    with serving(proxying([], refusal=refusal)) as proxy:
        found = look("http", url="https://localhost/", proxy=f"http://127.0.0.1:{proxy.port}")
    assert (found.outcome, found.reason) == (outcome, reason)


def test_a_proxy_that_drips_ends_by_the_deadline() -> None:
    def conduct(peer: Peer) -> None:
        peer.request()
        peer.drip(b"H")

    with serving(conduct) as proxy:
        found = look("http", url="https://localhost/", proxy=f"http://127.0.0.1:{proxy.port}")
    assert found.reason is Reason.TIMEOUT


def test_a_proxy_that_is_gone_is_not_the_supplier_s_fault() -> None:
    found = look("http", url="http://supplier.invalid/", proxy=f"http://127.0.0.1:{closed_port()}")
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.MONITOR_OFFLINE)
    assert found.detail.startswith("the proxy cannot be reached: ")
