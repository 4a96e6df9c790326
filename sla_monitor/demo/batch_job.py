"""The supplier's nightly batch job: it reports its runs to the monitor, unless the script has stopped it."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable

from sla_monitor.demo.scenario import Behaviour

EVERY_SECONDS = 10.0
RETRY_SECONDS = 1.0
"""After a report that did not arrive: the monitor may be starting just now."""

HEARTBEAT_PATH = "/heartbeat/police-strategic-it/records-nightly-batch"

# The environment's proxies are for the world outside; the monitor is on this host.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def post(url: str, token: str, text: str = "") -> bool:
    """Post one report; whether it was accepted."""
    headers = {"Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, data=text.encode(), method="POST", headers=headers)  # noqa: S310 - the operator's own URL
    try:
        with _open(request, timeout=5):
            return True
    except (OSError, ValueError):
        return False


class BatchJob:
    """Runs every ten seconds: reports its start, and then its success while `mood` is OK, its failure while that is a
    status. In any other mood it is silent."""

    def __init__(self, monitor_url: str, token: str, mood: Callable[[], Behaviour]) -> None:
        self._url, self._token, self._mood = monitor_url.rstrip("/") + HEARTBEAT_PATH, token, mood
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="demo batch job", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _work(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = EVERY_SECONDS if self._run() else RETRY_SECONDS

    def _run(self) -> bool:
        """One run; whether the monitor has heard all of it."""
        mood = self._mood()
        if mood.kind not in {"ok", "status"}:
            return True
        has_begun = post(f"{self._url}/start", self._token)
        if mood.kind == "status":
            return has_begun and post(f"{self._url}/fail", self._token, f"the records server answered {mood.status}")
        return has_begun and post(self._url, self._token, "1,204 records exchanged")

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()
