"""The reception: makes a person of a request, signs people in and out, and notes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tornado.httputil import HTTPServerRequest

from sla_monitor.clock import Clock
from sla_monitor.ledger.recording.audit import AuditEvent
from sla_monitor.settings.desk.access_table import Action, Granted, Role
from sla_monitor.settings.desk.users import DeskSettings, DeskUser, RoleGrant
from sla_monitor.web.identity.audit_log import AuditLog, DeskEvent
from sla_monitor.web.identity.desk_state import DeskState, Session, digest_of
from sla_monitor.web.identity.openid import Finished, OpenIdSignIn
from sla_monitor.web.identity.passwords import WINDOW_S, Attempt, Passwords, PasswordVerdict, current_hash
from sla_monitor.web.identity.person import Person
from sla_monitor.web.identity.sessions import Sessions
from sla_monitor.web.serving.heartbeat_route import Limit, bearer
from sla_monitor.web.serving.limits import Bounded
from sla_monitor.wording.known_by import BASIC, OPENID, PASSWORD, PROXY, TOKEN

SESSION, DEVICE, BEFORE, AT_PROVIDER = "sla_session", "sla_device", "sla_before", "sla_openid"
"""Cookies: of a session, of a browser from which somebody signed in before, of the form before a session, and of a
sign-in that is at the provider."""

MACHINE_GRANTS: tuple[Granted, ...] = (RoleGrant(role=Role.VIEWER), RoleGrant(role=Role.OPERATOR))
READING = frozenset(
    {
        Action.USE_DESK,
        Action.SEE_OVERVIEW,
        Action.SEE_SERVICE,
        Action.SEE_NOTES,
        Action.SEE_PACKS,
        Action.SEE_SHARE,
        Action.SEE_MONITOR,
    }
)
"""What is only read."""

OPERATING = READING | {Action.RELOAD}
"""What the pages of the operators let everybody do who reaches them, before users are named."""


ANSWERS = 60
"""Sign-ins through the provider that one address finishes, or fails to, in WINDOW_S: each asks the provider."""

OPEN = Person("", "", "", MACHINE_GRANTS, only=OPERATING)
"""Whoever asks, while nobody is named."""


@dataclass
class Reception:
    """Belongs to the web server's loop. `settings`: as they stand after the latest reload."""

    settings: Callable[[], DeskSettings]
    clock: Clock
    state: DeskState
    waiting: int
    audit: AuditLog = field(default_factory=AuditLog)

    def __post_init__(self) -> None:
        self.sessions = Sessions(self.state)
        self.passwords = Passwords(self.state, self.waiting)
        self.asking = Bounded(2, self.waiting)
        self.complaints = Limit(1)
        self.answers = Limit(ANSWERS, WINDOW_S)
        self._openid: OpenIdSignIn | None = None

    def close(self) -> None:
        self.passwords.close()
        self.asking.close()

    @property
    def is_used(self) -> bool:
        """Whether anybody is named: nobody else comes in."""
        return self.settings().is_used

    def openid(self) -> OpenIdSignIn | None:
        """The provider's sign-in, if there is one."""
        settings = self.settings()
        if settings.openid is None or settings.address is None:
            return None
        if self._openid is None or self._openid.provider != settings.openid:
            self._openid = OpenIdSignIn(settings.openid, settings.address, self.state)
        return self._openid

    def address_of(self, request: HTTPServerRequest) -> str:
        """Where a request comes from: whom a trusted proxy names last, else who is connected."""
        peer, proxy = request.remote_ip or "", self.settings().proxy
        if proxy is None or not proxy.is_from(peer):
            return peer
        return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()[:45] or peer

    def is_https(self, request: HTTPServerRequest) -> bool:
        """Whether the browser speaks HTTPS, to us or to a proxy of ours."""
        return request.protocol == "https" or (self.settings().address or "").startswith("https://")

    def cookie_name(self, name: str, request: HTTPServerRequest) -> str:
        """With HTTPS, one that no other host and no plain connection can set."""
        return f"__Host-{name}" if self.is_https(request) else name

    def person_of(self, request: HTTPServerRequest) -> Person | None:
        """Who asks, by a token, a session or the trusted proxy; None: nobody who is known."""
        token = bearer(request.headers.get("Authorization", ""))
        if token:
            return self._of_token(token)
        # Who has signed in at the proxy as somebody else is no longer who has the cookie.
        if (person := self._of_proxy(request)) is not None:
            return person
        cookie = request.cookies.get(self.cookie_name(SESSION, request))
        return self._of_session(cookie.value, request) if cookie else None

    def of_basic(self, name: str) -> Person:
        """A user of web_config: a program that scrapes, never somebody who enters."""
        return Person(name, name, BASIC, MACHINE_GRANTS, only=OPERATING)

    def _of_token(self, token: str) -> Person | None:
        digest = digest_of(token)
        found = next((one for one in self.settings().tokens if one.sha256 == digest), None)
        return None if found is None else Person(found.name, found.name, TOKEN, found.roles)

    def _of_session(self, token: str, request: HTTPServerRequest) -> Person | None:
        settings = self.settings()
        found = self.sessions.find(token, self.clock.now_ms(), settings.idle_ms, settings.longest_ms)
        if found is None:
            return None
        key, session = found
        user = self.user(session.name)
        rests_on = "" if user is None else self.rests_on(self._credential(user, session.known_by), request)
        if user is None or digest_of(rests_on) != session.credential:
            self.sessions.end(key)  # a leaver, a password that was changed, somebody else at the proxy
            return None
        return self._person(user, session.known_by, key, session.proved_ms)

    def _of_proxy(self, request: HTTPServerRequest) -> Person | None:
        proxy = self.settings().proxy
        if proxy is None or not proxy.is_from(request.remote_ip or ""):
            return None
        named = request.headers.get_list(proxy.header)
        if len(named) != 1 or not named[0]:  # of two, nobody knows which one is the proxy's
            return None
        user = next((one for one in self.settings().users if one.proxy == named[0]), None)
        return None if user is None else self._person(user, PROXY)

    def rests_on(self, credential: str, request: HTTPServerRequest) -> str:
        """What a session rests on: what it was made with, and whom the trusted proxy names beside it. Where that is
        somebody else by now, somebody else sits there, whether we know them or not."""
        proxy = self.settings().proxy
        is_from = proxy is not None and proxy.is_from(request.remote_ip or "")
        named = request.headers.get_list(proxy.header) if proxy is not None and is_from else []
        return f"{credential} {named}" if any(named) else credential

    def _person(self, user: DeskUser, known_by: str, session: str = "", proved_ms: int | None = None) -> Person:
        return Person(user.name, user.display or user.name, known_by, user.roles, session, proved_ms)

    def user(self, name: str) -> DeskUser | None:
        return next((one for one in self.settings().users if one.name == name), None)

    def _credential(self, user: DeskUser, known_by: str) -> str:
        """What a session of such a kind is made with, as it is now."""
        if known_by == PASSWORD:
            return current_hash(user.password)
        provider = self.settings().openid
        return f"{OPENID} {provider.issuer if provider else ''} {user.openid}"

    async def try_password(self, attempt: Attempt) -> tuple[PasswordVerdict, str]:
        """Compare a password, and note what is wrong. Raises Busy."""
        user = self.user(attempt.name)
        reference = user.password if user else None
        other = next((one.password for one in self.settings().users if one.password), None)
        verdict, hashed = await self.passwords.check(attempt, self.clock.monotonic(), reference, other)
        if verdict is not PasswordVerdict.RIGHT:
            event = DeskEvent.LIMITED if verdict is PasswordVerdict.LIMITED else DeskEvent.REFUSED
            # What was typed as a name may be a password: only one that is known is recorded.
            self.note(event, attempt.address, actor=user.name if user else "", known_by=PASSWORD)
        return verdict, hashed

    def sign_in(
        self,
        user: DeskUser,
        known_by: str,
        credential: str,
        address: str,
        before: str = "",
        proved_ms: int | None = None,
    ) -> str:
        """Begin a session, and end the one that the browser had; the token for its cookie. `proved_ms`: when they
        showed who they are; None: now."""
        if before:
            self.sessions.end(digest_of(before))
        self.note(DeskEvent.SIGNED_IN, address, actor=user.name, known_by=known_by)
        return self.sessions.begin(user.name, known_by, credential, self.clock.now_ms(), proved_ms)

    def sign_in_by_openid(
        self, found: Finished, request: HTTPServerRequest, before: str = ""
    ) -> tuple[DeskUser, str] | None:
        """The same for somebody whom the provider names; None: no user is known to it so."""
        user = next((one for one in self.settings().users if one.openid == found.subject), None)
        provider = self.settings().openid
        if user is None or provider is None:
            return None
        known_by = f"{OPENID} {provider.issuer}"
        credential = self.rests_on(self._credential(user, known_by), request)
        return user, self.sign_in(user, known_by, credential, self.address_of(request), before, found.proved_ms)

    def prove(self, person: Person, address: str) -> None:
        """They have shown again who they are."""
        session = self.state.sessions.get(person.session)
        if session is not None:
            session.proved_ms = self.clock.now_ms()
            self.state.save()
            self.note(DeskEvent.PROVED, address, actor=person.name, known_by=person.known_by)

    def sign_out(self, person: Person, address: str, *, everywhere: bool) -> None:
        """End the session, or all of the person's."""
        if everywhere:
            self.sessions.end_all(person.name)
        else:
            self.sessions.end(person.session)
        event = DeskEvent.SIGNED_OUT_EVERYWHERE if everywhere else DeskEvent.SIGNED_OUT
        self.note(event, address, actor=person.name, known_by=person.known_by)

    def sessions_of(self, person: Person) -> Iterable[tuple[str, Session]]:
        return self.sessions.of(person.name)

    def note(
        self,
        event: DeskEvent,
        address: str,
        *,
        actor: str = "",
        known_by: str = "",
        contract: str = "",
        subject: str = "",
    ) -> None:
        """Record it in the audit."""
        now_ms = self.clock.now_ms()
        self.audit.note(AuditEvent(now_ms, now_ms, event, actor, known_by, contract, subject, address))
