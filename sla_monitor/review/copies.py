"""The supplier's copy: the same figures, without what the authority wrote for itself."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.register.entries import Entry
from sla_monitor.register.standing import standing
from sla_monitor.review.case import Case

OPEN = {"claim", "maintenance", "figure", "ticket", "action", "done", "minute", "decision", "dispute", "outage_list"}
"""Kinds whose notes both sides read: what the supplier said, and what it was told."""

LEFT_OUT = "left out of this copy"


def for_supplier(case: Case) -> Case:
    """The case with the notes and papers of all other entries left out. No figure depends on them."""
    one = case.assessment
    entries, pending = (tuple(map(_open, several)) for several in (one.entries, one.pending))
    assessment = replace(one, entries=entries, pending=pending)
    return replace(case, assessment=assessment, register=standing(map(_open, case.register.entries)), copy="supplier")


def _open(entry: Entry) -> Entry:
    if entry.said.kind in OPEN:
        return entry
    note, papers = (LEFT_OUT if text else "" for text in (entry.note, entry.evidence))
    return entry.model_copy(update={"note": note, "evidence": papers})
