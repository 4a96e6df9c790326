"""The base of all request handlers: access, refusals, and the time limit for sending an answer."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Iterable
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import quote

from tornado.http1connection import HTTP1Connection
from tornado.iostream import IOStream
from tornado.web import Finish, HTTPError, RequestHandler, stream_request_body

from sla_monitor.board import Board
from sla_monitor.errors import LedgerError
from sla_monitor.settings.desk.access_table import TABLE, Action, Target
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.identity.person import NOBODY, Person, seen_by
from sla_monitor.web.identity.reception import OPEN, OPERATING
from sla_monitor.web.page.pack_list import ReviewPack
from sla_monitor.web.page.subject import PageLinks
from sla_monitor.web.serving.access import credentials
from sla_monitor.web.serving.guard import SECURITY_HEADERS, host_of, is_loopback
from sla_monitor.web.serving.health import Health
from sla_monitor.web.serving.limits import ASKING, Bounded, Busy, EnoughToday
from sla_monitor.web.serving.web_parts import WebParts
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.text import plain

log = logging.getLogger(__name__)

CHALLENGE = {"WWW-Authenticate": 'Basic realm="sla-monitor", charset="UTF-8"'}


ASSESSED_WITHIN_S = "15"
"""When to ask again for what follows from figures."""


class Refusal(HTTPError):  # noqa: N818 - most refusals are no errors of ours
    """An answer that is a plain line of text, with headers of its own. `remedy`: what helps, where that is no matter
    of course."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None, *, remedy: str = "") -> None:
        super().__init__(status)
        # It may quote what was asked for.
        self.text, self.headers, self.remedy = plain(text), headers or {}, plain(remedy)


def not_assessed_yet(what: str) -> Refusal:
    """The refusal until the first assessment after a start: what follows from figures is unknown, and not nothing."""
    return Refusal(
        503, f"{what} not been assessed yet", {"Retry-After": ASSESSED_WITHIN_S}, remedy="come back in some seconds"
    )


@stream_request_body  # bodies are let pass in chunks: nobody keeps or parses them
class Handler(RequestHandler):
    """Base of every route. `methods` is what the route answers to, and the Allow header of a 405. `action`: what a
    request does, by the access table (settings/desk/access_table.py); a route without one is refused at the start."""

    methods: tuple[str, ...] = ("GET", "HEAD")
    has_own_token = False
    when_busy: ClassVar[str] = "ask again in a second"
    action: ClassVar[Action]
    site: WebParts
    person: Person
    """Who asks; known from `prepare` on."""

    def initialize(self, site: WebParts) -> None:
        self.site = site
        self._is_active, self._is_upload = True, False
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
        ASKING.set(address := self.site.reception.address_of(self.request))
        self.person = await self._known()
        ASKING.set(self.person.name or address)
        if self.request.method not in self.methods:
            raise Refusal(405, "method not allowed")
        if not self.has_own_token:
            await self._refuse_forbidden()

    def action_here(self) -> Action | None:
        """What this request does; None: nothing that anybody may do."""
        return self.action

    async def name_here(self) -> str | None:
        """The contract or participant that it is done to: the first name in the address."""
        return self.path_args[0] if self.path_args else None

    @cached_property
    def board(self) -> Board:
        """The board as this person may see it, for this request."""
        return seen_by(self.site.board, self.person)

    def packs(self) -> Iterable[ReviewPack]:
        """The review packs that this person may have; called from a thread."""
        return tuple(pack for pack in self.site.packs() if self._may_have(pack))

    def health(self) -> Health:
        """The monitor's own; what is wrong with it may name any contract."""
        found = self.site.health()
        return found if self.person.may(Action.SEE_MONITOR) else Health(found.ready, is_whole=False)

    def elsewhere(self) -> PageLinks:
        """Where pages lead to beside each other: the operators' files and dashboards."""
        return self.site.elsewhere() if self.person.may(Action.SEE_MONITOR) else PageLinks()

    def _may_have(self, pack: ReviewPack) -> bool:
        is_for_both = pack.copy == "supplier"
        may_read = self.person.may(Action.SEE_PACKS, pack.contract)
        return may_read and (is_for_both or self.person.may(Action.SEE_NOTES, pack.contract))

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
        if self._prepared_future is not None and not self._prepared_future.done():
            # The framework hangs up on whoever is answered before the body is read. Unsaid, a program that keeps its
            # connections would lose the request after a refusal.
            self.set_header("Connection", "close")
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
            if self._is_upload:
                self.site.uploads.subtract([self.person.name])
                self.site.uploads += Counter()  # names with nothing are left out

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Refusals and errors alike as one line; never a traceback."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Busy):
            error = Refusal(
                503, "busy: too many ask for the same at this moment", {"Retry-After": "1"}, remedy=self.when_busy
            )
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
        """Refusals are the client's business; what is left is a fault of ours. That the record cannot be read or
        written is told in a line a minute: each page would add its own."""
        if isinstance(value, LedgerError):
            if not self.site.reception.complaints.take("record", self.site.clock.monotonic()):
                log.error("a page cannot use the record: %s", value, extra={"path": self.request.path})
        elif not isinstance(value, HTTPError | Busy):
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

    async def _known(self) -> Person:
        """Who asks. Raises Refusal for a wrong password of web_config, and for nobody where nobody else is named."""
        site, users = self.site, self.site.files.config.basic_auth_users
        if not site.reception.is_used:
            if users and not self.has_own_token:
                await self._refuse_strangers(users)
            return OPEN
        person = site.reception.person_of(self.request)
        if person is not None:
            return person
        authorization = self.request.headers.get("Authorization", "")
        if users and not self.has_own_token and authorization:
            await self._refuse_strangers(users)
            return site.reception.of_basic(credentials(authorization)[0])
        return NOBODY

    async def _refuse_forbidden(self) -> None:
        """Raises Refusal, or leads to the sign-in, unless the access table lets this person do it."""
        action = self.action_here()
        if action is None:
            raise Refusal(404, "not found")
        target = TABLE[action].target
        if self.person is OPEN and action in OPERATING:
            return
        if self.person is NOBODY and target is not Target.ANYBODY:
            self._lead_to_sign_in()
        name = await self.name_here() if target in {Target.CONTRACT, Target.PARTICIPANT} else None
        if self.person.may(action, name):
            return
        # A name that leads to nothing is what somebody typed: whoever tries many makes no row of each.
        is_known = self.site.desk is not None and name is not None and self.site.desk.contract(name) is not None
        self.note(DeskEvent.FORBIDDEN, subject=f"{action}", contract=name if is_known and name else "")
        words = TABLE[action].words
        raise Refusal(403, f"you may not do this: {words}", remedy="ask whoever runs this monitor for a role that may")

    def _lead_to_sign_in(self) -> None:
        """Browsers go to the sign-in page and come back; programs are told what is missing."""
        is_browser = "text/html" in self.request.headers.get("Accept", "") and self.request.method in {"GET", "HEAD"}
        if is_browser:
            self.redirect(f"/sign-in?next={quote(self.request.uri or '/', safe='')}", status=303)
            raise Finish
        realms = ['Bearer realm="sla-monitor"', *([CHALLENGE["WWW-Authenticate"]] if self._has_users else [])]
        raise Refusal(401, "unauthorised", {"WWW-Authenticate": ", ".join(realms)})

    @property
    def _has_users(self) -> bool:
        return bool(self.site.files.config.basic_auth_users)

    def allow_upload(self, most_bytes: int) -> None:
        """Let a larger body in, of somebody who is known, and in more time."""
        connection = self.request.connection
        allow, wait = (getattr(connection, name, None) for name in ("set_max_body_size", "set_body_timeout"))
        if allow is not None and wait is not None:
            self._take_room()
            allow(most_bytes)
            wait(self.site.limits.upload_s)

    def _take_room(self) -> None:
        """Count a larger body for as long as it is held. Raises Refusal where somebody sends many at once."""
        headers, uploads, name = self.request.headers, self.site.uploads, self.person.name
        told = headers.get("Content-Length", "0")
        is_small = told.isascii() and told.isdecimal() and int(told) <= self.site.limits.body_bytes
        if is_small and "Transfer-Encoding" not in headers:
            return
        if uploads[name] >= self.site.limits.uploads:
            raise Refusal(429, "too many files at once", {"Retry-After": "5"}, remedy="send one after the other")
        uploads[name] += 1
        self._is_upload = True

    def note(self, event: DeskEvent, **more: str) -> None:
        """Record what this person does in the audit. `more`: contract, subject."""
        reception, person = self.site.reception, self.person
        if reception.is_used:
            address = reception.address_of(self.request)
            reception.note(event, address, actor=person.name, known_by=person.known_by, **more)

    def enough(self, error: EnoughToday) -> Refusal:
        """The refusal of somebody who has filled as much of the ledger as one may in a day: told in the log, too."""
        if not self.site.reception.complaints.take(f"enough {self.person.name}", self.site.clock.monotonic()):
            log.warning("nothing more is taken from somebody today: %s", error, extra={"person": self.person.name})
        wait = format_duration(error.wait_s * 1000)
        return Refusal(
            429,
            f"nothing was entered: {error}",
            {"Retry-After": f"{error.wait_s}"},
            remedy=f"go on in {wait}, or ask the authority to bring the rest in",
        )

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

    action = Action.USE_DESK

    async def prepare(self) -> None:
        self.methods = (self.request.method or "",)
        await super().prepare()
        raise Refusal(404, "not found")


def _hang_up(stream: IOStream | None) -> None:
    if stream is not None:
        stream.close()
