"""Sites far away, as the collector has them: what they hand over is judged and recorded, and they are told how far.

A site is somebody else's host: it may lie, be behind, say everything twice, or have lost what it said. What it says
counts for its own endpoints, from what it said last until now, and for nothing else. What is refused is counted by its
reason. It is told the position of the record, and gives up nothing before it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from sla_monitor.clock import Clock
from sla_monitor.contract.endpoints.endpoint import Endpoint, HeartbeatEndpoint
from sla_monitor.contract.endpoints.spelled import spelled
from sla_monitor.daemon.credible import Credible, content_doubt
from sla_monitor.errors import LineError
from sla_monitor.ledger import Arrived, Ledger
from sla_monitor.settings import Settings
from sla_monitor.signing import SigningKey
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.sla.places import seen_from
from sla_monitor.transport import (
    PURPOSE,
    Answer,
    Assigned,
    FarPulse,
    MessageError,
    Parcel,
    Signed,
    SiteTerms,
    decode_from_afar,
    encode,
    in_parts,
)
from sla_monitor.transport.line import PULSES, Delivered, FarConnection, FarLine, site_of, to_site

READER = "collector"
"""Under what name the stream is read: with its own behind it, each of a pair has its own place in it."""

FETCHED, FETCH_S, CHECK_S = 32, 1.0, 10.0
"""How many parcels are taken at a time, how long they are waited for, and after how long without any it is asked
whether the stream is still there."""

COMMIT_S = 3.0
"""What is not on disk by then is acknowledged at a later turn, once it is."""

NO_ROOM_S = 5.0
"""What there is no room for is delivered again after so long."""

MOST_IN_A_PARCEL = 1_000

AHEAD_MS = 2_000
"""An observation may be so young that our clock has yet to come to it."""

MOST_SKEW_MS = 5_000
"""What was seen by a clock that was further off is UNKNOWN: outages would be dated wrong by as much."""

CUT_OFF_S = 10.0
"""A site that has not said for so long how it is, ten times in vain, is cut off."""

WHY_REFUSED = ("name", "message", "endpoint", "past", "future", "content", "pace")
"""It speaks for another site; it cannot be read; of an endpoint that is not its own; of a time before what it said
last, or before the horizon; of a time to come; of what cannot be seen; more than was due."""

LATELY_S = 4.0
"""A site says each second how it is."""

IN_STEP_MS = 5_000
"""What a site saw within so much may still be on its way: a collector that lacks no more is in step."""

MOST_BEGUN, BEGUN_WITHIN_S = 500, 3_600.0
"""So many outboxes may a site begin in so long: it begins one each time that it is started."""

MOST_LOGGED = 20
"""Of each site so many refusals are logged, and all are counted."""

log = logging.getLogger(__package__)


@dataclass(slots=True)
class FarSite:
    """One of them. `former`: the terms before the last reload; `skew_ms`: by how much its clock seems to be ahead;
    `lost`: entries that its outbox had, and the record never will; `heard_s`: monotonic, of its last pulse; `signed`:
    the messages with its terms, and `told_s`: monotonic, when they were last said."""

    name: str
    keys: frozenset[str]
    terms: dict[str, Endpoint] = field(default_factory=dict)
    former: dict[str, Endpoint] = field(default_factory=dict)
    revision: int = 0
    signed: tuple[bytes, ...] = ()
    told_s: float = float("-inf")
    pulse: FarPulse | None = None
    heard_s: float = float("-inf")
    skew_ms: int = 0
    recorded: int = 0
    again: int = 0
    lost: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    begun_s: list[float] = field(default_factory=list)
    is_too_old: bool = False

    def behind(self) -> list[tuple[str, float]]:
        """By collector of the pair, how old the oldest observation is that it lacks, in seconds; 0: it has all."""
        pulse = self.pulse
        if pulse is None:
            return []
        return [
            (name, 0.0 if since_ms is None else max(0, pulse.at_ms - since_ms) / 1000)
            for name, since_ms in sorted(pulse.lacking.items())
        ]


Message = TypeVar("Message", Parcel, FarPulse)

OutboxName = tuple[str, str]
"""A site, and a name that its outbox had."""


class FarSites:
    """All that are known. `start` begins to listen; `assign` may be called from any thread, and before."""

    def __init__(
        self, settings: Settings, clock: Clock, ledger: Ledger, show: Callable[[Sequence[Observation], str], None]
    ) -> None:
        """`show` is given what a site saw, and its name, once it is handed over to the record. Raises SigningKeyError
        and LedgerError."""
        self._clock, self._ledger, self._settings, self._show = clock, ledger, settings.sites, show
        one = settings.collectors
        self._name, self._pair = ("", ()) if one is None else (one.name, one.pair)
        self._reader = READER if one is None else f"{READER}-{one.name}"
        self.speaks: Callable[[], bool] = lambda: True
        """Of a pair, one tells sites what to probe: each would take its own terms for the later ones."""
        self.sites = {site.id: FarSite(site.id, frozenset(site.endpoints)) for site in settings.sites.known}
        self._line: FarLine | None = None
        self._listens_s = float("inf")
        self._key: SigningKey | None = None
        self._recorded: dict[OutboxName, int] = {}
        self._taken: dict[OutboxName, int] = {}
        self._credible = Credible(clock)
        self._in_hand: dict[int, Delivered] = {}
        self._stream_mb = 0
        if self.sites and settings.sites.nats is not None:
            self._stream_mb = settings.sites.nats.stream_mb
            self._key = SigningKey.read(Path(settings.ledger.key))
            self._line = FarLine(settings.sites.nats, "line", "_INBOX_collector", self._serve)
            self._remember()

    @property
    def line(self) -> FarLine | None:
        return self._line

    def start(self) -> None:
        if self._line is not None:
            self._line.start()

    def stop(self, within_s: float) -> None:
        if self._line is not None:
            self._line.stop(within_s)

    def assign(self, endpoints: Mapping[str, Endpoint]) -> None:
        """Have each site probe those of these that are its own from now on."""
        for site in self.sites.values():
            terms = {
                key: endpoints[key]
                for key in sorted(endpoints)
                if (key in site.keys or site.name in endpoints[key].sites)
                and not isinstance(endpoints[key], HeartbeatEndpoint)  # jobs report to the collector
            }
            if self._key is not None and (terms != site.terms or not site.signed):
                site.former, site.terms = site.terms, terms
                self._sign(site, self._key, max(self._clock.now_ms(), site.revision + 1))

    def complete_until_ms(self) -> int:
        """Up to when all is recorded that the sites saw, as they say; 0: one has not said anything yet."""
        instants = [self._clock.now_ms()]
        for site in self.sites.values():
            lacking_ms = 0 if site.pulse is None else site.pulse.lacking.get(self._name, 0)
            if site.pulse is not None and lacking_ms is None:
                lacking_ms = site.pulse.at_ms
            instants.append(lacking_ms or 0)
        return min(instants)

    def has_all(self) -> bool:
        """Whether the record has what the sites saw, up to a few seconds ago. Of one that has not been heard of since
        the line is up, for long enough, nobody has more."""
        if self._line is None:
            return True
        has_listened = self._clock.monotonic() - self._listens_s >= CUT_OFF_S
        return self._line.is_up and all(
            self._has_lately(site) if self.is_connected(site) else has_listened for site in self.sites.values()
        )

    def _has_lately(self, site: FarSite) -> bool:
        """Also the line may be dead, and nobody has noticed yet: the sites would be silent."""
        pulse, heard_s = site.pulse, site.heard_s
        if pulse is None or heard_s < max(self._listens_s, self._clock.monotonic() - LATELY_S):
            return False
        since_ms = pulse.lacking.get(self._name, 0)
        return since_ms is None or pulse.at_ms - since_ms <= IN_STEP_MS

    def is_connected(self, site: FarSite) -> bool:
        """Whether it was heard of lately."""
        return self._clock.monotonic() - site.heard_s < CUT_OFF_S

    def _sign(self, site: FarSite, key: SigningKey, revision: int) -> None:
        several = enumerate(site.terms.items(), start=1)
        endpoints = tuple(Assigned.of(number, name, spelled(terms)) for number, (name, terms) in several)
        body = encode(SiteTerms(site.name, revision, endpoints, self._pair))
        try:
            messages = in_parts(encode(_signed(key, body)))
        except MessageError as error:  # it goes on with the terms of before
            log.error("a site cannot be told its terms", extra={"site": site.name, "error": str(error)})
            messages = ()
        site.revision, site.signed, site.told_s = revision, messages, float("-inf")

    # What follows belongs to the thread of the line.

    def _remember(self) -> None:
        """Know again what the record has. Raises LedgerError."""
        self._recorded = self._positions()
        self._taken = dict(self._recorded)
        self._credible = Credible(self._clock, self._settings.horizon_ms)
        for key, at_ms in self._ledger.last_seen_ms().items():
            self._credible.note(key, at_ms)

    def _positions(self) -> dict[OutboxName, int]:
        """Those of sites: the record has positions of others too."""
        return {outbox: last for outbox, last in self._ledger.positions().items() if outbox[0] in self.sites}

    async def _serve(self, connection: FarConnection) -> None:
        """For as long as the connection lasts. Raises LineError and LedgerError."""

        async def hear(subject: str, data: bytes) -> None:
            await self._hear(connection, subject, data)

        # What was in hand when the connection before this one ended may be neither recorded nor refused.
        await asyncio.to_thread(self._ledger.flush, COMMIT_S)
        await asyncio.to_thread(self._remember)
        self._in_hand.clear()  # of a connection that has ended: it comes again
        await connection.make_stream(self._stream_mb)
        await connection.listen(PULSES, hear)
        self._listens_s = self._clock.monotonic()
        pull, quiet_s = await connection.pull(self._reader, self._name), 0.0
        while True:
            several = await pull.fetch(FETCHED, FETCH_S)
            quiet_s = 0.0 if several else quiet_s + FETCH_S
            if quiet_s >= CHECK_S:
                await pull.check()
                quiet_s = 0.0
            await self._take_all(several)

    async def _take_all(self, several: Sequence[Delivered]) -> None:
        for one in several:
            if await self._take(one):
                self._in_hand[one.number] = one.receipt()
            else:
                await one.refuse(NO_ROOM_S)
        if not self._in_hand:
            return
        if await asyncio.to_thread(self._ledger.flush, COMMIT_S):
            await asyncio.to_thread(self._compare)
            for one in self._in_hand.values():
                await one.ack()
            self._in_hand.clear()

    def _compare(self) -> None:
        """Everything that was handed over is settled: what is not recorded now is to come again."""
        self._recorded = self._positions()
        if self._taken != self._recorded:
            log.error("what came from a site was not recorded and is awaited again")
            self._remember()

    async def _take(self, one: Delivered) -> bool:
        """Hand a parcel over to the record; False: not now. Whatever is done with for good need not come again."""
        site = self.sites.get(site_of(one.subject))
        parcel = self._understood(site, one.data, Parcel)
        if site is None or parcel is None:
            return True
        outbox = site.name, parcel.outbox
        position = self._taken.get(outbox, 0)
        if outbox not in self._taken and not self._may_begin(site):
            self._refuse(site, "pace", "another outbox")
            return True
        if parcel.last <= position:
            site.again += 1
            return True
        if parcel.since > position + 1:  # what is before it is on its way again
            return True
        if not self._ledger.has_room_for(len(parcel.observations) + 1):
            return False
        ahead_ms = max(each.at_ms for each in parcel.observations) - self._clock.now_ms()
        if 0 < ahead_ms <= AHEAD_MS:
            await asyncio.sleep(ahead_ms / 1000)
        self._hand_over(site, parcel, position)
        self._taken[outbox] = parcel.last
        return True

    def _may_begin(self, site: FarSite) -> bool:
        """Whether one more outbox of this site may be known: each start of a site begins one, and each is kept."""
        now_s = self._clock.monotonic()
        site.begun_s = [at_s for at_s in site.begun_s if now_s - at_s < BEGUN_WITHIN_S]
        if len(site.begun_s) >= MOST_BEGUN:
            return False
        site.begun_s.append(now_s)
        return True

    def _hand_over(self, site: FarSite, parcel: Parcel, position: int) -> None:
        self._credible.note_time()
        now_ms, arrived, shown = self._clock.now_ms(), list[tuple[Arrived, int]](), list[Observation]()
        in_force = site.terms, site.former  # a reload may change them meanwhile
        if parcel.first > position + 1:
            gone = parcel.first - position - 1
            site.lost += gone
            log.error("a site has lost what it had seen", extra={"site": site.name, "observations": gone})
            arrived.append((Arrived(site.name, parcel.outbox, position + 1, parcel.first - 1, now_ms, None), 0))
        each = zip(range(parcel.first, parcel.last + 1), parcel.observations, parcel.skews_ms, strict=True)
        for number, seen, skew_ms in each:
            if number <= position:
                continue
            known = [terms[seen.endpoint] for terms in in_force if seen.endpoint in terms]
            why = self._doubt(replace(seen, endpoint=seen_from(site.name, seen.endpoint)), known, now_ms)
            if why:
                self._refuse(site, why, seen.endpoint)
                arrived.append((Arrived(site.name, parcel.outbox, number, number, now_ms, None), 0))
                continue
            judged = _by_its_clock(seen, site.skew_ms if skew_ms is None else skew_ms)
            shown.append(judged)
            site.recorded += 1
            kept = replace(judged, endpoint=seen_from(site.name, seen.endpoint))
            arrived.append((Arrived(site.name, parcel.outbox, number, number, now_ms, kept), known[0].every_ms))
        self._ledger.hand_over(arrived)
        self._show(shown, site.name)

    def _doubt(self, seen: Observation, known: Sequence[Endpoint], now_ms: int) -> str:
        """Why it is refused, one of WHY_REFUSED; nothing, and it is taken note of, where it is not. `known`: the terms
        of its endpoint, those in force first; none: it is not the site's."""
        if not known:
            return "endpoint"
        if seen.at_ms > now_ms:
            return "future"
        if seen.at_ms < now_ms - self._settings.horizon_ms or not self._credible.is_next(seen.endpoint, seen.at_ms):
            return "past"
        if all(content_doubt(seen.finding, terms) for terms in known):
            return "content"
        if not any(self._credible.is_in_its_pace(seen, terms.every_ms) for terms in known):
            return "pace"
        self._credible.note(seen.endpoint, seen.at_ms)
        return ""

    async def _hear(self, connection: FarConnection, subject: str, data: bytes) -> None:
        site = self.sites.get(site_of(subject))
        pulse = self._understood(site, data, FarPulse)
        if site is None or pulse is None or self._key is None:
            return
        now_ms = self._clock.now_ms()
        before = 0 if site.pulse is None else site.pulse.dropped
        dropped = pulse.dropped - before if pulse.dropped >= before else pulse.dropped  # it may have started again
        if dropped:
            site.lost += dropped
            log.error("a site had no room for what it saw", extra={"site": site.name, "observations": dropped})
        site.pulse, site.heard_s, site.skew_ms = pulse, self._clock.monotonic(), pulse.at_ms - now_ms
        try:
            if self._name and self._name not in pulse.lacking:
                self._warn_of_stranger(site, pulse)
            else:
                positions = {name: self._recorded.get((site.name, name), 0) for name in pulse.outboxes}
                answer = _signed(self._key, encode(Answer(positions, now_ms, pulse.at_ms, self._name)))
                await connection.say(to_site(site.name), encode(answer))
            if pulse.revision > site.revision and self.speaks():  # it was told by one who knew more of the time
                self._sign(site, self._key, pulse.revision + 1)
            if pulse.revision != site.revision and self.speaks():
                await self._say_terms(connection, site)
        except LineError as error:
            log.warning("a site cannot be answered", extra={"site": site.name, "error": str(error)})

    async def _say_terms(self, connection: FarConnection, site: FarSite) -> None:
        """Those of many endpoints take their time at the other end: a second is left to it for each further message.
        Raises LineError."""
        now_s = self._clock.monotonic()
        if now_s - site.told_s < len(site.signed) - 1:
            return
        site.told_s = now_s
        for message in site.signed:
            await connection.say(to_site(site.name), message)

    def _warn_of_stranger(self, site: FarSite, pulse: FarPulse) -> None:
        """It would give up what one of the pair has, and the other would never get it: it is told nothing."""
        if pulse.revision == site.revision and not site.is_too_old:
            site.is_too_old = True
            log.error("a site is of a release that knows no pairs: it keeps all that it sees; upgrade it",
                      extra={"site": site.name})  # fmt: skip

    def _understood(self, site: FarSite | None, data: bytes, kind: type[Message]) -> Message | None:
        """The message, if it is one of that kind and of that site; else it is refused."""
        if site is None:
            log.error("somebody who is no site of ours speaks as one")
            return None
        try:
            message = decode_from_afar(data)
        except MessageError as error:
            self._refuse(site, "message", f"{error}")
            return None
        if not isinstance(message, kind) or (
            isinstance(message, Parcel) and len(message.observations) > MOST_IN_A_PARCEL
        ):
            self._refuse(site, "message", "out of place")
            return None
        if message.site != site.name:
            self._refuse(site, "name", message.site)
            return None
        return message

    def _refuse(self, site: FarSite, why: str, about: str) -> None:
        site.refused[why] += 1
        if site.refused[why] <= MOST_LOGGED:
            log.error("a site sent what is refused", extra={"site": site.name, "why": why, "about": about})


def _signed(key: SigningKey, body: bytes) -> Signed:
    return Signed(body, key.sign(PURPOSE + body))


def _by_its_clock(seen: Observation, skew_ms: int) -> Observation:
    """UNKNOWN, where the clock that it was seen by was too far off."""
    if abs(skew_ms) <= MOST_SKEW_MS:
        return seen
    detail = f"the site's clock was {abs(skew_ms) // 1000} s {'ahead' if skew_ms > 0 else 'behind'}"
    return replace(seen, finding=Finding(Outcome.UNKNOWN, Reason.CLOCK_STEPPED, detail, seen.finding.duration_us))
