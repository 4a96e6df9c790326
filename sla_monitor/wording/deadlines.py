"""Deadlines of reporting and claims in words."""

from __future__ import annotations

from typing import Protocol

from sla_monitor.wording.instants import format_month

_TOLD = {
    "report": "Report on {month} is due",
    "review": "Review and sign-off of {month}",
    "notice": "Last day to notify a credit of {month}",
    "claim": "Last day to claim the credit of {month}",
    "term_end": "The contract’s term ends",
}


class Dated(Protocol):
    """A deadline about a month."""

    @property
    def kind(self) -> str: ...
    @property
    def month(self) -> str: ...


def describe_deadline(one: Dated) -> str:
    """`Report on October 2026 is due`."""
    return _TOLD[one.kind].format(month=format_month(one.month))
