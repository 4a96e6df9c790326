"""What is asked: a server that answers whatever it is told, and Debian's Prometheus, which scrapes such a server."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from tests.support.ports import free_port
from tests.support.waiting import wait_until


def success(value: Any, kind: str = "vector", **more: Any) -> bytes:
    """An answer of the API with one series of this value."""
    pair = [1_700_000_000.0, value]
    result = [{"metric": {}, "value": pair}] if kind == "vector" else pair
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


@dataclass
class Canned:
    """The next answers; `asked` is what came in: the form, and the Authorization header."""

    url: str
    body: bytes = success("1")
    status: int = 200
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def canned(tls: ssl.SSLContext | None = None) -> Iterator[Canned]:
    """A server on loopback; `answers` go by the query, `body` is for all others."""
    told = Canned("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            said = {name: values[0] for name, values in parse_qs(form).items()}
            told.asked.append({"path": self.path, "authorization": self.headers["Authorization"] or "", **said})
            self.answer(told.answers.get(said.get("query", ""), told.body))

        def do_GET(self) -> None:
            self.answer(told.body)

        def answer(self, body: bytes) -> None:
            self.send_response(told.status)
            self.send_header("Location", f"{told.url}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        told.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield told
        server.shutdown()
        thread.join()


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """A Prometheus that scrapes `host:port` five times a second."""
    config, port = folder / "prometheus.yml", free_port()
    jobs = [{"job_name": "small", "scrape_interval": "200ms", "scrape_timeout": "200ms"}]
    config.write_text(json.dumps({"scrape_configs": [{**jobs[0], "static_configs": [{"targets": [target]}]}]}))
    arguments = [
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(["prometheus", *arguments], stdout=log, stderr=log)
    try:
        wait_until(lambda: _has_series(url))
        yield url
    finally:
        process.terminate()
        process.wait(60)


def _has_series(url: str) -> bool:
    """Whether there are samples enough for a range."""
    try:
        asked = f"{url}/api/v1/query?query=count_over_time(up%5B1m%5D)"
        with urllib.request.urlopen(asked, timeout=60) as answer:
            result = json.load(answer)["data"]["result"]
    except OSError:
        return False
    return bool(result) and int(result[0]["value"][1]) >= 3
