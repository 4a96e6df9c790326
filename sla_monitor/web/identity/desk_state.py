"""What the desk keeps beside the ledger: the key of its cookies, and the digests of running sessions.

It survives a restart on purpose: somebody whose click met a daemon that was being killed sends it again, and is still
signed in. Nobody can sign in with what is in the file.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

log = logging.getLogger(__name__)

NAME = "desk-state.json"
"""In the ledger's folder."""


@dataclass(slots=True)
class Session:
    """One sign-in. Instants in UTC milliseconds. `credential`: a digest of what it was made with, such as the
    password's hash: where that changes, the session is over."""

    name: str
    known_by: str
    credential: str
    began_ms: int
    seen_ms: int
    proved_ms: int


@dataclass
class DeskState:
    """`path` None: nothing is kept. Belongs to the web server's loop."""

    path: Path | None = None
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    sessions: dict[str, Session] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> DeskState:
        """What was kept; a file that cannot be read is made anew: everybody has to sign in again."""
        try:
            kept = json.loads(path.read_bytes())
            sessions = {key: Session(**session) for key, session in kept["sessions"].items()}
            return cls(path, bytes.fromhex(kept["key"]), sessions)
        except FileNotFoundError:
            return cls(path)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.error(
                "the desk's sessions cannot be read, so that everybody signs in again", extra={"error": f"{error}"}
            )
            return cls(path)

    def save(self) -> None:
        """Keep it; where that fails, sessions end with the program."""
        if self.path is None:
            return
        fresh = self.path.with_suffix(".new")
        try:
            fresh.unlink(missing_ok=True)
            fresh.touch(mode=0o600)
            sessions = {key: asdict(session) for key, session in self.sessions.items()}
            fresh.write_text(json.dumps({"key": self.key.hex(), "sessions": sessions}), encoding="utf-8")
            fresh.replace(self.path)
        except OSError as error:
            log.error("the desk's sessions cannot be kept over a restart", extra={"error": f"{error}"})

    def mac(self, purpose: str, *parts: str) -> str:
        """A digest that nobody can make without the key; another one for each purpose."""
        return hmac.digest(self.key, json.dumps([purpose, *parts]).encode(), "sha256").hex()

    def is_mac(self, given: str, purpose: str, *parts: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.mac(purpose, *parts).encode())


def digest_of(text: str) -> str:
    """By what a token is known, so that nobody can use what is kept of it."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
