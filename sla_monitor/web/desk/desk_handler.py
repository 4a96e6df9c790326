"""The base of the desk's pages: who is signed in, what a page is given, and what a form has to bring.

A page is a handler with an `action`. One with a form implements `submitted`, which is called once the form is known to
be ours, posted by our own page, and by somebody who may do it and has shown lately who they are where that matters.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from tornado.web import Finish

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import LedgerError, RegisterError
from sla_monitor.ledger.recording.register_entries import Overtaken
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry
from sla_monitor.settings.desk.access_table import TABLE, Action
from sla_monitor.web.desk.entering import DeskRegister, ForbiddenEntry, as_read_by, visible_to
from sla_monitor.web.desk.forms import AGAIN, CSRF, ONCE, PostedForm, read_form
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.identity.passwords import Attempt, PasswordVerdict
from sla_monitor.web.identity.person import NOBODY
from sla_monitor.web.identity.reception import BEFORE, DEVICE, Reception
from sla_monitor.web.page.layout import frame_of
from sla_monitor.web.serving.handler import Handler, Refusal
from sla_monitor.web.serving.limits import EnoughToday
from sla_monitor.web.serving.web_parts import WebParts
from sla_monitor.wording.known_by import PASSWORD, TOKEN, describe_known_by
from sla_monitor.wording.numbers import format_bytes
from sla_monitor.wording.text import plain

LATER = "send the page again in some seconds: what was entered already is not entered twice"
UNWRITABLE = Refusal(503, "nothing was entered: the register cannot be written now", {"Retry-After": "5"}, remedy=LATER)
UNREADABLE = Refusal(
    503,
    "the record cannot be read now, and this page is made from it",
    {"Retry-After": "5"},
    remedy="load the page again in some seconds; if it stays so, tell whoever runs this monitor",
)
OTHER_SESSION = "this page is of another session"
READ_ON = 4
"""How much more than a page takes is read."""
NO_DESK = "nobody is named who may sign in here"

SHOWN_CHARACTERS = 4000
"""Of a text that is handed back: files are longer, and nobody reads them there."""


class DeskHandler(Handler):
    """Base of every page of the desk. `body_bytes`: of a form at most; `files_bytes`: of its files, as its page says;
    `typed_letters`: of what is typed, which is read while others wait."""

    body_bytes: int = 65_536
    files_bytes: int = 0
    typed_letters: int = 65_536
    when_busy = "load the page again in some seconds; a form can be sent again, and is entered once"
    action = Action.USE_DESK

    def initialize(self, site: WebParts) -> None:
        super().initialize(site)
        self._body = bytearray()
        self._before_session = ""
        self._is_signed_out = False

    @property
    def reception(self) -> Reception:
        return self.site.reception

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.reception.address_of(self.request)

    def set_default_headers(self) -> None:
        super().set_default_headers()
        # Without a referrer, browsers do not say either that a form comes from our own page (Origin: null).
        self.set_header("Referrer-Policy", "same-origin")

    async def _refuse_forbidden(self) -> None:
        if not self.reception.is_used:
            raise Refusal(404, NO_DESK, remedy="name users under `desk` in the settings: docs/how-to/sign-in.md")
        if self.person is NOBODY and self.action_here() is not Action.ARRIVE and self._may_keep():
            self._is_signed_out = True  # the form is read, and handed back
            return
        await super()._refuse_forbidden()
        self._allow_bytes()
        # Who shows it elsewhere loses what is typed here: before the page, not after it.
        if self.request.method == "GET" and not self._is_proven() and (address := self._prove_address()):
            self.go(address)
            raise Finish

    def _allow_bytes(self) -> None:
        """Let a larger body in, where this page takes one. What is larger still is read on and dropped, so that it is
        refused in words: a browser shows nothing of an answer to what it could not send."""
        if self.body_bytes > self.site.limits.body_bytes:
            self.allow_upload(READ_ON * self.body_bytes)

    def data_received(self, chunk: bytes) -> None:
        if len(self._body) <= self.body_bytes:
            self._body += chunk

    async def post(self, *names: str) -> None:
        """Take a form in. Pages implement `submitted`, never this."""
        form = self._form()
        if self._is_signed_out or not self._is_of_this_session(form):
            if not self._may_keep():
                raise Refusal(403, OTHER_SESSION, remedy="go back, load the page again and send it again")
            self.set_status(401 if self._is_signed_out else 403)
            self.hand_back(form)
            return
        self._slow_down()
        if not await self._is_fresh(form):
            more = {"elsewhere": self._prove_address(), "is_wrong": bool(form.text(AGAIN))}
            self.set_status(403 if more["is_wrong"] else 200)
            self.show_page("prove.html", fields=form.carried(), once=form.text(ONCE), **more)
            return
        await self.submitted(form, *names)

    def _slow_down(self) -> None:
        """Raises Refusal for somebody who sends more forms than anybody fills in; programs have the same limit."""
        wait_s = self.site.writes.take(self.person.name, self.site.clock.monotonic()) if self.person.name else 0
        if wait_s:
            raise Refusal(429, "too many forms in a minute", {"Retry-After": f"{wait_s}"}, remedy="wait a minute")

    def hand_back(self, form: PostedForm) -> None:
        """Show what was typed on a page that is of no session any more, to be sent again: nothing of it is done."""
        typed = [(name.replace("_", " ").capitalize(), plain(text)) for name, text in form.own() if text.strip()]
        self.show_page(
            "handed_back.html", fields=form.carried(), once=form.text(ONCE), is_signed_out=self._is_signed_out,
            address=self.request.uri,
            typed=[(name, text) for name, text in typed if len(text) <= SHOWN_CHARACTERS],
        )  # fmt: skip

    def _may_keep(self) -> bool:
        """Whether a browser posts it from a page of ours, as far as it says so."""
        headers = self.request.headers
        is_said = "Origin" in headers or headers.get("Sec-Fetch-Site") == "same-origin"
        return self.request.method == "POST" and is_said and "text/html" in headers.get("Accept", "")

    async def submitted(self, form: PostedForm, *names: str) -> None:
        """Do what a form asks for. `names`: those of the address."""
        raise Refusal(405, "method not allowed")

    def show_page(self, template: str, **values: object) -> None:
        """Answer with a page of the desk. Every template has `person`, `csrf` and `once` for its forms
        (desk_hidden.html)."""
        frame = frame_of(self.board, self.health(), self.site.clock.now_ms())
        given = {
            "person": self.person,
            "csrf": self.csrf(),
            "once": secrets.token_urlsafe(16),
            "path": self.request.path,
            "home": "/" if self.person.may(Action.SEE_OVERVIEW) else "/desk",
        }
        given["known_by"] = describe_known_by(self.person.known_by)
        self.show(self.site.layout.render(template, frame, **{**given, **values}))

    def refuse_senseless(self, problem: str) -> None:
        """A page says what of its address means nothing; a file would be taken for what was asked for. Raises
        Refusal."""
        if problem:
            raise Refusal(422, problem.rstrip("."), remedy="choose on the page")

    def give_file(self, content: bytes, media_type: str, name: str) -> None:
        """Answer with a file to be kept, which no browser opens as a page of ours. `name`: in ASCII, made by us."""
        self.set_header("Content-Type", media_type)
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish(content)

    @property
    def desk(self) -> DeskRegister:
        """The register. Raises Refusal where this server has none."""
        if self.site.desk is None:
            raise Refusal(404, "there is no register here")
        return self.site.desk

    def contract(self, name: str) -> Contract:
        """A contract by its id. Raises Refusal."""
        found = self.desk.contract(name)
        if found is None:
            raise Refusal(404, "no such contract")
        return found

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What the register refuses is said in its words: nothing was entered, and why. What somebody may not enter is
        in the audit as well."""
        kind, error, trace = kwargs.get("exc_info", (None, None, None))
        if isinstance(error, ForbiddenEntry):
            self.note(DeskEvent.FORBIDDEN, subject=f"{error}", contract=self.path_args[0])
            forbidden = Refusal(403, f"you may not do this: {error}")
            kwargs, status_code = {**kwargs, "exc_info": (kind, forbidden, trace)}, 403
        elif isinstance(error, Overtaken):
            stale = Refusal(409, f"nothing was entered: {error}", remedy="load the page again")
            kwargs, status_code = {**kwargs, "exc_info": (kind, stale, trace)}, 409
        elif isinstance(error, EnoughToday):
            kwargs, status_code = {**kwargs, "exc_info": (kind, self.enough(error), trace)}, 429
        elif isinstance(error, RegisterError):  # no form has said which field is wrong
            wrong = Refusal(422, f"nothing was entered: {error}", remedy="go back, and correct it")
            kwargs, status_code = {**kwargs, "exc_info": (kind, wrong, trace)}, 422
        elif isinstance(error, LedgerError):
            shut = UNREADABLE if self.request.method in {"GET", "HEAD"} else UNWRITABLE
            kwargs, status_code = {**kwargs, "exc_info": (kind, shut, trace)}, 503
        self.set_status(status_code)
        super().write_error(status_code, **kwargs)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """What the register refuses is told to whoever enters it."""
        if not isinstance(value, EnoughToday | ForbiddenEntry | RegisterError | Overtaken):
            super().log_exception(typ, value, tb)

    def refuse(self, refusal: Refusal) -> None:
        """Say it on a page, to a browser."""
        if not hasattr(self, "person") or "text/html" not in self.request.headers.get("Accept", ""):
            super().refuse(refusal)
            return
        self.set_status(refusal.status_code)
        self.show_page("refused.html", text=refusal.text, remedy=refusal.remedy)

    async def entries(self, contract: str) -> Sequence[Entry]:
        """All that has been said about a contract, ascending, as this person may read it: without the notes of the
        authority, but with their own. Raises LedgerError and its kinds."""
        found = await self.site.entering.run(self.desk.entries, contract)
        return [as_read_by(self.person, one) for one in visible_to(self.person, contract, found)]

    async def own_numbers(self, contract: str) -> frozenset[str]:
        """The numbers of the entries that this person has made, as addresses spell them: nobody is told of an entry
        that it is theirs because a link says so."""
        return frozenset(f"{one.number}" for one in await self.entries(contract) if one.actor == self.person.name)

    async def standing(self, contract: str) -> EffectiveEntries:
        """What stands of it, as the record has it: what is shown of an entry goes through `as_read_by`. Raises
        LedgerError and its kinds."""
        return await self.site.entering.run(self.desk.standing, contract)

    def csrf(self) -> str:
        """The token that a form of this page brings back: of this session, or of this browser before it has one."""
        return self.reception.state.mac("csrf", self._whose())

    def _whose(self) -> str:
        if self.person.session or self.person.name:
            return self.person.session or f"{self.person.known_by} {self.person.name}"
        return f"before {self._before()}"

    def _before(self) -> str:
        """By what a browser is known before it has a session."""
        known = self._before_session or self.cookie(BEFORE)
        if not known:
            known = secrets.token_urlsafe(24)
            self.put_cookie(BEFORE, known)
        self._before_session = known
        return known

    def _form(self) -> PostedForm:
        """The form that was posted. Raises Refusal for what another site's page has posted, or what is no form."""
        own = f"{self.request.protocol}://{self.request.host}", self.reception.settings().address
        origin = self.request.headers.get("Origin", own[0]).lower()
        if origin not in own or self.request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
            raise Refusal(403, "not on behalf of another site")
        if len(self._body) > self.body_bytes:
            what = f"files of at most {format_bytes(self.files_bytes)} together"
            most = what if self.files_bytes else f"at most {format_bytes(self.body_bytes)}"
            raise Refusal(413, "this is too large", remedy=f"send {most}")
        form = read_form(self.request.headers.get("Content-Type", ""), bytes(self._body))
        if form is None:
            raise Refusal(
                400, "this is no form", remedy="send application/x-www-form-urlencoded or multipart/form-data"
            )
        if sum(len(text) for _, text in form.typed()) > self.typed_letters:
            raise Refusal(413, "this is too large", remedy=f"type at most {self.typed_letters:,} characters")
        return form

    def _is_of_this_session(self, form: PostedForm) -> bool:
        """Whether our own page posted it, for this browser; no browser sends a token of a script by itself."""
        return self.person.known_by == TOKEN or self.reception.state.is_mac(form.text(CSRF), "csrf", self._whose())

    def _is_proven(self) -> bool:
        """Whether this person has shown lately who they are, where the action asks for it."""
        action, settings = self.action_here(), self.reception.settings()
        is_asked = action is not None and TABLE[action].is_fresh
        return not is_asked or self.person.is_fresh(self.site.clock.now_ms(), settings.fresh_ms)

    async def _is_fresh(self, form: PostedForm) -> bool:
        """The same, also with the password of this form."""
        if self._is_proven():
            return True
        if self.person.known_by != PASSWORD or not form.text(AGAIN):
            return False
        attempt = Attempt(self.person.name, next(iter(form.values[AGAIN])), self.cookie(DEVICE), self.address)
        verdict, _ = await self.reception.try_password(attempt)
        if verdict is PasswordVerdict.RIGHT:
            self.reception.prove(self.person, self.address)
        return verdict is PasswordVerdict.RIGHT

    def _prove_address(self) -> str:
        """Where somebody shows again who they are, and comes back to this page; empty: with a password, here."""
        if self.person.known_by == PASSWORD:
            return ""
        # What a form is filled in with stands in the address that is got; what was posted has to be typed again.
        here = self.request.uri if self.request.method == "GET" else self.request.path
        return f"/sign-in/openid?again=1&next={quote(here or self.request.path, safe='')}"

    def go(self, path: str) -> None:
        """Answer with another page of ours, to be fetched with GET."""
        self.redirect(path, status=303)

    def _named(self, cookie: str) -> str:
        return self.reception.cookie_name(cookie, self.request)

    def cookie(self, name: str) -> str:
        """A cookie of ours; empty: the browser has none."""
        found = self.request.cookies.get(self._named(name))
        return "" if found is None else found.value

    def put_cookie(self, name: str, value: str, max_age_s: int | None = None) -> None:
        """Give the browser a cookie: until it is closed, or for so long. No script reads it, no other site sends it."""
        self.set_cookie(
            self._named(name), value, expires_days=None, max_age=max_age_s, path="/",
            httponly=True, samesite="Lax", secure=self.reception.is_https(self.request),
        )  # fmt: skip

    def drop_cookie(self, name: str) -> None:
        secure = self.reception.is_https(self.request)
        self.clear_cookie(self._named(name), path="/", httponly=True, samesite="Lax", secure=secure)
