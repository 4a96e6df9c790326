"""From a name to a connection, within the probe's deadline."""

from __future__ import annotations

import ssl
from collections.abc import Sequence

from sla_monitor.probe.connections.channel import Address, Channel, Secured
from sla_monitor.probe.connections.in_turn import first_of
from sla_monitor.probe.resolving.resolver import addresses_of
from sla_monitor.probe.stopwatch import Stopwatch


async def connect(watch: Stopwatch, host: str, port: int, family: str) -> Channel:
    """A TCP connection to the first address that takes one. Raises the last address's OSError."""
    began = watch.loop.time()
    addresses = await addresses_of(watch, host, port, family)
    watch.dns = (watch.dns or 0.0) + watch.loop.time() - began
    return await connect_to(watch, addresses)


async def connect_to(watch: Stopwatch, addresses: Sequence[Address]) -> Channel:
    """The same for addresses that are known."""
    began = watch.loop.time()
    channel = await first_of(watch, addresses, lambda address: _open(watch, address))
    watch.connect = (watch.connect or 0.0) + watch.loop.time() - began
    watch.address = channel.address
    return channel


async def _open(watch: Stopwatch, address: Address) -> Channel:
    """A TCP connection to one address. Raises OSError."""
    watch.doing = "connecting"
    channel = Channel(watch.loop, address)
    try:
        await channel.connect()
    except BaseException:
        channel.close()
        raise
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
