"""The HTTP server: tornado, on an event loop in one thread of ours."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from pathlib import Path

from tornado.http1connection import HTTP1ServerConnection
from tornado.httpserver import HTTPServer
from tornado.iostream import IOStream
from tornado.web import Application

from sla_monitor.board import Board
from sla_monitor.clock import Clock
from sla_monitor.errors import ListenError
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.settings.desk.users import DeskSettings
from sla_monitor.settings.settings import AttachmentSettings
from sla_monitor.settings.views import SharedViews
from sla_monitor.settings.web_config import WebFiles
from sla_monitor.web.desk.entering import DeskRegister
from sla_monitor.web.identity.audit_keeping import AuditKeeping
from sla_monitor.web.identity.desk_state import NAME as STATE_NAME
from sla_monitor.web.identity.desk_state import DeskState
from sla_monitor.web.identity.reception import Reception
from sla_monitor.web.page.pack_list import ReviewPack
from sla_monitor.web.page.subject import PageLinks
from sla_monitor.web.page_record import PageRecord
from sla_monitor.web.serving.guard import is_loopback, split_address
from sla_monitor.web.serving.health import Health
from sla_monitor.web.serving.heartbeat_route import Tokens
from sla_monitor.web.serving.limits import Limits
from sla_monitor.web.serving.routes import application
from sla_monitor.web.serving.web_parts import Metering, Reporting, Tokenised, WebParts

log = logging.getLogger(__name__)

FILES_EVERY_S = 1.0


@dataclass
class Web:
    """The status page and the HTTP endpoints on one address.

    `metrics` answers a scrape; `reload` gives the problems it met; `report` takes in what an endpoint's job
    reports, and gives True once it is on disk; `tokens` gives the tokens of the heartbeat endpoints by key; `packs`
    gives the review packs that were made; `elsewhere` gives what pages lead to. `views` says what others may see.
    All six are called from threads of ours. `record` has the history of services and endpoints. `desk` gives who may
    sign in, as it stands after the latest reload; `ledger`: where entries and the audit go, and beside which sessions
    are kept; `attachments`: how much is kept of files; `differing`: a contract's signed
    months that come out otherwise now.
    """

    listen: str
    _: KW_ONLY
    board: Board
    metrics: Metering
    health: Callable[[], Health]
    reload: Callable[[], list[str]]
    report: Reporting
    tokens: Tokenised
    web_config: Path | None
    clock: Clock
    packs: Callable[[], Iterable[ReviewPack]] = tuple
    record: PageRecord
    elsewhere: Callable[[], PageLinks] = PageLinks
    limits: Limits = Limits()  # noqa: RUF009 - frozen
    views: SharedViews = SharedViews()  # noqa: RUF009 - frozen
    desk: Callable[[], DeskSettings] = DeskSettings
    ledger: Path | None = None
    open_register: Callable[[Path, Clock], Register] = Register.open
    attachments: AttachmentSettings = AttachmentSettings()  # noqa: RUF009 - frozen
    archive: Path | None = None
    differing: Callable[[str], Sequence[str]] = lambda _: ()

    def __post_init__(self) -> None:
        self.port = 0
        self._timeout_s = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._audit: AuditKeeping | None = None

    def start(self) -> None:
        """Bind, then serve. Raises ListenError, and ConfigError for a web-config that cannot be used."""
        # tornado writes a line for every client that speaks no TLS or no HTTP: anybody could fill the log.
        logging.getLogger("tornado.general").setLevel(logging.ERROR)
        host, port = self._address()
        files = WebFiles(self.web_config)
        sockets = bind(host, port, self.listen)
        self.port = sockets[0].getsockname()[1]
        site = self._site(files, only_loopback=is_loopback(host))
        self._warn_if_open(site)
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(site, sockets, started), name="web", daemon=True)
        self._thread.start()
        started.wait()

    @property
    def is_alive(self) -> bool:
        """Whether the event loop's thread runs."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self, timeout_s: float) -> None:
        """Take no more requests, let those that run end within the time, close every connection."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        self._timeout_s = timeout_s
        if self.is_alive:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(timeout_s + 1)

    def _address(self) -> tuple[str, int]:
        try:
            return split_address(self.listen)
        except ValueError as error:
            raise ListenError(str(error)) from None

    def _site(self, files: WebFiles, *, only_loopback: bool) -> WebParts:
        return WebParts(
            board=self.board,
            metrics=self.metrics,
            health=self._health,
            reload=self.reload,
            report=self.report,
            tokens=Tokens(self.tokens),
            packs=self.packs,
            clock=self.clock,
            files=files,
            limits=self.limits,
            only_loopback=only_loopback,
            record=self.record,
            elsewhere=self.elsewhere,
            views=self.views,
            reception=Reception(self.desk, self.clock, self._state(), self.limits.waiting),
            desk=self._desk(),
            attachments=self.attachments,
            archive=self.archive,
        )

    def _health(self) -> Health:
        found = self.health()
        if self._audit is None or not self._audit.is_failing:
            return found
        return replace(found, reasons=[*found.reasons, "the audit of the desk cannot be written; it is tried again"])

    def _desk(self) -> DeskRegister | None:
        if self.ledger is None:
            return None
        return DeskRegister(
            self.ledger, self.record.contracts, self.clock, self.open_register, self.differing, self.limits.day_bytes
        )

    def _state(self) -> DeskState:
        return DeskState.load(self.ledger.with_name(STATE_NAME)) if self.ledger else DeskState()

    def _warn_if_open(self, site: WebParts) -> None:
        config = site.files.config
        asks = bool(config.basic_auth_users) or site.reception.is_used
        is_https = bool(config.tls_server_config) or (self.desk().address or "").startswith("https://")
        if not site.only_loopback and not (is_https and asks):
            log.warning(
                "%s can be reached from other machines without TLS and a password (give a web_config with"
                " tls_server_config and basic_auth_users, name people under `desk`, or listen on 127.0.0.1)",
                self.listen,
            )
        if site.views.is_open and not asks:
            log.warning(
                "views are open and nobody needs a password: whoever reaches them reaches the status page and its money"
                " (give a web_config with basic_auth_users, or let a proxy pass on these paths alone)"
            )

    def _run(self, site: WebParts, sockets: list[socket.socket], started: threading.Event) -> None:
        try:
            asyncio.run(self._serve(site, sockets, started))
        except Exception:
            log.exception("the web server has ended")
        finally:
            site.close()
            started.set()

    async def _serve(self, site: WebParts, sockets: list[socket.socket], started: threading.Event) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = bounded_server(application(site), self.limits, site.files.context)
        server.add_sockets(sockets)
        audit = self._audit = AuditKeeping(site.reception.audit, self.ledger, self.clock)
        started.set()
        while not self._stopping.is_set():
            await _either(self._stopping, FILES_EVERY_S)
            if site.files.refresh():
                server.ssl_options = site.files.context
            audit.keep()
        server.stop()
        deadline = self._loop.time() + self._timeout_s
        while site.active > 0 and self._loop.time() < deadline:
            await asyncio.sleep(0.01)
        await server.close_all_connections()
        audit.keep_all()


async def _either(event: asyncio.Event, timeout_s: float) -> None:
    """Wait for the event, but no longer than the time."""
    try:
        await asyncio.wait_for(event.wait(), timeout_s)
    except TimeoutError:
        return


REMEDIES = {
    errno.EADDRINUSE: "it is taken (stop the other program, or change `listen`)",
    errno.EACCES: "it is not allowed (take a port above 1023, or change `listen`)",
    errno.EADDRNOTAVAIL: "it is no address of this machine (change `listen`)",
}

BACKLOG = 512


class BoundedServer(HTTPServer):
    """tornado's server with a cap on open connections: the oldest makes room for the newest.

    So a client that opens connections and says nothing can use up neither the file descriptors nor the patience
    of the others, whatever the time limits are.
    """

    def limit(self, connections: int) -> None:
        self._limit = connections
        self._open: dict[IOStream, None] = {}

    def handle_stream(self, stream: IOStream, address: tuple) -> None:  # type: ignore[type-arg] # tornado's own
        if len(self._open) >= self._limit:
            next(iter(self._open)).close()
        self._open[stream] = None
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        super().on_close(server_conn)
        if isinstance(server_conn, HTTP1ServerConnection):
            self._open.pop(server_conn.stream, None)


def bounded_server(app: Application, limits: Limits, context: ssl.SSLContext | None) -> BoundedServer:
    server = BoundedServer(
        app,
        ssl_options=context,
        idle_connection_timeout=limits.header_s,
        body_timeout=limits.body_s,
        max_header_size=limits.header_bytes,
        max_body_size=limits.body_bytes,
    )
    server.limit(limits.connections)
    return server


def bind(host: str, port: int, listen: str) -> list[socket.socket]:
    """Listening sockets on every address of the host, all on one port."""
    sockets: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((family, address[0]) for family, *_, address in found):
            chosen = sockets[0].getsockname()[1] if sockets else port
            sockets.append(socket.create_server((str(address), chosen), family=family, backlog=BACKLOG))
            sockets[-1].setblocking(False)
    except OSError as error:
        for bound in sockets:
            bound.close()
        is_name = isinstance(error, socket.gaierror)
        why = "no such host (change `listen`)" if is_name else REMEDIES.get(error.errno or 0) or error.strerror
        raise ListenError(f"cannot listen on {listen}: {why}") from None
    return sockets
