"""Comparing: every day that both collectors of a pair have to its end is held against the other one's.

A day that is equal once stays so: nothing is added to it, and the ledger remembers that. One that is not is compared
again each time, and tells its first difference until it is mended.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from functools import partial
from hashlib import sha256

from sla_monitor.clock import Clock
from sla_monitor.errors import LedgerError, LineError
from sla_monitor.ledger import read_only
from sla_monitor.ledger.reading.day_rows import DAY_MS, DayRows
from sla_monitor.ledger.reading.reader import keep_answer
from sla_monitor.pair.day_roots import Answer, Digests, Question, Teller, difference, utc_day
from sla_monitor.pair.shared_register import Member
from sla_monitor.pair.telling import signed, understood
from sla_monitor.transport import MessageError
from sla_monitor.transport.line import PATIENCE_S, FarConnection

LATE_MS = 600_000
"""A probe that began before midnight may end after it; what is entered then may be dated before."""

ASKED_S = 900.0
"""How long the other one may take to answer: a large day is read for minutes."""

log = logging.getLogger(__package__)


def days_of(collector: str) -> str:
    """The subject on which a collector is asked about days."""
    return f"pair.{collector}.days"


class Incomplete(LineError):  # noqa: N818 - it says how it is
    """The other one does not have the day to its end yet."""


class Comparing:
    """Of one collector. `unequal`: by the day's beginning, what was first found to differ; `trouble`: why days could
    not be compared when that was last tried."""

    def __init__(
        self,
        member: Member,
        clock: Clock,
        horizon_ms: int,
        complete_until_ms: Callable[[], int],
        jobs: Callable[[], Collection[str]],
    ) -> None:
        """`complete_until_ms`: up to when everything is recorded that sites saw; after `horizon_ms` nothing more of a
        day comes in. `jobs`: what each collector judges by itself, and is not compared."""
        self._member, self._clock, self._horizon_ms = member, clock, horizon_ms
        self._complete_until_ms, self._jobs = complete_until_ms, jobs
        self.unequal: dict[int, str] = {}
        self.compared = 0
        self.trouble = ""
        self._equal: set[int] = set()
        self._known: Digests | None = None

    async def answer(self, data: bytes) -> bytes:
        """What the other one is told; nothing: the day is not complete here. A fault is none of that: it is told."""
        key = self._member.key
        try:
            question = understood(data, key.public)
            told = await asyncio.to_thread(self._told, question)
        except (MessageError, LedgerError, KeyError, TypeError, ValueError) as error:
            log.warning("a question about a day cannot be answered", extra={"error": str(error)})
            told = {"fault": "it cannot answer that; its log says why"}
        return signed(told, key)

    async def compare(self, connection: FarConnection) -> None:
        """Compare all days that are over, complete, and not known to be equal. Raises LineError and LedgerError."""
        loop = asyncio.get_running_loop()

        def ask(name: str, question: Question) -> Answer:
            asked = connection.ask(days_of(name), signed(question, self._member.key), ASKED_S)
            answer = asyncio.run_coroutine_threadsafe(asked, loop).result(ASKED_S + PATIENCE_S)
            return understood(answer, self._member.key.public)

        for name in self._member.others:
            await asyncio.to_thread(self._compare_all, name, partial(ask, name))

    def _compare_all(self, name: str, there: Callable[[Question], Answer]) -> None:
        with DayRows(self._member.path) as rows:
            for day_ms in self._due(rows):
                with suppress(Incomplete):
                    self._compare(day_ms, name, Teller(rows, self._jobs()), there)

    def _due(self, rows: DayRows) -> list[int]:
        now_ms = self._clock.now_ms()
        days = [day_ms for day_ms in rows.days(now_ms) if now_ms - day_ms <= self._horizon_ms + 2 * DAY_MS]
        with closing(read_only(self._member.path)) as reader:
            self._equal |= {
                day for day in days if day not in self._equal and reader.worked_out(_equality(day)) is not None
            }
        return [day_ms for day_ms in days if day_ms not in self._equal and self._is_complete(day_ms)]

    def _is_complete(self, day_ms: int) -> bool:
        end_ms = day_ms + DAY_MS + LATE_MS
        return self._complete_until_ms() >= end_ms or self._clock.now_ms() >= end_ms + self._horizon_ms

    def _compare(self, day_ms: int, name: str, here: Teller, there: Callable[[Question], Answer]) -> None:
        def asked(question: Question) -> Answer:
            answer = there(question)
            if "fault" in answer:
                raise LineError(f"{name}: {answer['fault']}")
            if not answer:
                raise Incomplete(f"{name} does not have all of {utc_day(day_ms)} yet")
            return answer

        found = difference(day_ms, here, asked)
        self.compared += 1
        if found is None:
            self._equal.add(day_ms)
            self.unequal.pop(day_ms, None)
            keep_answer(self._member.path, _equality(day_ms), json.dumps(here({"day": day_ms})["root"]))
            return
        told = found.told(self._member.name, name)
        if self.unequal.get(day_ms) != told:
            log.error(
                "the records of the pair differ", extra={"day": utc_day(day_ms), "other": name, "difference": told}
            )
        self.unequal[day_ms] = told

    def _told(self, question: Question) -> Answer:
        day_ms = int(question["day"])
        if not self._is_complete(day_ms):
            return {}
        with DayRows(self._member.path) as rows:
            teller = Teller(rows, self._jobs())
            if len(question) > 1:  # it goes on from the whole day, which is not read again
                teller.known = self._known
            answer = teller(question)
            self._known = teller.known
            return answer


def _equality(day_ms: int) -> str:
    """Under what the ledger knows that a day is equal."""
    return sha256(f"the day {day_ms} of the pair is equal".encode()).hexdigest()
