"""Proxies: plain and tunnelled, and never the supplier's fault."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.conftest import SECRET, TOKEN
from tests.probe.looking import probed, prober, timed
from tests.probe.servers import OK, Conduct, Peer, answering, header, serving
from tests.support.ports import free_port


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
        found = probed("http", url="http://supplier.invalid/a?b", proxy=f"http://127.0.0.1:{proxy.port}")
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
        found = probed("http", url="https://localhost/", proxy=f"http://127.0.0.1:{proxy.port}")
    assert (found.outcome, found.reason) == (outcome, reason)


def test_a_proxy_that_drips_ends_by_the_deadline() -> None:
    def conduct(peer: Peer) -> None:
        peer.request()
        peer.drip(b"H")

    with serving(conduct) as proxy:
        found = probed("http", url="https://localhost/", proxy=f"http://127.0.0.1:{proxy.port}")
    assert found.reason is Reason.TIMEOUT


def test_a_proxy_that_is_gone_is_not_the_supplier_s_fault() -> None:
    found = probed("http", url="http://supplier.invalid/", proxy=f"http://127.0.0.1:{free_port()}")
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.MONITOR_OFFLINE)
    assert found.detail.startswith("the proxy cannot be reached: ")
