"""Which service periods an entry is about."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from sla_monitor.register.entries import Entry
    from sla_monitor.register.kinds.kind import EntryKind


def months_of(said: EntryKind, zone: ZoneInfo, others: Mapping[int, Entry]) -> tuple[str, ...]:
    """The months that an entry is about, ascending. What is said about another entry and names no month is about that
    one's months, which is looked up in `others`; none: it is about no month in particular."""
    own = said.months(zone)
    if own or said.subject() is None:
        return own
    other = _subject(said, others)
    return () if other is None else months_of(other, zone, others)


class Others:
    """The entries that entries may speak of: by number, and by what they have the last word on."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.by_number = {entry.number: entry for entry in entries}

    def records(self, kind: str, what: Hashable) -> Sequence[EntryKind]:
        """Every entry of a kind that has, or had, the last word on something: also those that a later one replaced."""
        return self._records.get((kind, what), ())

    @cached_property
    def _records(self) -> Mapping[tuple[str, Hashable], list[EntryKind]]:
        found: dict[tuple[str, Hashable], list[EntryKind]] = {}
        for entry in self.by_number.values():
            what = entry.body.last_word_on()
            if what is not None:
                found.setdefault((entry.body.kind, what), []).append(entry.body)
        return found


def first_changed(said: EntryKind, zone: ZoneInfo, others: Others, reach_ms: int) -> str | None:
    """The first month whose figures an entry may change; None: it changes none. `reach_ms`: how far an outage reaches
    over the end of a month."""
    if not said.changes_figures:
        return None
    if said.subject() is not None:
        other = _subject(said, others.by_number)
        return None if other is None else first_changed(other, zone, others, reach_ms)
    return min([*said.months(zone), *said.reached_months(zone, others, reach_ms)], default=None)


def _subject(said: EntryKind, others: Mapping[int, Entry]) -> EntryKind | None:
    """What an entry is about. An entry is about an earlier one; what a damaged register says otherwise is not
    followed."""
    number = said.subject()
    other = None if number is None else others.get(number)
    if number is None or other is None:
        return None
    before = other.body.subject()
    return None if before is not None and before >= number else other.body
