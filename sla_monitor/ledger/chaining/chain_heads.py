"""Heads of the chain: one line that, kept where the ledger's administrator cannot change it, proves all before it.

    sla-monitor-head/1 link=1234 observations=567890 digest=<64 hex digits> at=2026-11-02T10:00:00Z

with `signature=<base64>` at the end when there is a key: Ed25519 over everything before ` signature=`. The link is the
last one that does not grow any more, so that what was said of it holds for ever.

A head is read from whatever it was put into: a manifest, a part of the journal, a mail as it was sent or as somebody
has quoted it.
"""

from __future__ import annotations

import binascii
import re
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import default

from sla_monitor import remedies
from sla_monitor.signing import VerifyingKey

_SPACE = r"[\s>]+"
"""Who passes a mail on breaks its lines, and marks them."""

_HEAD = re.compile(
    rf"sla-monitor-head/1{_SPACE}link=(\d{{1,18}}){_SPACE}observations=(\d{{1,18}}){_SPACE}digest=([0-9a-f]{{64}})"
    rf"{_SPACE}at=([0-9TZ:-]{{20}})(?:{_SPACE}signature=((?:[A-Za-z0-9+/=][\s>]*){{88}}|[A-Za-z0-9+/=]*))?"
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
        line = format_head(self, at)
        return line if sign is None else f"{line} signature={b64encode(sign(line.encode())).decode()}"


def closed_head(connection: sqlite3.Connection) -> ChainHead | None:
    """The last closed link; None while there is none."""
    row = connection.execute(_CLOSED).fetchone()
    if row is None:
        return None
    observed = connection.execute(_OBSERVED, (row[0],)).fetchone()
    return ChainHead(row[0], observed[0] if observed else 0, row[1].hex())


@dataclass(frozen=True, slots=True)
class PublishedHead:
    """A head as a text tells it. `signature` is None where there is none, and what is no signature is as told."""

    head: ChainHead
    at: str
    signature: str | None

    def problem(self, keys: Iterable[VerifyingKey]) -> str | None:
        """What is wrong with its signature; None: nothing, or it has none."""
        if self.signature is None:
            return None
        try:
            signature = b64decode(self.signature, validate=True)
        except binascii.Error:
            signature = b""
        known = list(keys)
        if not known:
            told = f"the head of link {self.head.link} is signed, and no key is known to check it with"
            return f"{told} ({remedies.ONE_KEY})"
        if any(key.holds(signature, self._message) for key in known):
            return None
        fingerprints = ", ".join(key.fingerprint[:16] for key in known)
        return (
            f"the head of link {self.head.link} ({self.at}) is not signed by any key that is known ({fingerprints}):"
            " its signature is false, or of another key"
        )

    @property
    def _message(self) -> bytes:
        return format_head(self.head, self.at).encode()


def format_head(head: ChainHead, at: str) -> str:
    """The line of a head without its signature."""
    return f"sla-monitor-head/1 link={head.link} observations={head.observations} digest={head.digest} at={at}"


def heads_in(content: bytes) -> list[PublishedHead]:
    """Every head that a file tells, each once."""
    found = dict.fromkeys(head for text in _texts(content) for head in _heads(text))
    return list(found)


def _texts(content: bytes) -> Iterator[str]:
    """The file as it is, and what a mail says once it is unpacked."""
    yield content.decode(errors="replace")
    mail = message_from_bytes(content, policy=default)
    if isinstance(mail, EmailMessage) and ("MIME-Version" in mail or "From" in mail):
        for part in mail.walk():
            if part.get_content_maintype() == "text" or part.get_content_type() == "application/json":
                try:
                    text = part.get_payload(decode=True)
                except (MessageError, ValueError, LookupError):
                    continue
                if isinstance(text, bytes):
                    yield text.decode(errors="replace")


def _heads(text: str) -> Iterator[PublishedHead]:
    for found in _HEAD.finditer(text):
        link, seen, digest, at, signature = found.groups()
        head = ChainHead(int(link), int(seen), digest)
        yield PublishedHead(head, at, None if signature is None else re.sub(r"[\s>]", "", signature))


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
