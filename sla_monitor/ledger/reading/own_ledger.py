"""A daemon's own ledger as its assessments ask for it, every few seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from sla_monitor.errors import LedgerError
from sla_monitor.ledger.ledger import Ledger
from sla_monitor.periods.intervals import Intervals
from sla_monitor.register.entries import Entry
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Sample, Samples
from sla_monitor.sla.spans import Fingerprint, Span


class Recorded:
    """What is in the ledger. For one thread at a time.

    `rest` is called in the middle of what takes long.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.rest: Callable[[], None] = lambda: None
        self._ledger = ledger

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        return self._ledger.spans(start_ms, end_ms, self.rest)

    def fingerprint(self, contract: str, range_ms: tuple[int, int], within_ms: tuple[int, int]) -> Fingerprint:
        return self._ledger.fingerprint(contract, range_ms, within_ms)

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        return self._ledger.samples(key, start_ms, end_ms)

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> Iterator[tuple[str, Samples]]:
        for piece in self._ledger.columns(keys, start_ms, end_ms):
            yield piece
            self.rest()

    def keep_looks(self, keys: Sequence[str], since_ms: int, until_ms: int) -> None:
        if not self._ledger.is_failing:  # as below
            with suppress(LedgerError):
                self._ledger.keep_looks(keys, since_ms, until_ms, self.rest)

    def held_since_ms(self) -> int | None:
        return self._ledger.held_since_ms()

    def entries(self, contract: str) -> Sequence[Entry]:
        return self._ledger.entries(contract)

    def first_ms(self, contract: str) -> int | None:
        return self._ledger.first_ms(contract)

    def was_seen(self, start_ms: int, end_ms: int) -> bool:
        return self._ledger.was_seen(start_ms, end_ms)

    def clock_moves(self, start_ms: int, end_ms: int) -> list[ClockMove]:
        return self._ledger.clock_moves(start_ms, end_ms)

    def imports(self, contract: str) -> Sequence[Import]:
        return self._ledger.imports(contract)

    def imported(self, contract: str, start_ms: int, end_ms: int) -> Mapping[int, Mapping[str, Intervals]]:
        return self._ledger.imported(contract, start_ms, end_ms)

    def worked_out(self, digest: str) -> str | None:
        return self._ledger.worked_out(digest)

    def keep(self, digest: str, body: str) -> None:
        """What cannot be kept is told elsewhere, and can be worked out again. While nothing can be written, nothing is
        tried: thousands of answers would each wait for the same lock."""
        if not self._ledger.is_failing:
            with suppress(LedgerError):
                self._ledger.keep(digest, body)
