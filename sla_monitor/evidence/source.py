"""What evidence can be asked, be it a ledger's or a file's; and what a contract's months are worked out from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from sla_monitor.contract.contract import Contract, endpoint_key
from sla_monitor.contract.terms import Terms
from sla_monitor.evidence.rules import endpoints_by_service
from sla_monitor.periods.intervals import Intervals
from sla_monitor.register.entries import Entry
from sla_monitor.sla.clock_steps import ClockMove
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Sample, Samples
from sla_monitor.sla.spans import Span


class EvidenceSource(Protocol):
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

    def first_ms(self, contract: str) -> int | None:
        """Since when anything of a contract was seen; None: nothing was."""


@runtime_checkable
class Clocked(Protocol):
    """An evidence that knows when the clock by which it was seen was set."""

    def clock_moves(self, start_ms: int, end_ms: int) -> Sequence[ClockMove]:
        """Ascending in the order in which they were noticed, as far as they concern a range."""


EndpointSamples = Iterator[tuple[str, Samples]]
"""An endpoint's key and looks at it: an hour of them, say, and the later ones later."""


@runtime_checkable
class Columns(Protocol):
    """An evidence that gives the looks at many endpoints at once for little more than those at one."""

    def columns(self, keys: Sequence[str], start_ms: int, end_ms: int) -> EndpointSamples:
        """The looks at these endpoints that began in a range."""


def clock_moves_of(evidence: EvidenceSource, start_ms: int, end_ms: int) -> tuple[ClockMove, ...]:
    """When the clock was set or the host slept, as far as that concerns a range and is known."""
    return tuple(evidence.clock_moves(start_ms, end_ms)) if isinstance(evidence, Clocked) else ()


@runtime_checkable
class Imports(Protocol):
    """An evidence of which parts may have been brought in from elsewhere."""

    def imports(self, contract: str) -> Sequence[Import]:
        """What was brought in of a contract and is in force, ascending."""

    def imported(self, contract: str, start_ms: int, end_ms: int) -> Mapping[int, Mapping[str, Intervals]]:
        """By the import's number and by endpoint key, when what is known in a range was brought in."""


def imports_of(evidence: EvidenceSource, contract: str) -> tuple[Import, ...]:
    """What was brought in; none where the evidence does not say."""
    return tuple(evidence.imports(contract)) if isinstance(evidence, Imports) else ()


def imported_of(
    evidence: EvidenceSource, contract: str, start_ms: int, end_ms: int
) -> list[tuple[Import, Mapping[str, Intervals]]]:
    """What was brought in and counts anywhere in a range, with when, by endpoint key."""
    several = imports_of(evidence, contract)
    if not several or not isinstance(evidence, Imports):
        return []
    found = evidence.imported(contract, start_ms, end_ms)
    return [(one, found[one.number]) for one in several if one.number in found]


def samples_of(evidence: EvidenceSource, keys: Sequence[str], start_ms: int, end_ms: int) -> EndpointSamples:
    """The looks at these endpoints that began in `[start_ms, end_ms)`, in pieces of a day at most; each endpoint's
    ascend."""
    if isinstance(evidence, Columns):
        yield from evidence.columns(keys, start_ms, end_ms)
        return
    for key in keys:
        for piece in Samples.of(evidence.samples(key, start_ms, end_ms)).by_day():
            yield key, piece


def endpoint_keys(contract: Contract) -> tuple[str, ...]:
    """Those of every endpoint that the contract ever had, in alphabetical order."""
    several = endpoints_by_service(contract).values()
    return tuple(sorted({endpoint_key(contract.id, endpoint) for one in several for endpoint in one}))


def sampled_keys(contract: Contract) -> tuple[str, ...]:
    """Those of the endpoints whose single looks matter: for response times, error rates, and slow answers that are
    no answers."""
    found = {endpoint for version in contract.versions for endpoint in _sampled(version.terms)}
    return tuple(sorted(endpoint_key(contract.id, endpoint) for endpoint in found))


def _sampled(terms: Terms) -> Iterable[str]:
    return (endpoint.id for kpi in terms.kpis if kpi.needs_samples for _, endpoint in terms.endpoints_of(kpi))
