"""Contracts, what was seen and what was said, made for tests; nothing but plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sla_monitor.assess import ContractAssessment, Sample, assess_contract, assess_month
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.terms import Terms
from sla_monitor.register.entries import Entry
from sla_monitor.sla.evidence import Evidence
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.spans import Span
from tests.support.instants import exact

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
UP, DEGRADED, DOWN, UNKNOWN = Outcome.UP, Outcome.DEGRADED, Outcome.DOWN, Outcome.UNKNOWN
CONTRACT = "force-ict"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


JUNE, JULY = ms("2026-06-01T00:00:00+01:00"), ms("2026-07-01T00:00:00+01:00")


def endpoint(name: str = "login", **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "tcp", "host": "h", "port": 1, **more}


def service(name: str = "cad", *endpoints: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": name, "endpoints": endpoints or (endpoint(),), **more}


def terms(**changes: Any) -> Terms:
    plain: dict[str, Any] = {
        "id": CONTRACT,
        "authority": "A police force",
        "supplier": "A supplier",
        "term": {"start": "2025-04-01", "end": "2035-03-31"},
        "time_zone": "Europe/London",
        "currency": "GBP",
        "calendars": {"office": {"hours": {"mon-fri": "08:00-18:00"}}},
        "services": [service()],
        "kpis": [{"id": "KPI1", "service": "cad", "target": "99.0"}],
    }
    return Terms.model_validate(plain | changes)


def one_version(**changes: Any) -> Contract:
    return Contract((TermsVersion(0, terms(**changes)),))


def span(start_ms: int, end_ms: int, outcome: Outcome, probes: int = 10, reason: Reason | None = None) -> Span:
    return Span(start_ms, end_ms, end_ms - MINUTE, outcome, reason, probes)


def with_outages(start_ms: int, end_ms: int, *outages: tuple[int, int], reason: Reason | None = None) -> list[Span]:
    """UP but for outages, given as from and to and ascending."""
    spans, at_ms = [], start_ms
    for begins_ms, ends_ms in outages:
        spans += [span(at_ms, begins_ms, UP)] if at_ms < begins_ms else []
        spans.append(span(begins_ms, ends_ms, DOWN, reason=reason))
        at_ms = ends_ms
    return [*spans, span(at_ms, end_ms, UP)] if at_ms < end_ms else spans


@dataclass
class Record(Evidence):
    """Evidence in memory: spans and observations by endpoint's id, and entries."""

    seen: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    observed: Mapping[str, Sequence[Sample]] = field(default_factory=dict)
    said: Sequence[Entry] = ()
    since_ms: int | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        self.asked.append((start_ms, end_ms))
        return {
            f"{CONTRACT}/{name}": [one for one in several if one.start_ms < end_ms and one.end_ms > start_ms]
            for name, several in self.seen.items()
        }

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        yield from (sample for sample in self.observed.get(key.partition("/")[2], ()) if start_ms <= sample[0] < end_ms)

    def entries(self, contract: str) -> Sequence[Entry]:
        return self.said

    def first_ms(self, contract: str) -> int | None:
        starts = [several[0].start_ms for several in self.seen.values() if several]
        return self.since_ms if self.since_ms is not None else min(starts, default=None)


def entries(*several: Mapping[str, Any], at_ms: int = 0) -> list[Entry]:
    """Entries numbered from 1; what is said beside the kind's own keys is the entry's."""
    own = ("at", "actor", "reference", "note")
    result = []
    for number, words in enumerate(several, start=1):
        said = {key: value for key, value in words.items() if key not in own}
        told = {"at": at_ms, "actor": "ann", **{key: words[key] for key in own if key in words}}
        result.append(Entry.model_validate(exact({"number": number, "contract": CONTRACT, "said": said, **told})))
    return result


def told(contract: Contract, now_ms: int, **endpoints: list[Span]) -> ContractAssessment:
    """The running month at an instant."""
    return assess_contract(contract, Record(endpoints), now_ms)


def month_of_june(
    contract: Contract, said: Iterable[Mapping[str, Any]] = (), now_ms: int = JULY + 2 * DAY, **endpoints: list[Span]
) -> ContractAssessment:
    """June 2026 once it is over."""
    return assess_month(contract, Record(endpoints, said=entries(*said)), "2026-06", now_ms)
