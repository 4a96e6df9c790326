"""Bodies of failed probes, each distinct content stored once. All of it is hostile text."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b

from sla_monitor.ledger.name_tables import Added
from sla_monitor.sla.observation import Finding, Reason

BODY_EVERY_MS = 60_000
"""An endpoint's responses that fail alike (same reason, same status) are kept once in so long, unless they are known
already: an error page with the time of day in it would add 2 KiB a probe for as long as an outage lasts."""

_REMEMBERED = 1_000
_KINDS_REMEMBERED = 20_000


class EvidenceTable:
    """The evidence table, as the writer sees it. Belongs to the writer's thread."""

    def __init__(self, connection: sqlite3.Connection, added: Added) -> None:
        """`added` is told of each new row, by its columns as they are chained."""
        self._connection = connection
        self._added = added
        self._ids: dict[tuple[str, bytes], int] = {}
        self._body_kept_ms: dict[tuple[int, Reason | None, int | None], int] = {}

    def id(self, endpoint: int, at_ms: int, finding: Finding) -> int | None:
        """Where the finding's detail and evidence are kept; None when it has neither."""
        if not finding.detail and not finding.evidence:
            return None
        content = finding.detail, finding.evidence
        known = self._ids.get(content)
        if known is not None:
            return known
        return self._look_up(content if self._is_wanted(endpoint, at_ms, finding) else (finding.detail, b""))

    def forget(self) -> None:
        """After a rollback: some of the rows may not be in the table."""
        self._ids.clear()
        self._body_kept_ms.clear()

    def _is_wanted(self, endpoint: int, at_ms: int, finding: Finding) -> bool:
        """Whether the response goes into the record with the detail, or the detail alone."""
        if not finding.evidence:
            return False
        kind = endpoint, finding.reason, finding.status
        kept_ms = self._body_kept_ms.get(kind)
        if kept_ms is not None and 0 <= at_ms - kept_ms < BODY_EVERY_MS:
            return False
        if len(self._body_kept_ms) >= _KINDS_REMEMBERED:
            self._body_kept_ms.clear()
        self._body_kept_ms[kind] = at_ms
        return True

    def _look_up(self, content: tuple[str, bytes]) -> int:
        if len(self._ids) >= _REMEMBERED:
            self._ids.clear()
        self._ids[content] = number = self._stored(content)
        return number

    def _stored(self, content: tuple[str, bytes]) -> int:
        detail = storable(content[0])
        body = content[1]
        digest = digest_of_content(detail, body)
        find = "select id from evidence where digest = ?"
        row = self._connection.execute(find, (digest,)).fetchone()
        if row:
            return int(row[0])
        values = digest, detail, body
        add = "insert into evidence (digest, detail, body) values (?, ?, ?) returning id"
        number = int(self._connection.execute(add, values).fetchone()[0])
        self._added("evidence", (number, digest.hex().upper()))
        return number


def storable(text: str) -> str:
    """Half of a surrogate pair, from a badly decoded answer, has no UTF-8: write it as an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def digest_of_content(detail: str, body: bytes) -> bytes:
    """By which an evidence row is known, and proved."""
    text = detail.encode()
    return blake2b(len(text).to_bytes(8, "big") + text + body, digest_size=16).digest()
