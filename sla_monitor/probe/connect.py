"""Connections: TCP, and TLS on top of it, each within the look's deadline."""

from __future__ import annotations

import contextlib
import socket
import ssl
from time import monotonic

from sla_monitor.probe.deadline import Stopwatch, TimedSocket, TimedTlsSocket
from sla_monitor.probe.resolve import RESOLVER, Address
from sla_monitor.probe.trouble import OURS
from sla_monitor.probe.trust import earliest_expiry_s, unverified_context


def connect(watch: Stopwatch, host: str, port: int, family: str) -> TimedSocket:
    """A TCP connection to the first address that takes one. Raises the last address's OSError."""
    began = monotonic()
    addresses = RESOLVER.addresses(watch, host, port, family)
    resolved = monotonic()
    watch.dns = (watch.dns or 0.0) + resolved - began
    watch.doing = "connecting"
    error: OSError | None = None
    for tried, (kind, address) in enumerate(addresses):
        sock = TimedSocket(kind, socket.SOCK_STREAM)
        try:
            # Every address gets its share: a dead IPv6 one leaves time for IPv4.
            sock.settimeout(watch.left() / (len(addresses) - tried))
            sock.connect(address)
        except OSError as failed:
            sock.close()
            # That we have no way to one address says less than what another one did.
            error = failed if error is None or failed.errno not in OURS else error
            continue
        connected = monotonic()
        watch.connect = (watch.connect or 0.0) + connected - resolved
        sock.watch, sock.opened_at, sock.address, sock.peer = watch, connected, address[0], (kind, address)
        watch.address = sock.address
        return sock
    watch.left()
    raise error or socket.gaierror(socket.EAI_NONAME, "the name has no address")


def secure(sock: TimedSocket, context: ssl.SSLContext, server_name: str) -> TimedTlsSocket:
    """TLS over a connection, which it takes over whatever happens. Raises ssl.SSLError and OSError."""
    watch, address, opened_at, peer = sock.watch, sock.address, sock.opened_at, sock.peer
    watch.doing = "agreeing on TLS"
    began = monotonic()
    try:
        sock.settimeout(watch.left())  # OpenSSL's handshake is one call with one deadline
        tls = context.wrap_socket(sock, server_hostname=server_name.rstrip("."))
    except ssl.SSLCertVerificationError:
        watch.expires_at_s = _second_look(watch, peer, server_name) if peer else None
        raise
    except BaseException:
        sock.close()
        raise
    assert isinstance(tls, TimedTlsSocket)  # noqa: S101 - trust.py sets the context's sslsocket_class
    watch.tls = (watch.tls or 0.0) + monotonic() - began
    tls.watch, tls.address, tls.opened_at = watch, address, opened_at
    tls.expires_at_s = watch.expires_at_s = earliest_expiry_s(tls.chain())
    return tls


def _second_look(watch: Stopwatch, peer: Address, server_name: str) -> int | None:
    """When the certificate that was just refused expires, if that can be had within the deadline.

    Nothing is verified and nothing is sent; the connection is closed at once.
    """
    kind, address = peer
    with contextlib.suppress(OSError), socket.socket(kind, socket.SOCK_STREAM) as sock:
        sock.settimeout(watch.left())
        sock.connect(address)
        sock.settimeout(watch.left())
        with unverified_context().wrap_socket(sock, server_hostname=server_name.rstrip(".")) as tls:
            return earliest_expiry_s(tls.chain()[:1])  # type: ignore[attr-defined] # the context makes sockets of ours
    return None
