"""The audit: what people did at the desk beside their entries, in the same chain as all that is recorded."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import NamedTuple

from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.chaining.register_chain import sealed_text
from sla_monitor.ledger.connect import immediate, snapshot
from sla_monitor.ledger.offline_file import Resting
from sla_monitor.ledger.opening import appending, open_reader

PATIENCE_SECONDS = 5.0
_NEXT = "select ifnull(max(id), 0) + 1 from audit"
_INSERT = f"insert into audit values ({', '.join('?' * 10)})"  # noqa: S608 - question marks only
_WANTED = """
(:actor = '' or actor = :actor) and (:contract = '' or contract = :contract) and at_ms >= :from_ms
  and at_ms < :until_ms and
"""
_NEWEST = f"""
with newest as materialized (
  select at_ms, 0 as is_entry, id from audit where {_WANTED} (:event = '' or event = :event)
    and (at_ms, 0, id) < (:before_ms, :before_entry, :before_id)
  union all
  select at_ms, 1, number from register where {_WANTED} :event in ('', 'entered')
    and (at_ms, 1, number) < (:before_ms, :before_entry, :before_id)
  order by at_ms desc, is_entry desc, id desc limit :count
)
select a.at_ms, until_ms, event, actor, known_by, contract, subject, addresses, count, is_entry, a.id, ''
  from newest n join audit a on a.id = n.id where not is_entry
union all
select r.at_ms, r.at_ms, 'entered', actor, known_by, contract, 'entry ' || number || ', ' || replace(kind, '_', ' '),
  '', 1, is_entry, number, digest
  from newest n join register r on r.number = n.id where is_entry
order by 1 desc, 10 desc, 11 desc
"""  # noqa: S608 - our own columns
_LINK = "select number from stretches where name = ? and first <= ? order by first desc limit 1"
_ALWAYS_MS = 2**62


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


class DeedPlace(NamedTuple):
    """Where a deed stands among all of them: UTC milliseconds, 1 for an entry of the register, and its number."""

    at_ms: int
    is_entry: int
    id: int


_END = DeedPlace(_ALWAYS_MS, 0, 0)


@dataclass(frozen=True, slots=True)
class DeedFilter:
    """Which deeds are asked for; an empty text: whatever it is. `[from_ms, until_ms)`, UTC; all of them before the one
    at a place."""

    actor: str = ""
    event: str = ""
    contract: str = ""
    from_ms: int = -_ALWAYS_MS
    until_ms: int = _ALWAYS_MS
    before: DeedPlace = _END


@dataclass(frozen=True, slots=True)
class ProvedDeed:
    """What somebody did, as the chain proves it. `entry`: of an entry of the register, its number, and `digest` its
    digest; `link`: the link of the chain that covers it."""

    event: AuditEvent
    link: int
    place: DeedPlace
    entry: int | None = None
    digest: str = ""


def newest_deeds(path: Path, count: int) -> list[AuditEvent]:
    """The newest so many events of the audit and entries of the register (`entered`), ascending. Raises LedgerError
    and its kinds."""
    return [one.event for one in proved_deeds(path, count, DeedFilter())]


def proved_deeds(path: Path, count: int, wanted: DeedFilter) -> list[ProvedDeed]:
    """The newest so many of those that are wanted, ascending, each held against the chain. Raises LedgerError and its
    kinds."""
    with closing(open_reader(path, Resting(path))) as database, snapshot(database.conn):
        at_ms, entry, number = wanted.before
        before = {"before_ms": at_ms, "before_entry": entry, "before_id": number}
        asked = {name: getattr(wanted, name) for name in ("actor", "event", "contract", "from_ms", "until_ms")}
        found = database.conn.execute(_NEWEST, {**asked, **before, "count": count}).fetchall()
        proof = Proof(path, database.conn)
        for table, is_entry in (("audit", 0), ("register", 1)):
            proof.keyed(table, (row[10] for row in found if row[9] == is_entry))
        deeds = []
        for *columns, is_entry, key, digest in reversed(found):
            link = database.conn.execute(_LINK, ("register" if is_entry else "audit", key)).fetchone()[0]
            event = AuditEvent(*columns)
            deeds.append(
                ProvedDeed(event, link, DeedPlace(event.at_ms, is_entry, key), key if is_entry else None, digest)
            )
    return deeds


@dataclass(frozen=True, slots=True)
class EntryProof:
    """An entry's digest, the text of which it is the SHA-256, and the link of the chain that covers it."""

    digest: str
    text: str
    link: int

    @property
    def encoded(self) -> str:
        """The text in base64, for where it cannot be shown as it is."""
        return b64encode(self.text.encode()).decode()


def proved_entry(path: Path, number: int) -> EntryProof:
    """Raises LedgerError and its kinds."""
    with closing(open_reader(path, Resting(path))) as database, snapshot(database.conn):
        Proof(path, database.conn).keyed("register", [number])
        digest, text = sealed_text(database.conn, number)
        (link,) = database.conn.execute(_LINK, ("register", number)).fetchone()
    return EntryProof(digest, text, link)
