"""The base of all request handlers: access, refusals, and the time limit for sending an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from tornado.http1connection import HTTP1Connection
from tornado.iostream import IOStream
from tornado.web import HTTPError, RequestHandler, stream_request_body

from sla_monitor.web.serving.guard import SECURITY_HEADERS, host_of, is_loopback
from sla_monitor.web.serving.limits import Bounded, Busy
from sla_monitor.web.serving.web_parts import WebParts
from sla_monitor.wording.text import plain

CHALLENGE = {"WWW-Authenticate": 'Basic realm="sla-monitor", charset="UTF-8"'}


class Refusal(HTTPError):  # noqa: N818 - most refusals are no errors of ours
    """An answer that is a plain line of text, with headers of its own. `remedy`: what helps, where that is no matter
    of course."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None, *, remedy: str = "") -> None:
        super().__init__(status)
        # It may quote what was asked for.
        self.text, self.headers, self.remedy = plain(text), headers or {}, plain(remedy)


@stream_request_body  # bodies are let pass in chunks: nobody keeps or parses them
class Handler(RequestHandler):
    """Base of every route. `methods` is what the route answers to, and the Allow header of a 405."""

    methods: tuple[str, ...] = ("GET", "HEAD")
    has_own_token = False
    site: WebParts

    def initialize(self, site: WebParts) -> None:
        self.site = site
        self._is_active = True
        site.active += 1

    @property
    def pool(self) -> Bounded:
        """Where its pages are made: what strangers may ask for waits in a queue of its own."""
        return self.site.viewing if self.has_own_token else self.site.rendering

    def set_default_headers(self) -> None:
        self.set_header("Server", "sla-monitor")
        # The framework calls this before `initialize` too.
        extra = self.site.files.config.http_server_config.headers.items() if hasattr(self, "site") else ()
        for name, value in [*SECURITY_HEADERS.items(), *extra]:
            self.set_header(name, value)

    async def prepare(self) -> None:
        self.set_default_headers()
        self._refuse_strange_hosts()
        self._refuse_strange_certificates()
        users = self.site.files.config.basic_auth_users
        if users and not self.has_own_token:
            await self._refuse_strangers(users)
        if self.request.method not in self.methods:
            raise Refusal(405, "method not allowed")

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Let the body pass."""

    def compute_etag(self) -> str | None:
        """None: every answer is of its moment."""

    def say(self, text: str, status: int = 200) -> None:
        """Answer with plain text."""
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(text + "\n")

    def arguments_given(self) -> dict[str, list[str]]:
        """The arguments of the address, as text whatever bytes they are: a filter that makes no sense is no error."""
        return {
            name: [value.decode(errors="replace") for value in values]
            for name, values in self.request.query_arguments.items()
        }

    def show(self, html: str) -> None:
        """Answer with a page of the layout, under its policy unless web-config has another."""
        if "Content-Security-Policy" not in self.site.files.config.http_server_config.headers:
            self.set_header("Content-Security-Policy", self.site.layout.security_policy)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(html)

    def finish(self, chunk: str | bytes | dict[Any, Any] | None = None) -> asyncio.Future[None]:
        """Send the answer; a client that does not fetch it in time loses its connection."""
        connection = self.request.connection
        stream = connection.stream if isinstance(connection, HTTP1Connection) else None
        sent = super().finish(chunk)
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self.site.limits.write_s, _hang_up, stream)
        sent.add_done_callback(lambda _: timer.cancel())
        sent.add_done_callback(lambda _: self.on_connection_close())
        return sent

    def on_connection_close(self) -> None:
        """The answer is out, or nobody waits for it any more: `Web.stop` need not wait either."""
        if self._is_active:
            self._is_active = False
            self.site.active -= 1

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Refusals and errors alike as one line; never a traceback."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Busy):
            error = Refusal(503, "busy", {"Retry-After": "1"})
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.methods))
        refusal = error if isinstance(error, Refusal) else Refusal(status_code, self._reason.lower())
        for name, value in refusal.headers.items():
            self.set_header(name, value)
        self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> None:
        """Answer with what is wrong, and what helps."""
        self.say(f"{refusal.text} ({refusal.remedy})" if refusal.remedy else refusal.text, refusal.status_code)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Refusals are the client's business; what is left is a fault of ours."""
        if not isinstance(value, HTTPError | Busy):
            super().log_exception(typ, value, tb)

    def _refuse_strange_hosts(self) -> None:
        if self.site.only_loopback and not is_loopback(host_of(self.request.host)):
            raise Refusal(403, "this address answers to localhost only (a proxy must send its target's Host header)")

    def _refuse_strange_certificates(self) -> None:
        tls = self.site.files.config.tls_server_config
        if tls is None or not tls.client_allowed_sans:
            return
        shown = self.request.get_ssl_certificate()
        names = {name for _, name in shown.get("subjectAltName", ())} if isinstance(shown, dict) else set()
        if names.isdisjoint(tls.client_allowed_sans):
            raise Refusal(403, "this client certificate is not on the list")

    async def _refuse_strangers(self, users: dict[str, str]) -> None:
        authorization = self.request.headers.get("Authorization", "")
        if self.site.access.is_known(users, authorization):
            return
        # A request without credentials is how every browser begins: nothing to compare, nothing to learn.
        if not authorization:
            raise Refusal(401, "unauthorised", CHALLENGE)
        # A comparison is dear: who guesses without end waits apart from everybody else. To refuse such a client unheard
        # would lock out Prometheus, where a stranger comes through a proxy on its host.
        client, now_s = self.request.remote_ip or "", self.site.clock.monotonic()
        queue = self.site.guessing if self.site.guesses.wait_s(client, now_s) else self.site.checking
        if not await queue.run(self.site.access.check, users, authorization):
            self.site.guesses.take(client, now_s)
            raise Refusal(401, "unauthorised", CHALLENGE)
        self.site.access.remember(users, authorization)


class NotFound(Handler):
    """Every path that is no route; whatever the method, it is not there."""

    async def prepare(self) -> None:
        self.methods = (self.request.method or "",)
        await super().prepare()
        raise Refusal(404, "not found")


def _hang_up(stream: IOStream | None) -> None:
    if stream is not None:
        stream.close()
