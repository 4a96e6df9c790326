"""The base of what other programs write to: the body, whose it is, the key by which it counts once, and what was read.

A token is sent by no browser by itself. Whoever comes with a session, or through a proxy that signs people in, brings
the token of the desk's forms in a header as well, and has shown lately who they are where the action asks for it.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, ClassVar

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import LedgerError, LineError
from sla_monitor.ledger.recording.register_entries import Overtaken
from sla_monitor.settings.desk.access_table import TABLE, Action
from sla_monitor.web.desk.entering import DeskRegister, ForbiddenEntry
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.identity.desk_state import digest_of
from sla_monitor.web.serving.api_handler import JsonAnswering
from sla_monitor.web.serving.guard import is_cross_site
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.limits import EnoughToday
from sla_monitor.web.serving.web_parts import WebParts
from sla_monitor.wording.known_by import TOKEN

CSRF_HEADER, KEY_HEADER = "X-CSRF-Token", "Idempotency-Key"
_KEY = re.compile(r'"?([\x21\x23-\x7e]{1,200})"?', re.ASCII)
_READ_TO = re.compile(r'"(\d{1,10})"', re.ASCII)
NO_DESK = "name users or tokens under `desk` in the settings: docs/how-to/wire-a-service-desk.md"


class Desk(JsonAnswering):
    """Base of what the desk tells to programs: nobody comes in while nobody is named."""

    async def _refuse_forbidden(self) -> None:
        if not self.site.reception.is_used or self.site.desk is None:
            raise Refusal(404, "nobody is named who has a desk here", remedy=NO_DESK)
        await super()._refuse_forbidden()

    @property
    def desk(self) -> DeskRegister:
        if self.site.desk is None:
            raise Refusal(404, "there is no register here")
        return self.site.desk

    def contract(self, name: str) -> Contract:
        """A contract by its id. Raises Refusal."""
        found = self.desk.contract(name)
        if found is None:
            raise Refusal(404, "no such contract", remedy="see /api/v1/services for the contracts that you may see")
        return found

    def number(self, name: str, otherwise: int, least: int, most: int) -> int:
        """A whole number of the address. Raises Refusal."""
        text = self.argument(name) or f"{otherwise}"
        if not (text.isascii() and text.isdecimal() and len(text) <= 10 and least <= int(text) <= most):
            raise Refusal(
                400, f"{name} is no number that can be had", remedy=f"give a whole number from {least} to {most}"
            )
        return int(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What the record refuses is a refusal of ours."""
        kind, error, trace = kwargs.get("exc_info", (None, None, None))
        told = self.enough(error) if isinstance(error, EnoughToday) else self._told(error)
        if isinstance(error, ForbiddenEntry):
            self.note(DeskEvent.FORBIDDEN, subject=f"{error}", contract=self.path_args[0])
        if told is not None:
            kwargs, status_code = {**kwargs, "exc_info": (kind, told, trace)}, told.status_code
        self.set_status(status_code)
        super().write_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """What somebody may not enter, or enters too late, is told to them; anybody could fill the log with it."""
        if not isinstance(value, ForbiddenEntry | Overtaken | EnoughToday):
            super().log_exception(typ, value, tb)

    def _told(self, error: BaseException | None) -> Refusal | None:
        if isinstance(error, Overtaken):
            return Refusal(412, f"nothing was entered: {error}", remedy="read the entries after yours, and send again")
        if isinstance(error, LineError):
            return Refusal(503, f"{error}", {"Retry-After": "5"}, remedy="send the same again under the same key")
        if isinstance(error, LedgerError):
            is_read = self.request.method in {"GET", "HEAD"}
            said = "read now" if is_read else "read or written now; nothing was entered"
            return Refusal(503, f"the record cannot be {said}", {"Retry-After": "5"})
        if isinstance(error, ForbiddenEntry):
            return Refusal(403, f"you may not do this: {error}", remedy="ask for a role that may, or its token")
        return None


class Writing(Desk):
    """Base of what is posted to. `body_bytes`: of a body at most."""

    body_bytes: ClassVar[int] = 65_536

    @property
    def most_bytes(self) -> int:
        """Of this body at most."""
        return self.body_bytes

    def initialize(self, site: WebParts) -> None:
        super().initialize(site)
        self._body = bytearray()

    async def prepare(self) -> None:
        await super().prepare()
        if self.request.method == "POST":
            self._refuse_other_sites()
            if self.most_bytes > self.site.limits.body_bytes:
                self.allow_upload(self.most_bytes)
            wait_s = self.site.writes.take(self.person.name, self.site.clock.monotonic())
            if wait_s:
                raise Refusal(429, "too many entries in a minute", {"Retry-After": f"{wait_s}"})

    def data_received(self, chunk: bytes) -> None:
        if len(self._body) <= self.most_bytes:
            self._body += chunk

    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises Refusal."""
        content = self.content("application/json")
        try:
            read = json.loads(
                content.decode(), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_each_once
            )
        except (ValueError, RecursionError) as error:
            text = f"{error}" if isinstance(error, _Twice) else "the body is no JSON that can be read"
            raise Refusal(400, text, remedy="send one JSON object in UTF-8") from None
        if not isinstance(read, dict):
            raise Refusal(400, "the body is no JSON object", remedy="send one JSON object")
        return read

    def content(self, media_type: str) -> bytes:
        """What was sent, of this type. Raises Refusal."""
        if len(self._body) > self.most_bytes:
            raise Refusal(413, "this is too large", remedy=f"send at most {self.most_bytes:,} bytes")
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != media_type:
            raise Refusal(415, "the body is of another type", remedy=f"send Content-Type: {media_type}")
        return bytes(self._body)

    def once(self) -> str:
        """The key by which this submission counts once, of this person at this address. Raises Refusal."""
        found = _KEY.fullmatch(self.request.headers.get(KEY_HEADER, "").strip())
        if found is None:
            raise Refusal(
                400,
                f"the header {KEY_HEADER} is missing, or is no key",
                remedy="send 1 to 200 visible characters that are new for each entry, and the same when it is sent"
                " again: a UUID, or the ticket's number",
            )
        return digest_of(json.dumps(["api", self.person.name, self.request.path, found[1]]))

    def read_to(self) -> int | None:
        """The last entry that the caller has read, as If-Match has it; None: it does not say. Raises Refusal."""
        text = self.request.headers.get("If-Match", "").strip()
        if text in {"", "*"}:
            return None
        found = _READ_TO.fullmatch(text)
        if found is None:
            raise Refusal(400, "If-Match holds no number of an entry", remedy='send If-Match: "12", with last_number')
        return int(found[1])

    def is_dry_run(self) -> bool:
        """Whether only to show what would come of it. Raises Refusal."""
        asked = self.argument("dry_run")
        if asked not in {"", "true", "false"}:
            raise Refusal(400, "dry_run makes no sense", remedy="dry_run=true, or leave it out")
        return asked == "true"

    def refuse_unproven(self, action: Action) -> None:
        """Raises Refusal for somebody with a session who has not shown lately who they are, where it is asked for."""
        now_ms, fresh_ms = self.site.clock.now_ms(), self.site.reception.settings().fresh_ms
        if TABLE[action].is_fresh and not self.person.is_fresh(now_ms, fresh_ms):
            raise Refusal(
                403,
                f"this asks for a fresh sign-in: {TABLE[action].words}",
                remedy="sign in again, or send a token",
            )

    def forbidden(self, action: Action, contract: str) -> Refusal:
        """The refusal for what the access table does not allow, which the audit keeps."""
        self.note(DeskEvent.FORBIDDEN, subject=f"{action}", contract=contract)
        return Refusal(
            403, f"you may not do this: {TABLE[action].words}", remedy="ask for a role that may, or its token"
        )

    def _refuse_other_sites(self) -> None:
        """A browser that has a session could be made to post by another site's page."""
        own = f"{self.request.protocol}://{self.request.host}"
        if is_cross_site(self.request.headers, self._browser_origin() or own) and is_cross_site(
            self.request.headers, own
        ):
            raise Refusal(403, "not on behalf of another site", remedy="send it from a page of this monitor")
        if self.person.known_by == TOKEN:
            return
        whose = self.person.session or f"{self.person.known_by} {self.person.name}"
        if not self.site.reception.state.is_mac(self.request.headers.get(CSRF_HEADER, ""), "csrf", whose):
            raise Refusal(
                403,
                f"the header {CSRF_HEADER} is missing, or is of another session",
                remedy="send the token of the desk's forms (_csrf), or ask with a token of `desk.tokens`",
            )

    def _browser_origin(self) -> str:
        """The address that browsers use, where a proxy stands between."""
        return self.site.reception.settings().address or ""


class _Twice(ValueError):  # noqa: N818 - what is wrong with a body
    """A key stands twice in one object."""


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Twice("a key stands twice in one object: nobody knows which is meant")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number in JSON")
