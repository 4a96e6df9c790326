"""EntryContext: the contract and the earlier entries against which an entry is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import Period, run_of, whole_months
from sla_monitor.register.effective import EffectiveEntries, effective_entries
from sla_monitor.register.entries import Entry
from sla_monitor.register.kinds.kind import EntryProblem
from sla_monitor.register.terms_history import TermsHistory, terms_said


@dataclass(frozen=True)
class EntryContext:
    """`read` gives every entry of the contract. A line of the minutes is judged without any of them."""

    contract: Contract
    read: Callable[[], Iterable[Entry]]

    @classmethod
    def of(cls, contract: Contract, entries: Iterable[Entry]) -> Self:
        return cls(contract, lambda: entries)

    @cached_property
    def entries(self) -> Mapping[int, Entry]:
        """Every entry by number, also what does not stand."""
        return {entry.number: entry for entry in self.read()}

    @cached_property
    def effective(self) -> EffectiveEntries:
        return effective_entries(self.entries.values())

    @cached_property
    def terms(self) -> TermsHistory:
        """The terms that were proposed and approved."""
        return terms_said(self.effective)

    def in_force(self, start_ms: int, end_ms: int) -> list[Terms]:
        """The terms that hold at some time in `[start, end)`."""
        return [version.terms for version in self.contract.versions_in(start_ms, end_ms)]

    def whole_month(self, month: str) -> Period:
        """The whole of it, also what lies before or after the term."""
        return whole_months(month, self.contract.time_zone)

    def terms_of(self, month: str) -> Terms:
        """The terms at the end of a month, by which its figures are read."""
        return self.contract.version_at(self.whole_month(month).end_ms - 1).terms

    def kpi(self, name: str, month: str) -> Kpi | None:
        return next((kpi for kpi in self.terms_of(month).kpis if kpi.id == name), None)

    def month_without_end(self, name: str, month: str) -> Iterator[EntryProblem]:
        """What is wrong with a month with which no measurement period of a KPI ends: it has no result of it."""
        kpi = self.kpi(name, month)
        if kpi is not None and not run_of(self.contract).ends_period(month, kpi.measurement_months):
            yield EntryProblem(
                "month",
                f"no measurement period of {name} ends with {month} (each is {kpi.measurement_months} months)",
            )

    def unknown(
        self, field: str, what: str, names: Iterable[str], of: Callable[[Terms], Iterable[str]], span: tuple[int, int]
    ) -> Iterator[EntryProblem]:
        """What is wrong with names that must lead to something in force in a span; `of` lists what there is."""
        known = {name for terms in self.in_force(*span) for name in of(terms)}
        for name in names:
            if name in known:
                continue
            if any(name in of(version.terms) for version in self.contract.versions):
                yield EntryProblem(field, f"{what} {name} is not in the contract then (see its from and until)")
            else:
                yield EntryProblem(field, f"no such {what}: {name} ({suggestion(name, known)})")

    def unknown_services(self, field: str, names: Iterable[str], span: tuple[int, int]) -> Iterator[EntryProblem]:
        return self.unknown(field, "service", names, services, span)

    def unknown_kpis(self, field: str, names: Iterable[str], span: tuple[int, int]) -> Iterator[EntryProblem]:
        return self.unknown(field, "KPI", names, kpis, span)

    def unknown_endpoints(self, field: str, names: Iterable[str], span: tuple[int, int]) -> Iterator[EntryProblem]:
        return self.unknown(field, "endpoint", names, endpoints, span)

    def unknown_entry(self, field: str, number: int) -> Iterator[EntryProblem]:
        """What is wrong with an entry that is not there, or stands no more."""
        if number not in self.entries:
            message = f"no entry {number} in the register of this contract (see the list of entries)"
            yield EntryProblem(field, message)
        elif number in self.effective.undone:
            by = self.effective.undone[number]
            yield EntryProblem(field, f"entry {number} was undone by entry {by} (undo that one to restore it)")


def services(terms: Terms) -> list[str]:
    return [service.id for service in terms.services]


def kpis(terms: Terms) -> list[str]:
    return [kpi.id for kpi in terms.kpis]


def endpoints(terms: Terms) -> list[str]:
    return [endpoint.id for service in terms.services for endpoint in service.endpoints]
