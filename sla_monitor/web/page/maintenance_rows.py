"""Booked maintenance on the page: what is silenced now, until when and by which booking; what still calls somebody, and
why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess import ContractAssessment
from sla_monitor.assess.assessment import BookedStretch
from sla_monitor.wording.instants import format_recent, format_stretch
from sla_monitor.wording.maintenance import SILENCED, describe_silence
from sla_monitor.wording.numbers import format_count
from sla_monitor.wording.text import plain, shortened

SHOWN_STRETCHES = 20
"""Those that are next; a booking over weeks may have one each night."""


@dataclass(frozen=True, slots=True)
class MaintenanceRow:
    """One stretch of a booking. `word`: silenced or not; `is_now`: it has begun."""

    word: str
    is_silenced: bool
    is_now: bool
    services: str
    when: str
    booking: str
    why: str


@dataclass(frozen=True, slots=True)
class MaintenanceTable:
    """The stretches that are next. `summary`: what is so now, in a line; `more`: how many are left out, in words."""

    summary: str
    rows: tuple[MaintenanceRow, ...]
    more: str

    @property
    def is_under_way(self) -> bool:
        return any(row.is_now for row in self.rows)


def maintenance_table(
    contracts: Iterable[ContractAssessment], now_ms: int, service: str | None = None
) -> MaintenanceTable | None:
    """What is booked of some contracts, or of one service in them; None: nothing."""
    found = [
        (contract, one)
        for contract in contracts
        for one in contract.booked
        if one.end_ms > now_ms and (service is None or service in one.services)
    ]
    if not found:
        return None
    found.sort(key=lambda pair: (pair[1].start_ms, pair[1].end_ms))
    rows = tuple(_row(contract, one, now_ms) for contract, one in found[:SHOWN_STRETCHES])
    more = len(found) - len(rows)
    return MaintenanceTable(_summary(found, now_ms), rows, f"{more:,} more later" if more else "")


def silenced_now(contract: ContractAssessment | None, service: str, now_ms: int) -> str:
    """That nobody is called about a service now, and until when; empty: somebody is."""
    ends = [one.end_ms for one in contract.booked if one.silences(service, now_ms)] if contract else []
    return describe_silence(format_recent(max(ends), ZoneInfo(contract.time_zone), now_ms)) if contract and ends else ""


def _row(contract: ContractAssessment, one: BookedStretch, now_ms: int) -> MaintenanceRow:
    named = {service.service: service.name for service in contract.services}
    is_now = one.start_ms <= now_ms
    return MaintenanceRow(
        word=f"{SILENCED[one.is_silenced].capitalize()}{' now' if is_now else ''}",
        is_silenced=one.is_silenced,
        is_now=is_now,
        services=plain(shortened([named.get(name, name) for name in one.services])),
        when=format_stretch(one.start_ms, one.end_ms, ZoneInfo(contract.time_zone)),
        booking=f"#{one.booking} {plain(one.reference)}".strip(),
        why=one.why,
    )


def _summary(found: list[tuple[ContractAssessment, BookedStretch]], now_ms: int) -> str:
    now = [pair for pair in found if pair[1].start_ms <= now_ms]
    parts = []
    silenced = [pair for pair in now if pair[1].is_silenced]
    if silenced:
        contract, last = max(silenced, key=lambda pair: pair[1].end_ms)
        services = len({(one.contract, name) for one, stretch in silenced for name in stretch.services})
        until = format_recent(last.end_ms, ZoneInfo(contract.time_zone), now_ms)
        parts.append(f"{format_count(services, 'service')} silenced until {until}")
    loud = len(now) - len(silenced)
    if loud:
        parts.append(f"{loud:,} under way and {SILENCED[False]}")
    if len(found) > len(now):
        parts.append(f"{len(found) - len(now):,} to come")
    return ", ".join(parts)
