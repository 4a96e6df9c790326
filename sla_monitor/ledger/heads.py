"""Heads of the chain: one line that, kept where the ledger's administrator cannot change it, proves all before it.

    sla-monitor-head/1 link=1234 observations=567890 digest=<64 hex digits> at=2026-11-02T10:00:00Z

with `signature=<base64>` at the end when there is a key: Ed25519 over everything before ` signature=`. The link is the
last one that does not grow any more, so that what was said of it holds for ever.
"""

from __future__ import annotations

import re
import sqlite3
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

_HEAD = re.compile(
    r"sla-monitor-head/1 link=(\d{1,18}) observations=(\d{1,18}) digest=([0-9a-f]{64}) at=(\S{20})"
    r"(?: signature=([A-Za-z0-9+/]{86}==))?"
)
_CLOSED = "select number, digest from chain order by number desc limit 1 offset 1"
_OBSERVED = """
select json_extract(covers, '$.observations[1]') from chain
where number <= ? and json_extract(covers, '$.observations[1]') is not null order by number desc limit 1
"""

Sign = Callable[[bytes], bytes]
"""Gives the 64 bytes of an Ed25519 signature."""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """Up to where the chain is closed: the link's number and digest, and the last observation in or before it."""

    link: int
    observations: int
    digest: str

    @property
    def short(self) -> str:
        """Enough of the digest for two people to compare."""
        return self.digest[:16]

    def line(self, at_ms: int, sign: Sign | None = None) -> str:
        """What is told of it, signed if there is a key."""
        at = f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
        told = f"sla-monitor-head/1 link={self.link} observations={self.observations} digest={self.digest} at={at}"
        return told if sign is None else f"{told} signature={b64encode(sign(told.encode())).decode()}"


def closed_head(connection: sqlite3.Connection) -> ChainHead | None:
    """The last closed link; None while there is none."""
    row = connection.execute(_CLOSED).fetchone()
    if row is None:
        return None
    observed = connection.execute(_OBSERVED, (row[0],)).fetchone()
    return ChainHead(row[0], observed[0] if observed else 0, row[1].hex())


def heads_in(text: str) -> list[ChainHead]:
    """Every head that a text tells: a pack's manifest, a mail, a part of the journal."""
    return [ChainHead(int(link), int(seen), digest) for link, seen, digest, _, _ in _HEAD.findall(text)]


def not_before(connection: sqlite3.Connection, head: ChainHead) -> str | None:
    """Why this record is not the one of which a head was told; None: it is, as far as the chain verifies."""
    row = connection.execute("select digest from chain where number = ?", (head.link,)).fetchone()
    if row is None:
        last = connection.execute("select ifnull(max(number), 0) from chain").fetchone()[0]
        return (
            f"the chain ends at link {last}, and the anchor is of link {head.link} ({head.observations:,} observations)"
            ": the newest part of the record was taken off, or this is another ledger"
        )
    if row[0].hex() != head.digest:
        return (
            f"link {head.link} of the chain is not that of the anchor: what was recorded up to then"
            f" ({head.observations:,} observations) was changed and sealed anew, or this is another ledger"
        )
    return None
