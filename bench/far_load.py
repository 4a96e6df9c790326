"""Sites far away that probe nothing: what they would have seen, said to a real server as fast as it is taken.

    python -m bench.far_load PLAN.json

The plan: `server`, `sites` (the keys of each), `rounds` (how many rounds of observations, EVERY_MS apart, every site
still has in its outbox from a time when it was cut off). After these each endpoint is seen once in EVERY_MS, at its own
moment. A line of JSON on standard output each second: how much was sent and is recorded, and our own processor time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from sla_monitor.outpost.handing_over import PULSE_S
from sla_monitor.outpost.lane import MOST_IN_A_PARCEL, MOST_UNDER_WAY
from sla_monitor.settings.sites import Nats
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases
from sla_monitor.transport import Answer, Assembly, FarPulse, Parcel, SiteTerms, decode_signed, decode_to_site, encode
from sla_monitor.transport.line import FarConnection, FarLine, parcels_of, pulses_of, to_site

EVERY_MS = 60_000
TURN_S = 0.25


class SimulatedSite:
    """`terms`: of how many endpoints the collector has told it; `recorded`: how much of what it sent is in the
    record."""

    def __init__(self, name: str, keys: Sequence[str], rounds: int, server: Nats) -> None:
        self._name, self._keys, self._outbox = name, keys, secrets.token_hex(8)
        self.sent = self.recorded = self.terms = self._revision = 0
        self._assembly = Assembly()
        self._began_ms = int(time.time() * 1000) - rounds * EVERY_MS
        self.line = FarLine(server, f"site-{name}", f"_INBOX_{name}", self._serve)
        self.line.start()

    async def _serve(self, connection: FarConnection) -> None:
        await connection.listen(to_site(self._name), self._hear)
        pulsed_s = 0.0
        while True:
            if time.monotonic() - pulsed_s >= PULSE_S:
                pulsed_s = time.monotonic()
                await connection.say(pulses_of(self._name), encode(self._pulse()))
            # Before it has its terms, what it saw would be refused.
            while self.terms and (several := self._next()):
                await connection.put(parcels_of(self._name), encode(several))
                self.sent += len(several.observations)
                if time.monotonic() - pulsed_s >= PULSE_S:
                    break
            await asyncio.sleep(TURN_S)

    def _pulse(self) -> FarPulse:
        now_ms = int(time.time() * 1000)
        return FarPulse(self._name, (self._outbox,), now_ms, self._revision, 0, None, 0, 0, 1)

    def _next(self) -> Parcel | None:
        """What has been seen meanwhile, and is not under way."""
        room = min(MOST_IN_A_PARCEL, MOST_UNDER_WAY - (self.sent - self.recorded))
        now_ms, seen = int(time.time() * 1000), list[Observation]()
        while len(seen) < room and (at_ms := self._due_ms(self.sent + len(seen))) <= now_ms:
            number = self.sent + len(seen)
            us = 12_345 + number % 997
            finding = Finding(Outcome.UP, None, "", us, Phases(321, 456, 7_890, us - 9_000, 77), "192.0.2.1", 200)
            seen.append(Observation(self._keys[number % len(self._keys)], at_ms, finding))
        if not seen:
            return None
        first = self.sent + 1
        return Parcel(self._name, self._outbox, first, first, tuple(seen), (0,) * len(seen))

    def _due_ms(self, number: int) -> int:
        count = len(self._keys)
        return self._began_ms + number // count * EVERY_MS + number % count * EVERY_MS // count

    async def _hear(self, subject: str, data: bytes) -> None:
        whole = self._assembly.take(data)
        said = None if whole is None else decode_to_site(decode_signed(whole).body)
        if isinstance(said, SiteTerms):
            self._revision, self.terms = said.revision, len(said.endpoints)
        elif isinstance(said, Answer):
            self.recorded = max(self.recorded, said.positions.get(self._outbox, 0))


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    plan = json.loads(Path(sys.argv[1]).read_text())
    server = Nats(servers=(plan["server"],))
    threading.stack_size(1 << 20)
    sites = [SimulatedSite(name, keys, plan["rounds"], server) for name, keys in plan["sites"].items()]
    while True:
        time.sleep(1)
        told = {what: sum(getattr(site, what) for site in sites) for what in ("terms", "sent", "recorded")}
        print(json.dumps({**told, "cpu_s": time.process_time()}), flush=True)


if __name__ == "__main__":
    main()
