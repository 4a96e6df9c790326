"""What a sign-off says of a month, and what is wrong with the record behind it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sla_monitor.archive.sealed import sealed_days
from sla_monitor.document.whole import figures_digest
from sla_monitor.errors import ArchiveError
from sla_monitor.ledger.file_health import QUICK_CHECK_BYTES
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.periods.months import last_day
from sla_monitor.sla.rounding import exact_decimal
from sla_monitor.wording.numbers import describe_deducted, format_counted_points

if TYPE_CHECKING:
    from sla_monitor.assess import ContractAssessment
    from sla_monitor.sla.results import PeriodResult


def signed_words(found: ContractAssessment) -> dict[str, Any]:
    """The figures that a sign-off names, as its entry takes them."""
    return {"month": found.period.name, "digest": figures_digest(found), **_sums(found.result)}


def _sums(result: PeriodResult | None) -> dict[str, Any]:
    """Points, and what is deducted: both 0 where nothing was measured, which `measured` says."""
    if result is None or not result.is_measured:
        return {"points": "0", "credit": "0", "measured": False}
    return {"points": f"{exact_decimal(result.points, 9).normalize():f}", "credit": f"{result.deducted:f}"}


def describe_worth(found: ContractAssessment) -> str:
    """`3 service points, £1,500.00 deducted`."""
    result = found.result
    if result is None or not result.is_measured:
        return "nothing was measured, so that there are no points and no credit to sign"
    counted = format_counted_points(result.points, "point")
    return f"{counted}, {describe_deducted(result.deducted, found.currency)}"


def damage_points(ledger: Path) -> Iterator[str]:
    """What is wrong with the record behind the figures, of a ledger that is checked in time: 0.1 ms an entry, 3 µs an
    observation. Of a larger one, all that the figures are made of is held against the chain as it is read, and an error
    refuses the sign-off."""
    if ledger.stat().st_size > QUICK_CHECK_BYTES:
        return
    for problem in check(ledger, lambda _, __: None).problems:
        yield f"The record is damaged: {problem}."


def sealing_points(archive: Path | None, found: ContractAssessment) -> Iterator[str]:
    """Whether anybody could still change the record of the month. `archive`: where sealed days are; None: nowhere."""
    last = last_day(found.period.name).isoformat()
    try:
        days = () if archive is None else sealed_days(archive / found.contract)
    except ArchiveError as error:
        yield f"The archive cannot be read: {error}."
        return
    until = max((name for day in days if (name := day.folder.name) <= last), default="")
    if until < found.period.name:
        yield "No day of this month is sealed: nobody but the monitor’s owner vouches for the record."
    elif until < last:
        yield f"The month’s days are sealed up to {until} only."
