"""Evidence as disclosed to a party: up to an instant, without register entries that it may not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sla_monitor.register.entries import Entry
from sla_monitor.register.redaction import shared
from sla_monitor.sla.evidence import Evidence, Forwarding
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.spans import Span


@dataclass(frozen=True)
class DisclosedEvidence(Forwarding):
    """Evidence from which every figure comes out the same.

    `is_redacted`: without what the authority wrote for itself. `until_ms`: nothing of UP is told after this instant, so
    that a month that is over gives the same file for as long as its endpoints stay up. Everything else is whole: an
    outage is judged as one.
    """

    source: Evidence
    is_redacted: bool
    until_ms: int | None = None

    fingerprint = Forwarding.own_fingerprint

    def behind(self) -> Evidence:
        return self.source

    def spans(self, start_ms: int, end_ms: int) -> Mapping[str, Sequence[Span]]:
        found = self.source.spans(start_ms, end_ms)
        return {key: [self._cut(span) for span in several] for key, several in found.items()}

    def entries(self, contract: str) -> Sequence[Entry]:
        several = self.source.entries(contract)
        return shared(several) if self.is_redacted else several

    def _cut(self, span: Span) -> Span:
        if self.until_ms is None or span.outcome is not Outcome.UP or span.end_ms <= self.until_ms:
            return span
        return span._replace(end_ms=self.until_ms, seen_ms=min(span.seen_ms, self.until_ms), probes=1)
