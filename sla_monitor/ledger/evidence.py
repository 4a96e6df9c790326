"""What failed looks saw, each distinct content stored once. All of it is hostile text."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b

from sla_monitor.sla.observation import Finding

_REMEMBERED = 1_000


class Evidence:
    """The evidence table, as the writer sees it. Belongs to the writer's thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids: dict[tuple[str, bytes], int] = {}

    def id(self, finding: Finding) -> int | None:
        """Where the finding's detail and evidence are kept; None when it has neither."""
        if not finding.detail and not finding.evidence:
            return None
        content = finding.detail, finding.evidence
        known = self._ids.get(content)
        return self._look_up(content) if known is None else known

    def forget(self) -> None:
        """After a rollback: some of the rows may not be in the table."""
        self._ids.clear()

    def _look_up(self, content: tuple[str, bytes]) -> int:
        if len(self._ids) >= _REMEMBERED:
            self._ids.clear()
        self._ids[content] = number = self._stored(content)
        return number

    def _stored(self, content: tuple[str, bytes]) -> int:
        detail = _storable(content[0])
        body = content[1]
        digest = _digest(detail, body)
        find = "select id from evidence where digest = ?"
        row = self._connection.execute(find, (digest,)).fetchone()
        if row:
            return int(row[0])
        values = digest, detail, body
        add = "insert into evidence (digest, detail, body) values (?, ?, ?) returning id"
        return int(self._connection.execute(add, values).fetchone()[0])


def _storable(text: str) -> str:
    """Half of a surrogate pair, from a badly decoded answer, has no UTF-8: write it as an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _digest(detail: str, body: bytes) -> bytes:
    text = detail.encode()
    return blake2b(len(text).to_bytes(8, "big") + text + body, digest_size=16).digest()
