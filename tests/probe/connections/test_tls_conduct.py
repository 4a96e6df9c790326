"""What servers do inside TLS, beside answering: on kept connections, at its end, and to make us compute."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from sla_monitor.probe.connections import trust
from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.probe import certificates
from tests.probe.conftest import server_context
from tests.probe.looking import probed, prober, terms, timed
from tests.probe.servers import OK, Peer, Server, answering, page, serving
from tests.support.ports import free_port

FORGED = page(b"forged", "500 Forged")
LARGE = page(b"x" * 9_000)


def together(peer: Peer, *pieces: bytes) -> None:
    """Each in a TLS record of its own, and all of them in one segment."""
    peer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    for piece in pieces:
        peer.send(piece)
    peer.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)


def thrice(server: Server, ca_file: Path) -> list[Finding]:
    with prober("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file, connection="reuse") as made:
        return [timed(made) for _ in range(3)]


@pytest.mark.parametrize(
    "pieces",
    [
        (OK + FORGED,),
        (LARGE + FORGED,),
        (OK, FORGED),
        (LARGE, FORGED),
        (OK, b"x"),
        (OK + b"x",),
        (LARGE[:5_000], LARGE[5_000:] + FORGED),
    ],
    ids=["one record", "one large record", "two records", "two, the first large", "a byte", "a byte in one", "split"],
)
def test_a_second_answer_behind_the_first_is_never_taken(
    pieces: tuple[bytes, ...], server_tls: ssl.SSLContext, ca_file: Path
) -> None:
    asked: list[int] = []

    def conduct(peer: Peer) -> None:
        while peer.request():
            asked.append(peer.number)
            together(peer, *pieces)

    with serving(conduct, tls=server_tls) as server:
        assert [found.status for found in thrice(server, ca_file)] == [200, 200, 200]
        assert server.connections == 3
    assert asked == [1, 2, 3]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("tickets", [0, 1, 100])
def test_session_tickets_are_no_answer(
    tickets: int, version: ssl.TLSVersion, authority: trustme.CA, ca_file: Path
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.maximum_version, context.num_tickets = version, tickets
    with serving(answering(OK), tls=context) as server:
        assert [found.outcome for found in thrice(server, ca_file)] == [Outcome.UP] * 3
        assert server.connections == 1


def test_a_flood_of_tickets_is_cut_off(authority: trustme.CA, ca_file: Path) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.num_tickets = 5_000
    with serving(answering(OK), tls=context) as server:
        found = probed("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file, timeout="5s")
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.TOO_LARGE)
    assert "bytes of TLS that carry nothing" in found.detail


def says_goodbye(peer: Peer) -> None:
    """close_notify, whatever the client makes of it."""
    assert isinstance(peer.sock, ssl.SSLSocket)
    peer.sock.settimeout(0.2)
    peer.sock.unwrap()


def goes_without_a_word(peer: Peer) -> None:
    peer.sock.shutdown(socket.SHUT_RDWR)


TO_THE_END = b"HTTP/1.1 200 OK\r\n\r\nhello"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("farewell", [says_goodbye, goes_without_a_word])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (OK, None),
        (TO_THE_END, None),
        (SHORT, Reason.PROTOCOL_ERROR),
        (OK[:20], Reason.PROTOCOL_ERROR),
        (b"", Reason.CONNECTION_RESET),
    ],
)
def test_how_tls_ends(
    answer: bytes,
    reason: Reason | None,
    farewell: Callable[[Peer], None],
    version: ssl.TLSVersion,
    authority: trustme.CA,
    ca_file: Path,
) -> None:
    def conduct(peer: Peer) -> None:
        peer.request()
        if answer:
            peer.send(answer)
        farewell(peer)

    context = server_context(authority.issue_cert("127.0.0.1"))
    context.maximum_version = version
    with serving(conduct, tls=context) as server:
        found = probed("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file)
    assert found.reason is reason, found.detail


def test_a_kept_connection_that_said_goodbye_is_opened_again(server_tls: ssl.SSLContext, ca_file: Path) -> None:
    def conduct(peer: Peer) -> None:
        peer.request()
        peer.send(OK)
        says_goodbye(peer)

    with serving(conduct, tls=server_tls) as server:
        assert [found.outcome for found in thrice(server, ca_file)] == [Outcome.UP] * 3
        assert server.connections == 3


def test_a_body_in_tiny_records_is_read(server_tls: ssl.SSLContext, ca_file: Path) -> None:
    body = b"x" * 3_000

    def conduct(peer: Peer) -> None:
        peer.request()
        together(peer, page(body)[:-3_000], *(body[at : at + 1] for at in range(len(body))))

    with serving(conduct, tls=server_tls) as server:
        found = probed("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file, timeout="3s")
    assert (found.outcome, found.body_bytes) == (Outcome.UP, 3_000)


def test_we_offer_elliptic_curves_alone() -> None:
    """A server may choose Diffie-Hellman of 8,192 bits: 180 ms of our time for each handshake."""
    offered = trust.context_for(terms("http", url="https://127.0.0.1/")).get_ciphers()  # type: ignore[arg-type]
    assert offered
    assert {cipher["name"].split("-")[0] for cipher in offered} == {"ECDHE"} | {
        cipher["name"] for cipher in offered if cipher["name"].startswith("TLS_")
    }


@pytest.mark.parametrize("group", ["ffdhe2048", "ffdhe8192"])
def test_a_server_that_insists_on_finite_fields_is_told_as_that(
    group: str, authority: trustme.CA, ca_file: Path
) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.set_ecdh_curve(group)
    with serving(answering(OK), tls=context) as server:
        found = probed("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file)
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.TLS_FAILED)
    assert found.detail == "the server insists on a key exchange over finite fields (ffdhe), which we refuse"


@pytest.mark.parametrize("curve", ["prime256v1", "secp384r1", "secp521r1", "X448"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_may_choose_its_curve(
    curve: str, version: ssl.TLSVersion, authority: trustme.CA, ca_file: Path
) -> None:
    """With TLS 1.3 it asks for another key share than the one we guessed."""
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.set_ecdh_curve(curve)
    context.maximum_version = version
    with serving(answering(OK), tls=context) as server:
        assert probed("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file).outcome is Outcome.UP


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_we_tell_the_server_why_we_refuse_it(version: ssl.TLSVersion, authority: trustme.CA, ca_file: Path) -> None:
    alerts: list[str] = []

    def conduct(peer: Peer) -> None:
        context = server_context(authority.issue_cert("127.0.0.9"))
        context.maximum_version = version
        try:
            context.wrap_socket(peer.sock, server_side=True).recv(1)
        except ssl.SSLError as error:
            alerts.append(error.reason)

    with serving(conduct) as server:
        found = probed("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file)
    assert found.reason is Reason.CERTIFICATE_INVALID
    assert alerts == ["SSLV3_ALERT_BAD_CERTIFICATE"]


def test_the_server_sees_which_protocol_we_speak(authority: trustme.CA, ca_file: Path) -> None:
    context = server_context(authority.issue_cert("127.0.0.1"))
    context.set_alpn_protocols(["h2", "http/1.1"])
    chosen: list[str | None] = []

    def conduct(peer: Peer) -> None:
        assert isinstance(peer.sock, ssl.SSLSocket)
        chosen.append(peer.sock.selected_alpn_protocol())
        answering(OK)(peer)

    with serving(conduct, tls=context) as server:
        found = probed("http", url=f"https://127.0.0.1:{server.port}/", ca_file=ca_file)
    assert (found.outcome, chosen) == (Outcome.UP, ["http/1.1"])
    assert found.phases.tls_us is not None
    assert 0 <= found.phases.tls_us <= (found.duration_us or 0)


def test_a_chain_is_judged_before_it_costs(tmp_path: Path) -> None:
    """In TLS 1.2 OpenSSL never has the certificates: there is nothing to tell of when they expire."""
    root, context = certificates.long_chain(60)[0], certificates.long_chain_context(60)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    path = tmp_path / "ca.pem"
    path.write_bytes(root.pem)
    with serving(Peer.wait, tls=context) as server:
        found = probed("tls", host="127.0.0.1", port=server.port, ca_file=path)
    assert (found.reason, found.certificate_expires_at_s) == (Reason.TOO_LARGE, None)


@pytest.mark.parametrize(("version", "command"), [("-tls1_3", b"k\n"), ("-tls1_3", b"K\n"), ("-tls1_2", b"r\n")])
def test_keys_may_change_in_the_middle_of_an_answer(
    version: str, command: bytes, authority: trustme.CA, ca_file: Path, tmp_path: Path
) -> None:
    """openssl's own server: `k` changes its keys, `K` wants ours changed too, `r` agrees on everything anew."""
    pem = tmp_path / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
    port = free_port()
    server = subprocess.Popen(
        ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", pem, "-key", pem, version, "-crlf"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert server.stdin is not None
    assert server.stdout is not None

    def talk() -> None:
        """As each line of its own comes: a command must be all that it reads at once."""
        assert server.stdin is not None
        assert server.stdout is not None
        for line in server.stdout:
            if line.startswith(b"GET"):
                for said in (b"HTTP/1.1 200 OK\n", command, b"Content-Length: 7\n\nhello\n"):
                    server.stdin.write(said)
                    server.stdin.flush()
                    time.sleep(0.1)

    try:
        while b"ACCEPT" not in server.stdout.readline():
            pass
        talking = threading.Thread(target=talk)
        talking.start()
        found = probed("http", url=f"https://127.0.0.1:{port}/", ca_file=ca_file, timeout="3s")
    finally:
        server.terminate()
        server.wait()
    talking.join()
    server.stdin.close()
    server.stdout.close()
    assert (found.outcome, found.body_bytes) == (Outcome.UP, 7), found.detail
