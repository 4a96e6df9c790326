"""Passwords: compared by bcrypt in threads, with limits that keep guessers out and nobody who is known.

The limits are those of OWASP's "device cookies". A browser from which somebody signed in before has a cookie that
nobody else can make. Its attempts have a quota and a thread of their own: whoever guesses from elsewhere uses up the
account's quota for strangers, and the strangers' thread, and nothing else.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cache

import bcrypt

from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.errors import SecretError
from sla_monitor.settings.web_config import is_bcrypt_hash
from sla_monitor.web.identity.desk_state import DeskState
from sla_monitor.web.serving.access import PASSWORD_LIMIT
from sla_monitor.web.serving.heartbeat_route import Limit
from sla_monitor.web.serving.limits import Bounded, Busy

WINDOW_S = 600
"""The time in which attempts are counted."""

DEVICE_FAILURES, ACCOUNT_FAILURES, ADDRESS_FAILURES = 10, 10, 60
"""Wrong passwords in that time: from one known browser, for one account from all strangers, from one address."""


ROUNDS = 12
"""bcrypt's cost of passwords that are made here."""


class PasswordVerdict(Enum):
    """What became of an attempt. LIMITED: it was not even compared."""

    RIGHT, WRONG, LIMITED = range(3)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A name and a password, the browser's cookie, and where it comes from."""

    name: str
    password: str
    device: str
    address: str


class Passwords:
    """Compares passwords. Belongs to the web server's loop."""

    def __init__(self, state: DeskState, waiting: int) -> None:
        self._state = state
        self._devices, self._accounts, self._addresses = (
            Limit(count, WINDOW_S) for count in (DEVICE_FAILURES, ACCOUNT_FAILURES, ADDRESS_FAILURES)
        )
        self._known, self._strangers = Bounded(1, waiting), Bounded(1, waiting)

    async def check(
        self, attempt: Attempt, now_s: float, reference: SecretReference | None, other: SecretReference | None
    ) -> tuple[PasswordVerdict, str]:
        """Whether the password is right; then the hash that it fits as well. `reference`: that of the account's hash;
        None: there is no such account, which costs as much as `other` would.

        Raises Busy when too many wait already: of strangers alone.
        """
        device = self._device(attempt)
        is_known = bool(device) and not self._devices.wait_s(device, now_s)
        if not is_known and (
            self._accounts.wait_s(attempt.name, now_s) or self._addresses.wait_s(attempt.address, now_s)
        ):
            return PasswordVerdict.LIMITED, ""
        queue = self._known if is_known else self._strangers
        # Counted before it is compared: of many at once, each must see those before it.
        used = [(self._devices, device)] if is_known else []
        used += [] if is_known else [(self._accounts, attempt.name), (self._addresses, attempt.address)]
        for limit, key in used:
            limit.take(key, now_s)
        whose = attempt.name if is_known else attempt.address
        try:
            hashed = await queue.run_for(whose, _compared, attempt.password, reference, other)
        except Busy:  # it was not compared, and is no wrong one
            _give_back(used)
            raise
        if not hashed:
            return PasswordVerdict.WRONG, ""
        _give_back(used)
        return PasswordVerdict.RIGHT, hashed

    def device_cookie(self, name: str) -> str:
        """What a browser gets from which somebody signed in."""
        nonce = secrets.token_hex(16)
        return f"{nonce}.{self._state.mac('device', name, nonce)}"

    def _device(self, attempt: Attempt) -> str:
        """By what a browser's attempts are counted that the account was used from before; empty: it is a stranger."""
        nonce, _, mac = attempt.device.partition(".")
        return nonce if self._state.is_mac(mac, "device", attempt.name, nonce) else ""

    def close(self) -> None:
        self._known.close()
        self._strangers.close()


def _give_back(used: Iterable[tuple[Limit, str]]) -> None:
    for limit, key in used:
        limit.give_back(key)


def _compared(password: str, reference: SecretReference | None, other: SecretReference | None) -> str:
    """The hash that a password fits; empty: none."""
    hashed, typed = current_hash(reference), password.encode("utf-8", "surrogatepass")
    stand_in = "" if hashed else nobodys(int((current_hash(other) or "$2b$12$")[4:6]))
    is_right = bcrypt.checkpw(typed[:PASSWORD_LIMIT].replace(b"\0", b"?"), (hashed or stand_in).encode())
    return hashed if is_right and hashed and len(typed) <= PASSWORD_LIMIT and b"\0" not in typed else ""


def current_hash(reference: SecretReference | None) -> str:
    """The hash that an account has now; empty: none, or it cannot be read."""
    try:
        hashed = reference.reveal().strip() if reference else ""
    except SecretError:
        return ""
    return hashed if is_bcrypt_hash(hashed) else ""


def hash_of(password: str) -> str:
    """The hash to be written into a file for somebody. Raises ValueError for what bcrypt would cut."""
    typed = password.encode()
    if len(typed) > PASSWORD_LIMIT or b"\0" in typed:
        raise ValueError(f"has more than {PASSWORD_LIMIT} bytes, or a NUL among them")
    return bcrypt.hashpw(typed, bcrypt.gensalt(ROUNDS)).decode()


@cache
def nobodys(rounds: int) -> str:
    """A hash of nothing that anybody knows, of such a cost."""
    return bcrypt.hashpw(secrets.token_hex(16).encode(), bcrypt.gensalt(rounds)).decode()
