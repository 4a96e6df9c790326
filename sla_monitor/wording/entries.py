"""Sentences about entries of the register, the same on every screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sla_monitor.register.instant import format_utc
from sla_monitor.wording.durations import format_exact_duration
from sla_monitor.wording.instants import format_date, format_instant, format_month
from sla_monitor.wording.numbers import format_money
from sla_monitor.wording.text import format_list, plain
from sla_monitor.wording.vocabulary import describe_id

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.register.entries import Entry


@dataclass(frozen=True, slots=True)
class EntryWording:
    """The parts of such a sentence, for the kinds of entries (`register.kinds.kind.Wording`).

    `zone`: the contract's. `currency`: its ISO 4217 code. `called`: what people call what has an id; where ids have to
    be typed, nothing.
    """

    zone: ZoneInfo
    currency: str
    called: Mapping[str, str] = field(default_factory=dict)

    def names(self, names: Sequence[str]) -> str:
        return format_list([self.called.get(name, name) for name in names]) if names else "everything"

    def label(self, name: str) -> str:
        return describe_id(name)

    def month(self, month: str) -> str:
        return format_month(month)

    def money(self, amount: Decimal) -> str:
        return format_money(amount, self.currency)

    def day(self, on: date) -> str:
        return format_date(on)

    def at(self, at_ms: int) -> str:
        return format_instant(at_ms, self.zone)

    def duration(self, duration_ms: int) -> str:
        return format_exact_duration(duration_ms)


def describe_notices(notices: Mapping[str, int | None], say: EntryWording) -> dict[str, str]:
    """`{"Asked": "28 Sep 2026 00:00:00 BST"}`: when somebody knew, asked or told."""
    return {verb.capitalize(): say.at(at_ms) for verb, at_ms in notices.items() if at_ms is not None}


def describe_entry(entry: Entry, contract: Contract) -> str:
    """What an entry says, in a sentence, with the names that the contract had for it then."""
    begins_ms = vars(entry.body).get("start_ms")  # asked of a model that has none, getattr() goes a long way
    terms = contract.version_at(entry.at_ms if begins_ms is None else begins_ms).terms
    called = {service.id: service.name for service in terms.services if service.name}
    return plain(entry.body.words(EntryWording(contract.time_zone, terms.currency, called)))


def describe_future_entry(number: int, at_ms: int) -> str:
    """Of an entry that a clock made which was ahead."""
    return (
        f"entry {number} is dated {format_utc(at_ms)}, later than now, and does not count until then; if the"
        " clock was ahead, undo it and enter it again"
    )
