"""The sites of this host: started, given their endpoints, listened to, watched, and replaced.

A site that does not turn for a second is killed and started again. The probes that were in flight are UNKNOWN, and it
is told. Whose bytes it was working on stands in shared memory: an endpoint that held its site twice running is DOWN
(`too_costly`), and from then on has a site of its own, where it harms nobody else.
"""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.daemon.assigning import AssignedEndpoint, assignment
from sla_monitor.daemon.credible import Credible
from sla_monitor.daemon.site_process import COMMAND, Child, SiteTrouble
from sla_monitor.names import LATENESS_BUCKETS_S
from sla_monitor.settings import Settings
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.transport import (
    MOST_ENDPOINTS,
    Batch,
    HostWords,
    MessageError,
    Pulse,
    decode_from_site,
    encode,
    framed,
)

TICK_S = 0.2

OWN_NICE = 5
"""How far the site of an endpoint that holds sites stands back."""

MOST_HOLDS, HOLDS_WITHIN_S = 3, 3600.0
"""An endpoint that holds its site so often has a site of its own too, though it behaves in between."""

RESTARTS, RESTARTS_WITHIN_S, PATIENCE_S = 5, 10.0, 2.0
"""A site that ends again and again is started with a pause from the fifth time on."""

MOST_REFUSED = 10
"""So many things that cannot be may a site say before it is replaced."""

MOST_PIECES = 64
"""A process that has ended had no more than this to say."""

STOP_S = 1.0

WHY = {
    "ended": "it ended",
    "held": "it was held by what an endpoint sent",
    "stopped": "it stood still",
    "refused": "what it said cannot be",
}

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
    name_server_is_silent: bool
    missed: int
    overrun: int
    lateness_counts: tuple[int, ...]
    lateness_sum_s: float
    pulse_age_s: float
    logged: Mapping[str, int]
    refused: int


@dataclass(slots=True)
class _Totals:
    """What processes have counted."""

    missed: int = 0
    overrun: int = 0
    lateness: list[int] = field(default_factory=lambda: [0] * (len(LATENESS_BUCKETS_S) + 1))
    lateness_sum_s: float = 0.0
    logged: dict[str, int] = field(default_factory=dict)

    def add(self, pulse: Pulse) -> None:
        self.missed += pulse.missed
        self.overrun += pulse.overrun
        self.lateness = [a + b for a, b in zip(self.lateness, pulse.lateness_counts, strict=True)]
        self.lateness_sum_s += pulse.lateness_sum_s
        for level, count in pulse.logged.items():
            self.logged[level] = self.logged.get(level, 0) + count


@dataclass(slots=True)
class _Site:
    """A site, whatever its process. `own`: the endpoint that it was made for alone. `heard_s`: when it last said how it
    is (monotonic)."""

    name: str
    own: str | None
    heard_s: float
    keys: set[str] = field(default_factory=set)
    child: Child | None = None
    starts: list[float] = field(default_factory=list)
    not_before_s: float = 0.0


class Sites:
    """`take` is called with what sites saw, `skip` with an endpoint's probes that were due and not made; both from
    one thread of this class, which also starts and ends the processes: they end with it."""

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
        now_s = clock.monotonic()
        self._sites = [_Site(f"local-{n}", None, now_s) for n in range(settings.sites.processes)]
        self._given: dict[str, AssignedEndpoint] = {}
        self._numbers: dict[str, int] = {}
        self._keys: dict[int, str] = {}
        self._credible = Credible(clock)
        self._held: dict[str, int] = {}
        self._holds: dict[str, list[float]] = {}
        self._ended = _Totals()
        self._restarts = dict.fromkeys(WHY, 0)
        self._refused = 0
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._waker, self._wakes = socket.socketpair()
        self._waker.setblocking(False)
        self._wakes.setblocking(False)
        self._selector.register(self._wakes, selectors.EVENT_READ, None)
        self._stopping = threading.Event()
        self._ticked_s = now_s
        self._thread = threading.Thread(target=self._run, name="sites", daemon=True)

    def start(self) -> None:
        """Start every site; what they are to probe may have been said before, and may change later."""
        self._thread.start()

    def assign(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Probe exactly these from now on. For one thread at a time."""
        # Outside the lock: thousands of terms take longer to spell than the sites may go unwatched.
        given = {key: self._spell(key, terms) for key, terms in endpoints.items() if self._has_number(key)}
        with self._lock:
            gone = self._given.keys() - given.keys()
            self._given = given
            self._credible.forget(gone)
            for key in gone:
                self._held.pop(key, None)
                self._holds.pop(key, None)
            self._distribute()
        self._wake()

    def reconfigure(self, settings: Settings) -> None:
        """Take up what may change while the daemon runs: the log."""
        with self._lock:
            self._settings = self._settings.model_copy(update={"log": settings.log})
            for site in self._sites:
                self._assign(site)
        self._wake()

    def stats(self) -> SiteStats:
        with self._lock:
            pulses = [site.child.pulse for site in self._sites if site.child is not None and site.child.pulse]
            totals, now_s = _Totals(), self._clock.monotonic()
            for pulse in pulses:
                totals.add(pulse)
            ended = self._ended
            for level, count in ended.logged.items():
                totals.logged[level] = totals.logged.get(level, 0) + count
            return SiteStats(
                wanted=len(self._sites),
                running=sum(pulse.has_assignment for pulse in pulses),  # one that knows no endpoints yet probes none
                isolated=tuple(site.own for site in self._sites if site.own is not None),
                restarts=dict(self._restarts),
                in_flight=sum(pulse.in_flight for pulse in pulses),
                waiting_for_witness=sum(pulse.waiting_for_witness for pulse in pulses),
                name_server_is_silent=any(pulse.name_server_is_silent for pulse in pulses),
                missed=ended.missed + totals.missed,
                overrun=ended.overrun + totals.overrun,
                lateness_counts=tuple(a + b for a, b in zip(ended.lateness, totals.lateness, strict=True)),
                lateness_sum_s=ended.lateness_sum_s + totals.lateness_sum_s,
                pulse_age_s=max((now_s - site.heard_s for site in self._sites), default=0.0),
                logged=totals.logged,
                refused=self._refused,
            )

    @property
    def tick_age_s(self) -> float:
        """How long ago the thread that watches them turned."""
        return self._clock.monotonic() - self._ticked_s

    def stop(self) -> None:
        """Have no further probe begun; what was seen before is taken."""
        self._stopping.set()
        self._wake()
        if self._thread.ident is not None:
            self._thread.join(2 * STOP_S)
        if not self._thread.is_alive():
            with self._lock:
                self._selector.close()
                self._waker.close()
                self._wakes.close()

    def _has_number(self, key: str) -> bool:
        """One that no other endpoint ever had while this daemon runs: what a site wrote under it may come in late."""
        if key not in self._numbers:
            number = len(self._numbers) + 1
            if number >= MOST_ENDPOINTS:
                log.error("an endpoint is not probed before the next start: no number is left", extra={"endpoint": key})
                return False
            self._numbers[key], self._keys[number] = number, key
        return True

    def _spell(self, key: str, terms: Endpoint) -> AssignedEndpoint:
        known = self._given.get(key)
        if known is not None and known.terms == terms:
            return known
        return AssignedEndpoint.of(self._numbers[key], key, terms, None if known is None else known.terms)

    # Below, all of it holds the lock. Processes are started and ended by the thread of this class alone.

    def _distribute(self) -> None:
        shared = [site for site in self._sites if site.own is None]
        for site in self._sites:
            site.keys = {site.own} & self._given.keys() if site.own is not None else set()
        isolated = {site.own for site in self._sites}
        for key in self._given.keys() - isolated:
            shared[self._numbers[key] % len(shared)].keys.add(key)
        for site in self._sites:
            self._assign(site)

    def _assign(self, site: _Site) -> None:
        """Send the assignment, in full."""
        if site.child is None:
            return
        given = [one for key, one in self._given.items() if key in site.keys]
        whole = assignment(given, self._settings, asks_witnesses=site is self._sites[0])
        site.child.unsent += framed(encode(whole))
        self._send(site, site.child)

    def _send(self, site: _Site, child: Child) -> None:
        """As much as it takes; the rest when it takes more."""
        child.send()
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if child.unsent else 0)
        if self._selector.get_key(child.sock).events != wanted:
            self._selector.modify(child.sock, wanted, site)

    def _run(self) -> None:
        try:
            with self._lock:
                for site in self._sites:
                    self._begin(site)
            while not self._stopping.is_set():
                self._turn()
        finally:
            with self._lock:
                self._end()

    def _turn(self) -> None:
        events = self._selector.select(max(0.0, self._ticked_s + TICK_S - self._clock.monotonic()))
        with self._lock:
            for entry, bits in events:
                self._serve(entry.data, bits)
            now_s = self._clock.monotonic()
            if self._sites[0].child is not None:
                self.host.take(self._sites[0].child.words, int(now_s * 1000))
            if now_s >= self._ticked_s + TICK_S:
                self._watch(now_s)

    def _serve(self, site: _Site | None, bits: int) -> None:
        if site is None:
            with suppress(BlockingIOError):
                while self._wakes.recv(1024):
                    pass
            return
        child = site.child
        if child is None:  # it was let go of meanwhile
            return
        if bits & selectors.EVENT_WRITE:
            self._send(site, child)
        if bits & selectors.EVENT_READ:
            why = self._hear(site, child)
            if why:
                self._replace(site, child, SiteTrouble(why))

    def _hear(self, site: _Site, child: Child) -> str:
        """Take in some of what it says, so that one that never stops keeps nobody; why it has to be replaced, if so."""
        now_s = self._clock.monotonic()
        try:
            data = child.receive(now_s)
            if not data:
                return "" if data is None else "ended"
            site.heard_s = child.heard_s = now_s
            self._credible.note_time()
            for message in child.messages(data):
                self._understand(site, child, decode_from_site(message))
                if child.refused >= MOST_REFUSED:
                    break
        except MessageError as error:
            self._refuse(site, child, f"{error}", MOST_REFUSED)
        except Exception:  # a mistake of ours in handling one message must not cost the other sites
            log.exception("a site sent an impossible message handled", extra={"site": site.name})
            self._refuse(site, child, "it cannot be handled", MOST_REFUSED)
        return "refused" if child.refused >= MOST_REFUSED else ""

    def _understand(self, site: _Site, child: Child, message: Batch | Pulse) -> None:
        if isinstance(message, Pulse):
            self._take_pulse(site, child, message)
            return
        good = [one for one in message.observations if self._is_credible(site, child, one)]
        if good:
            self._take(good)

    def _take_pulse(self, site: _Site, child: Child, pulse: Pulse) -> None:
        child.pulse = pulse
        for number, count in pulse.skipped.items():
            key = self._keys.get(number)
            if key is not None and key in site.keys:
                self._skip(key, count)

    def _is_credible(self, site: _Site, child: Child, one: Observation) -> bool:
        given = self._given.get(one.endpoint)
        if given is None and one.endpoint in self._numbers:  # a reload has just removed it
            return False
        if given is None or one.endpoint not in site.keys:
            doubt = "an endpoint that it was not given"
        else:
            doubt = self._credible.doubt(one, given.terms)
            if doubt and given.former is not None:
                doubt = self._credible.doubt(one, given.former)
        if doubt:
            self._refuse(site, child, doubt)
            return False
        if self._held:
            self._held.pop(one.endpoint, None)
        return True

    def _refuse(self, site: _Site, child: Child, why: str, count: int = 1) -> None:
        self._refused += 1
        if child.refused < MOST_REFUSED:
            log.error("a site sent an impossible message", extra={"site": site.name, "why": why})
        child.refused += count

    def _watch(self, now_s: float) -> None:
        """See whether each of them turns; a tick of ours that was late itself says nothing about them."""
        was_late, self._ticked_s = now_s - self._ticked_s > 2.5 * TICK_S, now_s
        self._credible.note_time()
        for site in list(self._sites):
            child = site.child
            if site.own is not None and site.own not in self._given:
                self._sites.remove(site)
                self._let_go(site)
            elif child is None:
                if now_s >= site.not_before_s:
                    self._begin(site)
            elif was_late:
                child.excuse(now_s)
            else:
                trouble = child.trouble(now_s)
                if trouble is not None:
                    self._replace(site, child, trouble)

    def _begin(self, site: _Site) -> None:
        """Start its process. When that fails it is tried again, and told each time."""
        if self._stopping.is_set():
            return
        now_s, settings = self._clock.monotonic(), self._settings
        site.starts = [*(at_s for at_s in site.starts if now_s - at_s < RESTARTS_WITHIN_S), now_s]
        nice = OWN_NICE if site.own is not None else 0
        try:
            site.child = Child(self._command, self.host, settings.sites.memory_mb << 20, nice, now_s)
        except OSError as error:
            log.error("a site cannot be started", extra={"site": site.name, "error": str(error)})
            site.not_before_s = now_s + PATIENCE_S
            return
        self._selector.register(site.child.sock, selectors.EVENT_READ, site)
        self._assign(site)

    def _replace(self, site: _Site, child: Child, trouble: SiteTrouble) -> None:
        """Kill it, take in what it had handed over, tell what is unknown now, and start it again."""
        holder = self._keys.get(trouble.number)
        if holder not in site.keys:  # its memory is its own, and may say anything
            holder = None
        child.kill()
        self._credible.note_time()
        if trouble.why != "refused":
            self._hear_out(site, child)
        in_flight = list(child.words.in_flight(self._numbers[key] for key in site.keys))
        self._let_go(site)
        self._restarts[trouble.why] += 1
        extra = {
            "site": site.name,
            "why": WHY[trouble.why],
            "endpoint": holder or "",
            "in_flight": len(in_flight),
            "exit_code": child.exit_code,
        }
        log.error("a site is started again", extra=extra)
        self._record_lost(site, in_flight, holder, WHY[trouble.why])
        if len(site.starts) >= RESTARTS:
            site.not_before_s = self._clock.monotonic() + PATIENCE_S
        else:
            self._begin(site)

    def _hear_out(self, site: _Site, child: Child) -> None:
        """What it had handed over before its end, or until it is refused."""
        for _ in range(MOST_PIECES):
            if self._hear(site, child) in {"ended", "refused"}:
                return

    def _record_lost(self, site: _Site, in_flight: Iterable[tuple[int, int]], holder: str | None, what: str) -> None:
        """What was in flight is UNKNOWN; an endpoint that held its site twice running is DOWN."""
        must_go = holder is not None and self._has_held(holder) and site.own is None
        observations = []
        for number, at_ms in in_flight:
            key = self._keys[number]
            if not self._credible.is_next(key, at_ms):  # handed over, and killed before it could note that
                continue
            self._credible.note(key, at_ms)
            is_guilty = key == holder and (site.own is not None or self._held[key] > 1)
            observations.append(Observation(key, at_ms, HOLDS if is_guilty else _unseen(what)))
        if observations:
            self._take(observations)
        if holder is not None and must_go:
            self._isolate(holder)

    def _has_held(self, key: str) -> bool:
        """Take note of it; whether it has done so twice running, or too often."""
        now_s = self._clock.monotonic()
        self._held[key] = self._held.get(key, 0) + 1
        self._holds[key] = [*(at_s for at_s in self._holds.get(key, ()) if now_s - at_s < HOLDS_WITHIN_S), now_s]
        return self._held[key] > 1 or len(self._holds[key]) >= MOST_HOLDS

    def _isolate(self, key: str) -> None:
        """Give an endpoint a site of its own."""
        log.error("an endpoint held its site again and now has one of its own", extra={"endpoint": key})
        site = _Site(f"own-{self._numbers[key]}", key, self._clock.monotonic())
        self._sites.append(site)
        self._distribute()
        self._begin(site)

    def _let_go(self, site: _Site) -> None:
        """Of its process, which ends if it has not, and is not replaced."""
        child, site.child = site.child, None
        if child is None:
            return
        self._selector.unregister(child.sock)
        child.kill()
        if child.pulse is not None:
            self._ended.add(child.pulse)
        child.close()

    def _end(self) -> None:
        """Let every process hand over what it has and end; those that do not are killed."""
        until_s = self._clock.monotonic() + STOP_S
        for site in self._sites:
            if site.child is not None:
                site.child.hang_up()
                self._send(site, site.child)
        while (left_s := until_s - self._clock.monotonic()) > 0 and any(site.child for site in self._sites):
            for entry, _ in self._selector.select(left_s):
                site = entry.data
                if site is None:
                    self._serve(None, 0)
                elif self._hear(site, site.child):
                    self._let_go(site)
        for site in self._sites:
            self._let_go(site)

    def _wake(self) -> None:
        with suppress(OSError):
            self._waker.send(b"\0")


HOLDS = Finding(
    Outcome.DOWN,
    Reason.TOO_COSTLY,
    "what it sent held the process that probes it for a second, twice running",
)


def _unseen(what: str) -> Finding:
    return Finding(Outcome.UNKNOWN, Reason.INTERNAL_ERROR, f"the process that probed it was started again: {what}")
