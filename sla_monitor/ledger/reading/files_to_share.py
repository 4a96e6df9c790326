"""Which files a ledger has, and with which entries they go: for another collector that is to have them too."""

from __future__ import annotations

from typing import Any

from sla_monitor.ledger.reading.queries import Asking

_ATTACHED = """
select a.id, r.digest, a.at_ms, a.actor, a.entry, a.name, a.media_type, a.digest, a.size
from attachments a join register r on r.number = a.entry where a.id >= ? order by a.id limit ?
"""
_KEPT = "select id, digest, size from kept_files where id >= ? order by id limit ?"
_HAS = "select 1 from kept_files where digest = ?"
_PLACE = "select id from kept_files where digest = ?"
_LACKING = "select distinct digest, size from attachments where digest not in (select digest from kept_files)"


class FilesToShare(Asking):
    """Those of one ledger."""

    def attached(self, since: int, most: int) -> list[list[Any]]:
        """From a number of this ledger on: that number, the digest of the entry, and the row."""
        return [list(row) for row in self._rows(_ATTACHED, since, most)]

    def kept(self, since: int, most: int) -> list[list[Any]]:
        """From a number of this ledger on: that number, the file's digest, and its bytes."""
        return [list(row) for row in self._rows(_KEPT, since, most)]

    def piece(self, digest: str, start: int, most: int) -> bytes:
        """A part of what a file holds; empty, where there is none."""
        with self._asked() as connection:
            place = connection.execute(_PLACE, (digest,)).fetchone()
            if place is None:
                return b""
            with connection.blobopen("kept_files", "body", place[0], readonly=True) as body:
                body.seek(min(start, len(body)))
                return body.read(most)

    def has(self, digest: str) -> bool:
        return bool(self._rows(_HAS, digest))

    def lacking(self) -> dict[str, int]:
        """By digest, the bytes of the files that are attached to entries and are not here."""
        return dict(self._rows(_LACKING))
