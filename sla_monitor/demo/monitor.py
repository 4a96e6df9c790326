"""The monitor as a child of the demo: started, asked over HTTP what it sees, stopped."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

STOP_SECONDS = 10.0
POLL_SECONDS = 0.25

_SAMPLE = re.compile(r"^sla_endpoint_state\{(.*)\} 1(?:\.0)?$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')

# The environment's proxies are for the world outside; the monitor is on this host.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

_PR_SET_PDEATHSIG = 1

States = dict[str, dict[str, str]]
"""Service: endpoint: state."""


def states(metrics: str) -> States:
    """The state of every endpoint by service, from the monitor's metrics text; in its order."""
    found: States = {}
    for sample in _SAMPLE.finditer(metrics):
        labels = dict(_LABEL.findall(sample[1]))
        found.setdefault(labels["service"], {})[labels["endpoint"]] = labels["state"]
    return found


def _is_seen(endpoints: dict[str, str]) -> bool:
    return "unknown" not in endpoints.values()


def _end_with(parent: int, prctl: Callable[[int, int], int]) -> None:
    """In the child, before its program begins: ask for SIGTERM when its parent is gone."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it was gone before we asked
        os._exit(1)


class Monitor:
    """`sla-monitor run` as a child process that answers at `url`."""

    def __init__(
        self, config: Path, url: str, command: tuple[str, ...] = (sys.executable, "-m", "sla_monitor")
    ) -> None:
        self.url = url
        self._command = [*command, "run", "--config", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """In a process group of its own: Ctrl-C reaches us alone, and we pass it on once, as SIGTERM. Where we are
        killed, the kernel does: a monitor that stayed would hold the port against the next demo."""
        self._process = subprocess.Popen(
            self._command,
            process_group=0,
            preexec_fn=partial(_end_with, os.getpid(), ctypes.CDLL(None).prctl),  # noqa: PLW1509 - one system call
        )

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def is_ready(self) -> bool:
        return self._get("/-/ready") is not None

    def states(self) -> States:
        return states(self._get("/metrics") or "")

    def _get(self, path: str) -> str | None:
        """The answer if it is a good one."""
        try:
            with _open(self.url + path, timeout=2) as response:
                return str(response.read().decode())
        except (OSError, ValueError):
            return None

    def first_states(self, seconds: float, is_stopping: Callable[[], bool]) -> Iterator[tuple[str, dict[str, str]]]:
        """Each service with its endpoints' states once all of them were seen; after so many seconds the rest."""
        deadline = time.monotonic() + seconds
        told: set[str] = set()
        while not (is_stopping() or self.has_ended):
            found = self.states() if self.is_ready() else {}
            is_over = time.monotonic() > deadline
            fresh = [service for service in found if service not in told and (is_over or _is_seen(found[service]))]
            yield from ((service, found[service]) for service in fresh)
            told.update(fresh)
            if found and told == set(found):  # one that has not answered by then is waited for
                return
            time.sleep(POLL_SECONDS)

    def stop(self) -> int:
        """Ask it to stop, insist after STOP_SECONDS; its exit status, as a shell would say it."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        return 128 - code if code < 0 else code
