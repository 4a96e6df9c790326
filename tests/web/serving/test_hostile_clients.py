"""Clients that hold on: half-open, dripping, silent, greedy. The others must not notice, and all are let go."""

from __future__ import annotations

import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import trustme

from sla_monitor.settings.views import SharedViews
from sla_monitor.web import Health, Limits, Web
from tests.web.running import QUICK, Parts, ask, connect, raw, read_to_end, serving, web_of

CROWD = 300
PATIENCE_S = 60
"""Until when everything must have ended; only correctness depends on it, not speed."""
GET = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def tls_config(tmp_path: Path, authority: trustme.CA) -> Path:
    certificate = authority.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(tmp_path / "key.pem")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    path = tmp_path / "web-config.yml"
    path.write_text("tls_server_config: {cert_file: cert.pem, key_file: key.pem}\n")
    return path


@pytest.fixture
def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def crowd(web: Web, stack: ExitStack, first_words: bytes) -> list[socket.socket]:
    """300 connections that say something, or nothing, and then keep silent."""
    sockets = [stack.enter_context(connect(web)) for _ in range(CROWD)]
    for sock in sockets:
        sock.sendall(first_words)
    return sockets


def drip(sock: socket.socket) -> None:
    """A request whose headers come a byte at a time, without end."""
    try:
        while True:
            sock.sendall(b"X")
            time.sleep(0.05)
    except OSError:
        return


def dripping(web: Web, stack: ExitStack) -> threading.Thread:
    sock = stack.enter_context(connect(web))
    sock.sendall(GET)
    thread = threading.Thread(target=drip, args=(sock,), daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize("first_words", [b"", GET], ids=["silent", "half a request"])
def test_300_half_open_clients_and_a_drip_stop_nobody_and_are_all_let_go(first_words: bytes) -> None:
    with serving(Parts(), limits=Limits(header_s=3)) as web, ExitStack() as stack:
        sockets = crowd(web, stack, first_words)
        dripper = dripping(web, stack)
        assert ask(web, "/metrics").status == 200
        assert ask(web, "/").status == 200
        assert all(read_to_end(sock) == b"" for sock in sockets)
        dripper.join(PATIENCE_S)
        assert not dripper.is_alive()


@pytest.mark.parametrize("first_words", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["silent", "half a hello"])
def test_300_half_open_tls_clients_stop_nobody_and_are_all_let_go(
    tls_config: Path, trusting: ssl.SSLContext, first_words: bytes
) -> None:
    with serving(Parts(), web_config=tls_config, limits=Limits(header_s=3)) as web, ExitStack() as stack:
        sockets = crowd(web, stack, first_words)
        assert ask(web, "/metrics", tls=trusting).status == 200
        assert all(read_to_end(sock) == b"" for sock in sockets)
        assert ask(web, "/metrics", tls=trusting).status == 200


def test_beyond_the_cap_the_oldest_connection_makes_room_for_the_newest() -> None:
    with serving(Parts(), limits=Limits(header_s=60, connections=5)) as web, ExitStack() as stack:
        oldest = stack.enter_context(connect(web))
        for _ in range(5):
            stack.enter_context(connect(web))
        assert read_to_end(oldest) == b""
        assert ask(web, "/metrics").status == 200


def test_a_body_that_never_ends_is_cut_off() -> None:
    with serving(Parts(), limits=QUICK) as web:
        answer = raw(web, b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\nabc")
        assert answer == b""


def test_a_dripping_body_is_cut_off() -> None:
    parts = Parts()
    with serving(parts, limits=QUICK) as web, connect(web) as sock:
        sock.sendall(b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n")
        dripper = threading.Thread(target=drip, args=(sock,), daemon=True)
        dripper.start()
        dripper.join(PATIENCE_S)
        assert not dripper.is_alive()
    assert parts.reloads == 0


@pytest.mark.parametrize("length", [b"65537", b"99999999999999999999"])
def test_a_body_over_the_cap_is_refused_unread(length: bytes) -> None:
    parts = Parts()
    with serving(parts) as web:
        answer = raw(web, b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 400 ")
    assert parts.reloads == 0


def test_a_chunked_body_over_the_cap_is_refused() -> None:
    parts = Parts()
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    with serving(parts) as web:
        head = b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert b"HTTP/1.1 200" not in raw(web, head + chunk * 5 + b"0\r\n\r\n")
    assert parts.reloads == 0


def test_huge_headers_end_the_connection() -> None:
    with serving(Parts()) as web, connect(web) as sock:
        # A reset may come while we still send.
        with suppress(ConnectionError):
            sock.sendall(GET + b"X-Big: " + b"x" * 10_000_000)
        assert not read_to_end(sock).startswith(b"HTTP/1.1 200")
        assert ask(web, "/metrics").status == 200


def test_a_client_that_does_not_fetch_its_answer_is_hung_up_on() -> None:
    parts = Parts(metrics_body=b"x" * 50_000_000)
    with serving(parts, limits=QUICK) as web, connect(web) as sock:
        sock.sendall(GET + b"\r\n")
        time.sleep(QUICK.write_s + 1)
        assert len(read_to_end(sock)) < 50_000_000


def test_an_idle_connection_is_kept_for_the_next_scrape_and_then_closed() -> None:
    with serving(Parts(), limits=QUICK) as web, connect(web) as sock:
        for _ in range(2):
            sock.sendall(b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert sock.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        assert read_to_end(sock) == b""


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Something slow inside the monitor; opened at the end, so that no thread is left behind."""
    opened = threading.Event()
    yield opened
    opened.set()


def slow_metrics(gate: threading.Event) -> Parts:
    parts = Parts()

    def metrics(accept: str, accept_encoding: str) -> tuple[Mapping[str, str], bytes]:
        gate.wait(PATIENCE_S)
        return {"Content-Type": "text/plain"}, b"late\n"

    parts.metrics = metrics  # type: ignore[method-assign]
    return parts


def test_slow_metrics_hold_up_neither_health_nor_reload(gate: threading.Event) -> None:
    with serving(slow_metrics(gate)) as web, connect(web) as sock:
        sock.sendall(GET + b"Connection: close\r\n\r\n")
        assert ask(web, "/-/healthy").status == 200
        assert ask(web, "/-/reload", "POST").status == 200
        gate.set()
        assert read_to_end(sock).endswith(b"late\n")


def test_too_many_waiting_scrapes_are_told_to_come_back(gate: threading.Event) -> None:
    with serving(slow_metrics(gate), limits=Limits(waiting=1)) as web, ExitStack() as stack:
        waiting = [stack.enter_context(connect(web)) for _ in range(10)]
        for sock in waiting:
            sock.sendall(GET + b"Connection: close\r\n\r\n")
        refused: list[socket.socket] = []
        while len(refused) < 7:  # two run, one waits
            refused, _, _ = select.select(waiting, [], [], PATIENCE_S)
        gate.set()
        answers = [read_to_end(sock) for sock in waiting]
        assert sum(answer.endswith(b"late\n") for answer in answers) == 3
        assert all(b" 503 " in answer and b"Retry-After: 1" in answer for answer in answers if b"busy" in answer)


def test_a_crowd_at_the_publics_page_stops_no_scrape(gate: threading.Event) -> None:
    def health() -> Health:
        gate.wait(PATIENCE_S)
        return Health(ready=True)

    web = web_of(Parts(views=SharedViews(public="everybody")), limits=Limits(waiting=1))
    web.health = health
    web.start()
    with ExitStack() as stack:
        stack.callback(web.stop, 5)
        stack.callback(gate.set)
        crowd = [stack.enter_context(connect(web)) for _ in range(10)]
        for sock in crowd:
            sock.sendall(b"GET /public HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        refused: list[socket.socket] = []
        while len(refused) < 7:
            refused, _, _ = select.select(crowd, [], [], PATIENCE_S)
        assert ask(web, "/metrics").status == 200


def test_stopping_lets_a_running_request_end(gate: threading.Event) -> None:
    with serving(slow_metrics(gate)) as web, connect(web) as sock:
        sock.sendall(GET + b"\r\n")
        assert ask(web, "/-/healthy").status == 200
        stopper = threading.Thread(target=web.stop, args=(PATIENCE_S,))
        stopper.start()
        gate.set()
        stopper.join(PATIENCE_S)
        assert read_to_end(sock).endswith(b"late\n")


def test_stopping_does_not_wait_for_what_never_ends(gate: threading.Event) -> None:
    with serving(slow_metrics(gate)) as web, connect(web) as sock:
        sock.sendall(GET + b"\r\n")
        assert ask(web, "/-/healthy").status == 200
        web.stop(0.2)
        assert not web.is_alive
        assert read_to_end(sock) == b""
