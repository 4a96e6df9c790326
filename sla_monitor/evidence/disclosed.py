"""Evidence as disclosed to a party: up to an instant, without register entries that it may not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sla_monitor.register.attachments import EntryFile
from sla_monitor.register.entries import Entry
from sla_monitor.register.redaction import is_own, shared
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

    def entry_files(self, contract: str) -> Sequence[EntryFile]:
        """Files of what the authority entered for itself are its own."""
        several = self.source.entry_files(contract)
        if not self.is_redacted or not several:
            return several
        open_to_both = {entry.number for entry in self.entries(contract) if not is_own(entry)}
        return [one for one in several if one.entry in open_to_both]

    def _cut(self, span: Span) -> Span:
        if self.until_ms is None or span.outcome is not Outcome.UP or span.end_ms <= self.until_ms:
            return span
        return span._replace(end_ms=self.until_ms, seen_ms=min(span.seen_ms, self.until_ms), probes=1)
