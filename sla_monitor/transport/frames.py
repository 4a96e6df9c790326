"""Frames on a stream: four bytes of length, then so many bytes of message."""

from __future__ import annotations

import struct
from collections.abc import Iterator

LARGEST = 64 << 20
"""Bytes of a message. The terms of a hundred thousand endpoints take a third of it."""

LARGEST_FROM_SITE = 4 << 20
"""Bytes of what a site says at a time, twice the most that an honest one has to say."""

_LENGTH = struct.Struct(">I")


class MessageError(Exception):
    """What came is no frame, or no message of ours: the stream cannot be read on."""


def framed(message: bytes) -> bytes:
    """Raises MessageError for one that is too large."""
    if len(message) > LARGEST:
        raise MessageError(f"a message of {len(message)} bytes (at most {LARGEST})")
    return _LENGTH.pack(len(message)) + message


class Frames:
    """Puts the messages of a stream together again, none of which has more than `largest` bytes."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._unread = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The messages that are complete now. Raises MessageError."""
        self._unread += data
        while len(self._unread) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._unread)
            if length > self._largest:
                raise MessageError(f"a message of {length} bytes is announced (at most {self._largest})")
            end = _LENGTH.size + length
            if len(self._unread) < end:
                return
            message = bytes(self._unread[_LENGTH.size : end])
            del self._unread[:end]
            yield message
