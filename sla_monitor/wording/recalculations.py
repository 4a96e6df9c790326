"""Why a closed month came out otherwise, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sla_monitor.register.entries import Entry
from sla_monitor.register.kinds.terms_change import short
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_id

MOST = 8
"""Entries that are named: an import of tickets may be of thousands."""


class Reasons(Protocol):
    """`assess.recalculations.Because`."""

    @property
    def entries(self) -> Sequence[int]: ...
    @property
    def terms(self) -> tuple[str, str] | None: ...
    @property
    def imports(self) -> Sequence[int]: ...
    @property
    def is_other_program(self) -> bool: ...


def describe_because(because: Reasons, entries: Mapping[int, Entry]) -> str:
    """`entry 12 (decision, by bob)`, `the terms changed from 1f2e3d4c5b6a to 6a5b4c3d2e1f`, ..."""
    several = [_entry(number, entries.get(number)) for number in because.entries[:MOST]]
    if len(because.entries) > MOST:
        several.append(f"{len(because.entries) - MOST:,} more entries")
    if because.terms is not None:
        before, after = because.terms
        several.append(f"the terms changed from {short(before) or 'none'} to {short(after) or 'none'}")
    several += [f"import {number} was brought in or taken back" for number in because.imports]
    if because.is_other_program:
        several.append("another version of the program calculates")
    return format_list(several) if several else "observations came in late, or the clock was set"


def _entry(number: int, entry: Entry | None) -> str:
    return f"entry {number}" if entry is None else f"entry {number} ({describe_id(entry.body.kind)}, by {entry.actor})"
