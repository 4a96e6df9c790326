"""What is done by night, by a command in a process of its own: days that are over are sealed, the record is verified.

What it needs of memory is given back, and it gives way to everything else: nothing that it does holds up a probe.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

AGAIN_MS = HOUR_MS
"""How long after something could not be done it is tried again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """A command of ours, when it is due (after midnight UTC), and what is logged of it."""

    words: tuple[str, ...]
    at_ms: int
    done: str
    failed: str


SEALING = Chore(
    ("ledger", "archive", "--gently"),
    2 * HOUR_MS,
    "days that are over are sealed",
    "days that are over could not be sealed",
)
"""At two: what came in late has come, and nobody is at work."""

CHECKING = Chore(("ledger", "check", "--gently"), 3 * HOUR_MS, "the record was verified", "the record was not verified")


class Nightly:
    """Does its chore once a night. `check` is called every minute or so and never waits.

    `problem`: what the last attempt said that failed. `done_ms`: when one last succeeded; 0: none has.
    """

    def __init__(self, settings: Path, chore: Chore = SEALING, first_ms: int = 0) -> None:
        """`first_ms`: when it is due for the first time."""
        self.problem: str | None = None
        self.done_ms = 0
        self._settings, self._chore = settings, chore
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before_ms = first_ms

    @property
    def failing(self) -> bool:
        """Whether the last attempt did not do all that is to be done."""
        return self.problem is not None

    def check(self, now_ms: int, *, may_begin: bool = True) -> None:
        """See how the night's work is getting on; begin it when it is due."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._finish(self._process, now_ms)
        if may_begin and now_ms >= self._not_before_ms:
            command = [sys.executable, "-m", "sla_monitor", *self._chore.words, "--config", str(self._settings)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )

    def stop(self) -> None:
        """Give up the work in hand: it is done after the next start."""
        if self._process is not None:
            self._process.kill()  # it has inherited that SIGTERM is blocked
            self._process.communicate()
            self._process = None

    def _finish(self, process: subprocess.Popen[bytes], now_ms: int) -> None:
        told = process.communicate()[1].decode(errors="replace").strip()[-500:]
        self._process = None
        if process.returncode:
            self.problem = told or f"it ended with status {process.returncode}"
            self._not_before_ms = now_ms + AGAIN_MS
            log.error(self._chore.failed, extra={"problem": self.problem})
        else:
            self.problem, self.done_ms = None, now_ms
            self._not_before_ms = ((now_ms - self._chore.at_ms) // DAY_MS + 1) * DAY_MS + self._chore.at_ms
            log.info(self._chore.done)
