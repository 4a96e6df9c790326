"""The sites of this host: started, given their endpoints, listened to, watched, and replaced.

A site that does not turn for a second is killed and started again. The probes that were in flight are UNKNOWN, and it
is told. Whose bytes it was working on stands in shared memory: an endpoint that held its site twice running is DOWN
(`too_costly`), and from then on has a site of its own, where it harms nobody else.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoint import Endpoint
from sla_monitor.contract.fields import Strict
from sla_monitor.contract.secret import SecretReference
from sla_monitor.contract.spelled import spelled
from sla_monitor.names import LATENESS_BUCKETS_S
from sla_monitor.settings import Settings
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.transport import (
    Assigned,
    Assignment,
    Batch,
    Frames,
    HostWords,
    MessageError,
    Pulse,
    SiteWords,
    decode_from_site,
    encode,
    framed,
)

TICK_S = 0.2
HELD_MS = 1_000
"""A site whose loop has not turned for so long is held: its longest step takes a hundredth of it."""

BEGIN_MS = 10_000
"""How long a site may take from its start to its first turn, on a machine that is busy."""

COMPUTED_MS = 300
"""A site that was held has used so much of the processor meanwhile. One that was stopped, or starved, was not held by
anybody's bytes."""

OWN_NICE = 5
"""How far the site of an endpoint that holds sites stands back."""

RESTARTS, RESTARTS_WITHIN_S, PATIENCE_S = 5, 10.0, 2.0
"""A site that ends again and again is started with a pause from the fifth time on."""

STOP_S = 1.0
COMMAND = (sys.executable, "-m", "sla_monitor.site")
FOR_PYTHON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "JOURNAL_STREAM", "VIRTUAL_ENV")
"""What the interpreter itself needs to start; the site gives it up when it has."""

ENVIRONMENT = ("CREDENTIALS_DIRECTORY", "JOURNAL_STREAM", "LOCALDOMAIN", "RES_OPTIONS")
TICK_HZ = os.sysconf("SC_CLK_TCK")

log = logging.getLogger(__package__)


@dataclass(frozen=True, slots=True)
class SiteStats:
    """Of all sites, since the start of the daemon. `pulse_age_s`: of the site that was heard of longest ago."""

    wanted: int
    running: int
    isolated: tuple[str, ...]
    restarts: Mapping[str, int]
    in_flight: int
    waiting_for_witness: int
    missed: int
    overrun: int
    lateness_counts: tuple[int, ...]
    lateness_sum_s: float
    pulse_age_s: float
    logged: Mapping[str, int]
    refused: int


@dataclass(slots=True)
class _Site:
    """One process. `own`: the endpoint that it was made for alone. `began_s`, `heard_s`: monotonic."""

    name: str
    own: str | None
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    sock: socket.socket | None = None
    process: subprocess.Popen[bytes] | None = None
    words: SiteWords | None = None
    frames: Frames = field(default_factory=Frames)
    unsent: bytearray = field(default_factory=bytearray)
    pulse: Pulse | None = None
    began_s: float = 0.0
    heard_s: float = 0.0
    turned_ms: int = 0
    cpu_ms: int = 0
    starts: list[float] = field(default_factory=list)
    not_before_s: float = 0.0


class Sites:
    """`take` is called with what sites saw, `skip` with an endpoint's probes that were due and not made; both from
    one thread of this class."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        take: Callable[[Sequence[Observation]], None],
        skip: Callable[[str, int], None],
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._settings, self._clock, self._take, self._skip, self._command = settings, clock, take, skip, command
        self.host = HostWords()
        self._sites = [_Site(f"local-{n}", None) for n in range(settings.sites.processes)]
        self._numbers: dict[str, int] = {}
        self._keys: dict[int, str] = {}
        self._last_ms: dict[str, int] = {}
        self._held: dict[str, int] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._ended: list[Pulse] = []
        self._restarts: dict[str, int] = dict.fromkeys(("ended", "held", "stopped"), 0)
        self._refused = 0
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakes = socket.socketpair()
        self._waker.setblocking(False)
        self._wakes.setblocking(False)
        self._selector.register(self._wakes, selectors.EVENT_READ, None)
        self._stopping = threading.Event()
        self._ticked_s = 0.0
        self._thread = threading.Thread(target=self._run, name="sites", daemon=True)

    def start(self) -> None:
        """Start every site; what they are to probe may have been said before, and may change later."""
        self._ticked_s = self._clock.monotonic()
        with self._lock:
            for site in self._sites:
                self._begin(site)
        self._thread.start()

    def assign(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Probe exactly these from now on."""
        with self._lock:
            self._endpoints = dict(endpoints)
            for key in endpoints:
                if key not in self._numbers:
                    number = len(self._numbers) + 1
                    self._numbers[key], self._keys[number] = number, key
            self._distribute()
        self._wake()

    def reconfigure(self, settings: Settings) -> None:
        """Take up what may change while the daemon runs: the log."""
        with self._lock:
            self._settings = settings
            for site in self._sites:
                self._tell(site)
        self._wake()

    def stats(self) -> SiteStats:
        with self._lock:
            pulses = [site.pulse for site in self._sites if site.pulse is not None]
            now_s = self._clock.monotonic()
            every = [*self._ended, *pulses]
            lateness = [sum(pulse.lateness_counts[n] for pulse in every) for n in range(len(LATENESS_BUCKETS_S) + 1)]
            logged: dict[str, int] = {}
            for pulse in every:
                for level, count in pulse.logged.items():
                    logged[level] = logged.get(level, 0) + count
            return SiteStats(
                wanted=len(self._sites),
                running=sum(site.sock is not None for site in self._sites),
                isolated=tuple(site.own for site in self._sites if site.own is not None),
                restarts=dict(self._restarts),
                in_flight=sum(pulse.in_flight for pulse in pulses),
                waiting_for_witness=sum(pulse.waiting_for_witness for pulse in pulses),
                missed=sum(pulse.missed for pulse in every),
                overrun=sum(pulse.overrun for pulse in every),
                lateness_counts=tuple(lateness),
                lateness_sum_s=sum(pulse.lateness_sum_s for pulse in every),
                pulse_age_s=max((now_s - (site.heard_s or site.began_s) for site in self._sites), default=0.0),
                logged=logged,
                refused=self._refused,
            )

    @property
    def tick_age_s(self) -> float:
        """How long ago the thread that watches them turned."""
        return self._clock.monotonic() - self._ticked_s

    def stop(self) -> None:
        """Have no further probe begun; what was handed over before is taken."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(STOP_S)
        with self._lock:
            for site in self._sites:
                self._finish(site)

    # Below, all of it holds the lock; all but `_begin` on the thread of this class.

    def _distribute(self) -> None:
        own = {site.own for site in self._sites if site.own is not None}
        gone = [site for site in self._sites if site.own is not None and site.own not in self._endpoints]
        for site in gone:
            self._finish(site)
            self._sites.remove(site)
        shared = [site for site in self._sites if site.own is None]
        for site in shared:
            site.endpoints = {}
        for key, terms in self._endpoints.items():
            if key not in own:
                shared[self._numbers[key] % len(shared)].endpoints[key] = terms
        for site in self._sites:
            if site.own is not None:
                site.endpoints = {site.own: self._endpoints[site.own]}
            self._tell(site)

    def _tell(self, site: _Site) -> None:
        """Send the assignment, in full."""
        if site.sock is None:
            return
        settings, is_first = self._settings, site is self._sites[0]
        witnesses = settings.witnesses if is_first else ()
        models: list[Strict] = [*site.endpoints.values(), *witnesses]
        names = {*ENVIRONMENT, *(name for model in models for name in _variables(model))}
        assignment = Assignment(
            endpoints=tuple(Assigned(self._numbers[key], key, spelled(terms)) for key, terms in site.endpoints.items()),
            witnesses=tuple(spelled(terms) for terms in witnesses),
            is_watched=bool(settings.witnesses),
            environment={name: os.environ[name] for name in sorted(names) if name in os.environ},
            log_level=settings.log.level,
            log_format=settings.log.format,
        )
        site.unsent += framed(encode(assignment))
        self._send(site)

    def _begin(self, site: _Site) -> None:
        """Start its process. When that fails it is tried again, and told each time."""
        now_s = self._clock.monotonic()
        site.starts = [*(at_s for at_s in site.starts if now_s - at_s < RESTARTS_WITHIN_S), now_s]
        ours, theirs = socket.socketpair()
        site.words, site.frames, site.unsent = SiteWords(), Frames(), bytearray()
        limit, nice = self._settings.sites.memory_mb << 20, OWN_NICE if site.own is not None else 0
        passed = theirs.fileno(), site.words.fd, self.host.fd
        arguments = [*self._command, *map(str, (os.getpid(), *passed, limit, nice))]
        environment = {name: os.environ[name] for name in FOR_PYTHON if name in os.environ}
        try:
            site.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, pass_fds=passed, env=environment)
        except OSError as error:
            log.error("a site cannot be started", extra={"site": site.name, "error": str(error)})
            ours.close()
            site.words.close()
            site.words = None
            site.not_before_s = now_s + PATIENCE_S
            return
        finally:
            theirs.close()
        ours.setblocking(False)
        site.sock, site.began_s, site.heard_s, site.turned_ms = ours, now_s, now_s, 0
        self._selector.register(ours, selectors.EVENT_READ, site)
        self._tell(site)

    def _run(self) -> None:
        next_s = self._clock.monotonic() + TICK_S
        while not self._stopping.is_set():
            events = self._selector.select(max(0.0, next_s - self._clock.monotonic()))
            with self._lock:
                for entry, bits in events:
                    self._serve(entry.data, bits)
                now_s = self._clock.monotonic()
                if now_s >= next_s:
                    next_s = now_s + TICK_S
                    self._watch(now_s)

    def _serve(self, site: _Site | None, bits: int) -> None:
        if site is None:
            with suppress(BlockingIOError):
                while self._wakes.recv(1024):
                    pass
            return
        if bits & selectors.EVENT_WRITE:
            self._send(site)
        if bits & selectors.EVENT_READ and not self._hear(site):
            self._replace(site, "ended", 0)

    def _hear(self, site: _Site) -> bool:
        """Take in what has come; False when that was the end of it."""
        while site.sock is not None:
            try:
                data = site.sock.recv(1 << 20)
            except BlockingIOError:
                return True
            except OSError:
                return False
            if not data:
                return False
            try:
                for message in site.frames.feed(data):
                    self._understand(site, decode_from_site(message))
            except MessageError as error:
                log.error("what a site said cannot be understood", extra={"site": site.name, "error": str(error)})
                return False
        return True

    def _understand(self, site: _Site, message: Batch | Pulse) -> None:
        site.heard_s = self._clock.monotonic()
        if isinstance(message, Pulse):
            site.pulse = message
            for number, count in message.skipped.items():
                key = self._keys.get(number)
                if key in site.endpoints and key is not None:
                    self._skip(key, count)
            return
        good = [one for one in message.observations if self._is_credible(site, one)]
        for one in good:
            self._last_ms[one.endpoint] = one.at_ms
            self._held.pop(one.endpoint, None)
        if good:
            self._take(good)

    def _is_credible(self, site: _Site, observation: Observation) -> bool:
        """Of an endpoint that this site was given. (A reload may have taken it away meanwhile.)"""
        if observation.endpoint in site.endpoints:
            return True
        if observation.endpoint not in self._numbers:
            self._refused += 1
            log.error("a site told of an endpoint that it was not given", extra={"site": site.name})
        return False

    def _watch(self, now_s: float) -> None:
        """See whether each of them turns; a tick of ours that was late itself says nothing about them."""
        was_late = now_s - self._ticked_s > 2.5 * TICK_S
        self._ticked_s = now_s
        for site in list(self._sites):
            if site.sock is None or site.words is None:
                if now_s >= site.not_before_s:
                    self._begin(site)
                continue
            turned_ms = site.words.turned_ms or int(site.began_s * 1000) + BEGIN_MS - HELD_MS
            if turned_ms != site.turned_ms or was_late:
                site.turned_ms, site.cpu_ms = turned_ms, _processor(site)[1]
                since_ms = int(now_s * 1000)
            else:
                since_ms = turned_ms
            if int(now_s * 1000) - since_ms > HELD_MS:
                self._held_up(site)

    def _held_up(self, site: _Site) -> None:
        state, cpu_ms = _processor(site)
        assert site.words is not None  # noqa: S101 - only a site that runs is watched
        is_computing = state != "T" and cpu_ms - site.cpu_ms >= COMPUTED_MS
        number = site.words.current if is_computing else 0
        self._replace(site, "held" if is_computing else "stopped", number)

    def _replace(self, site: _Site, why: str, number: int) -> None:
        """Kill it, take in what it had handed over, tell what is unknown now, and start it again."""
        if self._stopping.is_set():
            return
        holder = self._keys.get(number)
        _kill(site.process, 0.0)
        self._hear(site)
        words, numbers = site.words, (self._numbers[key] for key in site.endpoints)
        in_flight = list(words.in_flight(numbers)) if words is not None else []
        self._finish(site)
        if site.pulse is not None:
            self._ended.append(site.pulse)
            site.pulse = None
        self._restarts[why] += 1
        what = {"ended": "it ended", "held": "it was held by what an endpoint sent", "stopped": "it stood still"}[why]
        extra = {"site": site.name, "why": what, "endpoint": holder or "", "in_flight": len(in_flight)}
        log.error("a site is started again", extra=extra)
        self._tell_lost(site, in_flight, holder, what)
        if len(site.starts) >= RESTARTS:
            site.not_before_s = self._clock.monotonic() + PATIENCE_S
        else:
            self._begin(site)

    def _tell_lost(self, site: _Site, in_flight: list[tuple[int, int]], holder: str | None, what: str) -> None:
        """What was in flight is UNKNOWN; an endpoint that held its site twice running is DOWN."""
        if holder is not None:
            self._held[holder] = self._held.get(holder, 0) + 1
        observations = []
        for number, at_ms in in_flight:
            key = self._keys[number]
            if at_ms <= self._last_ms.get(key, 0):  # handed over, and killed before it could note that
                continue
            is_guilty = key == holder and (site.own is not None or self._held[key] > 1)
            self._last_ms[key] = at_ms
            observations.append(Observation(key, at_ms, HOLDS if is_guilty else _unseen(what)))
        if observations:
            self._take(observations)
        if holder is not None and site.own is None and self._held[holder] > 1:
            self._isolate(holder)

    def _isolate(self, key: str) -> None:
        """Give an endpoint a site of its own."""
        log.error("an endpoint held its site twice running and has one of its own now", extra={"endpoint": key})
        site = _Site(f"own-{self._numbers[key]}", key)
        self._sites.append(site)
        self._distribute()
        self._begin(site)

    def _finish(self, site: _Site) -> None:
        """Let go of a site, which ends if it has not."""
        if site.sock is not None:
            self._selector.unregister(site.sock)
            site.sock.close()
            site.sock = None
            _kill(site.process, STOP_S if self._stopping.is_set() else 0.0)
        if site.words is not None:
            site.words.close()
            site.words = None

    def _send(self, site: _Site) -> None:
        """As much as the site takes; the rest when it takes more."""
        if site.sock is None:
            return
        with suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
            while site.unsent:
                del site.unsent[: site.sock.send(site.unsent)]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if site.unsent else 0)
        if self._selector.get_key(site.sock).events != wanted:
            self._selector.modify(site.sock, wanted, site)

    def _wake(self) -> None:
        with suppress(BlockingIOError):
            self._waker.send(b"\0")


HOLDS = Finding(
    Outcome.DOWN,
    Reason.TOO_COSTLY,
    "what it sent held the process that probes it for a second, twice running",
)


def _unseen(what: str) -> Finding:
    return Finding(Outcome.UNKNOWN, Reason.INTERNAL_ERROR, f"the process that probed it was started again: {what}")


def _variables(value: object) -> Iterable[str]:
    """The environment variables to which the secrets of some terms refer."""
    if isinstance(value, SecretReference):
        return [value.name] if value.source == "env" else []
    parts: Iterable[object] = ()
    if isinstance(value, Strict):
        parts = (getattr(value, name) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    return [name for part in parts for name in _variables(part)]


def _processor(site: _Site) -> tuple[str, int]:
    """The state of its process (proc(5)) and its processor time in ms."""
    pid = 0 if site.process is None else site.process.pid
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except OSError:
        return "X", 0
    return fields[0], (int(fields[11]) + int(fields[12])) * 1000 // TICK_HZ


def _kill(process: subprocess.Popen[bytes] | None, patience_s: float) -> None:
    """Have it ended, by itself within so long or not."""
    if process is None:
        return
    try:
        process.wait(patience_s)
    except subprocess.TimeoutExpired:
        process.kill()
        with suppress(subprocess.TimeoutExpired):
            process.wait(1.0)
