"""Rules of an evidence file: it must agree with itself and with its contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.reading.nodes import Path
from sla_monitor.contract.terms import Terms
from sla_monitor.evidence.document import (
    Down,
    EvidenceDocument,
    Filled,
    ObservationRecord,
    ObservationsRecord,
    Observed,
    Range,
    SampleBlock,
    SpanRecord,
    SpansRecord,
)
from sla_monitor.evidence.source import sites_of
from sla_monitor.register.entries import Entry, Timed
from sla_monitor.register.entry_context import EntryContext, endpoints, kpis, services
from sla_monitor.register.instant import format_utc
from sla_monitor.register.kinds.decision import own_case

Problems = Iterator[tuple[Path, str]]
_Told: TypeAlias = dict[tuple[tuple[str, str], int], tuple[ObservationRecord, int]]
"""By endpoint and site, and when it began: an observation, and for how long it vouches."""


def disagreements(document: EvidenceDocument, contract: Contract) -> Problems:
    """Every place where values do not go together, with what is wrong."""
    if document.contract != contract.id:
        yield ("contract",), f"must be {contract.id} (or take the file of contract {document.contract})"
    yield from _of_range(document)
    yield from _of_names(document, contract)
    yield from _of_imports(document, contract)
    yield from _of_forms(document, contract)
    yield from _of_spans(document)
    yield from _of_observations(document)
    yield from _of_entries(document, contract)
    yield from _of_attachments(document)
    yield from _of_said(document.entries, contract)
    yield from _of_decisions(document.entries, contract)


def endpoints_by_service(contract: Contract) -> dict[str, tuple[str, ...]]:
    """The ids of every service's endpoints, of all versions together."""
    found: dict[str, dict[str, None]] = {}
    for version in contract.versions:
        for service in version.terms.services:
            found.setdefault(service.id, {}).update((endpoint.id, None) for endpoint in service.endpoints)
    return {service: tuple(endpoints) for service, endpoints in found.items()}


def _of_attachments(document: EvidenceDocument) -> Problems:
    known = {entry.number for entry in document.entries}
    for i, one in enumerate(document.attachments):
        if one.entry not in known:
            yield ("attachments", i, "entry"), f"no entry {one.entry} is in this file"


def _of_range(document: EvidenceDocument) -> Problems:
    if document.at_ms is not None and document.at_ms < document.seen.until_ms:
        yield ("at",), "must not be before seen.until"
    for i, observed in enumerate(document.observed):
        if isinstance(observed, ObservationsRecord):
            yield from _observations_outside(observed.observations, document.seen, ("observed", i, "looks"))
        elif isinstance(observed, SpansRecord):
            yield from _outside(observed.spans, document.seen, ("observed", i, "spans"))
        else:
            yield from _outside(observed.outages, document.seen, ("observed", i, "outages"))
            yield from _outside(observed.unseen, document.seen, ("observed", i, "unseen"))
    for i, samples in enumerate(document.samples):
        yield from _observations_outside(samples.observations, document.seen, ("samples", i, "looks"))


def _outside(several: Sequence[Down | Timed], seen: Range, path: Path) -> Problems:
    """What reaches over an edge of the file's time is known as a whole; of what lies beyond it the file says itself
    that it does not speak."""
    for i, one in enumerate(several):
        if one.start_ms >= seen.until_ms:
            yield (*path, i, "start"), "must be before seen.until (or widen seen)"
        elif one.end_ms is not None and one.end_ms <= seen.from_ms:
            yield (*path, i, "end"), "must be after seen.from (or widen seen)"


def _observations_outside(observations: Sequence[ObservationRecord], seen: Range, path: Path) -> Problems:
    """The first of them: there may be a month of them."""
    for i, observation in enumerate(observations):
        if not seen.from_ms <= observation.at_ms < seen.until_ms:
            yield (*path, i, "at"), "must lie in seen (or widen seen)"
            return


def _of_names(document: EvidenceDocument, contract: Contract) -> Problems:
    services = endpoints_by_service(contract)
    endpoints = {endpoint for several in services.values() for endpoint in several}
    for i, observed in enumerate(document.observed):
        service = getattr(observed, "service", None)
        if service is not None and service not in services:
            yield ("observed", i, "service"), f"no such service ({suggestion(service, services)})"
        if observed.endpoint is not None and observed.endpoint not in endpoints:
            yield ("observed", i, "endpoint"), f"no such endpoint ({suggestion(observed.endpoint, endpoints)})"
        yield from _of_site(observed, contract, ("observed", i))
    for i, samples in enumerate(document.samples):
        if samples.endpoint not in endpoints:
            yield ("samples", i, "endpoint"), f"no such endpoint ({suggestion(samples.endpoint, endpoints)})"
        yield from _of_site(samples, contract, ("samples", i))


def _of_site(said: Observed | SampleBlock | Filled, contract: Contract, path: Path) -> Problems:
    """A site that never probed the endpoint would have no say, in silence."""
    service = getattr(said, "service", None)
    names = endpoints_by_service(contract).get(service, ()) if service else (said.endpoint or "",)
    sites = dict.fromkeys(site for name in names for site in sites_of(contract, name))
    if said.site is not None and said.site not in sites:
        yield (*path, "site"), f"no such site of {service or said.endpoint} ({suggestion(said.site, sites)})"


def _of_imports(document: EvidenceDocument, contract: Contract) -> Problems:
    endpoints = {endpoint for several in endpoints_by_service(contract).values() for endpoint in several}
    for i, record in enumerate(document.imports):
        if i and record.number <= document.imports[i - 1].number:
            yield ("imports", i, "number"), f"must be greater than {document.imports[i - 1].number}, the one before"
        for j, filled in enumerate(record.filled):
            if filled.endpoint not in endpoints:
                path = "imports", i, "filled", j, "endpoint"
                yield path, f"no such endpoint ({suggestion(filled.endpoint, endpoints)})"
            yield from _of_site(filled, contract, ("imports", i, "filled", j))


def _of_forms(document: EvidenceDocument, contract: Contract) -> Problems:
    """An endpoint is told in one form by each site: who would say which of two is right?"""
    services = endpoints_by_service(contract)
    forms: dict[tuple[str, str], str] = {}
    for i, observed in enumerate(document.observed):
        whole = services.get(getattr(observed, "service", None) or "", ())
        for endpoint in [observed.endpoint] if observed.endpoint else whole:
            several = sites_of(contract, endpoint) if observed.site is None else (observed.site,)
            others = (forms.get((endpoint, site), observed.kind) for site in several)
            if other := next((form for form in others if form != observed.kind), None):
                yield ("observed", i), f"endpoint {endpoint} is given as {other} already (keep one of the two)"
            for site in several:
                forms.setdefault((endpoint, site), observed.kind)
    for i, samples in enumerate(document.samples):
        if forms.get(_whose(samples)) == "observations":
            yield ("samples", i, "endpoint"), "its observations are in observed already (leave the samples out)"


def _whose(said: SpansRecord | ObservationsRecord | SampleBlock) -> tuple[str, str]:
    return said.endpoint, said.site


def _of_spans(document: EvidenceDocument) -> Problems:
    placed: dict[tuple[str, str], list[tuple[SpanRecord, Path]]] = {}
    for i, observed in enumerate(document.observed):
        if isinstance(observed, SpansRecord):
            several = placed.setdefault(_whose(observed), [])
            several += [(span, ("observed", i, "spans", j)) for j, span in enumerate(observed.spans)]
    for several in placed.values():
        several.sort(key=lambda pair: pair[0].start_ms)
        for span, path in several:
            if span.seen_ms is not None and not span.start_ms <= span.seen_ms <= span.end_ms:
                yield (*path, "last_look"), "must lie in the span"
        for (before, _), (span, path) in pairwise(several):
            if span.start_ms < before.end_ms:
                when = format_utc(before.end_ms)
                yield (*path, "start"), f"overlaps the span that ends at {when} (spans of an endpoint lie apart)"


def _of_observations(document: EvidenceDocument) -> Problems:
    """The same observation twice does no harm; two that differ at one instant do, in whichever lists of an endpoint."""
    first: _Told = {}
    for i, observed in enumerate(document.observed):
        if isinstance(observed, ObservationsRecord):
            yield from _twice(observed, observed.every_ms, first, ("observed", i, "looks"))
    told: set[tuple[str, str]] = set()
    for i, samples in enumerate(document.samples):
        if _whose(samples) in told:
            yield ("samples", i, "endpoint"), "is given twice (put its observations into one list)"
        told.add(_whose(samples))
        yield from _twice(samples, 0, {}, ("samples", i, "looks"))


def _twice(
    several: ObservationsRecord | SampleBlock,
    every_ms: int,
    first: _Told,
    path: Path,
) -> Problems:
    for i, observation in enumerate(several.observations):
        known = first.setdefault((_whose(several), observation.at_ms), (observation, every_ms))
        if known[0] != observation:
            yield (*path, i, "at"), "another observation at this instant found something else (keep one)"
        elif known[1] != every_ms:
            yield (*path, i, "at"), "the same observation vouches for another time elsewhere (keep one)"


def _of_entries(document: EvidenceDocument, contract: Contract) -> Problems:
    entries, told = document.entries, {document.contract, contract.id}  # the file's own is told once
    for i, entry in enumerate(entries):
        if entry.contract not in told:
            yield ("entries", i, "contract"), f"must be {contract.id} (or leave the entry out)"
        if i and entry.number <= entries[i - 1].number:
            yield ("entries", i, "number"), f"must be greater than {entries[i - 1].number}, the one before"


def _of_said(entries: Sequence[Entry], contract: Contract) -> Problems:
    """What speaks of nothing would be without effect in silence: a misspelt name, an entry that is not there."""
    known = {field: {name for version in contract.versions for name in of(version.terms)} for field, of in _NAMED}
    numbers: set[int] = set()
    for i, entry in enumerate(entries):
        about = entry.body.subject()
        if about is not None and about not in numbers:
            yield ("entries", i, "said", "about"), f"no entry {about} above this one (put it in, or leave this one out)"
        numbers.add(entry.number)
        for field, names in known.items():
            given = getattr(entry.body, field, None) or ()
            for name in (given,) if isinstance(given, str) else given:
                if name not in names:
                    what = field.removesuffix("s").replace("kpi", "KPI")
                    yield ("entries", i, "said", field), f"no such {what}: {name} ({suggestion(name, names)})"


def _of_decisions(entries: Sequence[Entry], contract: Contract) -> Problems:
    """What the register would not have taken: relief that somebody granted himself."""
    context = EntryContext.of(contract, entries)
    if any((entry.body.subject() or 0) >= entry.number for entry in entries):
        return
    for i, entry in enumerate(entries):
        yield from ((("entries", i, one.field), one.message) for one in own_case(entry, context))


_NAMED: tuple[tuple[str, Callable[[Terms], list[str]]], ...] = (
    ("service", services),
    ("services", services),
    ("kpi", kpis),
    ("kpis", kpis),
    ("endpoints", endpoints),
)
