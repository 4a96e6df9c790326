"""A pair of collectors with all that belongs to it: a NATS server, the site `main`, a supplier, Prometheus,
Alertmanager, and somebody who is called."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sla_monitor.configuration import read_configuration
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.generate.prometheus import prometheus_files
from sla_monitor.signing import SigningKey
from tests.support.nats import Network, Server, serving
from tests.support.ports import free_port
from tests.support.running import demo_contract
from tests.support.stack import Alertmanager, alertmanager, now_ms

NAMES = ("east", "west")
PATIENT_S = 90.0
"""For whatever must come; nothing here is asked how soon."""


class Supplier:
    """A port that is open, or not."""

    def __init__(self) -> None:
        self.port = free_port()
        self._listener: socket.socket | None = None

    def open(self) -> None:
        listener = self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def close(self) -> None:
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                listener.accept()[0].close()


class Called:
    """A webhook of Alertmanager, and what it was told: name and status of each alert, and how long after the start."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, float]] = []
        told, began_s = self.told, time.monotonic()

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                at_s = round(time.monotonic() - began_s, 1)
                told.extend((one["labels"]["alertname"], one["status"], at_s) for one in body["alerts"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def of(self, alert: str) -> list[str]:
        return [status for name, status, _ in self.told if name == alert]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class One:
    """A collector of the pair, as a process."""

    def __init__(self, folder: Path, name: str, ports: Sequence[int], settings: dict[str, Any]) -> None:
        self.folder, self.name, self.port = folder / name, name, ports[NAMES.index(name)]
        self.folder.mkdir()
        self.settings, self.ledger = self.folder / "sla-monitor.yaml", self.folder / "ledger.db"
        own = {
            "listen": f"127.0.0.1:{self.port}",
            "contracts": str(folder / "contracts"),
            "ledger": {"path": "ledger.db", "key": str(folder / "ledger.key")},
            "assess_every": "1s",
            "collectors": {"name": name, "pair": list(NAMES), "scraped": [f"127.0.0.1:{port}" for port in ports]},
            **settings,
        }
        self.settings.write_text(json.dumps(own))
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "sla_monitor", "run", "--config", str(self.settings), *arguments]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None

    def page(self, path: str = "/metrics", within_s: float = 2) -> str:
        """Nothing, where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=within_s) as answer:
                text: str = answer.read().decode()
                return text
        except OSError:
            return ""

    def metric(self, series: str) -> float | None:
        found = re.search(rf"^{re.escape(series)} (\S+)$", self.page(), re.MULTILINE)
        return float(found[1]) if found else None

    def speaks(self) -> bool:
        return self.metric(f'sla_collector_speaks{{collector="{self.name}"}}') == 1

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")


class Pair:
    """All of it. `networks`: between each collector and the server; `every`: how often the supplier is probed."""

    def __init__(self, folder: Path, server: Server, called: Called, every: str) -> None:
        self.folder, self.server, self.called, self.supplier = folder, server, called, Supplier()
        self.networks = {name: Network(server.port) for name in NAMES}
        SigningKey.make(folder / "ledger.key")
        public = folder / "collector.pub"
        public.write_text(SigningKey.read(folder / "ledger.key").public.pem)
        endpoint = {"id": "port", "kind": "tcp", "host": "127.0.0.1", "port": self.supplier.port}
        contract = demo_contract([endpoint | {"every": every, "timeout": "900ms"}])
        contract["kpis"] = [{"id": "KPI1", "service": "cad", "target": "99.0"}]
        (folder / "contracts").mkdir()
        (folder / "contracts/demo.yaml").write_text(json.dumps(contract))
        ports = [free_port() for _ in NAMES]
        self.alertmanager_port = 0
        alerting = {"scrape_every": "1s", "evaluate_every": "1s"}

        def settings(name: str) -> dict[str, Any]:
            nats = server.settings("collector", self.networks[name].port)
            return {"sites": {"nats": nats, "known": [{"id": "main"}]}, "alerting": alerting}

        self.east, self.west = (One(folder, name, ports, settings(name)) for name in NAMES)
        outpost = {"outbox": str(folder / "outbox.db"), "collector_key": str(public)}
        site = {"sites": {"nats": server.settings("main"), "outpost": outpost}}
        (folder / "site.yaml").write_text(json.dumps(site))
        self._site: subprocess.Popen[bytes] | None = None

    @property
    def both(self) -> tuple[One, One]:
        return self.east, self.west

    def start_site(self) -> None:
        command = [sys.executable, "-m", "sla_monitor", "site", "--id", "main", "--config", f"{self.folder}/site.yaml"]
        with (self.folder / "site.log").open("ab") as log:
            self._site = subprocess.Popen(command, stdout=log, stderr=log)

    def speaking(self) -> tuple[One, One]:
        """The one that speaks, once there is one and the other's page says so, and the other."""
        deadline = time.monotonic() + PATIENT_S
        while True:
            for one, other in (self.both, self.both[::-1]):
                if one.speaks() and f"The one that speaks is {one.name}." in other.page("/"):
                    return one, other
            assert time.monotonic() < deadline, self.east.log() + self.west.log()
            time.sleep(0.05)

    @contextmanager
    def watched(self) -> Iterator[str]:
        """Prometheus with the rules that are made for the pair, and Alertmanager; the address of Prometheus."""
        config = self.folder / "alertmanager.yml"
        route = {"receiver": "hook", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s"}
        hook = {"url": f"http://127.0.0.1:{self.called.port}/", "send_resolved": True}
        config.write_text(json.dumps({"route": route, "receivers": [{"name": "hook", "webhook_configs": [hook]}]}))
        with alertmanager(self.folder, config) as manager, self._prometheus(manager) as url:
            yield url

    @contextmanager
    def _prometheus(self, manager: Alertmanager) -> Iterator[str]:
        read = read_configuration(self.east.settings)
        settings = read.settings.model_copy(
            update={"alertmanager": read.settings.alertmanager.model_copy(update={"url": manager.url})}
        )
        folder, port = self.folder / "prometheus", free_port()
        write(rendered(prometheus_files(read.contracts, settings, now_ms(), leave_out_refused=True)), folder)
        arguments = [
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(["prometheus", *arguments], stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()

    def close(self) -> None:
        """Everything, whatever of it does not stop as it should."""
        with ExitStack() as ends:
            for network in self.networks.values():
                ends.callback(network.close)
            ends.callback(self.supplier.close)
            if self._site is not None:
                ends.callback(self._site.wait)
                ends.callback(self._site.kill)
            for one in self.both:
                ends.callback(one.stop, signal.SIGKILL)


def asked(url: str, expression: str) -> dict[str, float]:
    """What Prometheus answers now: a value for each series, by its labels without the name."""
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{url}/api/v1/query?{query}", timeout=60) as answer:
        found = json.load(answer)["data"]["result"]
    return {
        ",".join(f"{key}={value}" for key, value in sorted(one["metric"].items()) if key != "__name__"): float(
            one["value"][1]
        )
        for one in found
    }


@contextmanager
def a_pair(folder: Path, every: str = "4s") -> Iterator[Pair]:
    with ExitStack() as stack:
        server = stack.enter_context(serving(folder / "server", sites=("main",)))
        called = stack.enter_context(closing(Called()))
        pair = stack.enter_context(closing(Pair(folder, server, called, every)))
        pair.supplier.open()
        yield pair
