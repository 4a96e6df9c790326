"""Booked maintenance: whether alerts are silenced in it, in the words of every screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

from sla_monitor.contract.maintenance import OVER_WORDS, AllowanceOver
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.instants import format_stretch
from sla_monitor.wording.text import format_list, shortened

BOOKING_WORDS = {
    "permitted": "permitted",
    "in_part": "permitted in part",
    "pending": "awaits a decision",
    "counted": "not left out",
}
"""What becomes of booked time in the figures."""

SILENCED = {True: "silenced", False: "not silenced"}
"""Whether nobody is called."""


def describe_silence(until: str) -> str:
    """`Maintenance until 06:00:00 GMT: nobody is called`: beside the state of a service while it is permitted."""
    return f"Maintenance until {until}: nobody is called"


def describe_booked(is_silenced: bool, span: tuple[int, int], services: Sequence[str], why: str, zone: ZoneInfo) -> str:
    """`not silenced: 4 Oct 2026 06:59:00 to 07:30:00 BST, custody (outside the hours for it)`. `span`: in ms;
    `services`: as the screen calls them."""
    return f"{SILENCED[is_silenced]}: {format_stretch(*span, zone)}, {format_list(services)} ({why})"


class AllowanceLeft(Protocol):
    """An allowance of maintenance and what is left of it."""

    @property
    def services(self) -> tuple[str, ...]: ...
    @property
    def over(self) -> AllowanceOver: ...
    @property
    def allowance_ms(self) -> int: ...
    @property
    def left_ms(self) -> int: ...


def describe_allowance_left(one: AllowanceLeft, called: Mapping[str, str]) -> str:
    """`3 h left of 4 h a month, for Custody records`. `called`: what people call services, by id."""
    left, services = format_duration(max(0, one.left_ms)), shortened([called.get(name, name) for name in one.services])
    return f"{left} left of {format_duration(one.allowance_ms)} {OVER_WORDS[one.over]}, for {services}"
