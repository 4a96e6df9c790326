"""What an assessment asks of a record, be it the ledger or a file: what was seen, and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from sla_monitor.evidence.source import Columns, EndpointSamples, clock_moves_of, imported_of, imports_of, samples_of
from sla_monitor.evidence.source import EvidenceSource as Evidence
from sla_monitor.sla.samples import Sample
from sla_monitor.sla.spans import Fingerprint

__all__ = [
    "Columns",
    "EndpointSamples",
    "Evidence",
    "Fingerprint",
    "Fingerprints",
    "Holds",
    "Packs",
    "Sample",
    "clock_moves_of",
    "imported_of",
    "imports_of",
    "samples_of",
]


@runtime_checkable
class Fingerprints(Protocol):
    """An evidence that can say whether its spans are what they were, for less than it takes to read them."""

    def fingerprint(self, contract: str, range_ms: tuple[int, int], within_ms: tuple[int, int]) -> Fingerprint:
        """Of a contract's spans that overlap a range: of outages as they are, of UP as far as it lies within the range,
        and of anything else within a wider one."""


@runtime_checkable
class Packs(Protocol):
    """An evidence that can keep looks where they are read quickly, for the next start."""

    def keep_looks(self, keys: Sequence[str], since_ms: int, until_ms: int) -> None:
        """Those at these endpoints will be asked for, from then on until then."""


@runtime_checkable
class Holds(Protocol):
    """An evidence that is being added to, and may have taken looks that cannot be read yet."""

    def held_since_ms(self) -> int | None:
        """Of which instant the oldest of those tells; None: there are none."""
