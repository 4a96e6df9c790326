"""Debian's Prometheus and Alertmanager as processes on loopback, and a few words with them."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.waiting import wait_until


class Alertmanager:
    """One Alertmanager with its data in a folder; it can be stopped and started again."""

    def __init__(self, folder: Path, config: Path | None = None) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = config or folder / "plain.yml"
        if config is None:
            folder.mkdir(parents=True, exist_ok=True)
            self.config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        arguments = [
            f"--config.file={self.config}",
            f"--storage.path={self.folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]
        with (self.folder / "alertmanager.log").open("ab") as log:
            self._process = subprocess.Popen(["prometheus-alertmanager", *arguments], stdout=log, stderr=log)
        wait_until(self.is_ready)

    def is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "alertmanager.log").read_text()
        try:
            with urllib.request.urlopen(f"{self.url}/-/ready", timeout=60) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/api/v2/{path}", data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def silences(self) -> list[dict[str, Any]]:
        """Those that have not ended."""
        return [one for one in self.ask("silences") if one["status"]["state"] != "expired"]

    def fire(self, **labels: str) -> None:
        self.ask("alerts", [{"labels": labels, "startsAt": datetime.now(UTC).isoformat()}])

    def is_muted(self, **labels: str) -> bool:
        """Whether an alert with these labels is silenced or inhibited."""
        (alert,) = [one for one in self.ask("alerts") if one["labels"] == labels]
        return bool(alert["status"]["state"] == "suppressed")


@contextmanager
def alertmanager(folder: Path, config: Path | None = None) -> Iterator[Alertmanager]:
    one = Alertmanager(folder, config)
    try:
        one.start()
        yield one
    finally:
        one.stop()


def now_ms() -> int:
    return time.time_ns() // 1_000_000
