"""What we saw: the append-only record. The only room that knows SQLite."""

from __future__ import annotations

from sla_monitor.ledger.heads import ChainHead
from sla_monitor.ledger.ledger import Ledger
from sla_monitor.ledger.reader import Reader, read_only
from sla_monitor.ledger.recorded import Recorded
from sla_monitor.ledger.stats import LedgerStats

__all__ = ["ChainHead", "Ledger", "LedgerStats", "Reader", "Recorded", "read_only"]
