"""Messages between a site and the collector."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, TypeVar

import msgspec

from sla_monitor.names import LATENESS_BUCKETS_S
from sla_monitor.sla.observation import Observation
from sla_monitor.transport.frames import MessageError

_BUCKETS = len(LATENESS_BUCKETS_S) + 1
Count = Annotated[int, msgspec.Meta(ge=0, le=1 << 53)]


_ENCODER = msgspec.msgpack.Encoder()


class Assigned(msgspec.Struct, array_like=True, frozen=True):
    """An endpoint that a site is to probe. `number` names it in shared memory, and is never given to another while
    the collector runs; `encoded`: its terms as `contract.spelled` writes them, packed: thousands of mappings would be
    kept on either side."""

    number: int
    key: str
    encoded: bytes

    @classmethod
    def of(cls, number: int, key: str, terms: dict[str, Any]) -> Self:
        return cls(number, key, _ENCODER.encode(terms))

    @property
    def terms(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.msgpack.decode(self.encoded)
        return found


class Assignment(msgspec.Struct, array_like=True, frozen=True):
    """All that a site has to know, each time in full. `environment`: the variables that its endpoints' secrets and
    the system's libraries need, and no others. The witnesses are sent to the first site of a host alone, which asks
    them for all. `patience_ms`: how long a failure waits for an answer of theirs before it is UNKNOWN; 0: there are no
    witnesses."""

    endpoints: tuple[Assigned, ...]
    witnesses: tuple[dict[str, Any], ...]
    patience_ms: int
    environment: dict[str, str]
    log_level: str
    log_format: str


class Batch(msgspec.Struct, array_like=True, frozen=True, tag="batch"):
    """Observations, ascending for each endpoint."""

    observations: tuple[Observation, ...]


class Pulse(msgspec.Struct, array_like=True, frozen=True, tag="pulse"):
    """How a site is, once a second. Counters count from its start; `lateness_counts`: probes by bucket of
    LATENESS_BUCKETS_S; `skipped`: by the endpoint's number, since the last pulse."""

    lateness_counts: Annotated[tuple[Count, ...], msgspec.Meta(min_length=_BUCKETS, max_length=_BUCKETS)]
    lateness_sum_s: Annotated[float, msgspec.Meta(ge=0, le=1e12)]
    missed: Count
    overrun: Count
    in_flight: Count
    waiting_for_witness: Count
    has_assignment: bool
    skipped: dict[int, Count]
    logged: dict[Literal["debug", "info", "warning", "error"], Count]
    name_server_is_silent: bool = False


FromSite = Batch | Pulse
T = TypeVar("T")

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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(f"{error}") from None
