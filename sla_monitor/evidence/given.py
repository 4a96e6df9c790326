"""What is given to a party of a contract: evidence up to an instant, with no more of the register than it may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sla_monitor.evidence.source import EvidenceSource, clock_moves_of, imported_of, imports_of
from sla_monitor.periods.intervals import Intervals
from sla_monitor.register.entries import Entry
from sla_monitor.register.redaction import redacted
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Sample
from sla_monitor.sla.spans import Span


@dataclass(frozen=True)
class Given:
    """Evidence from which every figure comes out the same.

    `is_redacted`: without what the authority wrote for itself. `until_ms`: nothing of UP is told after this instant, so
    that a month that is over gives the same file for as long as its endpoints stay up. Everything else is whole: an
    outage is judged as one.
    """

    source: EvidenceSource
    is_redacted: bool
    until_ms: int | None = None

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        found = self.source.spans(start_ms, end_ms)
        return {key: [self._cut(span) for span in several] for key, several in found.items()}

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterable[Sample]:
        return self.source.samples(key, start_ms, end_ms)

    def entries(self, contract: str) -> Sequence[Entry]:
        several = self.source.entries(contract)
        return tuple(map(redacted, several)) if self.is_redacted else several

    def first_ms(self, contract: str) -> int | None:
        return self.source.first_ms(contract)

    def clock_moves(self, start_ms: int, end_ms: int) -> Sequence[ClockMove]:
        return clock_moves_of(self.source, start_ms, end_ms)

    def imports(self, contract: str) -> Sequence[Import]:
        return imports_of(self.source, contract)

    def imported(self, contract: str, start_ms: int, end_ms: int) -> Mapping[int, Mapping[str, Intervals]]:
        return {one.number: when for one, when in imported_of(self.source, contract, start_ms, end_ms)}

    def _cut(self, span: Span) -> Span:
        if self.until_ms is None or span.outcome is not Outcome.UP or span.end_ms <= self.until_ms:
            return span
        return span._replace(end_ms=self.until_ms, seen_ms=min(span.seen_ms, self.until_ms), looks=1)
