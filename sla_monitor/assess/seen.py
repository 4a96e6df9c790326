"""What an assessment asks of a record, be it the ledger or a file: what was seen, and what was said."""

from __future__ import annotations

from sla_monitor.evidence.seen import Sample
from sla_monitor.evidence.source import Source as Evidence

__all__ = ["Evidence", "Sample"]
