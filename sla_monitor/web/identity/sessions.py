"""Sessions: begun by a sign-in, ended by a sign-out, by time, and by what they were made with being no more."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from sla_monitor.web.identity.desk_state import DeskState, Session, digest_of

EACH = 20
"""Sessions that one person has at most: another one ends the longest unused."""

NOTED_MS = 60_000
"""How often it is kept that a session is in use."""


@dataclass
class Sessions:
    """The running sessions. Belongs to the web server's loop."""

    state: DeskState

    def begin(self, name: str, known_by: str, credential: str, now_ms: int, proved_ms: int | None = None) -> str:
        """A new session; the token for the cookie. Never one that was known before: nobody can plant it. `proved_ms`:
        when they showed who they are; None: now."""
        token = secrets.token_urlsafe(32)
        own = sorted((one.seen_ms, key) for key, one in self.state.sessions.items() if one.name == name)
        for _, key in own[: max(0, len(own) - EACH + 1)]:
            del self.state.sessions[key]
        made = Session(
            name, known_by, digest_of(credential), now_ms, now_ms, now_ms if proved_ms is None else proved_ms
        )
        self.state.sessions[digest_of(token)] = made
        self.state.save()
        return token

    def find(self, token: str, now_ms: int, idle_ms: int, longest_ms: int) -> tuple[str, Session] | None:
        """A running session and its key; that it is in use counts from now."""
        key = digest_of(token)
        found = self.state.sessions.get(key)
        if found is None:
            return None
        # A clock that was set back must not make a session last for ever.
        if not (
            found.seen_ms - NOTED_MS <= now_ms <= found.seen_ms + idle_ms and now_ms <= found.began_ms + longest_ms
        ):
            self.end(key)
            return None
        is_noted = now_ms - found.seen_ms >= NOTED_MS
        found.seen_ms = max(found.seen_ms, now_ms) if is_noted else found.seen_ms
        if is_noted:
            self.state.save()
        return key, found

    def end(self, key: str) -> None:
        if self.state.sessions.pop(key, None) is not None:
            self.state.save()

    def end_all(self, name: str) -> int:
        """End every session of somebody; how many there were."""
        own = [key for key, one in self.state.sessions.items() if one.name == name]
        for key in own:
            del self.state.sessions[key]
        self.state.save()
        return len(own)

    def of(self, name: str) -> list[tuple[str, Session]]:
        """Somebody's sessions by key, the latest first."""
        own = [(key, one) for key, one in self.state.sessions.items() if one.name == name]
        return sorted(own, key=lambda pair: -pair[1].seen_ms)
