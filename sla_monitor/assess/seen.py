"""What an assessment asks of a record, be it the ledger or a file: what was seen, and what was said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

from sla_monitor.evidence.source import Source as Evidence
from sla_monitor.sla.looks import Looks, Sample

__all__ = ["Columns", "Evidence", "Holds", "Packs", "Sample", "looks_of"]

Found = Iterator[tuple[str, Looks]]
"""An endpoint's key and looks at it: an hour of them, say, and the later ones later."""


@runtime_checkable
class Columns(Protocol):
    """An evidence that gives the looks at many endpoints at once for little more than those at one."""

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> Found:
        """The looks at these endpoints that began in a range."""


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


def looks_of(evidence: Evidence, keys: Sequence[str], start_ms: int, end_ms: int) -> Found:
    """The looks at these endpoints that began in `[start_ms, end_ms)`, in pieces of a day at most; each endpoint's
    ascend."""
    if isinstance(evidence, Columns):
        yield from evidence.columns(keys, start_ms, end_ms)
        return
    for key in keys:
        for piece in Looks.of(evidence.samples(key, start_ms, end_ms)).by_day():
            yield key, piece
