"""What is said to a site and does not fit into one message: in parts, put together again at the other end.

A part by itself is not signed, and nothing is believed of it: the whole is what it was before it was cut, and its
signature is checked as that of any other message.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

import msgspec

from sla_monitor.transport.frames import MessageError
from sla_monitor.transport.messages import Count, Signed

LARGEST_PART = 400_000
"""Bytes: a server takes a million, unless its settings say otherwise."""

MOST_PARTS = 256
"""Terms of some 400,000 endpoints. A site holds no more of what it cannot check yet."""


class Part(msgspec.Struct, array_like=True, frozen=True, tag="part"):
    """A piece of an encoded Signed. `digest`: SHA-256 of the whole, which tells the parts of two wholes apart;
    `number`: from 0 on."""

    digest: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    number: Count
    of: Annotated[int, msgspec.Meta(ge=1, le=MOST_PARTS)]
    body: Annotated[bytes, msgspec.Meta(max_length=LARGEST_PART)]


_DECODER: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(Signed | Part)


def in_parts(whole: bytes) -> tuple[bytes, ...]:
    """The messages that carry an encoded Signed: itself, where it fits into one, which every release understands.
    Raises MessageError where no site would take it."""
    if len(whole) <= LARGEST_PART:
        return (whole,)
    bodies = [whole[start : start + LARGEST_PART] for start in range(0, len(whole), LARGEST_PART)]
    if len(bodies) > MOST_PARTS:
        raise MessageError(f"{len(whole)} bytes do not fit into {MOST_PARTS} messages (have another site probe a part)")
    digest = sha256(whole).digest()
    return tuple(msgspec.msgpack.encode(Part(digest, number, len(bodies), body)) for number, body in enumerate(bodies))


class Assembly:
    """Parts of one whole at a time, in any order, and each as often as it comes. Those of another whole begin it anew:
    what is said later counts, and what is lost is said again."""

    def __init__(self) -> None:
        self._about = b"", 0
        self._bodies: dict[int, bytes] = {}

    def take(self, message: bytes) -> bytes | None:
        """The encoded Signed that is whole now; None: parts of it are missing. Raises MessageError."""
        try:
            said: Signed | Part = _DECODER.decode(message)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MessageError(f"{error}") from None
        if isinstance(said, Signed):
            return message
        if said.number >= said.of:
            raise MessageError(f"part {said.number} of {said.of}")
        if (said.digest, said.of) != self._about:
            self._about, self._bodies = (said.digest, said.of), {}
        self._bodies[said.number] = said.body
        if len(self._bodies) < said.of:
            return None
        whole = b"".join(self._bodies[number] for number in range(said.of))
        self._about, self._bodies = (b"", 0), {}
        if sha256(whole).digest() != said.digest:
            raise MessageError("the parts do not make the whole")
        return whole
