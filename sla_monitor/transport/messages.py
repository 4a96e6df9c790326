"""What is said between a site and the collector."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from sla_monitor.sla.observation import Observation
from sla_monitor.transport.frames import MessageError


class Assigned(msgspec.Struct, array_like=True, frozen=True):
    """An endpoint that a site is to probe. `number` names it in shared memory, and is never given to another while
    the collector runs; `terms`: as `contract.spelled` writes them."""

    number: int
    key: str
    terms: dict[str, Any]


class Assignment(msgspec.Struct, array_like=True, frozen=True):
    """All that a site has to know, each time in full. `environment`: the variables that its endpoints' secrets and
    the system's libraries need, and no others. `is_watched`: there are witnesses; they are sent to the first site of a
    host alone, which asks them for all."""

    endpoints: tuple[Assigned, ...]
    witnesses: tuple[dict[str, Any], ...]
    is_watched: bool
    environment: dict[str, str]
    log_level: str
    log_format: str


class Batch(msgspec.Struct, array_like=True, frozen=True, tag="batch"):
    """Observations, ascending for each endpoint."""

    observations: tuple[Observation, ...]


class Pulse(msgspec.Struct, array_like=True, frozen=True, tag="pulse"):
    """How a site is, once a second. Counters count from its start; `lateness_counts`: probes by bucket of
    LATENESS_BUCKETS_S; `skipped`: by the endpoint's number, since the last pulse."""

    lateness_counts: tuple[int, ...]
    lateness_sum_s: float
    missed: int
    overrun: int
    in_flight: int
    waiting_for_witness: int
    has_assignment: bool
    skipped: dict[int, int]
    logged: dict[str, int]


FromSite = Batch | Pulse
T = TypeVar("T")

_ENCODER = msgspec.msgpack.Encoder()
_ASSIGNMENT = msgspec.msgpack.Decoder(Assignment)
_FROM_SITE: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(FromSite)


def encode(message: Assignment | Batch | Pulse) -> bytes:
    return _ENCODER.encode(message)


def decode_assignment(data: bytes) -> Assignment:
    """Raises MessageError."""
    return _decoded(_ASSIGNMENT, data)


def decode_from_site(data: bytes) -> FromSite:
    """Raises MessageError for what is no message of ours."""
    message: FromSite = _decoded(_FROM_SITE, data)
    return message


def _decoded(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MessageError(f"{error}") from None
