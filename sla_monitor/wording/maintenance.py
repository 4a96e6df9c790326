"""Booked maintenance: whether alerts are silenced in it, in the words of every screen."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sla_monitor.wording.instants import format_stretch
from sla_monitor.wording.text import format_list

SILENCED = {True: "silenced", False: "not silenced"}
"""Whether nobody is called."""


def describe_silence(until: str) -> str:
    """`Maintenance until 06:00:00 GMT: nobody is called`: beside the state of a service while it is permitted."""
    return f"Maintenance until {until}: nobody is called"


def describe_booked(is_silenced: bool, span: tuple[int, int], services: Sequence[str], why: str, zone: ZoneInfo) -> str:
    """`not silenced: 4 Oct 2026 06:59:00 to 07:30:00 BST, custody (outside the hours for it)`. `span`: in ms."""
    return f"{SILENCED[is_silenced]}: {format_stretch(*span, zone)}, {format_list(services)} ({why})"
