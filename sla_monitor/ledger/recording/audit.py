"""The audit: what people did at the desk beside their entries, in the same chain as all that is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path

from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.connect import immediate, snapshot
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.ledger.opening import appending, open_reader

PATIENCE_SECONDS = 5.0
_NEXT = "select ifnull(max(id), 0) + 1 from audit"
_INSERT = f"insert into audit values ({', '.join('?' * 10)})"  # noqa: S608 - question marks only
_NEWEST = """
select at_ms, until_ms, event, actor, known_by, contract, subject, addresses, count from (
  select at_ms, until_ms, event, actor, known_by, contract, subject, addresses, count, 0 as is_entry, id from audit
  union all
  select at_ms, at_ms, 'entered', actor, known_by, contract, 'entry ' || number || ', ' || replace(kind, '_', ' '),
    '', 1, 1, number from register
) order by at_ms desc, is_entry desc, id desc limit ?
"""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Alike events within some minutes: the first at `at_ms`, the last at `until_ms`, UTC.

    `event`: what was done, such as `signed-in`; `actor`: by whom, empty for nobody who is known; `subject`: to what,
    such as a file's name; `addresses`: from where, at most a few.
    """

    at_ms: int
    until_ms: int
    event: str
    actor: str = ""
    known_by: str = ""
    contract: str = ""
    subject: str = ""
    addresses: str = ""
    count: int = 1


def add_events(path: Path, events: Sequence[AuditEvent]) -> None:
    """Record them, all or none. Raises LedgerError and its kinds."""
    if not events:
        return
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        first = database.conn.execute(_NEXT).fetchone()[0]
        rows = [(number, *astuple(event)) for number, event in enumerate(events, first)]
        database.conn.executemany(_INSERT, rows)
        append(database.conn, events[-1].until_ms, {"audit": rows})


def newest_deeds(path: Path, count: int) -> list[AuditEvent]:
    """The newest so many events of the audit and entries of the register (`entered`), ascending. Raises LedgerError
    and its kinds."""
    with closing(open_reader(path, Resting(path))) as database, snapshot(database.conn):
        found = database.conn.execute(_NEWEST, (count,)).fetchall()
    return [AuditEvent(*row) for row in reversed(found)]
