"""Response times of the last months for the pages: a day at a time, from what was kept or from its probes.

A day that is over is worked out once and kept in the ledger as answers about closed months are. A thousand endpoints
have more than a million probes a day: to read them through takes some seconds of processor time, half of the time at
rest, and happens once a day, or for each day of a record that is older than this program.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sla_monitor.assess.response_times import Histogram, ResponseTimes, day_histograms, times_of
from sla_monitor.clock import Clock, Rests
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import HistoryReader

EVERY_MS = 30_000
"""How often it is asked whether a day is over."""

DAYS = 92
"""Days that are held, from the first of a month on."""

MONTHS = 12
"""Months that are held while the daemon runs."""

BUSY_S = 0.5
"""So long a turn goes on to the next day; one that is worked out anew may take longer."""

LATE_MS = 3_600_000
"""How long after its end a day is taken for complete: for a picture, no more is needed."""

VERSION = 1
"""To be raised when the same probes are to give another answer."""

Firsts = Callable[[Sequence[str]], Mapping[str, int | None]]
"""When each of these contracts was first seen."""

log = logging.getLogger(__package__)


@dataclass(slots=True)
class _Known:
    """Of one contract: which day comes next, days and months by subject, and the month that is being added up."""

    next_on: date
    days: dict[str, tuple[ResponseTimes, ...]] = field(default_factory=dict)
    months: dict[str, tuple[ResponseTimes, ...]] = field(default_factory=dict)
    month: dict[str, Histogram] = field(default_factory=lambda: defaultdict(Counter))


class ResponseHistory:
    """Filled by `turn` in the schedule's thread, read by pages from theirs."""

    def __init__(self, opened: Callable[[], HistoryReader], keep: Callable[[str, str], None], clock: Clock) -> None:
        """`keep` keeps an answer under a digest."""
        self._opened, self._keep, self._clock = opened, keep, clock
        self._known: dict[str, _Known] = {}
        self._problem = ""

    def of(self, contract: str, subject: str) -> tuple[Sequence[ResponseTimes], Sequence[ResponseTimes]]:
        """Days and months of `endpoint ID` or `service ID`, ascending; the running month is the last one."""
        known = self._known.get(contract)
        if known is None:
            return (), ()
        running = known.month.get(subject)
        last = times_of(known.next_on.replace(day=1), dict(running)) if running else None
        return known.days.get(subject, ()), (*known.months.get(subject, ()), *([last] if last else []))

    def turn(self, contracts: Sequence[Contract], firsts: Firsts | None = None) -> None:
        """Take in the next days, as many as half a second allows. `firsts` says when the contracts were first seen, by
        somebody who has read the record up to now: whoever reads it for the first time reads a day of it."""
        now_ms = self._clock.now_ms()
        for contract in contracts:
            self._known.setdefault(contract.id, _Known(self._first(contract, now_ms)))
        waiting = [one for one in contracts if self._is_over(one, self._known[one.id].next_on, now_ms)]
        if not waiting:
            return
        try:
            with self._opened() as reader:
                self._take_all(waiting, reader, now_ms, firsts or reader.firsts_ms)
        except LedgerError as error:
            if f"{error}" != self._problem:
                log.error("response times cannot be read", extra={"problem": f"{error}"})
            self._problem = f"{error}"
        else:
            self._problem = ""

    def _take_all(self, contracts: Sequence[Contract], reader: HistoryReader, now_ms: int, firsts_ms: Firsts) -> None:
        firsts = firsts_ms([contract.id for contract in contracts])
        began_s = self._clock.monotonic()
        for contract in contracts:
            known, first_ms = self._known[contract.id], firsts[contract.id]
            while self._is_over(contract, known.next_on, now_ms):
                self._take(contract, known, reader, first_ms)
                if self._clock.monotonic() - began_s > BUSY_S:
                    return

    @staticmethod
    def _first(contract: Contract, now_ms: int) -> date:
        return (local_date(now_ms, contract.time_zone) - timedelta(days=DAYS)).replace(day=1)

    @staticmethod
    def _is_over(contract: Contract, on: date, now_ms: int) -> bool:
        return midnight_ms(on + timedelta(days=1), contract.time_zone) + LATE_MS <= now_ms

    def _take(self, contract: Contract, known: _Known, reader: HistoryReader, first_ms: int | None) -> None:
        """The next day; and with the last one of a month, the month."""
        on, following = known.next_on, known.next_on + timedelta(days=1)
        is_seen = first_ms is not None and first_ms < midnight_ms(following, contract.time_zone)
        for subject, histogram in self._histograms(contract, on, reader).items() if is_seen else ():
            known.month[subject].update(histogram)
            _append(known.days, subject, times_of(on, histogram), DAYS)
        if following.day == 1:
            for subject, histogram in known.month.items():
                _append(known.months, subject, times_of(on.replace(day=1), histogram), MONTHS)
            known.month = defaultdict(Counter)
        known.next_on = following

    def _histograms(self, contract: Contract, on: date, reader: HistoryReader) -> dict[str, Histogram]:
        question = f"response times {VERSION} {contract.id} {contract.time_zone.key} {on}"
        digest = hashlib.sha256(question.encode()).hexdigest()
        kept = reader.worked_out(digest)
        if kept is not None:
            several = json.loads(kept)
            return {name: Counter({int(step): count for step, count in one.items()}) for name, one in several.items()}
        found = day_histograms(contract, reader, on, Rests(self._clock))
        self._keep(digest, json.dumps(found, separators=(",", ":")))
        return found


def _append(
    several: dict[str, tuple[ResponseTimes, ...]], subject: str, times: ResponseTimes | None, most: int
) -> None:
    """Readers have the tuple that was there before."""
    if times is not None:
        several[subject] = (*several.get(subject, ()), times)[-most:]
