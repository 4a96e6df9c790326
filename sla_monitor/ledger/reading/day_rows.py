"""A day as two ledgers can be compared by it: what was seen and what was entered, and nothing of how it came in.

Each observation, each entry and each file that was attached to one is a line, a JSON array. Numbers of rows, links of
the chain, intervals and positions differ between two records of the same, and are left out. So are the bodies of failed
responses, of which each ledger keeps its own sample; what was said of the failure is in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from hashlib import sha256
from typing import Any

from sla_monitor.ledger.reading.queries import Asking

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

OBSERVATION = (
    "endpoint", "at_ms", "outcome", "reason", "duration_us", "dns_us", "connect_us", "tls_us", "first_byte_us",
    "transfer_us", "address", "status", "body_bytes", "certificate_expires_at_s", "detail",
)  # fmt: skip
ENTRY = "number", "at_ms", "actor", "contract", "kind", "digest"
ATTACHED = "attached", "at_ms", "entry", "actor", "name", "media_type", "digest", "size"
"""What is in a line of each, in its order; the first of a file's is the word itself, where an entry has its number."""

_OBSERVATIONS = """
select e.key, o.at_ms, json_array(e.key, o.at_ms, n.name, r.name, o.duration_us, o.dns_us, o.connect_us, o.tls_us,
  o.first_byte_us, o.transfer_us, a.name, o.status, o.body_bytes, o.certificate_expires_at_s, ifnull(v.detail, ''))
from observations o join endpoints e on e.id = o.endpoint_id join outcomes n on n.id = o.outcome
  left join reasons r on r.id = o.reason left join addresses a on a.id = o.address_id
  left join evidence v on v.id = o.evidence_id
where o.at_ms >= ? and o.at_ms < ?
"""
_IN_ORDER = f"{_OBSERVATIONS} order by e.key, o.at_ms, o.id"
_OF_ONE = f"{_OBSERVATIONS} and e.key = ? order by o.at_ms, o.id"
_ENTRIES = """
select json_array(number, at_ms, actor, contract, kind, digest) from register where at_ms >= ? and at_ms < ?
order by number
"""
_ATTACHED = """
select json_array('attached', at_ms, entry, actor, name, media_type, digest, size) as line from attachments
where at_ms >= ? and at_ms < ? order by entry, at_ms, line
"""
_FIRST = "select min(at_ms) from observations"


class DayRows(Asking):
    """The lines of days of one ledger. `without`: keys that are each collector's own, and not compared."""

    def digests(self, start_ms: int, without: Collection[str] = ()) -> tuple[dict[str, str], int]:
        """By key, the SHA-256 of the lines of a day; and how many lines there are."""
        found, count, before, lines = dict[str, str](), 0, None, sha256()
        with self._asked() as connection:
            for key, _, line in connection.execute(_IN_ORDER, (start_ms, start_ms + DAY_MS)):
                if key != before:
                    if before is not None:
                        found[before] = lines.hexdigest()
                    before, lines = key, sha256()
                lines.update(line.encode() + b"\n")
                count += 1
        if before is not None:
            found[before] = lines.hexdigest()
        for key in found.keys() & set(without):
            del found[key]
        return found, count

    def hours(self, start_ms: int, key: str) -> dict[int, str]:
        """The same of one key, by hour of the day."""
        found = dict[int, Any]()
        for _, at_ms, line in self._rows(_OF_ONE, start_ms, start_ms + DAY_MS, key):
            found.setdefault((at_ms - start_ms) // HOUR_MS, sha256()).update(line.encode() + b"\n")
        return {hour: lines.hexdigest() for hour, lines in found.items()}

    def lines(self, start_ms: int, key: str, hour: int) -> list[str]:
        """The lines of one key in an hour of the day."""
        since_ms = start_ms + hour * HOUR_MS
        return [line for _, _, line in self._rows(_OF_ONE, since_ms, since_ms + HOUR_MS, key)]

    def entries(self, start_ms: int) -> list[str]:
        """What was entered in the day, with the digest that seals each; then what was attached to entries."""
        day = start_ms, start_ms + DAY_MS
        return [line for query in (_ENTRIES, _ATTACHED) for (line,) in self._rows(query, *day)]

    def days(self, until_ms: int) -> Iterator[int]:
        """When each day begins that is over, the newest first, back to the first observation."""
        ((first_ms,),) = self._rows(_FIRST)
        if first_ms is not None:
            yield from range((until_ms // DAY_MS - 1) * DAY_MS, first_ms // DAY_MS * DAY_MS - 1, -DAY_MS)
