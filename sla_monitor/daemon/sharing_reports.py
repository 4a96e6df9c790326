"""Job reports of a pair: a job reports to one collector, and the other one asks for what it has heard.

Each ledger gives its reports numbers of its own. The position up to which the other one's are here is kept with what
came in. A ledger that was put in the place of another has other reports under the same numbers: then all of them are
asked for again, and those that are here already are known by endpoint, kind and instant.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import Arrived, Ledger
from sla_monitor.ledger.reading.job_reports import JobReports, Reported
from sla_monitor.pair.shared_register import NO_ANSWER, Member
from sla_monitor.pair.telling import signed, understood
from sla_monitor.sla.jobs import JobReport, ReportKind
from sla_monitor.transport import MessageError
from sla_monitor.transport.line import FarConnection

AT_ONCE = 400
"""Reports in one answer: each has at most some 1,000 bytes of text."""

COMMIT_S = 3.0

log = logging.getLogger(__package__)


def reports_of(collector: str) -> str:
    """The subject on which a collector is asked for reports after a number."""
    return f"pair.{collector}.reports"


class SharedReports:
    """Of one collector."""

    def __init__(self, member: Member, ledger: Ledger, clock: Clock) -> None:
        self._member, self._ledger, self._clock = member, ledger, clock

    async def answer(self, data: bytes) -> bytes:
        """What the other one is told."""
        key = self._member.key
        try:
            told = await asyncio.to_thread(self._told, int(understood(data, key.public)["after"]))
        except (MessageError, LedgerError, KeyError, TypeError, ValueError) as error:
            log.warning("a question about reports cannot be answered", extra={"error": str(error)})
            told = {}
        return signed(told, key)

    async def fetch(self, connection: FarConnection) -> None:
        """Take in what the others have heard and we have not. Raises LineError, LedgerError and MessageError."""
        for name in self._member.others:
            is_more = True
            while is_more:
                outbox, after = await asyncio.to_thread(self._position, name)
                question = signed({"after": after}, self._member.key)
                answer = await connection.ask(reports_of(name), question)
                told = understood(answer, self._member.key.public)
                if not told:
                    raise MessageError(NO_ANSWER)
                is_more = await asyncio.to_thread(self._take, name, outbox, after, told)

    def _told(self, after: int) -> dict[str, Any]:
        with JobReports(self._member.path) as reports:
            return {"at": reports.at(after) if after else None, "reports": reports.after(after, AT_ONCE)}

    def _position(self, name: str) -> tuple[int, int]:
        """Of which ledger of the other's, counted from 0, and up to which report of that."""
        site = _site(name)
        known = {int(outbox): last for (who, outbox), last in self._ledger.positions().items() if who == site}
        return max(known.items(), default=(0, 0))

    def _take(self, name: str, outbox: int, after: int, told: dict[str, Any]) -> bool:
        """Whether there may be more."""
        with JobReports(self._member.path) as reports:
            several = [Reported(*one) for one in told["reports"]]
            if after and (told["at"] is None or not reports.has(Reported(*told["at"]))):
                log.warning("the other collector has another ledger than before", extra={"collector": name})
                self._move(name, outbox + 1, 0, 1)  # from the beginning of that one
                return self._ledger.flush(COMMIT_S)
            new = [one for one in several if not reports.has(one)]
        for one in new:
            self._hear(one)
        if several:
            self._move(name, outbox, after, several[-1].number)
        return self._ledger.flush(COMMIT_S) and len(several) == AT_ONCE

    def _hear(self, one: Reported) -> None:
        age_s = max(0, self._clock.now_ms() - one.at_ms) / 1000
        heard_s = self._clock.monotonic() - age_s
        self._ledger.hear(one.endpoint, JobReport(ReportKind(one.kind), one.at_ms, heard_s, one.text, one.duration_ms))

    def _move(self, name: str, outbox: int, after: int, last: int) -> None:
        arrived = Arrived(_site(name), f"{outbox}", after + 1, last, self._clock.now_ms(), None)
        self._ledger.hand_over([(arrived, 0)])


def _site(name: str) -> str:
    """Under what the ledger has the position: no site has an @ in its name."""
    return f"@{name}"
