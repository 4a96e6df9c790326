"""What an assessment asks of a record, be it the ledger or a file: what was seen, and what was said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeAlias

from sla_monitor.register.entries import Entry
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span

Sample: TypeAlias = tuple[int, Outcome, int, int | None]
"""One look: when it began (UTC ms), what it found, how long it took, and when its first byte was in (both in µs)."""


class Evidence(Protocol):
    """The questions. Instants are UTC milliseconds, ranges `[start_ms, end_ms)`, answers ascending by time or number.

    The same evidence gives the same assessment, whoever holds it.
    """

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        """The whole spans that overlap a range, by endpoint key."""

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterable[Sample]:
        """The looks at one endpoint that began in a range. Asked for response times, error rates and slow answers
        alone: everything else is in the spans."""

    def entries(self, contract: str) -> Sequence[Entry]:
        """All that the register says of a contract, undone entries included."""

    def first_ms(self) -> int | None:
        """Since when anything was seen; None: nothing was."""
