"""The processes of a benchmark: the supplier and the daemon. Every wait for one of them ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sla_monitor import names

START_S = 180.0
"""The daemon's: five thousand endpoints are read from YAML first."""
STOP_S = 10.0
ANSWER_S = 10.0
TICK = os.sysconf("SC_CLK_TCK")

# The environment's proxies are for the world outside.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class BenchError(Exception):
    """A row that could not be measured, in words."""


def say(text: str) -> None:
    """Progress, on standard error: standard output is the table."""
    print(text, file=sys.stderr, flush=True)


def wait_for(is_so: Callable[[], bool], seconds: float, process: subprocess.Popen[bytes], what: str) -> None:
    """Until it is so. Raises BenchError when the process has ended or the time is over."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if process.poll() is not None:
            raise BenchError(f"{what}: it ended with status {process.returncode}")
        if time.monotonic() > deadline:
            raise BenchError(f"{what}: not so after {seconds:.0f} s")
        time.sleep(0.1)


def end(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Ask it to stop, and kill it if it has not after so long; whether it stopped by itself."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)
        return False
    return True


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def supplier_running() -> Iterator[Path]:
    """Gives the folder with the supplier's ports and its certificate authority."""
    with tempfile.TemporaryDirectory() as name:
        process = subprocess.Popen([sys.executable, "-m", "bench.server", name])
        try:
            wait_for((Path(name) / "ready").exists, 30, process, "the supplier answers")
            yield Path(name)
        finally:
            process.kill()
            process.wait(STOP_S)


class Watched:
    """A program under way, with all the processes that it has started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def cpu_seconds(self) -> float:
        """User and system time so far, of all its processes, those that have ended too. Raises BenchError when it
        has ended."""
        total = 0
        for pid in self._family():
            fields = _proc(pid, "stat").rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
        return total / TICK

    def memory_mb(self) -> float:
        """Proportional memory of all its processes: what they share counts once. Raises BenchError when it has
        ended."""
        total = 0
        for pid in self._family():
            found = re.search(r"^Pss:\s+(\d+) kB", _proc(pid, "smaps_rollup"), re.MULTILINE)
            total += int(found[1]) if found else 0
        return total / 1024

    def _family(self) -> list[int]:
        if self.process.poll() is not None:
            raise BenchError(f"it ended with status {self.process.returncode}")
        return family(self.process.pid)


class Daemon(Watched):
    """`sla-monitor run`."""

    def __init__(self, settings: Path, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "sla_monitor", "run", "--config", str(settings)]
        super().__init__(subprocess.Popen(command))
        self.skipped: dict[str, int] = {}
        """What the daemon said, at the last scrape that was answered, that it had missed and overrun."""

    def wait_until_ready(self) -> None:
        """Raises BenchError."""
        wait_for(lambda: self.get("/-/ready") is not None, START_S, self.process, "the daemon is ready")

    def scrape(self) -> bool:
        """Read the metrics as Prometheus would; False when they do not come in time."""
        text = self.get("/metrics")
        for metric in (names.MISSED, names.OVERRUN) if text else ():
            found = re.search(rf"^{metric.sample} (\S+)$", text or "", re.MULTILINE)
            self.skipped[metric.name] = int(float(found[1])) if found else 0
        return text is not None

    def value(self, metric: names.MetricName) -> float:
        """What a metric without labels is; 0: it is not told."""
        found = re.search(rf"^{metric.sample} (\S+)$", self.get("/metrics") or "", re.MULTILINE)
        return float(found[1]) if found else 0.0

    def stop(self) -> bool:
        """Whether it stopped by itself in time; if not, it is killed."""
        return end(self.process, STOP_S)

    def get(self, path: str) -> str | None:
        """The whole answer, if it is a good one and all of it has come in time."""
        deadline, body = time.monotonic() + ANSWER_S, b""
        try:
            with _open(self._url + path, timeout=ANSWER_S) as answer:
                while (piece := answer.read1(2**20)) and time.monotonic() <= deadline:
                    body += piece
        except (OSError, ValueError):
            return None
        return None if piece else body.decode()


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                found += map(int, task.read_text().split())
    return found


def _proc(pid: int, name: str) -> str:
    """A file of proc(5); nothing of a process that has just ended."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except OSError:
        return ") " + "0 " * 20 if name == "stat" else ""


@contextmanager
def daemon_running(settings: Path, port: int) -> Iterator[Daemon]:
    """A daemon that has probed an endpoint. Raises BenchError; leaves no process behind."""
    daemon = Daemon(settings, port)
    try:
        daemon.wait_until_ready()
        yield daemon
    finally:
        if not daemon.stop():
            say(f"  the daemon had not stopped after {STOP_S:.0f} s and was killed; the figures are from its ledger")
