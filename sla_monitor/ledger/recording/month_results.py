"""What closed months came to: a row for the first time that a month was told, and for each change after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.connect import PATIENCE_SECONDS, immediate
from sla_monitor.ledger.opening import appending

_NEXT = "select ifnull(max(id), 0) + 1 from month_results"
_ADD = "insert into month_results values (?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class MonthResult:
    """What a contract's month (2026-10) came to from `at_ms` on. `figures`: its key figures, as JSON; `because`: why
    they are others than before, as JSON; an empty object: they were told for the first time. `basis`: what they
    rest on, as JSON."""

    at_ms: int
    contract: str
    month: str
    figures: str
    because: str
    basis: str


def record_months(path: Path, results: Sequence[MonthResult]) -> None:
    """Put results on record. Raises LedgerError and its kinds."""
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        (number,) = database.conn.execute(_NEXT).fetchone()
        rows = [
            (number + place, one.at_ms, one.contract, one.month, one.figures, one.because, one.basis)
            for place, one in enumerate(results)
        ]
        database.conn.executemany(_ADD, rows)
        append(database.conn, results[0].at_ms if results else 0, {"month_results": rows})


def told_months(proof: Proof) -> list[MonthResult]:
    """The results of all contracts, in the order in which they were told. Raises LedgerDamaged."""
    return [MonthResult(*columns) for _, *columns in proof.whole("month_results")]


def month_results(proof: Proof, contract: str) -> list[MonthResult]:
    """A contract's results, in the order in which they were told. Raises LedgerDamaged."""
    return [one for one in told_months(proof) if one.contract == contract]
