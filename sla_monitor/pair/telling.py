"""What collectors of a pair say to each other: JSON, signed with the key that both have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sla_monitor.signing import SigningKey, VerifyingKey
from sla_monitor.transport import MessageError, Signed, decode_signed, encode

PURPOSE = b"sla-monitor compares\n"
"""What is signed begins with it: a signature of something else is none of these."""


def signed(said: Mapping[str, Any], key: SigningKey) -> bytes:
    body = json.dumps(said).encode()
    return encode(Signed(body, key.sign(PURPOSE + body)))


def understood(data: bytes, key: VerifyingKey) -> dict[str, Any]:
    """Raises MessageError."""
    message = decode_signed(data)
    if not key.holds(message.signature, PURPOSE + message.body):
        raise MessageError("the pair's key has not signed it")
    found = json.loads(message.body)
    if not isinstance(found, dict):
        raise MessageError("an answer that is none")
    return found
