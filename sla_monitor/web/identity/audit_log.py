"""What people do at the desk, on its way to the audit in the ledger: alike events within minutes become one row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sla_monitor.ledger.recording.audit import AuditEvent

WINDOW_MS = 600_000
"""The first of alike events is recorded at once, those that follow in such a time together."""

WINDOWS = 1_000
"""So many kinds of event are kept apart; beyond them, what they were about is left out."""

ADDRESSES = 5
"""So many addresses are named."""

HELD = 2_000
"""Rows that wait while the ledger cannot be written; what comes then is counted with others."""


class DeskEvent(StrEnum):
    """What is recorded."""

    SIGNED_IN = "signed-in"
    PROVED = "proved-again"
    REFUSED = "sign-in-refused"
    LIMITED = "sign-in-limited"
    SIGNED_OUT = "signed-out"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    FORBIDDEN = "forbidden"
    DOWNLOADED = "downloaded"
    NOT_KEPT = "not-kept"
    """So many events of any kind, for which there was no room while the ledger could not be written."""


Key = tuple[str, str, str, str]


@dataclass
class _Alike:
    """Events that followed a first one: how many, and from where."""

    began_ms: int
    event: AuditEvent
    count: int = 0
    addresses: list[str] = field(default_factory=list)


@dataclass
class AuditLog:
    """Events until `due` hands them over. Called from any thread."""

    _waiting: list[AuditEvent] = field(default_factory=list)
    _alike: dict[Key, _Alike] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, event: AuditEvent) -> None:
        """Take in one event: of one address, counted once. `actor` and `subject` are names that are known: whoever
        types something at random makes no new row."""
        with self._lock:
            self._note(event)

    def _note(self, event: AuditEvent) -> None:
        key: Key = event.event, event.actor, event.contract, event.subject
        if key not in self._alike and (len(self._alike) >= WINDOWS or len(self._waiting) >= HELD):
            key = event.event, "", "", ""
            event = replace(event, actor="", contract="", subject="others")
        alike = self._alike.get(key)
        if alike is None:
            self._alike[key] = _Alike(event.at_ms, event)
            self._waiting.append(event)
            return
        if not alike.count:
            alike.event = event
        alike.count += 1
        alike.event = replace(alike.event, until_ms=event.until_ms)
        if event.addresses not in alike.addresses and len(alike.addresses) <= ADDRESSES:
            alike.addresses.append(event.addresses)

    def due(self, now_ms: int, *, is_end: bool = False) -> list[AuditEvent]:
        """What is to be recorded now; `is_end`: everything."""
        with self._lock:
            over = [key for key, one in self._alike.items() if is_end or not 0 <= now_ms - one.began_ms < WINDOW_MS]
            due, self._waiting = [*self._waiting, *self._ended(over)], []
        return due

    def hand_back(self, events: list[AuditEvent]) -> None:
        """They could not be recorded: they wait for the next time, before what has come since."""
        with self._lock:
            several = [*events, *self._waiting]
            self._waiting = several if len(several) <= HELD else [*several[: HELD - 1], _not_kept(several[HELD - 1 :])]

    def _ended(self, keys: list[Key]) -> Iterator[AuditEvent]:
        for key in keys:
            alike = self._alike.pop(key)
            if alike.count:
                named, more = alike.addresses[:ADDRESSES], len(alike.addresses) > ADDRESSES
                told = ", ".join(named) + (", and others" if more else "")
                yield replace(alike.event, addresses=told, count=alike.count)


def _not_kept(several: list[AuditEvent]) -> AuditEvent:
    """That there were so many more, and nothing else of them."""
    first_ms, last_ms = min(one.at_ms for one in several), max(one.until_ms for one in several)
    return AuditEvent(first_ms, last_ms, DeskEvent.NOT_KEPT, count=sum(one.count for one in several))
