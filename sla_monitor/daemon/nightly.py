"""Days that are over are sealed by night: by `sla-monitor ledger archive`, in a process of its own.

What it needs of memory is given back, and it gives way to everything else: nothing that it does holds up a probe.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

DAY_MS = 86_400_000

AT_MS = 2 * 3_600_000
"""After midnight UTC, when: what came in late has come, and nobody is at work."""

AGAIN_MS = 3_600_000
"""How long after days could not be sealed it is tried again."""

log = logging.getLogger(__name__)


class Nightly:
    """Seals once a night, and after a start. `check` is called every minute or so and never waits.

    `failing`: the last attempt did not seal all that is to be sealed.
    """

    def __init__(self, settings: Path) -> None:
        self.failing = False
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before_ms = 0

    def check(self, now_ms: int, *, may_begin: bool = True) -> None:
        """See how the night's work is getting on; begin it when it is due."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            self._finish(self._process, now_ms)
        if may_begin and now_ms >= self._not_before_ms:
            command = [sys.executable, "-m", "sla_monitor", "ledger", "archive", "--gently"]
            command += ["--config", str(self._settings)]
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )

    def stop(self) -> None:
        """Give up the work in hand: a day that is not sealed is sealed after the next start."""
        if self._process is not None:
            self._process.kill()  # it has inherited that SIGTERM is blocked
            self._process.communicate()
            self._process = None

    def _finish(self, process: subprocess.Popen[bytes], now_ms: int) -> None:
        told = process.communicate()[1].decode(errors="replace").strip()[-500:]
        self._process, self.failing = None, process.returncode != 0
        if self.failing:
            self._not_before_ms = now_ms + AGAIN_MS
            log.error("days that are over could not be sealed", extra={"problem": told})
        else:
            self._not_before_ms = ((now_ms - AT_MS) // DAY_MS + 1) * DAY_MS + AT_MS
            log.info("days that are over are sealed")
