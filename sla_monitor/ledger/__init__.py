"""What we saw: the append-only record. The only room that knows SQLite."""

from __future__ import annotations

from sla_monitor.ledger.chaining.chain_heads import ChainHead
from sla_monitor.ledger.ledger import Ledger
from sla_monitor.ledger.reading.history_reader import HistoryReader
from sla_monitor.ledger.reading.known_entries import KnownEntries
from sla_monitor.ledger.reading.own_ledger import Recorded
from sla_monitor.ledger.reading.reader import Reader, read_only
from sla_monitor.ledger.recording.buffer_entries import Arrived
from sla_monitor.ledger.recording.stats import LedgerStats

__all__ = [
    "Arrived",
    "ChainHead",
    "HistoryReader",
    "KnownEntries",
    "Ledger",
    "LedgerStats",
    "Reader",
    "Recorded",
    "read_only",
]
