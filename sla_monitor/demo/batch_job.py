"""The supplier's nightly batch job: it posts a heartbeat to the monitor, unless the script has stopped it."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable

from sla_monitor.demo.scenario import Behaviour

EVERY_SECONDS = 10.0
RETRY_SECONDS = 1.0
"""After a heartbeat that did not arrive: the monitor may be starting just now."""

HEARTBEAT_PATH = "/heartbeat/police-strategic-it/records-nightly-batch"

# The environment's proxies are for the world outside; the monitor is on this host.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def beat(url: str, token: str) -> bool:
    """Post one heartbeat; whether it was accepted."""
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, data=b"", method="POST", headers=headers)  # noqa: S310 - the operator's own URL
    try:
        with _open(request, timeout=5):
            return True
    except (OSError, ValueError):
        return False


class BatchJob:
    """Reports every ten seconds while `mood` is OK."""

    def __init__(self, monitor_url: str, token: str, mood: Callable[[], Behaviour]) -> None:
        self._url, self._token, self._mood = monitor_url.rstrip("/") + HEARTBEAT_PATH, token, mood
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo batch job", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            is_done = self._mood().kind != "ok" or beat(self._url, self._token)
            pause = EVERY_SECONDS if is_done else RETRY_SECONDS

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
