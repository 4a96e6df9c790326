"""What jobs have reported, in the order in which it came in: for another collector that is to have it too."""

from __future__ import annotations

from typing import NamedTuple

from sla_monitor.ledger.reading.queries import Asking

_AFTER = """
select h.id, e.key, h.at_ms, h.kind, h.duration_ms, h.text from heartbeats h join endpoints e on e.id = h.endpoint_id
where h.id > ? order by h.id limit ?
"""
_AT = """
select h.id, e.key, h.at_ms, h.kind, h.duration_ms, h.text from heartbeats h join endpoints e on e.id = h.endpoint_id
where h.id = ?
"""
_KNOWN = """
select 1 from heartbeats where endpoint_id = (select id from endpoints where key = ?) and kind = ? and at_ms = ?
"""


class Reported(NamedTuple):
    """A report as a ledger has it under a number of its own. `duration_ms`: of the run that it ends, if that is
    known."""

    number: int
    endpoint: str
    at_ms: int
    kind: str
    duration_ms: int | None
    text: str


class JobReports(Asking):
    """Those of one ledger."""

    def after(self, number: int, most: int) -> list[Reported]:
        """The next ones after a number."""
        return [Reported(*row) for row in self._rows(_AFTER, number, most)]

    def at(self, number: int) -> Reported | None:
        """The one with a number; None: there is none."""
        return next((Reported(*row) for row in self._rows(_AT, number)), None)

    def has(self, one: Reported) -> bool:
        """Whether the same was reported, under whatever number."""
        return bool(self._rows(_KNOWN, one.endpoint, one.kind, one.at_ms))
