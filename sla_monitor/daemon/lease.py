"""The lease: which collector of a pair speaks.

Both record everything. Mails, silences and the figures for Prometheus come from the one that holds the lease: a value
in the server's bucket, which its holder replaces several times a second. A collector that has seen the same revision of
it for LEASE_S by its own clock takes it, by replacing exactly that revision; a holder that could not renew it stops
MARGIN_S earlier, counted from before it asked. So two never hold it at a time, whatever becomes of the server, its
clock or its store, and of a holder that stood still.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sla_monitor import names
from sla_monitor.clock import Clock
from sla_monitor.errors import LineError
from sla_monitor.metrics.exporter import Own
from sla_monitor.settings import Settings
from sla_monitor.transport.line import FarConnection, FarLine, SharedValues

BUCKET, KEY = "SLA_MONITOR", "lease"

LEASE_S, MARGIN_S = 2.5, 0.5
"""After how long without a renewal the lease is free, and how much earlier its holder gives up."""

TURN_S = 0.4
"""Between two looks at the lease, or renewals of it."""

PATIENCE_S = LEASE_S - MARGIN_S
"""How long the server may take for either: an answer that comes later is of no use."""

LATEST_S = 30.0
"""After having taken the lease so long ago, whatever a collector has is what there is to tell."""

UNFIT_S = 5.0
"""How long a holder that cannot record or assess keeps the lease before it leaves it to the other one."""

OFFERED_EVERY_S = 300.0
"""Between two times that such a holder leaves it to another one, who did not take it."""

LONGEST_PAUSE_S = 1.0
"""Between two attempts to connect: whoever cannot reach the server does not speak."""

log = logging.getLogger(__package__)


def always() -> bool:
    """Of a collector that is the only one: it speaks."""
    return True


@dataclass(frozen=True, slots=True)
class Claim:
    """What the value says: who holds the lease, and a random name for this time of holding it. No holder: nobody does,
    and without a name either it was given back."""

    holder: str = ""
    grant: str = ""

    def encoded(self) -> bytes:
        return json.dumps({"holder": self.holder, "grant": self.grant}).encode()

    @classmethod
    def read(cls, data: bytes) -> Claim:
        """Whatever cannot be read is nobody's claim, and free when it has not changed for as long as any."""
        try:
            found = json.loads(data)
            return cls(str(found["holder"]), str(found["grant"]))
        except (ValueError, KeyError, TypeError):
            return cls("", data.hex()[:32])


class Lease:
    """What one collector knows of the lease. `is_held` may be asked from any thread; what is read and written is said
    to it by one. `takeovers`: how often this one took it after another. `is_fit`: whether it can record and assess what
    it would tell of; one that cannot leaves the lease to the other, and speaks only where nobody else does."""

    def __init__(self, name: str, clock: Clock, *, is_standby: bool = False) -> None:
        """`is_standby`: when it starts, it leaves a lease that is free to the other one for LEASE_S more."""
        self.name, self._clock = name, clock
        self._patience_s = 2 * LEASE_S if is_standby else LEASE_S
        self._seen: tuple[Claim, int] | None = None
        self._seen_s = self._now_s()
        self._own: Claim | None = None
        self._is_done, self._must_read, self.is_fit = False, True, True
        self._fit_s, self._offered_s = self._now_s(), float("-inf")
        self._until = float("-inf"), 0
        self.revision, self.takeovers, self.since_ms = 0, 0, clock.now_ms()

    def _now_s(self) -> float:
        """Also while the host is suspended time goes by for the other one."""
        return self._clock.monotonic() + self._clock.asleep()

    def is_held(self) -> bool:
        """Whether this one speaks at this instant. To be asked just before anything is said.

        The wall clock is asked as well: it is the one that a virtual machine, once it goes on, finds moved.
        """
        until_s, until_ms = self._until
        return (
            not self._is_done and self._own is not None and self._now_s() < until_s and self._clock.now_ms() < until_ms
        )

    def end(self) -> None:
        """Speak no more, whatever is granted from now on."""
        self._is_done = True

    @property
    def holder(self) -> str:
        """Who speaks, as was last seen; nothing: nobody, or it is not known."""
        if self._own is not None:
            return self.name if self.is_held() else ""
        fresh = self._seen is not None and self._now_s() - self._seen_s < 2 * LEASE_S
        return self._seen[0].holder if fresh and self._seen is not None else ""

    # What follows belongs to the thread that reads and writes.

    @property
    def own(self) -> Claim | None:
        """What this one has claimed and not lost; it holds the lease only while `is_held`."""
        return self._own

    def connected(self) -> None:
        """A new connection: the server's store may be another one than before, with the same revisions."""
        self._must_read = True

    def may_renew(self) -> bool:
        """Whether what was claimed can be renewed without reading first who has it now."""
        return self.is_held() and not self._must_read

    def saw(self, claim: Claim, revision: int) -> None:
        """The value as it was just read."""
        self._must_read = False
        if self._own is not None and claim == self._own:  # a renewal of which no answer came
            self.revision = revision
            return
        if self._own is not None:
            self._lose()
        if self._seen != (claim, revision):
            if self._seen is not None:  # somebody speaks: to let them begin is over
                self._patience_s = LEASE_S
            self._seen, self._seen_s = (claim, revision), self._now_s()
        self.revision = revision

    def may_take(self) -> bool:
        """Whether nobody can hold it any more, by the value that was just read."""
        if self._own is not None or self._seen is None:
            return False
        unchanged_s = self._now_s() - self._seen_s
        if not self.is_fit:
            return unchanged_s >= 2 * LEASE_S
        return self._seen[0] == Claim() or unchanged_s >= self._patience_s

    def should_offer(self) -> bool:
        """Whether this one, which holds the lease, is to leave it to the other. To be asked each turn.

        One that nobody took over from goes on speaking: that its record has failed has to be told by somebody.
        """
        now_s = self._now_s()
        if self.is_fit:
            self._fit_s, self._offered_s = now_s, float("-inf")
        is_due = now_s - self._fit_s >= UNFIT_S and now_s - self._offered_s >= OFFERED_EVERY_S
        if not is_due or not self.is_held():
            return False
        self._offered_s, self.since_ms = now_s, self._clock.now_ms()
        return True

    def asking(self) -> Callable[[], None]:
        """To be called before a claim or a renewal is sent; what it returns, once that is granted."""
        sent_s, sent_ms = self._now_s(), self._clock.now_ms()
        granted_s = LEASE_S - MARGIN_S

        def granted() -> None:
            self._until = sent_s + granted_s, sent_ms + int(granted_s * 1000)

        return granted

    def taken(self, claim: Claim, revision: int) -> None:
        """A claim of ours has replaced what was read."""
        self.revision = revision
        if claim == self._own:
            return
        before = Claim() if self._seen is None else self._seen[0]
        self.takeovers += before.holder not in {"", self.name}
        self._own, self.since_ms = claim, self._clock.now_ms()
        self._patience_s = LEASE_S
        log.warning("this collector speaks", extra={"collector": self.name, "before": before.holder})

    def renewed(self, revision: int) -> None:
        self.revision = revision

    def give_up(self) -> Claim | None:
        """Speak no more from this instant on; the claim that was ours."""
        own, self._own = self._own, None
        self._until = float("-inf"), 0
        return own

    def _lose(self) -> None:
        self.give_up()
        self._seen = None
        self.since_ms = self._clock.now_ms()
        log.warning("this collector follows: the other one has the lease", extra={"collector": self.name})


class InStep:
    """Whether a collector that speaks has the figures to speak of. One that was away, or has just been started, waits
    until it has what the sites saw and an assessment of it: it would call over what it has not heard yet. It does not
    wait for longer than LATEST_S."""

    def __init__(self, lease: Lease, clock: Clock, has_all: Callable[[], bool], assessed_ms: Callable[[], int]) -> None:
        """`has_all`: whether the record has what connected sites saw; `assessed_ms`: when it was last assessed."""
        self._lease, self._clock, self._has_all, self._assessed_ms = lease, clock, has_all, assessed_ms
        self._since_ms: int | None = None
        self._told: Claim | None = None

    def __call__(self) -> bool:
        """Also to be called every second or so while the other one speaks."""
        own, now_ms = self._lease.own, self._clock.now_ms()
        if not self._has_all():
            self._since_ms = None
        elif self._since_ms is None:
            self._since_ms = now_ms
        if own is None or not self._lease.is_held():
            return False
        is_fresh = self._since_ms is not None and self._assessed_ms() > self._since_ms
        if is_fresh or now_ms - self._lease.since_ms > LATEST_S * 1000:
            self._told = own
        return self._told == own


class LeaseKeeper:
    """Of a collector in a pair: keeps the lease, or waits for it, on a connection of its own."""

    def __init__(self, settings: Settings, clock: Clock, *, is_standby: bool) -> None:
        """Raises LineError where the client is not installed. `settings` name a pair and a server."""
        if settings.collectors is None or settings.sites.nats is None:
            raise ValueError("no pair")
        self._pair = settings.collectors
        self._clock, self._stopping, self._given_back = clock, threading.Event(), threading.Event()
        self.lease = Lease(settings.collectors.name, clock, is_standby=is_standby)
        self._line = FarLine(settings.sites.nats, "lease", "_INBOX_collector", self._serve)
        self._line.longest_pause_s = LONGEST_PAUSE_S
        self._was_held = False
        self._values: SharedValues | None = None
        self._in_step: Callable[[], bool] = self.lease.is_held
        self._is_fit: Callable[[], bool] = always

    @property
    def line(self) -> FarLine:
        return self._line

    def begin_with(
        self, has_all: Callable[[], bool], assessed_ms: Callable[[], int], is_fit: Callable[[], bool]
    ) -> None:
        """Tell no figures before the first two are so: see `InStep`. `is_fit`: whether this one can
        record and assess."""
        self._in_step = InStep(self.lease, self._clock, has_all, assessed_ms)
        self._is_fit = is_fit

    def tells(self) -> bool:
        """Whether this one speaks, and has the figures to speak of."""
        return self._in_step()

    def start(self) -> None:
        self._line.start()

    def stop(self, within_s: float) -> None:
        """Speak no more, and give the lease back, so that the other one need not wait."""
        self.lease.end()
        self._stopping.set()
        if self._line.is_up:
            self._given_back.wait(within_s)
        self._line.stop(within_s)

    def read(self, key: str) -> tuple[bytes, int]:
        """A mark that both collectors read, and its revision; 0: there is none. Raises LineError."""
        found = self._line.result(self._marks().read(key, PATIENCE_S), 2 * PATIENCE_S)
        return found.data, found.revision

    def replace(self, key: str, data: bytes, revision: int) -> int:
        """Write a mark if it still has that revision; its new one, or 0. Raises LineError."""
        return self._line.result(self._marks().replace(key, data, revision, PATIENCE_S), 2 * PATIENCE_S)

    def _marks(self) -> SharedValues:
        if self._values is None:
            raise LineError(self._line.trouble)
        return self._values

    def check(self) -> None:
        """Say so when the lease has run out. To be called every second or so."""
        is_held = self.lease.is_held()
        if self._was_held and not is_held and self.lease.own is not None:
            why = "no answer in time, or this host stood still" if self._line.is_up else self._line.trouble
            log.error("the lease cannot be renewed: this collector does not speak", extra={"error": why})
        self._was_held = is_held
        self.tells()

    def troubles(self) -> Iterator[str]:
        """What is not as it should be, for the page."""
        if not self._line.is_up:
            yield f"the server that has the lease cannot be reached ({self._line.trouble}): this collector cannot speak"
        elif not self.lease.holder:
            yield "no collector speaks: nobody is sent mails, silences or figures"
        if self._is_fit():
            return
        if self.lease.is_held():
            yield "this collector speaks without a sound record; it leaves that to the other one, if that one is there"
        else:
            yield "this collector cannot record, or make figures: it leaves it to the other one to speak"

    def facts(self) -> dict[str, str]:
        """What it has to say for itself, for the page."""
        holder = self.lease.holder
        role = "speaks" if holder == self.lease.name else f"follows {holder}" if holder else "follows"
        return {"Collector": f"{self.lease.name}, {role}"}

    def notice(self) -> str:
        """What every page says at its head, where this collector follows."""
        holder = self.lease.holder
        if holder == self.lease.name:
            return ""
        if not holder:
            return f"This collector, {self.lease.name}, follows. It is not known whether the other one speaks."
        return f"This collector, {self.lease.name}, follows. The one that speaks is {holder}."

    def metrics(self) -> Own:
        """The metrics about it."""
        return {
            names.COLLECTOR_SPEAKS: [((self.lease.name,), self.lease.is_held())],
            names.LEASE_REVISION: [((), self.lease.revision)],
            names.LEASE_UP: [((self.lease.name,), self._line.is_up)],
            names.COLLECTOR_FIT: [((self.lease.name,), self._is_fit())],
            names.TAKEOVERS: [((self.lease.name,), self.lease.takeovers)],
            names.ROLE_SINCE: [((), self.lease.since_ms / 1000)],
        }

    async def _serve(self, connection: FarConnection) -> None:
        """For as long as the connection lasts. Raises LineError."""
        values = self._values = await connection.values(BUCKET)
        self.lease.connected()
        while not self._stopping.is_set():
            began_s = self._clock.monotonic()
            await self._turn(values)
            await asyncio.sleep(max(0.0, TURN_S - (self._clock.monotonic() - began_s)))
        if self.lease.give_up() is not None:
            await values.replace(KEY, Claim().encoded(), self.lease.revision, PATIENCE_S)
        self._given_back.set()

    async def _turn(self, values: SharedValues) -> None:
        lease = self.lease
        lease.is_fit = self._is_fit()
        if lease.should_offer() and lease.give_up() is not None:
            log.error("this collector has no sound record: it leaves the lease to the other one")
            await values.replace(KEY, Claim().encoded(), lease.revision, PATIENCE_S)
            return
        if lease.own is not None and lease.may_renew():
            granted = lease.asking()
            revision = await values.replace(KEY, lease.own.encoded(), lease.revision, PATIENCE_S)
            if revision:
                lease.renewed(revision)
                granted()
                return
        found = await values.read(KEY, PATIENCE_S)
        if not found.revision:  # a new store: marked, so that it can be told from the next one
            await values.replace(KEY, Claim("", secrets.token_hex(8)).encoded(), 0, PATIENCE_S)
            return
        lease.saw(Claim.read(found.data), found.revision)
        if lease.own is not None or lease.may_take():
            claim, granted = lease.own or Claim(lease.name, secrets.token_hex(8)), lease.asking()
            revision = await values.replace(KEY, claim.encoded(), found.revision, PATIENCE_S)
            if revision:
                lease.taken(claim, revision)
                granted()
