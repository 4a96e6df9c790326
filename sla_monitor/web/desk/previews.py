"""The record as the desk asks it for figures: opened once, with what the closed months of some contracts came to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sla_monitor.assess import Cache
from sla_monitor.assess.proposed_terms import KeptHistories
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import HistoryReader

CONTRACTS_KEPT = 30
"""Contracts whose months are held, those that people are at: 1 MB each after ten years."""


@dataclass
class Previews:
    """For the one thread of `WebParts.previewing`. Months are worked out once for as long as nothing that they rest on
    changes (`assess.Cache`). `histories`: by terms that are looked at, in force or not."""

    opened: Callable[[], HistoryReader]
    histories: KeptHistories = field(default_factory=KeptHistories)
    _reader: HistoryReader | None = None
    _caches: OrderedDict[str, Cache] = field(default_factory=OrderedDict)

    @contextmanager
    def asking(self, contract: str) -> Iterator[tuple[HistoryReader, Cache]]:
        """The record, and what is known of a contract as it stands: nothing that is only supposed may get into it.
        Raises LedgerError and its kinds."""
        cache = self._caches.setdefault(contract, Cache())
        self._caches.move_to_end(contract)
        while len(self._caches) > CONTRACTS_KEPT:
            self._caches.popitem(last=False)
        try:
            if self._reader is None:
                self._reader = self.opened()
            yield self._reader, cache
        except LedgerError:  # tried anew with the next page
            self.close()
            raise

    def close(self) -> None:
        reader, self._reader = self._reader, None
        self._caches.clear()
        self.histories = KeptHistories()
        if reader is not None:
            reader.close()
