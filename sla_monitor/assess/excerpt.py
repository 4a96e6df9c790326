"""Excerpt: the part of a record from which a closed measurement period is measured, and no more.

It is measured from its excerpt alone. So whatever its figures rest on has a part in the excerpt's digest, and what is
kept under that digest is what would be worked out again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.exclusions import allowance_since_ms
from sla_monitor.assess.result_cache import program
from sla_monitor.contract.contract import Contract, TermsSpan
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.terms import Terms
from sla_monitor.evidence.source import sampled_keys
from sla_monitor.periods.edges import Period, period_of
from sla_monitor.periods.terms_slices import MARGIN_MS
from sla_monitor.register.effective import effective_subset
from sla_monitor.register.entries import Entry, TicketRecord, Timed
from sla_monitor.sla.spans import Span, within

SCORING = {
    "title",
    "kind",
    "direction",
    "target",
    "threshold",
    "bands",
    "rounding",
    "repeat",
    "average_with_previous",
    "bedding_in_until",
    "source_of_truth",
    "publishable",
}
"""The terms of a KPI that say what a figure is worth, and not how it is measured."""

PRICING = {
    "title",
    "note",
    "authority",
    "supplier",
    "total_value",
    "participants",
    "contacts",
    "probe_after_term",
    "kpis",
    "charges",
    "credits",
    "combined",
    "caps",
    "triggers",
    "claims",
    "reporting",
}
"""The terms of a contract that have no part in how anything is measured; its KPIs are told by themselves."""


HELD = 2_000_000
"""Observations that are read and held at once, for all KPIs of a measurement period that is over."""


@dataclass(frozen=True)
class Excerpt:
    """`reach_ms`: the period with what lies around it, as far as outages and corrections go on. `said`: the entries.
    `seen`: a number for the spans."""

    whole: ContractContext
    months: tuple[str, ...]
    period: Period
    reach_ms: tuple[int, int]
    said: tuple[Entry, ...]
    seen: str

    @cached_property
    def contract_context(self) -> ContractContext:
        """One that holds no more than the excerpt."""
        read = _ours(self.whole, _range_ms(self.period))
        ranges = _range_ms(self.period), self.reach_ms
        spans = {key: [within(span, *ranges) for span in several] for key, several in read.items()}
        together = held_keys(self.whole.contract, self.period)
        return replace(
            self.whole, effective=effective_subset(self.said), seen=spans, together=together, read_samples={}
        )

    def is_settled(self) -> bool:
        """Whether time alone can change nothing any more: no outage that reaches into the period goes on, no ticket of
        it is open, no clock of one stands still."""
        tickets = (entry.body for entry in self.said if isinstance(entry.body, TicketRecord))
        is_open = any(one.ended_ms is None or any(stop.end_ms is None for stop in one.stops) for one in tickets)
        return not is_open and self.reach_ms[1] + MARGIN_MS <= self.whole.now_ms

    def question(self, kpis: Sequence[Kpi]) -> tuple[object, ...]:
        """What these KPIs measured, with all that this depends on."""
        term = self.whole.run
        return (
            "measured",
            program(),
            self.period,
            self.months,
            (term.first, term.last, self.whole.contract.time_zone.key),
            [(one.start_ms, one.end_ms, _digest(one.terms, self.whole.digests)) for one in self._versions()],
            [kpi.model_dump_json(exclude=SCORING) for kpi in kpis],
            [_content(entry) for entry in self.said],
            (self.reach_ms, self.seen),
        )

    def _versions(self) -> Iterator[TermsSpan]:
        """The terms in force in all the time that the excerpt speaks of."""
        said = [entry.body for entry in self.said if isinstance(entry.body, Timed)]
        start_ms = min([self.reach_ms[0], *(one.start_ms for one in said)])
        end_ms = max([self.reach_ms[1], *(one.end_ms for one in said)])
        return self.whole.contract.versions_in(start_ms, end_ms)


def excerpt(contract_context: ContractContext, months: tuple[str, ...], kpis: Sequence[Kpi]) -> Excerpt:
    """What these KPIs are measured from in a measurement period that is over."""
    period = period_of(contract_context.contract, months[0], months[-1])
    range_ms = _range_ms(period)
    seen = contract_context.evidence.fingerprint(contract_context.contract.id, range_ms, range_ms)
    first_ms, last_ms = seen.down_ms or range_ms
    reach_ms = contract_context.entries_by_time.reach(min(range_ms[0], first_ms), max(range_ms[1], last_ms))
    other_ms = seen.other_ms or range_ms
    if reach_ms != range_ms and (other_ms[0] < range_ms[0] or other_ms[1] > range_ms[1]):
        seen = contract_context.evidence.fingerprint(contract_context.contract.id, range_ms, reach_ms)
    has_tickets = any(kpi.ticket_terms is not None for kpi in kpis)
    period_ms = (period.start_ms, period.end_ms) if has_tickets else None
    since_ms = allowance_since_ms(contract_context.contract, months[0])
    said = contract_context.entries_by_time.within(reach_ms, period_ms, months[-1], since_ms)
    return Excerpt(contract_context, months, period, reach_ms, said, seen.digest)


def held_keys(contract: Contract, period: Period) -> frozenset[str]:
    """The endpoints whose single observations matter, if those of a period are few enough to be held: 25 bytes each."""
    keys = sampled_keys(contract)
    several = contract.version_at(period.end_ms - 1).terms.services
    shortest_ms = min((endpoint.every_ms for service in several for endpoint in service.endpoints), default=1)
    is_few = len(keys) * (period.end_ms - period.start_ms) // shortest_ms <= HELD
    return frozenset(keys if is_few else ())


def _range_ms(period: Period) -> tuple[int, int]:
    return period.start_ms - MARGIN_MS, period.end_ms + MARGIN_MS


def _ours(contract_context: ContractContext, range_ms: tuple[int, int]) -> dict[str, Sequence[Span]]:
    ours = f"{contract_context.contract.id}/"
    return {key: spans for key, spans in contract_context.spans(*range_ms).items() if key.startswith(ours)}


def _content(entry: Entry) -> tuple[object, ...]:
    """An entry but for the words around it. Its number says what came first."""
    return entry.number, entry.at_ms, entry.body.kind, [*vars(entry.body).values()]


def _digest(terms: Terms, known: dict[int, tuple[Terms, str]]) -> str:
    """Of the terms by which anything is measured, with the days of the calendars that they name."""
    if id(terms) not in known:
        days = {name: sorted(calendar.holiday_names) for name, calendar in terms.calendars.items()}
        told = f"{terms.model_dump_json(exclude=PRICING)} {days}"
        known[id(terms)] = terms, hashlib.sha256(told.encode()).hexdigest()  # kept, so that no other has the same id()
    return known[id(terms)][1]
