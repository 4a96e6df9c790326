"""What of a booking will be silenced, and what will not, told to whoever books it or decides on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sla_monitor.cli.register.entry_session import EntrySession
from sla_monitor.wording.maintenance import describe_booked

if TYPE_CHECKING:
    from sla_monitor.assess.assessment import BookedStretch
    from sla_monitor.register.entries import Entry

SHOWN = 12
"""Stretches of a booking that are told: one over a year may have a window in each night."""


def stretches_of(session: EntrySession, entry: Entry) -> tuple[BookedStretch, ...]:
    """Those of the booking that an entry is about, from now on."""
    if not entry.body.changes_figures:  # what is not read cannot be found damaged
        return ()
    from sla_monitor.assess import supposed
    from sla_monitor.register.entry_context import EntryContext

    return supposed.stretches_of(EntryContext(session.contract, session.entries), entry, session.clock.now_ms())


def describe_stretches(session: EntrySession, several: Sequence[BookedStretch]) -> list[str]:
    """A line for each, the first of many."""
    lines = [
        describe_booked(one.is_silenced, (one.start_ms, one.end_ms), one.services, one.why, session.zone)
        for one in several[:SHOWN]
    ]
    more = len(several) - SHOWN
    return [*lines, f"and {more} more"] if more > 0 else lines


def document_of(stretch: BookedStretch) -> dict[str, Any]:
    """One as a program reads it."""
    from sla_monitor.register.instant import format_utc

    return {
        "start": format_utc(stretch.start_ms),
        "end": format_utc(stretch.end_ms),
        "services": list(stretch.services),
        "silenced": stretch.is_silenced,
        "why": stretch.why,
    }
