"""Mails of a pair of collectors: each makes them, one sends them, and each is sent once.

A mail lies in a folder of each of the two, under the same name. Who speaks claims it with a mark that both can read,
sends it, and marks it as sent; the other one then throws its own away. A mark that was claimed and never said to be
sent, because its collector died just then, is in doubt: after IN_DOUBT_S the mail is sent again, under the same
Message-ID, by which mail systems drop a second one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sla_monitor.clock import Clock
from sla_monitor.errors import LineError, ReviewError, SecretError
from sla_monitor.review.pack_store import FOLDER_MODE
from sla_monitor.settings import Mail
from sla_monitor.transport.shared_marks import SharedMarks

if TYPE_CHECKING:
    from email.message import EmailMessage

WAITING, SENT = ".eml", ".sent"
IN_DOUBT_S = 600.0
"""Longer than a mail server may take, and than a process stands still that is not dead."""

AGAIN_S = 3_600.0
"""After how long a mail is tried again that the server did not take."""

log = logging.getLogger(__package__)


def outgoing(folder: Path) -> Path:
    """Where the mails of the packs in a folder wait."""
    return folder / ".outgoing"


def put_message(file: Path, made: EmailMessage) -> None:
    """Put it there as one piece. Raises ReviewError."""
    fresh = file.with_suffix(".new")
    try:
        file.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        fresh.write_bytes(made.as_bytes())
        fresh.replace(file)
    except OSError as error:
        raise ReviewError(f"{file}: cannot be written ({error.strerror})") from None


class Posting:
    """The mails of one of the pair. `check` is called every minute or so. `failing`: the mail server took one not."""

    def __init__(
        self, folder: Path, mail: Mail | None, marks: SharedMarks, may_speak: Callable[[], bool], clock: Clock
    ) -> None:
        self._folder, self._mail, self._marks, self._may_speak = outgoing(folder), mail, marks, may_speak
        self._clock = clock
        self._doubted: dict[str, tuple[int, float]] = {}
        self._not_before_s: dict[str, float] = {}
        self.failing = False

    def check(self) -> None:
        """Send what is to be sent by this collector, and throw away what the other one has sent."""
        try:
            for file in sorted(self._folder.glob(f"*{SENT}")):
                self._mark_sent(file)
            for file in sorted(self._folder.glob(f"*{WAITING}")):
                self._settle(file)
        except LineError as error:
            log.warning("mails wait: it is not known which are sent", extra={"error": str(error)})

    def _settle(self, file: Path) -> None:
        key = f"mail.{file.stem}"
        said, revision = self._marks.read(key)
        state = _state(said)
        if state == "sent":
            file.unlink()
        elif self._may_speak() and self._mail is not None and not self._is_early(key, state, revision):
            claimed = self._marks.replace(key, _mark("claimed"), revision)
            if claimed:
                self._send(file, key, claimed, self._mail)

    def _is_early(self, key: str, state: str, revision: int) -> bool:
        """Whether it was claimed, or refused by the server, too short a time ago."""
        now_s = self._clock.monotonic()
        if now_s < self._not_before_s.get(key, now_s):
            return True
        if state != "claimed":
            return False
        before = self._doubted.get(key)
        if before is None or before[0] != revision:
            self._doubted[key] = revision, now_s
            return True
        return now_s - before[1] < IN_DOUBT_S

    def _send(self, file: Path, key: str, revision: int, mail: Mail) -> None:
        from sla_monitor.review.mail import send  # with all that packs are made of: a daemon need not hold it

        about = {"mail": file.stem}
        try:
            made = _read(file, mail)
            if not self._may_speak():
                raise ReviewError("the other collector speaks now")
            send(made, mail)
        except (ReviewError, SecretError, OSError) as error:
            self.failing = True
            self._not_before_s[key] = self._clock.monotonic() + AGAIN_S
            log.error("a mail was not sent", extra={**about, "problem": str(error)})
            self._marks.replace(key, _mark("free"), revision)
            return
        self.failing = False
        log.info("a mail was sent", extra=about)
        sent = file.with_suffix(SENT)
        file.rename(sent)  # first: of what it says, nothing is in doubt here
        self._mark_sent(sent)

    def _mark_sent(self, file: Path) -> None:
        key = f"mail.{file.stem}"
        said, revision = self._marks.read(key)
        if _state(said) == "sent" or self._marks.replace(key, _mark("sent"), revision):
            file.unlink()


def _read(file: Path, mail: Mail) -> EmailMessage:
    """The message, under an id that it has at both."""
    from email import message_from_bytes
    from email.message import EmailMessage
    from email.policy import SMTP

    made = message_from_bytes(file.read_bytes(), EmailMessage, policy=SMTP)
    del made["Message-ID"]
    made["Message-ID"] = f"<{file.stem}@{mail.sender.partition('@')[2]}>"
    return made


def _mark(state: str) -> bytes:
    return json.dumps({"state": state}).encode()


def _state(said: bytes) -> str:
    """What cannot be read was claimed by a collector of another release."""
    if not said:
        return "free"
    try:
        return str(json.loads(said)["state"])
    except (ValueError, KeyError, TypeError):
        return "claimed"
