"""How the actor of an entry was known: as the register keeps it, and in words."""

from __future__ import annotations

COMMAND, PASSWORD, OPENID, PROXY, TOKEN, BASIC, MONITOR = (
    "command", "password", "openid", "proxy", "token", "basic", "monitor",
)  # fmt: skip
"""The first word of what is kept; behind `openid` there is the issuer."""

_WORDS = {
    COMMAND: "at the command line",
    PASSWORD: "by password",
    OPENID: "through",
    PROXY: "by the proxy",
    TOKEN: "by a token",
    MONITOR: "by the monitor itself",
    BASIC: "by a password of web_config",
}


def describe_known_by(known_by: str | None) -> str:
    """`at the command line`, `through https://id.example`; empty: nothing is known of it."""
    kind, _, more = (known_by or "").partition(" ")
    said = _WORDS.get(kind, known_by or "")
    return f"{said} {more}".strip() if kind in _WORDS else said


def describe_actor(actor: str, known_by: str | None) -> str:
    """`a.clark`, where it is known how: `a.clark (by password)`."""
    how = describe_known_by(known_by)
    return f"{actor} ({how})" if how else actor
