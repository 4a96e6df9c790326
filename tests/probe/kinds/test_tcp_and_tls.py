"""The tcp and tls probes against real servers."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest

from sla_monitor.probe import Stopwatch
from sla_monitor.probe.connections.channel import Address, LocalRefusal
from sla_monitor.probe.connections.connecting import connect_to
from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.looking import LOOP, probed
from tests.probe.name_servers import our_name_server
from tests.probe.servers import OK, Peer, answering, serving, silent_port
from tests.support.ports import free_port


def test_a_port_that_takes_connections_is_up() -> None:
    with serving(Peer.wait) as server:
        found = probed("tcp", host="127.0.0.1", port=server.port)
    assert (found.outcome, found.address) == (Outcome.UP, "127.0.0.1")
    assert found.phases.connect_us is not None
    assert found.phases.first_byte_us is None


def test_a_port_that_refuses_is_down() -> None:
    assert probed("tcp", host="127.0.0.1", port=free_port()).reason is Reason.CONNECTION_REFUSED


def test_an_address_that_never_answers_ends_by_the_deadline() -> None:
    with silent_port() as port:
        found = probed("tcp", host="127.0.0.1", port=port)
    assert (found.reason, found.detail) == (Reason.TIMEOUT, "the time was up while connecting")


def test_what_is_said_and_heard() -> None:
    heard: list[bytes] = []

    def conduct(peer: Peer) -> None:
        peer.send(b"220 ")
        heard.append(peer.sock.recv(100))
        peer.send(b"re")
        peer.send(b"ady\r\n")
        peer.wait()

    with serving(conduct) as server:
        found = probed("tcp", host="127.0.0.1", port=server.port, send="EHLO é\r\n", expect=r"^220 ready\r?$|ready")
    assert found.outcome is Outcome.UP
    assert heard == ["EHLO é\r\n".encode()]


def test_what_was_heard_instead_is_evidence() -> None:
    with serving(lambda peer: peer.send(b"554 go away\r\n")) as server:
        found = probed("tcp", host="127.0.0.1", port=server.port, expect="^220")
    assert (found.reason, found.evidence) == (Reason.ANSWER_UNEXPECTED, b"554 go away\r\n")
    assert found.detail == "the server ended without saying '^220'"


def test_a_name_with_a_dead_address_leaves_time_for_the_next() -> None:
    """A dead IPv6 address must not use up the time of a good IPv4 one."""
    both = {"both.example": ["::1", "127.0.0.1"]}
    with serving(Peer.wait) as server, silent_port("::1", server.port), our_name_server(both):
        found = probed("tcp", host="both.example", port=server.port)
    assert (found.outcome, found.address) == (Outcome.UP, "127.0.0.1")


def test_every_kind_goes_on_to_the_next_address(server_tls: ssl.SSLContext, ca_file: Path) -> None:
    with our_name_server({"both.example": ["::1", "127.0.0.1"]}):
        with serving(answering(OK)) as server:
            assert probed("tcp", host="both.example", port=server.port).outcome is Outcome.UP
            assert probed("http", url=f"http://both.example:{server.port}/").address == "127.0.0.1"
        with serving(Peer.wait, tls=server_tls) as server:
            found = probed("tls", host="both.example", port=server.port, ca_file=ca_file, server_name="localhost")
            assert (found.outcome, found.address) == (Outcome.UP, "127.0.0.1")


def test_an_address_that_we_have_no_way_to_hides_no_failure_of_another() -> None:
    refusing: Address = (socket.AF_INET, ("127.0.0.1", free_port()))
    elsewhere: Address = (socket.AF_INET, ("255.255.255.255", 9))  # our own host refuses

    async def attempt(addresses: list[Address]) -> None:
        await connect_to(Stopwatch(LOOP, 1000), addresses)

    for both in ([refusing, elsewhere], [elsewhere, refusing]):
        with pytest.raises(ConnectionRefusedError):
            LOOP.run(attempt(both))
    with pytest.raises(LocalRefusal):
        LOOP.run(attempt([elsewhere]))


def test_what_our_own_host_refuses_is_not_the_supplier_s_fault() -> None:
    """A broadcast address without leave to broadcast: EACCES, before anything has left us."""
    found = probed("tcp", host="255.255.255.255", port=9)
    assert found.outcome is Outcome.UNKNOWN
    assert found.detail.startswith("on our side: ")


def test_the_families() -> None:
    with serving(Peer.wait, host="::1") as server:
        assert probed("tcp", host="::1", port=server.port, family="ipv6").address == "::1"
        assert probed("tcp", host="::1", port=server.port, family="any").outcome is Outcome.UP
    assert probed("tcp", host="127.0.0.1", port=1, family="ipv6").reason is Reason.DNS_FAILED


def test_a_handshake_tells_when_the_chain_expires(server_tls: ssl.SSLContext, ca_file: Path) -> None:
    with serving(Peer.wait, tls=server_tls) as server:
        found = probed("tls", host="127.0.0.1", port=server.port, ca_file=ca_file)
        named = probed("tls", host="127.0.0.1", port=server.port, ca_file=ca_file, server_name="localhost")
        other = probed("tls", host="127.0.0.1", port=server.port, ca_file=ca_file, server_name="other.example")
        soon = probed("tls", host="127.0.0.1", port=server.port, ca_file=ca_file, certificate_days_left=999_999)
    assert (found.outcome, named.outcome) == (Outcome.UP, Outcome.UP)
    assert found.certificate_expires_at_s is not None
    assert found.phases.tls_us is not None
    assert other.detail.startswith("the certificate is for another host name (it is valid until ")
    assert (soon.outcome, soon.reason) == (Outcome.DEGRADED, Reason.CERTIFICATE_EXPIRING)


def test_the_system_s_store_is_used_without_a_ca_file(server_tls: ssl.SSLContext) -> None:
    with serving(Peer.wait, tls=server_tls) as server:
        found = probed("tls", host="127.0.0.1", port=server.port)
    assert (found.reason, found.detail[:33]) == (Reason.CERTIFICATE_INVALID, "the certificate's issuer is not o")


def test_a_stopwatch_counts_no_time_before_the_first_byte() -> None:
    async def begun() -> Stopwatch:
        return Stopwatch(LOOP, 1000)

    watch = LOOP.run(begun())
    watch.stop()
    assert watch.phases().transfer_us is None
