"""Effective entries of one contract: without those that were undone, and the last of several on one subject."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sla_monitor.contract.contract import Contract
from sla_monitor.register.entries import (
    KINDS,
    Countersigned,
    Decision,
    Done,
    Entry,
    MeetingAction,
    ReportedFigure,
    SignOff,
    Undo,
)
from sla_monitor.register.kinds.kind import EntryKind

Kind = TypeVar("Kind", bound=EntryKind)


@dataclass(frozen=True, slots=True)
class EffectiveEntries:
    """What stands. `entries` ascend by number; neither undone entries nor undoings are among them, nor tickets,
    figures and outage lists that a later one replaced.

    `undone` and `replaced`: the numbers of what does not stand, each with the number of the entry that is why.
    """

    entries: tuple[Entry, ...] = ()
    undone: Mapping[int, int] = field(default_factory=dict)
    replaced: Mapping[int, int] = field(default_factory=dict)
    _by_kind: Mapping[type, tuple[tuple[Entry, Any], ...]] = field(default_factory=dict)
    _by_number: Mapping[int, Entry] = field(default_factory=dict)
    _decisions: Mapping[int, tuple[Entry, Decision]] = field(default_factory=dict)
    _sign_offs: Mapping[str, tuple[Entry, SignOff]] = field(default_factory=dict)
    _figures: Mapping[tuple[str, str, str], tuple[Entry, ReportedFigure]] = field(default_factory=dict)

    def of(self, kind: type[Kind]) -> tuple[tuple[Entry, Kind], ...]:
        """What stands of one kind, ascending: `for entry, booking in effective.of(Maintenance)`."""
        return self._by_kind.get(kind, ())

    def entry(self, number: int) -> Entry | None:
        """An entry, if it stands."""
        return self._by_number.get(number)

    def decision_on(self, number: int) -> tuple[Entry, Decision] | None:
        """The last decision on an entry; None: there is none that stands."""
        return self._decisions.get(number)

    def figure(self, kpi: str, month: str, party: str) -> tuple[Entry, ReportedFigure] | None:
        """A party's figure for the measurement period that ends with a month."""
        return self._figures.get((kpi, month, party))

    def sign_off(self, month: str) -> tuple[Entry, SignOff] | None:
        """The last sign-off of a month."""
        return self._sign_offs.get(month)

    def countersignature(self, month: str) -> tuple[Entry, Countersigned] | None:
        """That of the last sign-off of a month: of an earlier one it counts no more."""
        signed = self.sign_off(month)
        if signed is None:
            return None
        found = (pair for pair in self.of(Countersigned) if pair[0].number > signed[0].number)
        return next((pair for pair in found if (pair[1].month, pair[1].digest) == (month, signed[1].digest)), None)

    @property
    def open_actions(self) -> tuple[tuple[Entry, MeetingAction], ...]:
        """Actions that nobody has done yet."""
        done = {said.about for _, said in self.of(Done)}
        return tuple(pair for pair in self.of(MeetingAction) if pair[0].number not in done)

    def pending(self, contract: Contract) -> tuple[Entry, ...]:
        """Entries that ask for a decision under the contract's terms and have none."""
        pairs = (pair for kind in KINDS.values() if kind.is_decidable for pair in self.of(kind))
        undecided = (pair for pair in pairs if pair[0].number not in self._decisions)
        pending = [entry for entry, said in undecided if said.asks_for_decision(contract)]
        return tuple(sorted(pending, key=lambda entry: entry.number))


def effective_entries(entries: Iterable[Entry]) -> EffectiveEntries:
    """What stands of one contract's entries, whatever order they are given in."""
    ordered = sorted(entries, key=lambda entry: entry.number)
    undone = _undone(ordered)
    last: dict[tuple[str, Hashable], Entry] = {}
    replaced: dict[int, int] = {}
    for entry in ordered:
        what = entry.body.last_word_on()
        if what is None or entry.number in undone:
            continue
        key = (entry.body.kind, what)
        if key in last:
            replaced[last[key].number] = entry.number
        last[key] = entry
    gone = undone.keys() | replaced.keys()
    kept = tuple(e for e in ordered if e.number not in gone and not isinstance(e.body, Undo))
    return _indexed(kept, undone, replaced)


def effective_subset(entries: Iterable[Entry]) -> EffectiveEntries:
    """The same of some entries that stand, with nothing else beside them."""
    return _indexed(tuple(sorted(entries, key=lambda entry: entry.number)), {}, {})


def _undone(ordered: list[Entry]) -> dict[int, int]:
    """Last word first: an undoing that was itself undone undoes nothing."""
    undone: dict[int, int] = {}
    for entry in reversed(ordered):
        body = entry.body
        if isinstance(body, Undo) and entry.number not in undone and body.about < entry.number:
            undone[body.about] = entry.number
    return undone


def _indexed(kept: tuple[Entry, ...], undone: Mapping[int, int], replaced: Mapping[int, int]) -> EffectiveEntries:
    by_kind: dict[type, list[tuple[Entry, Any]]] = {}
    for entry in kept:
        by_kind.setdefault(type(entry.body), []).append((entry, entry.body))
    return EffectiveEntries(
        entries=kept,
        undone=undone,
        replaced=replaced,
        _by_kind={kind: tuple(several) for kind, several in by_kind.items()},
        _by_number={entry.number: entry for entry in kept},
        _decisions={pair[1].about: pair for pair in by_kind.get(Decision, ())},
        _sign_offs={pair[1].month: pair for pair in by_kind.get(SignOff, ())},
        _figures={(said.kpi, said.month, said.party): (entry, said) for entry, said in by_kind.get(ReportedFigure, ())},
    )
