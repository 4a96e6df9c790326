"""From a name to a connection, within the probe's deadline."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence

from sla_monitor.probe.channel import Address, Channel, LocalRefusal, Secured
from sla_monitor.probe.resolve import addresses_of
from sla_monitor.probe.stopwatch import DeadlinePassed, Stopwatch


async def connect(watch: Stopwatch, host: str, port: int, family: str) -> Channel:
    """A TCP connection to the first address that takes one. Raises the last address's OSError."""
    began = watch.loop.time()
    addresses = await addresses_of(watch, host, port, family)
    watch.dns = (watch.dns or 0.0) + watch.loop.time() - began
    return await connect_to(watch, addresses)


async def connect_to(watch: Stopwatch, addresses: Sequence[Address]) -> Channel:
    """The same for addresses that are known."""
    watch.doing = "connecting"
    began = watch.loop.time()
    error: OSError | None = None
    for tried, address in enumerate(addresses):
        try:
            # Every address gets its share of the time: a dead IPv6 one leaves some for IPv4.
            channel = await _attempt(watch, address, watch.left() / (len(addresses) - tried))
        except DeadlinePassed:
            raise
        except OSError as failed:
            # That we have no way to one address says less than what another one did.
            error = failed if error is None or not isinstance(failed, LocalRefusal) else error
            continue
        watch.connect = (watch.connect or 0.0) + watch.loop.time() - began
        watch.address = channel.address
        return channel
    watch.left()
    raise error or socket.gaierror(socket.EAI_NONAME, "the name has no address")


async def _attempt(watch: Stopwatch, address: Address, within_s: float) -> Channel:
    loop = watch.loop
    channel = Channel(loop, address)
    task = loop.current
    timer = None
    if task is not None and within_s < watch.left():
        timer = loop.call_at(loop.time() + within_s, lambda: loop.resume(task, error=TimeoutError()))
    try:
        await channel.connect()
    except BaseException:
        channel.close()
        raise
    finally:
        if timer is not None:
            timer.cancel()
    return channel


async def secure(watch: Stopwatch, channel: Channel, context: ssl.SSLContext, server_name: str) -> Secured:
    """TLS over a connection, which it takes over whatever happens. Raises ssl.SSLError and OSError."""
    watch.doing = "agreeing on TLS"
    began = watch.loop.time()
    try:
        secured = Secured(channel, context, server_name)
        await secured.agree(watch)
    except BaseException:
        channel.close()
        raise
    watch.tls = (watch.tls or 0.0) + watch.loop.time() - began
    return secured
