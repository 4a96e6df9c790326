"""A daemon's own ledger as its assessments ask for it, every few seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.ledger import Ledger
from sla_monitor.sla.evidence import EndpointSamples, Evidence, Forwarding
from sla_monitor.sla.spans import Span


class Recorded(Forwarding):
    """What is in the ledger. For one thread at a time.

    `yield_control` is called in the middle of what takes long.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.yield_control: Callable[[], None] = lambda: None
        self._ledger = ledger

    def behind(self) -> Evidence:
        return self._ledger

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        return self._ledger.spans(start_ms, end_ms, self.yield_control)

    def firsts_ms(self, contracts: Sequence[str]) -> Mapping[str, int | None]:
        return self._ledger.firsts_ms(contracts)

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> EndpointSamples:
        for piece in self._ledger.columns(keys, start_ms, end_ms):
            yield piece
            self.yield_control()

    def keep_samples(self, keys: Sequence[str], since_ms: int, until_ms: int) -> None:
        if not self._ledger.is_failing:  # as below
            with suppress(LedgerError):
                self._ledger.keep_samples(keys, since_ms, until_ms, self.yield_control)

    def was_seen(self, start_ms: int, end_ms: int) -> bool:
        return self._ledger.was_seen(start_ms, end_ms)

    def keep(self, digest: str, body: str) -> None:
        """What cannot be kept is told elsewhere, and can be worked out again. While nothing can be written, nothing is
        tried: thousands of answers would each wait for the same lock."""
        if not self._ledger.is_failing:
            with suppress(LedgerError):
                self._ledger.keep(digest, body)
