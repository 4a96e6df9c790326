"""Signing in and out: by password, through the provider; this session, or all of them."""

from __future__ import annotations

import logging

from sla_monitor.settings.desk.access_table import Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.forms import NEXT, PostedForm, local_path
from sla_monitor.web.identity.audit_log import DeskEvent
from sla_monitor.web.identity.openid import MAY_TAKE_MS, OpenIdError, OpenIdSignIn
from sla_monitor.web.identity.passwords import Attempt, PasswordVerdict
from sla_monitor.web.identity.reception import AT_PROVIDER, BEFORE, DEVICE, SESSION
from sla_monitor.web.serving.handler import Refusal
from sla_monitor.web.serving.limits import Busy
from sla_monitor.wording.known_by import OPENID, PASSWORD
from sla_monitor.wording.text import plain

WRONG = "This name and password do not fit."
LIMITED = (
    "Too many attempts: wait ten minutes. From a browser in which you signed in before, you can still sign in now."
)
OLD_PAGE = "This page was too old. Sign in once more."
BUSY = "Many people are signing in at this moment. Try again in a few seconds."
DEVICE_S = 365 * 86_400
log = logging.getLogger(__name__)


class SignIn(DeskHandler):
    """`GET /sign-in`, and `POST` with a name and a password."""

    methods: tuple[str, ...] = ("GET", "HEAD", "POST")
    action = Action.ARRIVE

    async def get(self) -> None:
        if self.person.name:
            self.go(local_path(self.wanted()))
            return
        self._ask(self.wanted())

    head = get

    def wanted(self) -> str:
        return next(iter(self.arguments_given().get(NEXT, ())), "")

    def _ask(self, following: str, trouble: str = "", name: str = "") -> None:
        settings = self.reception.settings()
        self.show_page(
            "sign_in.html",
            following=local_path(following),
            trouble=trouble,
            name=name,
            has_passwords=any(user.password for user in settings.users),
            provider=settings.openid.issuer if settings.openid else "",
        )

    def hand_back(self, form: PostedForm) -> None:
        """A password is not handed back."""
        if self.person.name:
            self.go(local_path(form.text(NEXT)))
            return
        self._ask(form.text(NEXT), OLD_PAGE, form.text("name"))

    async def submitted(self, form: PostedForm, *names: str) -> None:
        name, following = form.text("name"), form.text(NEXT)
        password = next(iter(form.values.get("password", ())), "")
        attempt = Attempt(name[:80], password, self.cookie(DEVICE), self.address)
        try:
            verdict, hashed = await self.reception.try_password(attempt)
        except Busy:
            self.set_status(503)
            self.set_header("Retry-After", "5")
            self._ask(following, BUSY, name)
            return
        user = self.reception.user(name)
        if verdict is not PasswordVerdict.RIGHT or user is None:
            is_limited = verdict is PasswordVerdict.LIMITED
            self.set_status(429 if is_limited else 401)
            self._ask(following, LIMITED if is_limited else WRONG, name)
            return
        rests_on = self.reception.rests_on(hashed, self.request)
        token = self.reception.sign_in(user, PASSWORD, rests_on, self.address, self.cookie(SESSION))
        self.welcome(user.name, token, following)

    def welcome(self, name: str, token: str, following: str) -> None:
        """Give the browser its new session, and let it go where somebody wanted to go."""
        self.put_cookie(SESSION, token)
        self.put_cookie(DEVICE, self.reception.passwords.device_cookie(name), DEVICE_S)
        self.drop_cookie(BEFORE)
        self.go(local_path(following))


class OpenIdBegin(SignIn):
    """`GET /sign-in/openid`: to the provider. `?again=1`: it must ask who it is."""

    methods = ("GET",)

    async def get(self) -> None:
        signing_in, clock = self._provider(), self.site.clock
        again = "again" in self.arguments_given()
        try:
            begun = await self.reception.asking.run(
                signing_in.begin, local_path(self.wanted()), clock.now_ms(), clock.monotonic(), again=again
            )
        except OpenIdError as error:
            self.failed(error)
            return
        self.put_cookie(AT_PROVIDER, begun.cookie, MAY_TAKE_MS // 1000)
        self.redirect(begun.url, status=303)

    def _provider(self) -> OpenIdSignIn:
        found = self.reception.openid()
        if found is None:
            raise Refusal(404, "no provider signs people in here")
        return found

    def failed(self, error: OpenIdError) -> None:
        """Say that it did not work; why is for the log and the audit: a provider's words are not ours."""
        # What stands before the colon is ours: nobody can make the audit grow by new words.
        self.reception.note(
            DeskEvent.REFUSED, self.address, known_by=OPENID, subject=plain(f"{error}".partition(":")[0])
        )
        if not self.reception.complaints.take("openid", self.site.clock.monotonic()):
            log.warning("a sign-in through the provider did not work", extra={"why": plain(f"{error}")})
        self.set_status(403)
        self._ask("", "The sign-in at the provider did not work. Try again; if it fails again, tell whoever runs this.")


class OpenIdAnswer(OpenIdBegin):
    """`GET /sign-in/openid/answer`: back from the provider."""

    async def get(self) -> None:
        signing_in, clock = self._provider(), self.site.clock
        if wait_s := self.reception.answers.take(self.address, clock.monotonic()):
            raise Refusal(429, "too many sign-ins", {"Retry-After": f"{wait_s}"}, remedy="wait some minutes")
        given = self.arguments_given()
        answered = {name: values[0] for name, values in given.items() if len(values) == 1}
        cookie = self.cookie(AT_PROVIDER)
        self.drop_cookie(AT_PROVIDER)
        try:
            finished = await self.reception.asking.run(
                signing_in.finish, cookie, answered, clock.now_ms(), clock.monotonic()
            )
            found = self.reception.sign_in_by_openid(finished, self.request, self.cookie(SESSION))
            if found is None:
                raise OpenIdError("nobody here is known to the provider by this name")
        except OpenIdError as error:
            self.failed(error)
            return
        user, token = found
        self.welcome(user.name, token, finished.following)


class SignOut(DeskHandler):
    """`POST /sign-out`: ends this session; with `everywhere`, all of the person's."""

    methods = ("POST",)
    action = Action.USE_DESK

    def hand_back(self, form: PostedForm) -> None:
        if self.person.name:
            super().hand_back(form)
            return
        self.go("/sign-in")  # it is done already

    async def submitted(self, form: PostedForm, *names: str) -> None:
        self.reception.sign_out(self.person, self.address, everywhere=bool(form.text("everywhere")))
        self.drop_cookie(SESSION)
        self.go("/sign-in")
