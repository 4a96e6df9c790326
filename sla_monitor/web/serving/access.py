"""Basic authentication against bcrypt hashes, so that a scrape does not pay 50 ms each time."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping

import bcrypt

REMEMBERED = 100
"""Right passwords kept as keyed digests; wrong ones are never kept, so that guessing stays dear."""

PASSWORD_LIMIT = 72
"""Bytes that bcrypt looks at; a longer password could not have been hashed."""


class Access:
    """Who may come in. `check` costs a bcrypt round the first time: call it off the event loop."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._nobody: dict[int, bytes] = {}

    def is_known(self, users: Mapping[str, str], authorization: str) -> bool:
        """Whether these very credentials were found right before, against the hash that is in force now."""
        name, password = credentials(authorization)
        digest = self._digest(name, password, users.get(name, ""))
        if name not in users or digest not in self._right:
            return False
        self._right.move_to_end(digest)
        return True

    def check(self, users: Mapping[str, str], authorization: str) -> bool:
        """Whether the `Authorization` header holds a user and the right password.

        An unknown user costs what a wrong password costs, so that names cannot be found by the clock.
        """
        name, password = credentials(authorization)
        known = users.get(name)
        hashed = known.encode() if known else self._dummy(users)
        is_right = bcrypt.checkpw(password[:PASSWORD_LIMIT], hashed) and len(password) <= PASSWORD_LIMIT
        return is_right and known is not None

    def remember(self, users: Mapping[str, str], authorization: str) -> None:
        """Keep credentials that `check` found right; the oldest unused make room."""
        name, password = credentials(authorization)
        self._right[self._digest(name, password, users.get(name, ""))] = None
        while len(self._right) > REMEMBERED:
            self._right.popitem(last=False)

    def _digest(self, name: str, password: bytes, hashed: str) -> bytes:
        """Neither the password nor anything that another process could test guesses against."""
        # A NUL in a user's name is refused by `credentials`, so the parts cannot run into each other.
        return hmac.digest(self._key, b"\0".join([name.encode(), hashed.encode(), password]), "sha256")

    def _dummy(self, users: Mapping[str, str]) -> bytes:
        """A hash of nothing that anybody knows, as dear as the users' own."""
        rounds = max((int(hashed[4:6]) for hashed in users.values()), default=10)
        if rounds not in self._nobody:
            self._nobody[rounds] = bcrypt.hashpw(secrets.token_hex(16).encode(), bcrypt.gensalt(rounds))
        return self._nobody[rounds]


def credentials(authorization: str) -> tuple[str, bytes]:
    """User and password of an RFC 7617 header; two empty ones when it is no such header."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        text = name.decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", b""
    return ("", b"") if "\0" in text else (text, password)
