"""Obligations in one month: which are due, late, met or excused, by the contract's dates and by what people said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from sla_monitor.assess.contract_context import ContractContext
from sla_monitor.assess.due_obligations import DueObligation, Obligations
from sla_monitor.assess.known_days import KnownDays
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.local_time import local_date
from sla_monitor.periods.due_dates import DueDate, days_at
from sla_monitor.periods.edges import Period
from sla_monitor.register.effective import EffectiveEntries
from sla_monitor.register.entries import Entry, ObligationExcused, ObligationMet
from sla_monitor.sla.obligations import obligation_state

AHEAD = timedelta(days=366)
"""How far dates are told ahead."""


def obligations_of(contract_context: ContractContext, period: Period, days: KnownDays) -> Obligations:
    """A month's, as they stand at its end, or now while it runs."""
    at_ms = min(contract_context.now_ms, max(period.end_ms, period.start_ms))
    return obligations_at(days, contract_context.effective, period, at_ms)


def obligations_at(days: KnownDays, effective: EffectiveEntries, period: Period, at_ms: int) -> Obligations:
    """The same at an instant, by what was entered until now."""
    contract = days.contract
    known = _Register(contract, effective)
    if not known.is_used and not any(version.terms.obligations for version in contract.versions):
        return Obligations()
    until = local_date(at_ms, contract.time_zone) + AHEAD
    dates = days.due_dates(until)
    several = [known.assessed(one, at_ms) for one in dates]
    told = sorted((one for one in several if _is_told(one, period)), key=lambda one: (one.last_on, one.terms.id))
    return Obligations(tuple(told), known.stray(dates, until))


def _is_told(one: DueObligation, period: Period) -> bool:
    """What is over before the month is not told again, unless it was met in the month, or still is not."""
    if one.is_open or one.end_ms > period.start_ms:
        return True
    return one.met_ms is not None and one.met_ms >= period.start_ms


class _Register:
    """What the register says of due dates."""

    def __init__(self, contract: Contract, effective: EffectiveEntries) -> None:
        self._contract, self._effective = contract, effective
        self._met: dict[tuple[str, date], tuple[Entry, ObligationMet]] = {
            (said.obligation, said.due_on): (entry, said) for entry, said in effective.of(ObligationMet)
        }
        self._excused: dict[tuple[str, date], list[tuple[Entry, ObligationExcused]]] = {}
        for entry, said in effective.of(ObligationExcused):
            self._excused.setdefault((said.obligation, said.due_on), []).append((entry, said))

    @property
    def is_used(self) -> bool:
        return bool(self._met or self._excused)

    def assessed(self, one: DueDate, at_ms: int) -> DueObligation:
        key = one.obligation.id, one.due_on
        met, granted, asked = self._met.get(key), self._granted(key), self._asked(key)
        until = granted[1].until_on if granted else None
        edges = one if until is None else days_at(self._contract, one.due_on).deferred(one, until)
        met_ms = met[1].met_ms if met else None
        is_excused = granted is not None and until is None
        return DueObligation(
            one.obligation,
            one.due_on,
            obligation_state(edges, at_ms, met_ms, is_excused=is_excused),
            edges.remind_ms,
            edges.due_ms,
            edges.end_ms,
            edges.late_ms,
            until,
            met_ms,
            met[1].by if met else "",
            met[0].reference if met else "",
            met[0].number if met else None,
            granted[0].number if granted else None,
            asked,
            one.is_counted,
        )

    def stray(self, dates: Sequence[DueDate], until: date) -> tuple[int, ...]:
        """Entries about no due date; what lies beyond the dates that were looked at is left alone."""
        known = {(one.obligation.id, one.due_on) for one in dates}
        return tuple(sorted(entry.number for key, entry in self._entries() if key not in known and key[1] <= until))

    def _entries(self) -> Iterator[tuple[tuple[str, date], Entry]]:
        yield from ((key, entry) for key, (entry, _) in self._met.items())
        yield from ((key, entry) for key, several in self._excused.items() for entry, _ in several)

    def _granted(self, key: tuple[str, date]) -> tuple[Entry, ObligationExcused] | None:
        """The last one that was granted."""
        several = self._excused.get(key, ())
        return next((pair for pair in reversed(several) if self._decision(pair[0].number) is True), None)

    def _asked(self, key: tuple[str, date]) -> int | None:
        several = self._excused.get(key, ())
        return next((entry.number for entry, _ in reversed(several) if self._decision(entry.number) is None), None)

    def _decision(self, number: int) -> bool | None:
        found = self._effective.decision_on(number)
        return None if found is None else found[1].granted
