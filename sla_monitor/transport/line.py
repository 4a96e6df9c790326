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
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

from sla_monitor.errors import LineError, SlaMonitorError
from sla_monitor.settings.sites import Nats

if TYPE_CHECKING:
    from nats.aio.client import Client
    from nats.aio.msg import Msg
    from nats.js.client import JetStreamContext
    from nats.js.kv import KeyValue

STREAM = "SLA_MONITOR"
PARCELS = "obs.*.parcel"
PARCELS_OF_PAIRS = "obs.*.parcel.*"
PULSES = "obs.*.pulse"

PAUSE_S, LONGEST_PAUSE_S = 0.2, 10.0
"""Between two attempts to connect: twice as long each time."""

PATIENCE_S = 5.0
"""How long the server may take to answer."""

GOODBYE_S = 2.0
"""How long a connection may take to close: one whose other end is silent never does, and is cut."""

CANCEL_S = 0.5
"""After how long what does not end is told again to end."""

PING_S, SILENT_S = 3.0, 6.0
"""How often the server is asked whether it is there; a connection on which it is silent for so long is dead, though
nobody has closed it."""

MAX_AGE_S = 86_400.0
"""Nobody reads what is older: the site sends again what is not in the record."""

ACK_S = 30.0
"""What was delivered, and not taken by then, is delivered again."""

NEEDED = "sites far away need nats-py (pip install 'sla-monitor[sites]')"

T = TypeVar("T")

log = logging.getLogger(__package__)


def parcels_of(site: str, collector: str = "") -> str:
    """The subject of what a site saw, as one collector of a pair is to have it, or the only one. The site's user may
    publish below `obs.SITE`, and nowhere else."""
    return f"obs.{site}.parcel.{collector}" if collector else f"obs.{site}.parcel"


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

    @property
    def number(self) -> int:
        """Its place in the stream, the same each time that it is delivered."""
        return self.message.metadata.sequence.stream

    def receipt(self) -> Delivered:
        """To acknowledge it by later, without what it holds."""
        self.message.data = b""
        return replace(self, data=b"")

    async def ack(self) -> None:
        """It need not be delivered again. Whether the server hears that does not matter."""
        with suppress(Exception):
            await self.message.ack()

    async def refuse(self, for_s: float) -> None:
        """Have it delivered again after so long, rather than after ACK_S."""
        with suppress(Exception):
            await self.message.nak(delay=for_s)


class FarConnection:
    """What can be done on a line that is up. Everything raises LineError when it cannot be done."""

    def __init__(self, client: Client, refusals: list[str]) -> None:
        self._client, self._refusals = client, refusals
        self.stream: JetStreamContext = client.jetstream(timeout=PATIENCE_S)

    async def say(self, subject: str, data: bytes) -> None:
        """Have it heard by whoever listens now."""
        await self.attempt(self._client.publish(subject, data))

    async def put(self, subject: str, data: bytes) -> None:
        """Put it into the stream."""
        self._refusals.clear()
        await self.attempt(self.stream.publish(subject, data, timeout=PATIENCE_S))

    async def listen(self, subject: str, take: Callable[[str, bytes], Awaitable[None]]) -> None:
        """Call `take` with each message from now on."""

        async def taken(message: Msg) -> None:
            await take(message.subject, message.data)

        await self.attempt(self._client.subscribe(subject, cb=taken))

    async def ask(self, subject: str, data: bytes, within_s: float = PATIENCE_S) -> bytes:
        """What whoever listens there answers in that time."""
        answer = await self.attempt(self._client.request(subject, data, timeout=within_s))
        return bytes(answer.data)

    async def answer(self, subject: str, find: Callable[[bytes], Awaitable[bytes]]) -> None:
        """Answer whoever asks there from now on."""

        async def asked(message: Msg) -> None:
            await message.respond(await find(message.data))

        await self.attempt(self._client.subscribe(subject, cb=asked))

    async def make_stream(self, megabytes: int) -> None:
        """Make the stream of parcels, or make it what it is to be."""
        from nats.js.api import DiscardPolicy, StorageType, StreamConfig
        from nats.js.errors import BadRequestError

        config = StreamConfig(
            name=STREAM,
            subjects=[PARCELS, PARCELS_OF_PAIRS],
            storage=StorageType.FILE,
            discard=DiscardPolicy.OLD,
            max_bytes=megabytes << 20,
            max_age=MAX_AGE_S,
        )
        try:
            await self.stream.add_stream(config)
        except BadRequestError:  # it is there, and is another
            await self.attempt(self.stream.update_stream(config))
        except Exception as error:
            raise self.told(error) from error

    async def values(self, bucket: str) -> SharedValues:
        """A bucket of values that whoever may can read and replace, by key. It is made where it is not there."""
        from nats.js.errors import BadRequestError

        try:
            made = await self.stream.create_key_value(bucket=bucket)
        except BadRequestError:  # it is there, as another release makes it
            made = await self.attempt(self.stream.key_value(bucket))
        except Exception as error:
            raise self.told(error) from error
        return SharedValues(made, self.told)

    async def pull(self, reader: str, collector: str = "") -> Pull:
        """Read the parcels for a collector under a name, from where that name has come to."""
        from nats.js.api import AckPolicy, ConsumerConfig

        config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=ACK_S, max_ack_pending=1_000)
        subject = parcels_of("*", collector)
        subscription = await self.attempt(self.stream.pull_subscribe(subject, durable=reader, config=config))
        return Pull(self, subscription)

    async def attempt(self, doing: Awaitable[Any]) -> Any:
        try:
            return await doing
        except Exception as error:
            raise self.told(error) from error

    def told(self, error: Exception) -> LineError:
        """A refusal comes beside the answer, which then never comes."""
        return LineError(self._refusals[-1] if self._refusals else str(error) or type(error).__name__)


@dataclass(frozen=True, slots=True)
class SharedValue:
    """A value, and its revision: later ones of the bucket have larger ones. 0: there is none."""

    data: bytes = b""
    revision: int = 0


class SharedValues:
    """A bucket. Everything raises LineError when it cannot be done, or its outcome is not known within `within_s`."""

    def __init__(self, bucket: KeyValue, told: Callable[[Exception], LineError]) -> None:
        self._bucket, self._told = bucket, told

    async def read(self, key: str, within_s: float = PATIENCE_S) -> SharedValue:
        from nats.js.errors import KeyNotFoundError

        try:
            found = await asyncio.wait_for(self._bucket.get(key), within_s)
        except KeyNotFoundError:
            return SharedValue()
        except Exception as error:
            raise self._told(error) from error
        return SharedValue(found.value or b"", found.revision or 0)

    async def replace(self, key: str, data: bytes, revision: int, within_s: float = PATIENCE_S) -> int:
        """Write it if it is still what it was at that revision; the new revision, or 0 where it is not."""
        from nats.js.errors import KeyWrongLastSequenceError

        try:
            return await asyncio.wait_for(self._bucket.update(key, data, last=revision), within_s)
        except KeyWrongLastSequenceError:
            return 0
        except Exception as error:
            raise self._told(error) from error


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
        await self._connection.attempt(self._subscription.consumer_info())


def _is_news(record: logging.LogRecord) -> bool:
    """Whether asyncio says something; of each TLS connection of the client that ends it says what is so by design."""
    return "eof_received" not in str(record.msg)


class FarLine(threading.Thread):
    """Keeps the line up, and `serve` running on it: one thread with a loop of its own. `inbox`: the prefix of subjects
    on which the server answers."""

    longest_pause_s: float | None = None
    """Between two attempts to connect, where that is to be less than LONGEST_PAUSE_S."""

    def __init__(
        self, settings: Nats, name: str, inbox: str, serve: Callable[[FarConnection], Awaitable[None]]
    ) -> None:
        """Raises LineError where the client is not installed."""
        if find_spec("nats") is None:
            raise LineError(NEEDED)
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

    def result(self, doing: Coroutine[Any, Any, T], within_s: float) -> T:
        """What it comes to, in the loop of the line. Raises LineError, also where it takes too long."""
        loop = self._loop
        if loop is None or not self.is_up:
            doing.close()
            raise LineError(self.trouble)
        future = asyncio.run_coroutine_threadsafe(doing, loop)
        try:
            return future.result(within_s)
        except (TimeoutError, CancelledError):
            future.cancel()
            raise LineError("the server does not answer") from None

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
            pause_s = min(2 * pause_s, self.longest_pause_s or LONGEST_PAUSE_S)

    was_up = False

    async def _one(self) -> None:
        """One connection, from its beginning to its end."""
        self.was_up = False
        closed, refusals = asyncio.Event(), list[str]()
        client = await _connected(self._settings, self._inbox, closed, refusals)
        try:
            self.is_up = self.was_up = True
            log.info("the line is up", extra={"server": _host(client)})
            serving = asyncio.ensure_future(self._serve(FarConnection(client, refusals)))
            several = (serving, asyncio.ensure_future(closed.wait()), asyncio.ensure_future(_until_silent(client)))
            try:
                await asyncio.wait(several, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in several:
                    await _ended(task)
            if not serving.cancelled() and (error := serving.exception()) is not None:
                raise error
            ended = "the connection has ended" if closed.is_set() else "the server does not answer"
            raise LineError(refusals[-1] if refusals else ended)
        finally:
            self.is_up = False
            await _let_go(client)

    def _note(self, trouble: str) -> None:
        if trouble != self.trouble or self.was_up:
            log.error("the line is down", extra={"error": trouble})
        self.trouble = trouble


def once(settings: Nats, inbox: str, doing: Callable[[FarConnection], Awaitable[T]]) -> T:
    """Do something on a connection of its own. Raises LineError, SecretError and OSError, and what `doing` raises."""
    if find_spec("nats") is None:
        raise LineError(NEEDED)

    async def done() -> T:
        closed, refusals = asyncio.Event(), list[str]()
        client = await _connected(settings, inbox, closed, refusals)
        try:
            return await doing(FarConnection(client, refusals))
        finally:
            await _let_go(client)

    logging.getLogger("asyncio").addFilter(_is_news)
    return asyncio.run(done())


async def _connected(settings: Nats, inbox: str, closed: asyncio.Event, refusals: list[str]) -> Client:
    """Raises LineError, SecretError and OSError."""
    from nats.aio.client import Client

    async def on_error(error: Exception) -> None:
        refusals.append(str(error) or type(error).__name__)
        if len(refusals) == 1:
            log.warning("the line has a trouble", extra={"error": refusals[0]})

    async def on_close() -> None:
        closed.set()

    client = Client()
    connecting = client.connect(
        list(settings.servers),
        name="sla-monitor",
        tls=_tls(settings),
        user=settings.user or None,
        password=None if settings.password is None else settings.password.reveal(),
        inbox_prefix=inbox,
        allow_reconnect=False,
        max_reconnect_attempts=1,
        reconnect_time_wait=0,
        connect_timeout=max(1, int(PATIENCE_S)),
        error_cb=on_error,
        closed_cb=on_close,
    )
    try:
        await asyncio.wait_for(connecting, 2 * PATIENCE_S)
    except BaseException as error:
        await _let_go(client)
        if isinstance(error, TimeoutError):
            raise LineError("the server does not answer") from None
        if isinstance(error, Exception):
            raise LineError(str(error) or type(error).__name__) from error
        raise
    return client


async def _until_silent(client: Client) -> None:
    """Until the server answers no more. The client could find that out by itself, and would tell after half a minute
    in which it waits for a silent server's goodbye."""
    with suppress(Exception):
        while True:
            await asyncio.sleep(PING_S)
            await client.flush(SILENT_S)  # type: ignore[arg-type]


async def _ended(task: asyncio.Future[Any]) -> None:
    """Cancel it until it has ended: a request that fails in the same moment may take the cancelling for its own."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_S)


async def _let_go(client: Client) -> None:
    """Close it, also where it never came up: the client itself leaves such a socket open. TLS waits half a minute for
    the other end to say goodbye as well, and the loop may end before that: what is still open then is cut."""
    with suppress(Exception):
        await asyncio.wait_for(client.close(), GOODBYE_S)
    transport: Any = client._transport  # noqa: SLF001 - it has no other name
    for writer in () if transport is None else (transport._io_writer, transport._bare_io_writer):  # noqa: SLF001
        if writer is not None:
            writer.transport.abort()


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
