"""The line between the collector and sites far away: NATS with JetStream.

JetStream carries, and keeps nothing that matters: what a site saw stays in its outbox until the collector's record has
it. The line is one connection at a time, made anew after each trouble together with all that hangs on it: the client's
own reconnection leaves subscriptions that are dead (nats-py #504).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from sla_monitor.errors import LineError, SlaMonitorError
from sla_monitor.settings.sites import Nats

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js.client import JetStreamContext

STREAM = "SLA_MONITOR"
PARCELS = "obs.*.parcel"
PULSES = "obs.*.pulse"

PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
"""Between two attempts to connect: twice as long each time."""

PATIENCE_S = 5.0
"""How long the server may take to answer."""

PING_S, SILENT_PINGS = 3, 2
"""A connection on which so many pings are not answered is dead, though nobody has closed it."""

MAX_AGE_S = 86_400.0
"""Nobody reads what is older: the site sends again what is not in the record."""

ACK_S = 30.0
"""What was delivered, and not taken by then, is delivered again."""

log = logging.getLogger(__package__)


def parcels_of(site: str) -> str:
    """The subject of what a site saw. Its user may publish below `obs.SITE`, and nowhere else."""
    return f"obs.{site}.parcel"


def pulses_of(site: str) -> str:
    return f"obs.{site}.pulse"


def to_site(site: str) -> str:
    """The subject of what is said to a site, which its user may read."""
    return f"to.{site}"


def site_of(subject: str) -> str:
    """Who publishes on a subject of PARCELS or PULSES: the server vouches for it."""
    return subject.split(".")[1]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message of the stream."""

    subject: str
    data: bytes
    message: Msg = field(repr=False)

    async def ack(self) -> None:
        """It need not be delivered again. Whether the server hears that does not matter."""
        with suppress(Exception):
            await self.message.ack()


class FarConnection:
    """What can be done on a line that is up. Everything raises LineError when it cannot be done."""

    def __init__(self, client: Client, refusals: list[str]) -> None:
        self._client, self._refusals = client, refusals
        self._stream: JetStreamContext = client.jetstream(timeout=PATIENCE_S)

    async def say(self, subject: str, data: bytes) -> None:
        """Have it heard by whoever listens now."""
        await self._try(self._client.publish(subject, data))

    async def put(self, subject: str, data: bytes) -> None:
        """Put it into the stream."""
        self._refusals.clear()
        await self._try(self._stream.publish(subject, data, timeout=PATIENCE_S))

    async def listen(self, subject: str, take: Callable[[str, bytes], Awaitable[None]]) -> None:
        """Call `take` with each message from now on."""

        async def taken(message: Msg) -> None:
            await take(message.subject, message.data)

        await self._try(self._client.subscribe(subject, cb=taken))

    async def make_stream(self, megabytes: int) -> None:
        """Make the stream of parcels, or make it what it is to be."""
        from nats.js.api import DiscardPolicy, StorageType, StreamConfig
        from nats.js.errors import BadRequestError

        config = StreamConfig(
            name=STREAM,
            subjects=[PARCELS],
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_bytes=megabytes << 20,
            max_age=MAX_AGE_S,
        )
        try:
            await self._stream.add_stream(config)
        except BadRequestError:  # it is there, and is another
            await self._try(self._stream.update_stream(config))
        except Exception as error:
            raise self._told(error) from error

    async def pull(self, reader: str) -> Pull:
        """Read the parcels under a name, from where that name has come to."""
        from nats.js.api import AckPolicy, ConsumerConfig

        config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=ACK_S, max_ack_pending=1_000)
        subscription = await self._try(self._stream.pull_subscribe(PARCELS, durable=reader, config=config))
        return Pull(self, subscription)

    async def _try(self, doing: Awaitable[Any]) -> Any:
        try:
            return await doing
        except Exception as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> LineError:
        """A refusal comes beside the answer, which then never comes."""
        return LineError(self._refusals[-1] if self._refusals else str(error) or type(error).__name__)


class Pull:
    """One reader of the stream."""

    def __init__(self, connection: FarConnection, subscription: Any) -> None:
        self._connection, self._subscription = connection, subscription

    async def fetch(self, most: int, wait_s: float) -> Sequence[Delivered]:
        """Up to so many messages; none, when none came in time. Raises LineError."""
        from nats.errors import TimeoutError as NoneCame

        try:
            # A fetch may hang for ever (nats-py #933).
            messages = await asyncio.wait_for(self._subscription.fetch(most, timeout=wait_s), wait_s + PATIENCE_S)
        except (TimeoutError, NoneCame):
            return ()
        except Exception as error:
            raise LineError(str(error) or type(error).__name__) from error
        return [Delivered(message.subject, message.data, message) for message in messages]

    async def check(self) -> None:
        """Raises LineError when the stream is gone."""
        await self._connection._try(self._subscription.consumer_info())  # noqa: SLF001 - a part of it


def _is_news(record: logging.LogRecord) -> bool:
    """Whether asyncio says something; of each TLS connection of the client that ends it says what is so by design."""
    return "eof_received" not in str(record.msg)


class FarLine(threading.Thread):
    """Keeps the line up, and `serve` running on it: one thread with a loop of its own. `inbox`: the prefix of subjects
    on which the server answers."""

    def __init__(
        self, settings: Nats, name: str, inbox: str, serve: Callable[[FarConnection], Awaitable[None]]
    ) -> None:
        """Raises LineError where the client is not installed."""
        if find_spec("nats") is None:
            raise LineError("sites far away need nats-py (pip install 'sla-monitor[sites]')")
        super().__init__(name=name, daemon=True)
        logging.getLogger("asyncio").addFilter(_is_news)
        self._settings, self._inbox, self._serve = settings, inbox, serve
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._is_stopping = False
        self.is_up = False
        self.trouble = "not connected yet"

    def call(self, call: Callable[[], object]) -> None:
        """Have something called by the thread of the line."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(call)

    def stop(self, within_s: float) -> None:
        self._is_stopping = True
        if self._main is not None:
            self.call(self._main.cancel)
        if self.ident is not None:
            self.join(within_s)

    def run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._keep_up())

    async def _keep_up(self) -> None:
        self._loop, self._main, pause_s = asyncio.get_running_loop(), asyncio.current_task(), PAUSE_S
        while not self._is_stopping:
            try:
                await self._one()
                pause_s = PAUSE_S
            except (SlaMonitorError, OSError) as error:
                self._note(str(error) or type(error).__name__)
            except Exception as error:  # the line must outlive what goes wrong in one connection
                log.exception("internal error on the line")
                self._note(str(error) or type(error).__name__)
            if self.was_up:
                pause_s = PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    was_up = False

    async def _one(self) -> None:
        """One connection, from its beginning to its end."""
        self.was_up = False
        closed, refusals = asyncio.Event(), list[str]()
        client = await self._connect(closed, refusals)
        try:
            self.is_up = self.was_up = True
            log.info("the line is up", extra={"server": _host(client)})
            serving = asyncio.ensure_future(self._serve(FarConnection(client, refusals)))
            end = asyncio.ensure_future(closed.wait())
            try:
                await asyncio.wait([serving, end], return_when=asyncio.FIRST_COMPLETED)
            finally:
                serving.cancel()
                end.cancel()
                ends = await asyncio.gather(serving, end, return_exceptions=True)
            if isinstance(ends[0], Exception):
                raise ends[0]
            raise LineError(refusals[-1] if refusals else "the connection has ended")
        finally:
            self.is_up = False
            await _close(client)

    async def _connect(self, closed: asyncio.Event, refusals: list[str]) -> Client:
        """Raises LineError, SecretError and OSError."""
        from nats.aio.client import Client

        async def on_error(error: Exception) -> None:
            refusals.append(str(error) or type(error).__name__)
            if len(refusals) == 1:
                log.warning("the line has a trouble", extra={"error": refusals[0]})

        async def on_close() -> None:
            closed.set()

        settings, client = self._settings, Client()
        connecting = client.connect(
            list(settings.servers),
            name="sla-monitor",
            tls=_tls(settings),
            user=settings.user or None,
            password=None if settings.password is None else settings.password.reveal(),
            inbox_prefix=self._inbox,
            allow_reconnect=False,
            connect_timeout=max(1, int(PATIENCE_S)),
            ping_interval=PING_S,
            max_outstanding_pings=SILENT_PINGS,
            error_cb=on_error,
            closed_cb=on_close,
        )
        try:
            await asyncio.wait_for(connecting, 2 * PATIENCE_S)
        except BaseException as error:
            await _close(client)  # a connection that was refused is not closed by the client
            if isinstance(error, TimeoutError):
                raise LineError("the server does not answer") from None
            if not isinstance(error, Exception):
                raise
            raise LineError(str(error) or type(error).__name__) from error
        return client

    def _note(self, trouble: str) -> None:
        if trouble != self.trouble or self.was_up:
            log.error("the line is down", extra={"error": trouble})
        self.trouble = trouble


async def _close(client: Client) -> None:
    with suppress(Exception):
        await asyncio.wait_for(client.close(), PATIENCE_S)


def _host(client: Client) -> str:
    address = client.connected_url
    return "" if address is None else f"{address.hostname}:{address.port}"


def _tls(settings: Nats) -> ssl.SSLContext | None:
    """Raises OSError (ssl.SSLError is one)."""
    if not any(server.startswith("tls:") for server in settings.servers):
        return None
    context = ssl.create_default_context(cafile=settings.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.client_certificate is not None:
        context.load_cert_chain(settings.client_certificate, settings.client_key)
    return context
