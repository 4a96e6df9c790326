"""A real Web on a real port, fed by a Board of the test's own."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from sla_monitor.board import Board
from sla_monitor.clock import Clock, SystemClock
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.ledger import HistoryReader, KnownEntries
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.settings.desk.users import DeskSettings
from sla_monitor.settings.settings import AttachmentSettings
from sla_monitor.settings.views import SharedViews
from sla_monitor.sla.jobs import ReportKind
from sla_monitor.web import Health, Limits, PageLinks, PageRecord, ReviewPack, Web
from sla_monitor.web.page_record import Times

QUICK = Limits(header_s=1, body_s=1, write_s=1)
"""Short enough to wait for in a test."""


@dataclass
class Parts:
    """What the daemon would hand over, recording what it was asked."""

    board: Board = field(default_factory=lambda: Board(SystemClock().now_ms()))
    metrics_body: bytes = b"# HELP up Whether it is.\n"
    state: Health = field(default_factory=lambda: Health(ready=True))
    problems: list[str] = field(default_factory=list)
    references: Mapping[str, SecretReference] = field(default_factory=dict)
    reports: list[tuple[str, ReportKind, str]] = field(default_factory=list)
    scrapes: list[tuple[str, str]] = field(default_factory=list)
    committed: bool | None = True
    reloads: int = 0
    packs: Callable[[], Iterable[ReviewPack]] = tuple
    ledger: Path = Path("/nowhere/ledger.db")
    contracts: Sequence[Contract] = ()
    elsewhere: PageLinks = field(default_factory=PageLinks)
    clock: Clock = field(default_factory=SystemClock)
    response_times: Callable[[str, str], Times] = lambda contract, subject: ((), ())

    known: KnownEntries = field(default_factory=KnownEntries)

    def record(self) -> PageRecord:
        opened = partial(HistoryReader, self.ledger, known=self.known)
        return PageRecord(opened, lambda: self.contracts, self.response_times)

    views: SharedViews = field(default_factory=SharedViews)
    desk: DeskSettings = field(default_factory=DeskSettings)
    desk_ledger: Path | None = None
    attachments: AttachmentSettings = AttachmentSettings()  # noqa: RUF009 - frozen
    differing: tuple[str, ...] = ()

    def metrics(self, accept: str, accept_encoding: str) -> tuple[Mapping[str, str], bytes]:
        self.scrapes.append((accept, accept_encoding))
        return {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}, self.metrics_body

    def report(self, endpoint: str, kind: ReportKind, text: str) -> Future[bool]:
        """`committed` says what becomes of it; None: it is never on disk."""
        self.reports.append((endpoint, kind, text))
        future: Future[bool] = Future()
        if self.committed is not None:
            future.set_result(self.committed)
        return future

    def reload(self) -> list[str]:
        self.reloads += 1
        return self.problems


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str


def web_of(
    parts: Parts, *, listen: str = "127.0.0.1:0", web_config: Path | None = None, limits: Limits | None = None
) -> Web:
    """One that is not started yet."""
    return Web(
        listen,
        board=parts.board,
        metrics=parts.metrics,
        health=lambda: parts.state,
        reload=parts.reload,
        report=parts.report,
        tokens=lambda: parts.references,
        web_config=web_config,
        clock=parts.clock,
        packs=parts.packs,
        record=parts.record(),
        elsewhere=lambda: parts.elsewhere,
        views=parts.views,
        desk=lambda: parts.desk,
        ledger=parts.desk_ledger,
        open_register=partial(Register.open, known=parts.known),
        attachments=parts.attachments,
        differing=lambda _: parts.differing,
        limits=limits or Limits(),
    )


@contextmanager
def serving(
    parts: Parts, *, listen: str = "127.0.0.1:0", web_config: Path | None = None, limits: Limits | None = None
) -> Iterator[Web]:
    web = web_of(parts, listen=listen, web_config=web_config, limits=limits)
    web.start()
    try:
        yield web
    finally:
        web.stop(5)
        assert not web.is_alive


def ask(
    web: Web,
    path: str,
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """One request on a connection of its own; header names in the answer are lower case."""
    if tls is None:
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    else:
        connection = http.client.HTTPSConnection("127.0.0.1", web.port, timeout=60, context=tls)
    try:
        connection.request(method, path, body=body, headers=dict(headers or {}))
        response = connection.getresponse()
        text = response.read().decode()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)
    finally:
        connection.close()


def connect(web: Web) -> socket.socket:
    return socket.create_connection(("127.0.0.1", web.port), timeout=60)


def read_to_end(sock: socket.socket) -> bytes:
    """Everything until the server closes; a reset is an end too."""
    found = b""
    try:
        while chunk := sock.recv(65_536):
            found += chunk
    except ConnectionError:
        return found
    return found


def raw(web: Web, request: bytes) -> bytes:
    """What the server says to these very bytes, until it closes."""
    with connect(web) as sock:
        sock.sendall(request)
        return read_to_end(sock)
