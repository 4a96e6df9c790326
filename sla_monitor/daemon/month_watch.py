"""Closed months as the daemon tells them: on record when they come out otherwise, and told when one was signed."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from sla_monitor import names
from sla_monitor.assess import Cache, ContractAssessment
from sla_monitor.assess.recalculations import (
    Basis,
    MonthsTold,
    differ_from_signed,
    figures_of,
    why,
)
from sla_monitor.assess.result_cache import program
from sla_monitor.contract.contract import Contract
from sla_monitor.errors import LedgerError
from sla_monitor.ledger import Reader
from sla_monitor.ledger.recording.month_results import MonthResult, record_months
from sla_monitor.metrics.exporter import Own
from sla_monitor.periods.edges import period_of
from sla_monitor.periods.terms_slices import margin_ms
from sla_monitor.sla.results import PeriodResult

log = logging.getLogger(__package__)


class MonthWatch:
    """For one thread at a time; `metrics` from any."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = ledger
        self._told: dict[str, MonthsTold] = {}
        self._basis: dict[str, Basis] = {}
        self._seen: dict[tuple[str, str], PeriodResult] = {}
        self._signed: dict[str, list[str]] = {}
        self._problem = ""

    def note(self, contract: Contract, found: ContractAssessment, cache: Cache) -> None:
        """Take in what a contract's closed months come to by its latest assessment."""
        try:
            self._note(contract, found, cache)
        except LedgerError as error:  # told of the ledger elsewhere; it is tried again with the next assessment
            if f"{error}" != self._problem:
                log.error("results of closed months cannot be put on record", extra={"problem": f"{error}"})
            self._problem = f"{error}"
        else:
            self._problem = ""

    def keep(self, contracts: Collection[str]) -> None:
        """Tell no more of others: they are not watched here any longer."""
        self._signed = {name: months for name, months in self._signed.items() if name in contracts}
        self._basis = {name: basis for name, basis in self._basis.items() if name in contracts}

    def reasons(self) -> list[str]:
        """What is not as it should be, for the page."""
        return [f"results of closed months cannot be put on record: {self._problem}"] if self._problem else []

    def differing(self, contract: str) -> Sequence[str]:
        """Its signed months that come out otherwise now."""
        return self._signed.get(contract, ())

    def metrics(self) -> Own:
        return {names.SIGNED_DIFFER: [((contract,), len(months)) for contract, months in self._signed.items()]}

    def _note(self, contract: Contract, found: ContractAssessment, cache: Cache) -> None:
        name = contract.id
        if name not in self._told:
            self._told[name] = self._read(name)
        basis = Basis(
            found.register_number,
            "" if contract.files is None else contract.files.digest,
            tuple(one.number for one in cache.imports),
            program(),
        )
        new = [one for one in found.earlier if self._seen.get((name, one.month)) is not one]
        fresh = [one for one in new if self._is_over(contract, one.month, found.at_ms)]
        before = self._basis.get(name)
        if changed := list(self._changed(contract, found.at_ms, fresh, cache, (before, basis))):
            record_months(self._ledger, changed)
            for one in changed:
                self._told[name].add(one)
            _log(changed)
        self._seen.update({(name, one.month): one for one in fresh})
        if fresh or before != basis:
            told = [one for one in found.earlier if (name, one.month) in self._seen]
            self._mind_the_signed(name, told, cache)
        self._basis[name] = basis

    def _changed(
        self,
        contract: Contract,
        at_ms: int,
        fresh: Sequence[PeriodResult],
        cache: Cache,
        bases: tuple[Basis | None, Basis],
    ) -> Iterator[MonthResult]:
        told, (before, now) = self._told[contract.id], bases
        for result in fresh:
            last, figures, because = told.last(result.month), figures_of(result), "{}"
            if last is None and not result.is_measured:
                continue
            if last is not None:
                if last.figures == figures.text:
                    continue
                since = before or Basis.of(last.basis)
                reach_ms = margin_ms(contract)
                because = why(since, now, cache.entries, result.month, contract.time_zone, reach_ms).text()
            yield MonthResult(at_ms, contract.id, result.month, figures.text, because, now.text())

    def _mind_the_signed(self, name: str, told: Sequence[PeriodResult], cache: Cache) -> None:
        months = differ_from_signed(told, cache.effective, self._told[name])
        for month in months:
            if month not in self._signed.get(name, ()):
                log.warning("a signed month comes out otherwise", extra={"contract": name, "month": month})
        self._signed = {**self._signed, name: months}  # anew, for whoever is reading it

    def _read(self, name: str) -> MonthsTold:
        told = MonthsTold()
        with Reader(self._ledger) as reader:
            for one in reader.month_results(name):
                told.add(one)
        return told

    @staticmethod
    def _is_over(contract: Contract, month: str, now_ms: int) -> bool:
        """Whether everything that was seen of it is in."""
        return period_of(contract, month).end_ms + margin_ms(contract) <= now_ms


def note_all(
    watch: MonthWatch,
    contracts: Sequence[Contract],
    several: Sequence[ContractAssessment],
    caches: Mapping[str, Cache],
) -> None:
    """All contracts of an assessment."""
    by_id = {contract.id: contract for contract in contracts}
    watch.keep(by_id)
    for found in several:
        if found.contract in by_id and found.contract in caches:
            watch.note(by_id[found.contract], found, caches[found.contract])


def _log(changed: Sequence[MonthResult]) -> None:
    for one in changed:
        if one.because != "{}":
            log.warning(
                "a closed month was recalculated",
                extra={"contract": one.contract, "month": one.month, "because": one.because},
            )
