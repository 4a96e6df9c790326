"""Rulings on bookings and claims: the time of each that is not counted, and the reason for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sla_monitor.assess.assessment import Excluded
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.counting import ExcludedKind
from sla_monitor.contract.terms import Service, Terms
from sla_monitor.periods.intervals import Intervals, normal, subtract
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Claim, Entry, Maintenance


@dataclass(frozen=True, slots=True)
class RequestContext:
    """A contract and what stands of its register."""

    contract: Contract
    effective: EffectiveEntries


@dataclass(frozen=True, slots=True)
class DowntimeAllowance:
    """How much downtime is left out of some granted time, and nothing else of it. `whose`: rulings with the same share
    it."""

    whose: tuple[str, ...]
    most_ms: int


@dataclass(frozen=True, slots=True)
class Ruling:
    """One booking or claim for one service in one month: the time asked for, what of it is granted, and why.

    `kpis`: only for these; none: for all. `downtime`: of what is granted, only so much downtime is left out.
    """

    entry: int
    kind: ExcludedKind
    service: str
    asked: tuple[int, int]
    granted: tuple[tuple[int, int], ...] = ()
    kpis: tuple[str, ...] = ()
    why: str = ""
    why_not: str = ""
    is_pending: bool = False
    downtime: DowntimeAllowance | None = None

    def refused(self, why: str) -> Ruling:
        return replace(self, why_not=why)

    def with_granted(self, granted: Intervals, why: str, why_not_the_rest: str) -> Ruling:
        return replace(self, granted=tuple(granted), why=why, why_not=why_not_the_rest)

    def listed(self) -> Iterator[Excluded]:
        """The whole time asked for, piece by piece."""
        granted = list(self.granted)
        pieces = [(pair, True, self.why) for pair in granted]
        pieces += [(pair, False, self.why_not) for pair in subtract(normal([self.asked]), granted)]
        for (start_ms, end_ms), is_granted, why in sorted(pieces):
            is_open = self.is_pending and not is_granted
            yield Excluded(start_ms, end_ms, self.entry, self.kind, is_granted, is_open, why, self.kpis)


def meant_by(case: RequestContext, said: Maintenance | Claim) -> Iterator[tuple[Terms, Service]]:
    """The services that a booking or a claim is for, each with the first terms in that time that have it: one that
    joins the contract meanwhile is among them."""
    found: set[str] = set()
    for version in case.contract.versions_in(said.start_ms, said.end_ms):
        for service in version.terms.services:
            if service.id not in found and (not said.services or service.id in said.services):
                found.add(service.id)
                yield version.terms, service


@dataclass(frozen=True, slots=True)
class Grant:
    """What is granted of a request. `span`: `[start, end)` in ms; None: nothing, refused or not decided yet."""

    span: tuple[int, int] | None
    why: str
    is_pending: bool = False


def decided(case: RequestContext, entry: Entry, said: Maintenance | Claim) -> Grant:
    """What the decision on a request grants, or all of it where the contract asks for no decision."""
    found = case.effective.decision_on(entry.number)
    if found is None:
        if said.asks_for_decision(case.contract):
            return Grant(None, "awaits a decision", is_pending=True)
        return Grant((said.start_ms, said.end_ms), "stands by itself")
    number, ruling = found[0].number, found[1]
    if not ruling.granted:
        return Grant(None, f"refused by decision {number}")
    start_ms = said.start_ms if ruling.start_ms is None else max(ruling.start_ms, said.start_ms)
    end_ms = said.end_ms if ruling.end_ms is None else min(ruling.end_ms, said.end_ms)
    return Grant((start_ms, end_ms), f"decision {number}")


def format_working_days(days: int) -> str:
    return f"{days} Working Day" if days == 1 else f"{days} Working Days"
