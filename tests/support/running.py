"""The daemon as a process of its own, and the demo estate that it watches, on loopback."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sla_monitor.demo.estate import ANY_PORTS, MONITOR_URL, Estate
from sla_monitor.demo.scenario import CALM
from tests.support.ports import free_port
from tests.support.waiting import wait_until


@contextmanager
def calm_estate(folder: Path, monitor_url: str = MONITOR_URL) -> Iterator[Estate]:
    """A supplier that behaves, until told otherwise, on free ports; with files in a folder of its own."""
    one = Estate(folder, ports=ANY_PORTS, scenario=CALM, monitor_url=monitor_url)
    one.start()
    try:
        yield one
    finally:
        one.stop()


def demo_contract(endpoints: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The least that a contract with one service holds; JSON is YAML."""
    return {
        "id": "demo",
        "authority": "Authority",
        "supplier": "Supplier",
        "term": {"start": "2020-01-01", "end": "2049-12-31"},
        "time_zone": "Europe/London",
        "currency": "GBP",
        "services": [{"id": "cad", "endpoints": list(endpoints)}],
    }


class Monitor:
    """A daemon with a configuration of its own in a folder of its own."""

    def __init__(self, folder: Path, estate: Estate) -> None:
        self.folder, self.estate, self.port = folder, estate, free_port()
        self.settings = folder / "sla-monitor.yaml"
        self.ledger = folder / "ledger.db"
        self.log = folder / "daemon.log"
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "contracts").mkdir()
        self.write()

    def endpoints(self) -> list[dict[str, Any]]:
        ports = self.estate.ports
        login = f"http://127.0.0.1:{ports.http}/cad/login"
        return [
            {"id": "login", "kind": "http", "url": login, "every": "1s", "timeout": "900ms"},
            {"id": "ssh", "kind": "tcp", "host": "127.0.0.1", "port": ports.ssh, "every": "1s", "timeout": "900ms"},
        ]

    def write(self, *, endpoints: list[dict[str, Any]] | None = None, **settings: Any) -> None:
        """JSON is YAML: the files of this run."""
        contract = demo_contract(endpoints or self.endpoints())
        contract["kpis"] = [{"id": "KPI1", "service": "cad", "target": "99.0"}]
        (self.folder / "contracts" / "demo.yaml").write_text(json.dumps(contract, indent=1))
        plain = {"listen": f"127.0.0.1:{self.port}", "ledger": {"path": "ledger.db"}, "assess_every": "1s"}
        self.settings.write_text(json.dumps(plain | settings, indent=1))

    def start(self, *, until_ready: bool = True) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "sla_monitor", "run", "--config", str(self.settings)]
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        if until_ready:
            wait_until(self.is_ready)

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        return self.status("/-/ready") == 200

    def status(self, path: str, method: str = "GET") -> int:
        try:
            request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def page(self) -> str:
        """What /metrics says now."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    def metric(self, series: str) -> float | None:
        """The value of one series, written as it stands on the page; None if it is not there."""
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.page(), re.MULTILINE)
        return float(found[1]) if found else None

    def state(self, endpoint: str) -> str:
        """The outcome of an endpoint's last probe, from one page: between two pages it may have changed."""
        labels = f'contract="demo",endpoint="{endpoint}",service="cad"'
        found = re.search(
            rf'^sla_endpoint_state{{{re.escape(labels)},state="(\w+)"}} 1(?:\.0)?$', self.page(), re.MULTILINE
        )
        assert found, f"no state of {endpoint} on the page"
        return found[1]

    def sites(self) -> list[int]:
        """The processes that probe: those that it has started."""
        assert self.process is not None
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sorted({int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()})

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.send(number)
        return self.process.wait(60)
