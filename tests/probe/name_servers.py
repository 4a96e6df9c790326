"""Real name servers on loopback: what each answers is written in the test. Ours, and suppliers'."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from sla_monitor.probe.resolving.resolver import Resolver
from tests.probe.looking import LOOP

Reply = Callable[[dns.message.Message], bytes | None]
"""What comes back to a question; None: nothing."""

SILENT = None


def records(*texts: str, rdtype: str = "A", flags: int = 0, rcode: int = 0, owner: str = "") -> Reply:
    """An answer with records of one name, the one that was asked for unless another is given."""

    def reply(question: dns.message.Message) -> bytes:
        answer = dns.message.make_response(question)
        answer.flags |= flags
        answer.set_rcode(dns.rcode.Rcode(rcode))
        if texts:
            name = owner or question.question[0].name.to_text()
            answer.answer.append(dns.rrset.from_text(name, 3600, "IN", rdtype, *texts))
        return answer.to_wire()

    return reply


def zone(names: Mapping[str, Sequence[str] | int | None]) -> Reply:
    """A resolver that knows names: with their addresses, with an rcode to answer, or silent. It knows the root, too."""

    def reply(question: dns.message.Message) -> bytes | None:
        asked = question.question[0]
        known = names.get(asked.name.to_text(omit_final_dot=True).lower(), dns.rcode.NXDOMAIN)
        if asked.name.to_text() == ".":
            known = names.get(".", ())
        if known is None:
            return None
        if isinstance(known, int):
            return records(rcode=known)(question)
        mine = [ip for ip in known if (":" in ip) == (asked.rdtype == dns.rdatatype.AAAA)]
        return records(*mine, rdtype=dns.rdatatype.to_text(asked.rdtype))(question)

    return reply


@dataclass
class NameServer:
    """`asked`: the names that came in questions for addresses of IPv4, and `.`"""

    port: int
    asked: list[str] = field(default_factory=list)


@contextmanager
def name_server(reply: Reply, host: str = "127.0.0.1", port: int = 0) -> Iterator[NameServer]:
    """Over UDP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.bind((host, port))
        server = NameServer(sock.getsockname()[1])
        stopping = threading.Event()
        thread = threading.Thread(target=_serve, args=(sock, reply, stopping, server.asked))
        thread.start()
        try:
            yield server
        finally:
            stopping.set()
            thread.join()


def _serve(sock: socket.socket, reply: Reply, stopping: threading.Event, asked: list[str]) -> None:
    sock.settimeout(0.02)
    while not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            wire, asker = sock.recvfrom(4096)
            question = dns.message.from_wire(wire)
            if question.question[0].rdtype in {dns.rdatatype.A, dns.rdatatype.NS}:
                asked.append(question.question[0].name.to_text(omit_final_dot=True) or ".")
            answer = reply(question)
            if answer is not None:
                sock.sendto(answer, asker)


def framed(answer: bytes) -> bytes:
    """As over TCP."""
    return struct.pack("!H", len(answer)) + answer


@contextmanager
def resolving(*ports: int) -> Iterator[Resolver]:
    """Our own name servers are those on these ports of 127.0.0.1."""
    before, LOOP.resolver = LOOP.resolver, Resolver(LOOP, [f"127.0.0.1:{port}" for port in ports])
    try:
        yield LOOP.resolver
    finally:
        LOOP.resolver.close()
        LOOP.resolver = before


@contextmanager
def our_name_server(names: Mapping[str, Sequence[str] | int | None]) -> Iterator[NameServer]:
    """One that knows names, and is ours."""
    with name_server(zone(names)) as server, resolving(server.port):
        yield server
