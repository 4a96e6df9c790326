"""Where a limit lies to the byte, and what is kept of an answer as evidence."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.looking import probed, prober, timed
from tests.probe.servers import OK, Peer, answering, page, serving

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def chunks(body: bytes, size: int) -> bytes:
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    return CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


FRAMINGS: dict[str, Callable[[bytes], bytes]] = {
    "a length": page,
    "chunks": lambda body: chunks(body, 100),
    "the end": lambda body: HEAD + b"\r\n" + body,
    "gzip": lambda body: page(gzip.compress(body), "200 OK", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("framing", ["a length", "chunks", "the end", "gzip"])
@pytest.mark.parametrize(("size", "reason"), [(1_024, None), (1_025, Reason.TOO_LARGE)])
def test_the_limit_on_a_body_to_the_byte(size: int, reason: Reason | None, framing: str) -> None:
    def conduct(peer: Peer) -> None:
        peer.request()
        peer.send(FRAMINGS[framing](b"x" * size))

    with serving(conduct) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/", body_limit_bytes=1_024)
    assert found.reason is reason, found.detail
    if reason is None:
        assert found.body_bytes == size
    else:
        assert found.detail == "the server sent more than 1024 bytes"


@pytest.mark.parametrize("size", [1, 7, 300_000])
def test_a_body_in_chunks_may_take_more_on_the_wire(size: int) -> None:
    with serving(answering(chunks(b"x" * 300_000, size))) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/", timeout="5s")
    assert (found.outcome, found.body_bytes) == (Outcome.UP, 300_000)


def test_a_body_in_chunks_may_not_take_more_than_eight_times_its_limit() -> None:
    def conduct(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED)
        peer.flood(b"1;" + b"x" * 50 + b"\r\nx\r\n")

    with serving(conduct) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/", body_limit_bytes=102_400, timeout="5s")
    assert found.detail == f"the server sent more than {100 * 1024 * 8 + 65_536} bytes"


@pytest.mark.parametrize(("size", "reason"), [(65_536, None), (65_537, Reason.TOO_LARGE)])
def test_the_limit_on_a_head_to_the_byte(size: int, reason: Reason | None) -> None:
    """Slowly, so that no byte of the body comes with it."""
    start, end = HEAD + b"X: ", b"\r\nContent-Length: 0\r\n\r\n"

    def conduct(peer: Peer) -> None:
        peer.request()
        peer.send(start + b"y" * (size - len(start) - len(end)) + end)
        peer.wait()

    with serving(conduct) as server:
        assert probed("http", url=f"http://127.0.0.1:{server.port}/").reason is reason


def test_an_answer_without_a_body_is_its_own_evidence() -> None:
    answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nX: y\r\n\r\n"
    with serving(answering(answer)) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/")
    assert (found.reason, found.evidence) == (Reason.STATUS_UNEXPECTED, answer)


def test_evidence_is_the_head_and_the_body_as_it_was_judged() -> None:
    answer = page(gzip.compress(b"out of order " * 300), "503 Down", "Content-Encoding: gzip")
    with serving(answering(answer)) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/")
    head = answer.partition(b"\r\n\r\n")[0]
    assert found.evidence == (head + b"\r\n\r\n" + b"out of order " * 300)[:2_048], "2 KiB, as docs/ledger.md says"
    assert found.body_bytes == 3_900


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + page(b"out of order", "503 Down"),
        page(b"out of order", "503 Down").replace(b"\r\n", b"\n"),
    ],
    ids=["announced", "bare line feeds"],
)
def test_evidence_is_the_answer_s_own_head(answer: bytes) -> None:
    with serving(answering(answer)) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/")
    assert found.evidence.startswith(b"HTTP/1.1 503 Down")
    assert found.evidence.endswith(b"Content-Length: 12\r\n\r\nout of order")
    assert found.evidence.count(b"out of order") == 1


def test_evidence_is_of_the_last_answer_alone() -> None:
    def leads_on(peer: Peer) -> None:
        asked = peer.request()
        if b"GET /there" in asked:
            peer.send(page(b"gone", "410 Gone"))
        else:
            peer.send(page(b"first", "302 Found", "Location: /there"))

    with serving(leads_on) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/", redirects={"follow": 1})
    assert found.evidence == page(b"gone", "410 Gone")


@pytest.mark.parametrize("kind", ["http", "tls"])
def test_a_port_without_tls_is_told_as_that(kind: str, ca_file: Path) -> None:
    def conduct(peer: Peer) -> None:
        peer.sock.recv(9)
        peer.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        peer.wait()

    with serving(conduct) as server:
        where = (
            {"host": "127.0.0.1", "port": server.port}
            if kind == "tls"
            else {"url": f"https://127.0.0.1:{server.port}/"}
        )
        found = probed(kind, ca_file=ca_file, **where)
    assert (found.reason, found.detail) == (Reason.TLS_FAILED, "the server does not speak TLS on this port")


def test_a_second_connection_has_the_same_deadline() -> None:
    """The kept one dies when it is asked, and nobody takes another: the queue is full."""
    ended = threading.Event()
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)

        def serve() -> None:
            sock, _ = listener.accept()
            peer = Peer(sock, ended, 1)
            with contextlib.closing(sock):
                peer.request()
                peer.send(OK)
                for _ in range(3):
                    waiting = held.enter_context(socket.socket())
                    waiting.setblocking(False)
                    waiting.connect_ex(listener.getsockname())
                peer.request()
                peer.reset()

        server = threading.Thread(target=serve)
        server.start()
        with prober("http", url=f"http://127.0.0.1:{listener.getsockname()[1]}/", connection="reuse") as made:
            assert timed(made).outcome is Outcome.UP
            found = timed(made)
        server.join()
    assert (found.reason, found.detail) == (Reason.TIMEOUT, "the time was up while connecting")


@pytest.mark.parametrize("connection", ["fresh", "reuse"])
def test_phases_add_up_to_no_more_than_the_whole(connection: str, server_tls: ssl.SSLContext, ca_file: Path) -> None:
    def slow(peer: Peer) -> None:
        while peer.request():
            time.sleep(0.02)
            peer.send(OK[:-2])
            time.sleep(0.02)
            peer.send(OK[-2:])

    with (
        serving(slow, tls=server_tls) as server,
        prober("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file, connection=connection) as made,
    ):
        for found in (timed(made), timed(made)):
            phases = found.phases
            parts = (phases.dns_us, phases.connect_us, phases.tls_us, phases.first_byte_us, phases.transfer_us)
            assert all(part >= 0 for part in parts if part is not None)
            assert sum(part or 0 for part in parts) <= (found.duration_us or 0)
            assert phases.first_byte_us
            assert phases.transfer_us
