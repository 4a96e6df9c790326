"""A contract: its terms by effective date."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.endpoints.several_places import MAIN
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.contract.terms import Service, Term, Terms
from sla_monitor.contract.terms_files import TermsFiles
from sla_monitor.errors import ConfigError


@dataclass(frozen=True, slots=True)
class TermsVersion:
    """Terms in force from an instant on, until the next version's. `reference` names the change (CCN-12)."""

    from_ms: int
    terms: Terms
    reference: str = ""


@dataclass(frozen=True, slots=True)
class TermsSpan:
    """Terms, and the part `[start_ms, end_ms)` of a span of time in which they hold."""

    start_ms: int
    end_ms: int
    terms: Terms


@dataclass(frozen=True, slots=True)
class Contract:
    """One agreement. `versions` is never empty and ascends by `from_ms`; the first holds from the beginning. `files`:
    what it was read from; None: it was made of values."""

    versions: tuple[TermsVersion, ...]
    file: str = ""
    files: TermsFiles | None = field(default=None, compare=False, repr=False)

    @property
    def id(self) -> str:
        return self.versions[0].terms.id

    @property
    def time_zone(self) -> ZoneInfo:
        """The zone of the contract's days and months. No version changes it, so that months tile the term."""
        return self.versions[0].terms.time_zone

    @property
    def currency(self) -> str:
        """Of all its money. No version changes it."""
        return self.versions[0].terms.currency

    @property
    def term(self) -> Term:
        """The whole term, with every change of its end that is known."""
        return self.versions[-1].terms.term

    @property
    def service_names(self) -> dict[str, str]:
        """What people call its services by the last version, by id."""
        return {one.id: one.name or one.id for one in self.versions[-1].terms.services}

    @property
    def term_ms(self) -> tuple[int, int]:
        """The whole term, `[first, end)`."""
        term = self.term
        return midnight_ms(term.start_on, self.time_zone), midnight_ms(term.end_on + timedelta(days=1), self.time_zone)

    @property
    def holiday_files(self) -> tuple[Path, ...]:
        """The files of bank holidays that any version names, each once, in the order in which they are named."""
        calendars = (calendar for version in self.versions for calendar in version.terms.calendars.values())
        found = (calendar.bank_holidays for calendar in calendars)
        return tuple(dict.fromkeys(path for path in found if path is not None))

    @property
    def read_files(self) -> TermsFiles:
        """What it was read from. Raises ConfigError for one that was made of values."""
        if self.files is None:
            raise ConfigError([f"{self.id}: was read from no file (name the contract's file)"])
        return self.files

    def version_at(self, at_ms: int) -> TermsVersion:
        """The version in force at an instant (the first one also before it begins)."""
        index = bisect_right(self.versions, at_ms, key=lambda version: version.from_ms)
        return self.versions[max(index - 1, 0)]

    def has_ended(self, at_ms: int) -> bool:
        """Whether the term is over at an instant."""
        return at_ms >= self.term_ms[1]

    def versions_in(self, start_ms: int, end_ms: int) -> Iterator[TermsSpan]:
        """The terms that hold within [start, end), tiling it."""
        edges = [max(start_ms, v.from_ms) if i else start_ms for i, v in enumerate(self.versions)] + [end_ms]
        for version, start, end in zip(self.versions, edges, edges[1:], strict=False):
            if start < min(end, end_ms):
                yield TermsSpan(start, min(end, end_ms), version.terms)

    def endpoints_at(self, at_ms: int) -> Iterator[tuple[str, Service, Endpoint]]:
        """Every endpoint that is probed: its key, its service, its terms. Once the term is over there are none, unless
        the terms say otherwise."""
        terms = self.version_at(at_ms).terms
        if self.has_ended(at_ms) and not terms.probe_after_term:
            return
        for service in terms.services:
            for endpoint in service.endpoints:
                yield endpoint_key(self.id, endpoint.id), service, endpoint


def endpoint_key(contract_id: str, endpoint_id: str, site: str = MAIN) -> str:
    """The name under which an endpoint's history is kept, whatever service it moves to: for each site its own. That of
    the collector's own site is the endpoint's, so that a record that knows of no others stays as it is."""
    return f"{contract_id}/{endpoint_id}" if site == MAIN else f"{contract_id}/{endpoint_id}@{site}"


def endpoint_of_key(key: str) -> tuple[str, str]:
    """An endpoint's id and the site by which it was seen. Neither may hold an @."""
    endpoint, _, site = key.partition("/")[2].partition("@")
    return endpoint, site or MAIN
