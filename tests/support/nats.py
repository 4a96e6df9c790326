"""A NATS server with TLS and a user for each site, a network that can be cut, a collector, and sites far away."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from sla_monitor.clock import Clock, SystemClock
from sla_monitor.contract.endpoints.endpoint import Endpoint, endpoint_of
from sla_monitor.daemon.far_sites import FarSites
from sla_monitor.daemon.following import Following
from sla_monitor.ledger import Ledger
from sla_monitor.outpost.handing_over import Doing, HandingOver, Skew
from sla_monitor.outpost.outbox import FarOutbox
from sla_monitor.settings import Settings
from sla_monitor.signing import SigningKey
from sla_monitor.sla.observation import Finding, Observation, Outcome
from sla_monitor.transport import Answer, decode_signed, decode_to_site
from sla_monitor.transport.line import FarConnection, FarLine, once
from tests.support.ports import free_port

PROGRAM = Path(sys.executable).parent / "nats-server"
OLDEST = Path("/usr/sbin/nats-server")
"""Debian 12's, 2.9: the Debian package nats-server."""
PASSWORD = "a-long-password-for-tests"
KEY = "custody/login"
EVERY_MS = 10_000
UP = Finding(Outcome.UP, duration_us=1_500)
FOREVER_MS = 1 << 45

_CONFIG = """
listen: "127.0.0.1:{port}"
jetstream {{ store_dir: "{folder}/store"{sync} }}
max_payload: 1MB
tls {{ cert_file: "{folder}/server.pem", key_file: "{folder}/server.pem", timeout: 5 }}
authorization {{
  users: [
    {{ user: collector, password: "{password}" }}
    {sites}
  ]
}}
"""
_SITE = """{{ user: {site}, password: "{password}", permissions: {{
  publish: "obs.{site}.>", subscribe: ["to.{site}", "_INBOX_{site}.>"] }} }}"""


def wait(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """For what must come; nothing is asked how soon."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"still not so after {seconds} s"
        time.sleep(0.02)


class Server:
    """Of one folder and port, started as often as one likes."""

    def __init__(self, folder: Path, sites: Sequence[str] = ("north", "south"), program: Path = PROGRAM) -> None:
        self.folder, self.port, self._program = folder, free_port(), program
        folder.mkdir()
        self.authority = trustme.CA()
        self.authority.cert_pem.write_to_path(folder / "ca.pem")
        self.certify()
        users = "\n".join(_SITE.format(site=site, password=PASSWORD) for site in sites)
        sync = "" if program == OLDEST else ", sync_interval: always"  # since 2.10
        text = _CONFIG.format(port=self.port, folder=folder, password=PASSWORD, sites=users, sync=sync)
        (folder / "server.conf").write_text(text)
        self._process: subprocess.Popen[bytes] | None = None

    def certify(self, **how: Any) -> None:
        issued = self.authority.issue_cert("localhost", "127.0.0.1", **how)
        issued.private_key_and_cert_chain_pem.write_to_path(self.folder / "server.pem")

    def start(self) -> None:
        command = [str(self._program), "-c", str(self.folder / "server.conf"), "-l", str(self.folder / "log")]
        self._process = subprocess.Popen(command)
        wait(self._listens)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def emptied(self) -> Server:
        """Itself, without what tests before this one left in it: a parcel that was taken and not acknowledged would be
        delivered again, to a collector that knows nothing of it."""

        async def empty(connection: FarConnection) -> None:
            for found in await connection.stream.streams_info():
                await connection.stream.delete_stream(str(found.config.name))

        nats = Settings.model_validate({"sites": {"nats": self.settings("collector")}}).sites.nats
        assert nats is not None
        once(nats, "_INBOX_collector", empty)
        return self

    def delete_store(self) -> None:
        shutil.rmtree(self.folder / "store", ignore_errors=True)

    def _listens(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def settings(self, user: str, port: int | None = None, password: str = PASSWORD) -> dict[str, Any]:
        file = self.folder / f"{user}-{len(password)}.password"
        file.write_text(password)
        return {
            "servers": [f"tls://localhost:{port or self.port}"],
            "ca_file": str(self.folder / "ca.pem"),
            "user": user,
            "password": f"${{file:{file}}}",
        }


@contextmanager
def serving(folder: Path, **how: Any) -> Iterator[Server]:
    server = Server(folder, **how)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Network:
    """A TCP proxy in front of a port: cut, it ends what is open and lets nobody in; `swallow`: nothing gets through,
    and nobody is told."""

    def __init__(self, to_port: int) -> None:
        self._to_port, self._pairs, self._lock = to_port, list[socket.socket](), threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.is_cut = self.swallow = False
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def cut(self) -> None:
        with self._lock:
            self.is_cut = True
            pairs, self._pairs = self._pairs, []
        for one in pairs:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._listener.shutdown(socket.SHUT_RDWR)  # who waits at it hears of that, and not of its closing
        self._accepting.join()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._connect(self._listener.accept()[0])

    def _connect(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(("127.0.0.1", self._to_port))
        except OSError:
            near.close()
            return
        with self._lock:
            if self.is_cut:
                near.close()
                far.close()
                return
            self._pairs += [near, far]
        threading.Thread(target=self._join, args=(near, far), daemon=True).start()

    def _join(self, near: socket.socket, far: socket.socket) -> None:
        with near, far:
            back = threading.Thread(target=self._pass_on, args=(far, near), daemon=True)
            back.start()
            self._pass_on(near, far)
            back.join()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(1 << 16):
                if not self.swallow:
                    other.sendall(data)
        for each in (one, other):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class Off(SystemClock):
    """The real one, set wrong by `off_ms`."""

    def __init__(self, off_ms: int) -> None:
        self.off_ms = off_ms

    def now_ms(self) -> int:
        return super().now_ms() + self.off_ms


def terms(name: str = "login", **more: Any) -> Endpoint:
    plain = {"id": name, "kind": "tcp", "host": "127.0.0.1", "port": 9, "every": f"{EVERY_MS}ms", "timeout": "900ms"}
    return endpoint_of(plain | more)


PAIR = ("east", "west")


class Collector:
    """What the daemon has of sites far away, with a ledger of its own. `name`: which of PAIR it is; both have the key
    that is in the folder above theirs."""

    def __init__(
        self, folder: Path, nats: Mapping[str, Any], endpoints: Mapping[str, Endpoint], clock: Clock, name: str = ""
    ) -> None:
        self.path, self._endpoints, self._clock, self.name = folder / "ledger.db", endpoints, clock, name
        self.shown: list[tuple[str, Observation]] = []
        folder.mkdir(exist_ok=True)
        place = folder.parent if name else folder
        key = place / "ledger.key"
        if not key.exists():
            SigningKey.make(key)
            (place / "ledger.pub").write_text(SigningKey.read(key).public.pem)
        self.settings = Settings.model_validate(
            {
                "ledger": {"path": str(self.path), "key": str(key)},
                **({"collectors": {"name": name, "pair": list(PAIR)}} if name else {}),
                "sites": {
                    "nats": dict(nats),
                    "known": [{"id": site, "endpoints": sorted(endpoints)} for site in ("north", "south")],
                },
            }
        )
        self.public = SigningKey.read(key).public

    def start(self) -> None:
        self.ledger = Ledger.open(self.path, self._clock, commit_within_ms=5)
        self.far = FarSites(self.settings, self._clock, self.ledger, self._show)
        self.far.speaks = lambda: self.name in {"", PAIR[0]}
        self.far.assign(self._endpoints)
        self.far.start()
        self.following = Following.of(self.settings, self._clock, self.ledger, self.far.complete_until_ms)
        if self.following is not None:
            self.following.start()

    def _show(self, observations: Sequence[Observation], site: str) -> None:
        self.shown += [(site, one) for one in observations]

    def stop(self) -> None:
        if self.following is not None:
            self.following.stop(5)
        self.far.stop(5)
        self.ledger.close(5)

    def restart(self) -> None:
        self.stop()
        self.start()

    def times(self, key: str = KEY, site: str = "north") -> list[int]:
        """When each of its observations began, in the order in which they were recorded."""
        return [one.at_ms for one in self.ledger.observations(f"{key}@{site}", 0, FOREVER_MS)]

    def outcomes(self, key: str = KEY, site: str = "north") -> Counter[str]:
        return Counter(one.finding.outcome.value for one in self.ledger.observations(f"{key}@{site}", 0, FOREVER_MS))

    def refused(self, site: str = "north") -> dict[str, int]:
        return dict(self.far.sites[site].refused)


@contextmanager
def collecting(
    folder: Path,
    nats: Mapping[str, Any],
    endpoints: Mapping[str, Endpoint] | None = None,
    clock: Clock | None = None,
    name: str = "",
) -> Iterator[Collector]:
    one = Collector(folder, nats, endpoints or {KEY: terms()}, clock or SystemClock(), name)
    one.start()
    try:
        yield one
    finally:
        one.stop()


class Sender:
    """A site far away without its probing: what it sees is said by the test."""

    def __init__(self, path: Path, nats: Mapping[str, Any], site: str = "north", **how: Any) -> None:
        clock = how.get("clock") or SystemClock()
        settings = Settings.model_validate({"sites": {"nats": dict(nats)}}).sites.nats
        assert settings is not None
        self.skew = Skew(clock)
        self.outbox = FarOutbox(path, how.get("most_bytes", 1 << 30), clock, self.skew)
        self.taken_up = 0
        self.handing = HandingOver(site, self.outbox, clock, self.skew, self._understand, lambda: Doing(1, 0))
        self.line = FarLine(settings, f"line-{site}", f"_INBOX_{site}", self.handing.serve)
        self.line.start()

    def _understand(self, data: bytes) -> Answer | None:
        said = decode_to_site(decode_signed(data).body)
        if isinstance(said, Answer):
            return said
        self.taken_up += 1
        self.handing.take_terms(said)
        return None

    def see(self, *times_ms: int, key: str = KEY, finding: Finding = UP) -> None:
        self.outbox.put([Observation(key, at_ms, finding) for at_ms in times_ms])

    def close(self) -> None:
        self.line.stop(5)
        self.outbox.close(5)


@contextmanager
def sending(path: Path, nats: Mapping[str, Any], site: str = "north", **how: Any) -> Iterator[Sender]:
    one = Sender(path, nats, site, **how)
    try:
        yield one
    finally:
        one.close()


LOADED_MS = int(time.time() * 1000)
"""One instant for all times of a test, however long it takes."""


def times(count: int, days_ago: float = 20, start: int = 0) -> list[int]:
    """When an endpoint that is probed every EVERY_MS was, from so many days ago on."""
    first_ms = (LOADED_MS - int(days_ago * 86_400_000)) // EVERY_MS * EVERY_MS
    return [first_ms + (start + number) * EVERY_MS for number in range(count)]


def context_of(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.folder / "ca.pem"))
