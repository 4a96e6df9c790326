"""Debian's Prometheus, Alertmanager and NATS server, sites and a standby, as children of the demo, with the files that
were generated for them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from sla_monitor.errors import SlaMonitorError

START_SECONDS, STOP_SECONDS = 20.0, 10.0
POLL_SECONDS = 0.1
ALERTMANAGERS = ("prometheus-alertmanager", "alertmanager")

# The environment's proxies are for the world outside; these are on this host.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


class Stack:
    """All of them, their data and logs in one folder. Addresses are host:port; `sites`: the names of those that probe;
    `has_standby`: whether there is a second collector."""

    def __init__(
        self, folder: Path, prometheus: str, alertmanager: str, sites: Sequence[str] = (), *, has_standby: bool = False
    ) -> None:
        self.folder, self.prometheus, self.alertmanager, self.sites = folder, prometheus, alertmanager, sites
        self.has_standby = has_standby
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, is_stopping: Callable[[], bool] = lambda: False) -> None:
        """Start them with `prometheus/prometheus.yml`, `alertmanager/alertmanager.yml` and `sites/` of the folder,
        unless we are asked to end meanwhile.

        One after the other: an alert that Prometheus cannot deliver is sent again only a minute later.
        """
        here = self.folder.absolute()
        if self.sites:
            self._run("nats-server", _found("nats-server"), "-c", f"{here / 'sites/nats.conf'}")
        for site in self.sites:
            # What a site sees goes to its outbox until the server is there.
            command = (sys.executable, "-m", "sla_monitor", "site", "--id", site)
            self._run(f"site-{site}", *command, "--config", f"{here / 'sites' / site}.yaml")
        if self.has_standby:
            following = (sys.executable, "-m", "sla_monitor", "run", "--standby")
            self._run("standby", *following, "--config", f"{here / 'standby/standby.yaml'}")
        self._run(
            "alertmanager",
            _found(*ALERTMANAGERS),
            f"--config.file={here / 'alertmanager/alertmanager.yml'}",
            f"--storage.path={here / 'data/alertmanager'}",
            f"--web.listen-address={self.alertmanager}",
            "--cluster.listen-address=",
        )
        until_s = time.monotonic() + START_SECONDS
        while not (is_stopping() or _answers(self.alertmanager) or self.ended) and time.monotonic() < until_s:
            time.sleep(POLL_SECONDS)
        if is_stopping():
            return
        self._run(
            "prometheus",
            _found("prometheus"),
            f"--config.file={here / 'prometheus/prometheus.yml'}",
            f"--storage.tsdb.path={here / 'data/prometheus'}",
            f"--web.listen-address={self.prometheus}",
        )

    def _run(self, name: str, *command: str) -> None:
        (self.folder / "data").mkdir(parents=True, exist_ok=True)
        with self.log(name).open("wb") as log:
            # In a process group of its own: Ctrl-C reaches us alone, and we pass it on as SIGTERM.
            self._children[name] = subprocess.Popen(command, stdout=log, stderr=log, process_group=0)

    def log(self, name: str) -> Path:
        return self.folder / "data" / f"{name}.log"

    @property
    def ended(self) -> str | None:
        """The name of one that has ended by itself, if any."""
        return next((name for name, child in self._children.items() if child.poll() is not None), None)

    def is_ready(self) -> bool:
        """Whether both answer."""
        return _answers(self.prometheus) and _answers(self.alertmanager)

    def stop(self) -> None:
        """Ask all to stop, and insist after STOP_SECONDS."""
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _answers(address: str) -> bool:
    try:
        _open(f"http://{address}/-/ready", timeout=2).close()
    except OSError:
        return False
    return True


def _found(*names: str) -> str:
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    raise SlaMonitorError(
        f"{names[-1]} is not installed (on Debian: apt-get install prometheus prometheus-alertmanager nats-server)"
    )
