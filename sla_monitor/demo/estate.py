"""The demo estate: a simulated supplier on loopback, real servers that misbehave by a script or on demand."""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from sla_monitor.clock import Clock, SystemClock
from sla_monitor.demo import custody
from sla_monitor.demo.batch_job import BatchJob
from sla_monitor.demo.certificates import EXPIRING_DAYS, VALID_DAYS, Authority, write_private
from sla_monitor.demo.dns_server import NameServer
from sla_monitor.demo.listener import Listener, Serve
from sla_monitor.demo.narrator import Narrator
from sla_monitor.demo.scenario import A_BAD_DAY, BATCH_JOB, OK, SSH, Behaviour, Scenario, state
from sla_monitor.demo.site import PAGES, DemoSite

MONITOR_URL = "http://127.0.0.1:9810"
SSH_BANNER = b"SSH-2.0-demo\r\n"
IPV4 = ("127.0.0.1",)
LOCALHOST = ("127.0.0.1", "::1")
TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each server listens; 0 takes any free port. The example contract points at the defaults."""

    http: int = 18080
    https: int = 18443
    expiring: int = 18444
    ssh: int = 18022
    witness: int = 18007
    dns: int = 18053

    def moved(self, offset: int) -> Ports:
        """All of them so much higher, for a second estate on the same host."""
        return Ports(**{name: port + offset for name, port in asdict(self).items()})


ANY_PORTS = Ports(0, 0, 0, 0, 0, 0)
"""Free ports, for tests: read `Estate.ports` after the start."""

SERVERS = ("http", "https", "expiring", SSH, "witness")
PATHS = frozenset({*PAGES, *custody.PATHS})
PLACES = frozenset({*PATHS, *SERVERS, "dns", BATCH_JOB})
"""Everything that can misbehave: paths (wherever they are served), whole servers, the name server, the batch job."""


class Estate:
    """Start it, break it, stop it. Files for the monitor (`ca.pem`, `heartbeat-token`, `custody-password`) are written
    to `folder`.

    `tell` is handed one line for every step of the script that begins or ends.
    """

    def __init__(
        self,
        folder: Path,
        *,
        ports: Ports = Ports(),
        scenario: Scenario = A_BAD_DAY,
        monitor_url: str = MONITOR_URL,
        clock: Clock | None = None,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.folder, self.ports = folder, ports
        self._scenario, self._monitor_url = scenario, monitor_url
        self._clock: Clock = clock or SystemClock()
        self._narrator = Narrator(scenario, self._clock, tell)
        self._forced: dict[str, Behaviour] = {}
        self._listeners: dict[str, Listener] = {}
        self._names = NameServer(lambda: self.behaviour("dns"))
        self._job: BatchJob | None = None
        self._stopping = threading.Event()
        self._applying = threading.Lock()
        self._ticker = threading.Thread(target=self._tick, name="demo script", daemon=True)
        self._started = 0.0

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def token_file(self) -> Path:
        return self.folder / "heartbeat-token"

    @property
    def password_file(self) -> Path:
        return self.folder / "custody-password"

    def behaviour(self, place: str) -> Behaviour:
        """How a place behaves now: as forced, else as the script says."""
        forced = self._forced.get(place)
        return forced or state(self._scenario, self._seconds()).get(place, OK)

    def _seconds(self) -> float:
        return self._clock.monotonic() - self._started

    def start(self) -> None:
        """Write the files, listen everywhere, start the script. Raises ListenError; then nothing is left open."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._started = self._clock.monotonic()
        try:
            self._open()
        except BaseException:
            self.stop()
            raise

    def _open(self) -> None:
        # Files first: whoever has waited for a port to answer finds them there.
        token = secrets.token_urlsafe(32)
        write_private(self.token_file, token.encode() + b"\n")
        password = secrets.token_urlsafe(32)
        write_private(self.password_file, password.encode() + b"\n")
        authority = Authority(self._clock.now_ms())
        authority.write_ca(self.ca_file)
        good = authority.server_context(self.folder / "server.pem", VALID_DAYS)
        expiring = authority.server_context(self.folder / "expiring.pem", EXPIRING_DAYS)
        site = DemoSite(self.behaviour, self._stopping, custody.Custody(password))
        self.ports = Ports(
            http=self._listen("http", site.serve, IPV4, self.ports.http),
            https=self._listen("https", site.serve, LOCALHOST, self.ports.https, good),
            expiring=self._listen("expiring", site.serve, LOCALHOST, self.ports.expiring, expiring),
            ssh=self._listen(SSH, _greet, IPV4, self.ports.ssh),
            witness=self._listen("witness", _echo, IPV4, self.ports.witness),
            dns=self._names.open(self.ports.dns),
        )
        self._job = BatchJob(self._monitor_url, token, lambda: self.behaviour(BATCH_JOB))
        self._job.start()
        self._ticker.start()

    def _listen(
        self, name: str, serve: Serve, addresses: tuple[str, ...], port: int, tls: ssl.SSLContext | None = None
    ) -> int:
        listener = Listener(name, serve, lambda: self.behaviour(name), tls)
        self._listeners[name] = listener
        return listener.open(addresses, port)

    def stop(self) -> None:
        """Close everything and wait for the threads."""
        self._stopping.set()
        if self._ticker.ident is not None:
            self._ticker.join()
        if self._job is not None:
            self._job.stop()
        for listener in self._listeners.values():
            listener.close()
        self._names.close()

    def force(self, place: str, behaviour: Behaviour) -> None:
        """Make a place behave so until `clear`, whatever the script says; it holds when this returns.

        Raises ValueError for a place that is not there, or a behaviour that it cannot have.
        """
        if place not in PLACES:
            raise ValueError(f"no such place: {place} (places: {', '.join(sorted(PLACES))})")
        if (place in PATHS and behaviour.kind == "refuse") or (place in SERVERS and behaviour.kind == "status"):
            raise ValueError(f"{place} cannot {behaviour.kind} (a path has a status, a whole server can refuse)")
        self._forced[place] = behaviour
        self._apply()

    def clear(self) -> None:
        """Forget everything that was forced."""
        self._forced.clear()
        self._apply()

    def _apply(self) -> None:
        with self._applying:
            for name, listener in self._listeners.items():
                listener.refuse(self.behaviour(name).kind == "refuse")

    def _tick(self) -> None:
        while not self._stopping.wait(TICK_SECONDS):
            self._apply()
            self._narrator.narrate(self._seconds())


def _greet(connection: socket.socket) -> None:
    connection.sendall(SSH_BANNER)


def _echo(connection: socket.socket) -> None:
    while data := connection.recv(4096):
        connection.sendall(data)
