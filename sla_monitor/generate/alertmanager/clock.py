"""The times that only Alertmanager knows, in local time: when an alert began to fire, and when it ended.

Alertmanager of Debian 12 has no function for time zones, and none that adds a number of seconds it was told. So the
template has a branch for each offset that the contracts' zones have; the alert's annotation `clock` chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sla_monitor.contract.terms import Terms

SECOND_NS = 1_000_000_000
DAYS = 800
"""Ahead of the day of generation: the offset of a zone changes twice a year at most, or by a law."""


def clock_template(contracts: Sequence[Terms], now_ms: int) -> str:
    """`sla.started` and `sla.ended`, each for one alert."""
    seconds = sorted({offset for terms in contracts for offset in offsets(terms.time_zone, now_ms)})
    defined = (
        _define(name, moment, seconds) for name, moment in (("sla.started", "StartsAt"), ("sla.ended", "EndsAt"))
    )
    return "\n".join(
        ["{{- /* Written by sla-monitor generate: local time in the zones of the contracts. */ -}}", *defined]
    )


def offsets(zone: ZoneInfo, now_ms: int) -> set[int]:
    """The offsets of a zone from UTC in the coming years, in seconds."""
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    several = ((now + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(-1, DAYS, 7))
    return {int(offset.total_seconds()) for offset in several if offset is not None}


def _define(name: str, moment: str, seconds: Sequence[int]) -> str:
    whole, clock = '"2 Jan 2006 15:04:05"', '"15:04:05"'
    branches = []
    for offset in seconds:
        local = f"(.{moment}.UTC.Add {offset * SECOND_NS})"
        same = f'eq ({local}.Format "2 Jan 2006") (.{moment}.UTC.Format "2 Jan 2006")'
        short, long = (f"{{{{ .{moment}.UTC.Format {each} }}}}" for each in (clock, whole))
        beside = f"{{{{ if {same} }}}}{short}{{{{ else }}}}{long}{{{{ end }}}}"
        branches.append(
            f'{{{{ if match "^{offset} " $clock }}}}{{{{ {local}.Format {whole} }}}} {{{{ $zone }}}}'
            f'{{{{ if ne $zone "UTC" }}}} ({beside} UTC){{{{ end }}}}{{{{ else }}}}'
        )
    known = '{{ $clock := print .Annotations.clock }}{{ $zone := reReplaceAll "^[-0-9]+ " "" $clock }}'
    utc = f"{{{{ .{moment}.UTC.Format {whole} }}}} UTC"
    return f'{{{{ define "{name}" }}}}{known}{"".join(branches)}{utc}{"{{ end }}" * len(branches)}{{{{ end }}}}\n'
