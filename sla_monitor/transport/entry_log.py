"""The order of what is entered into the register of a pair: a stream in which each message follows on the last one.

Whoever puts a message says after which one it comes; if another has come meanwhile, the server refuses it. Nothing is
thrown away by age: a collector that was away finds all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar
from zlib import MAX_WBITS, compress, decompressobj
from zlib import error as ZlibError  # noqa: N812 - it is a class

import msgspec

from sla_monitor.errors import LedgerError, LineError
from sla_monitor.signing import SigningKey, VerifyingKey
from sla_monitor.transport.frames import MessageError
from sla_monitor.transport.line import PATIENCE_S, FarConnection
from sla_monitor.transport.messages import Count, Name, Signed, decode_signed, encode

STREAM = "SLA_MONITOR_REGISTER"
SUBJECT = "register.entered"
LARGEST_MESSAGE, LARGEST_ROWS = 900_000, 64 << 20
"""Bytes of a message, of which a server takes a million, and of the rows that are packed in it."""

PURPOSE = b"sla-monitor enters\n"
"""What is signed begins with it: a signature of something else is none of these."""

_WRONG_SEQUENCE = 10_071
"""The server's number for "another message has come"."""

T = TypeVar("T")

Row = tuple[int | str | None, ...]
"""An entry as the register has it, without its digest."""

AttachedRow = tuple[int, str, int, str, str, str, int]
"""A file that goes with an entry: when it was attached, by whom, to which entry, name, media type, digest, size."""


class Outrun(LineError):  # noqa: N818 - it says what has happened
    """Another message has come after the one that ours was to follow."""


class Entered(msgspec.Struct, array_like=True, frozen=True, tag="entered"):
    """Entries of the register, which follow on the one that is numbered `after` and has the digest `before`. `digest`:
    that of the last of them; of none, `before`. `packed`: the rows; `by`: the collector at which they were entered;
    `once`: the key of the submission from which they come; `files`: packed contents that they name, by digest, as far
    as a message has room for them; `attached`: packed rows of the files that go with them."""

    by: Name
    after: Count
    before: str
    digest: str
    packed: bytes
    once: str = ""
    files: bytes = b""
    attached: bytes = b""

    def rows(self) -> list[Row]:
        """Raises MessageError."""
        return _unpacked(self.packed, list[Row])

    def contents(self) -> dict[str, bytes]:
        """Raises MessageError."""
        return _unpacked(self.files, dict[str, bytes]) if self.files else {}

    def papers(self) -> list[AttachedRow]:
        """Raises MessageError."""
        return _unpacked(self.attached, list[AttachedRow]) if self.attached else []


class Logged(NamedTuple):
    """A message of the stream, and its place there."""

    place: int
    data: bytes


def packed(several: Sequence[Row] | Sequence[AttachedRow] | dict[str, bytes]) -> bytes:
    """Rows, or contents by digest, as a message has them."""
    return compress(msgspec.msgpack.encode(several))


def _unpacked(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(decompressobj(MAX_WBITS).decompress(data, LARGEST_ROWS), type=kind)
    except (ZlibError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"what cannot be unpacked: {error}") from None


_DECODER = msgspec.msgpack.Decoder(Entered)


def sealed(entered: Entered, key: SigningKey) -> bytes:
    """The message, signed. Raises LedgerError when it is too long."""
    body = msgspec.msgpack.encode(entered)
    data = encode(Signed(body, key.sign(PURPOSE + body)))
    if len(data) > LARGEST_MESSAGE:
        raise LedgerError("that is more than a pair of collectors enters at once; enter it in parts")
    return data


def opened(data: bytes, key: VerifyingKey) -> Entered:
    """Raises MessageError for what the pair's key has not signed: the server is not trusted."""
    signed = decode_signed(data)
    if not key.holds(signed.signature, PURPOSE + signed.body):
        raise MessageError("the pair's key has not signed it")
    try:
        return _DECODER.decode(signed.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"{error}") from None


class EntryLog:
    """The stream, on a line that is up. Everything raises LineError when it cannot be done."""

    def __init__(self, connection: FarConnection) -> None:
        self._connection = connection
        self._stream = connection.stream

    async def make(self) -> None:
        """Make the stream, if there is none."""
        from nats.js.api import DiscardPolicy, StorageType, StreamConfig
        from nats.js.errors import BadRequestError

        config = StreamConfig(name=STREAM, subjects=[SUBJECT], storage=StorageType.FILE, discard=DiscardPolicy.NEW)
        try:
            await self._stream.add_stream(config)
        except BadRequestError:  # it is there, and is another
            await self._connection.attempt(self._stream.update_stream(config))
        except Exception as error:
            raise self._connection.told(error) from error

    async def last(self) -> Logged | None:
        """The last message; None: there is none."""
        return await self._got(subject=SUBJECT)

    async def at(self, place: int) -> Logged | None:
        """The message at a place; None: it is gone, or there never was one."""
        return await self._got(seq=place)

    async def put(self, data: bytes, after: int) -> int:
        """Put a message after the one at a place, 0: as the first; the place that it has now. Raises Outrun."""
        from nats.js.errors import APIError

        headers = {"Nats-Expected-Last-Subject-Sequence": f"{after}"}
        try:
            ack = await self._stream.publish(SUBJECT, data, timeout=PATIENCE_S, headers=headers)
        except APIError as error:
            if error.err_code == _WRONG_SEQUENCE:
                raise Outrun("somebody else has entered something meanwhile") from None
            raise self._connection.told(error) from error
        except Exception as error:
            raise self._connection.told(error) from error
        return int(ack.seq)

    async def _got(self, **which: int | str) -> Logged | None:
        from nats.js.errors import NotFoundError

        try:
            found = await self._stream.get_msg(STREAM, **which)  # type: ignore[arg-type]
        except NotFoundError:
            return None
        except Exception as error:
            raise self._connection.told(error) from error
        return Logged(int(found.seq or 0), bytes(found.data or b""))
