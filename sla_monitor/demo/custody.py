"""The supplier's custody application: sign in, find a record, open it, sign out. A test transaction does just that."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

USER = "monitor"
MOST_SESSIONS = 1_000
"""The oldest goes first: a journey that is cut off never signs out."""

SIGN_IN, SEARCH, RECORD, SIGN_OUT = "/custody/sign-in", "/custody/search", "/custody/record", "/custody/sign-out"
PATHS = frozenset({SIGN_IN, SEARCH, RECORD, SIGN_OUT})
RECORDS = {"R-4211": "A. N. Other", "R-4212": "J. Doe"}
COOKIE = "session"


@dataclass(frozen=True, slots=True)
class DemoAnswer:
    """An answer, as JSON."""

    status: HTTPStatus
    body: dict[str, object]
    cookie: str = ""

    @property
    def text(self) -> bytes:
        return json.dumps(self.body).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class DemoQuestion:
    """What a visitor asks. `query` and `body` are as they were sent."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes


DENIED = DemoAnswer(HTTPStatus.UNAUTHORIZED, {"status": "sign in first"})
NOTHING = DemoAnswer(HTTPStatus.NOT_FOUND, {"status": "no such record"})


class Custody:
    """Keeps the sessions. A search also needs the token that signing in gave: the usual guard against forgery."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    def answer(self, asked: DemoQuestion) -> DemoAnswer:
        """What a path of PATHS answers when it is well."""
        if asked.path == SIGN_IN:
            return self._sign_in(asked)
        session = _session(asked)
        token = self._tokens.get(session)
        if token is None:
            return DENIED
        if asked.path == SIGN_OUT:
            with self._lock:
                self._tokens.pop(session, None)
            return DemoAnswer(HTTPStatus.OK, {"status": "ok"}, f"{COOKIE}=; Path=/custody; Max-Age=0")
        if asked.path == SEARCH:
            return self._search(asked, token)
        name = RECORDS.get(_field(asked.query, "id"))
        return NOTHING if name is None else DemoAnswer(HTTPStatus.OK, {"status": "ok", "name": name})

    def _sign_in(self, asked: DemoQuestion) -> DemoAnswer:
        form = asked.body.decode("utf-8", "replace")
        given = _field(form, "password").encode()
        is_right = secrets.compare_digest(given, self._password.encode()) and _field(form, "user") == USER
        if asked.method != "POST" or not is_right:
            return DENIED
        session, token = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        with self._lock:
            while len(self._tokens) >= MOST_SESSIONS:
                del self._tokens[next(iter(self._tokens))]
            self._tokens[session] = token
        return DemoAnswer(
            HTTPStatus.OK, {"status": "ok", "token": token}, f"{COOKIE}={session}; Path=/custody; HttpOnly"
        )

    def _search(self, asked: DemoQuestion, token: str) -> DemoAnswer:
        if not secrets.compare_digest(asked.headers.get("X-Token", "").encode(), token.encode()):
            return DENIED
        wanted = _field(asked.query, "name").casefold()
        found = [{"id": number, "name": name} for number, name in RECORDS.items() if wanted in name.casefold()]
        return DemoAnswer(HTTPStatus.OK, {"status": "ok", "results": found})


def _field(encoded: str, name: str) -> str:
    """One field of a form or a query."""
    return parse_qs(encoded).get(name, [""])[0]


def _session(asked: DemoQuestion) -> str:
    try:
        cookie = SimpleCookie(asked.headers.get("Cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""
