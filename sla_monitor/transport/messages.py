"""Messages between a site and the collector.

Sites far away may be of another release: a new field comes last and has a default. An older reader passes it over, a
newer one does without it. What cannot be read is refused, and stays in the site's outbox.
"""

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

Name = Annotated[str, msgspec.Meta(max_length=64)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
SkewMs = Annotated[int, msgspec.Meta(ge=-(1 << 48), le=1 << 48)]


class Parcel(msgspec.Struct, array_like=True, frozen=True, tag="parcel"):
    """What a site far away saw, from one outbox of its: the entries `first` and up. `since`: the first entry that is
    accounted for; those before `first` are gone, whatever became of them. `skews_ms`: for each observation, by how much
    the site's clock was known to be ahead of the collector's then; None: it was not known."""

    site: Name
    outbox: Name
    since: Count
    first: Count
    observations: tuple[Observation, ...]
    skews_ms: tuple[SkewMs | None, ...]

    @property
    def last(self) -> int:
        return self.first + len(self.observations) - 1


class FarPulse(msgspec.Struct, array_like=True, frozen=True, tag="far"):
    """How a site far away is, once a second. `at_ms`: its clock; `outboxes`: those that have something to hand over,
    and the one that is open; `revision`: of the terms that it has, 0: none; `waiting`: entries that the collector does
    not have; `dropped`: observations that never got a number for want of memory, since it was started; `lacking`: of
    each collector of the pair that its terms name, of when the oldest observation is that it lacks."""

    site: Name
    outboxes: Annotated[tuple[Name, ...], msgspec.Meta(max_length=1000)]
    at_ms: Instant
    revision: Count
    waiting: Count
    oldest_ms: Instant | None
    dropped: Count
    missed: Count
    running: Count
    lacking: Annotated[dict[Name, Instant | None], msgspec.Meta(max_length=16)] = {}


class Answer(msgspec.Struct, array_like=True, frozen=True, tag="told"):
    """What the collector answers to a pulse: up to where its record has each of the outboxes, and its clock.
    `asked_at_ms`: the pulse's own `at_ms`; `collector`: which one of a pair it is, nothing where there is one alone."""

    positions: dict[Name, Count]
    at_ms: Instant
    asked_at_ms: Instant
    collector: Name = ""


class SiteTerms(msgspec.Struct, array_like=True, frozen=True, tag="terms"):
    """What a site far away is to probe. `revision`: rises with each change; `collectors`: the names of those that are
    each to have all that it sees, none where there is one alone."""

    site: Name
    revision: Count
    endpoints: tuple[Assigned, ...]
    collectors: Annotated[tuple[Name, ...], msgspec.Meta(max_length=16)] = ()


class Signed(msgspec.Struct, array_like=True, frozen=True, tag="signed"):
    """What is said to a site: an encoded Answer or SiteTerms, and the Ed25519 signature of PURPOSE and it. Whoever else
    speaks on its subject, the server included, can neither empty its outbox nor have it probe."""

    body: bytes
    signature: bytes


PURPOSE = b"sla-monitor says to a site\n"
"""What is signed begins with it: a signature of something else is none of these."""

FromAfar = Parcel | FarPulse
ToSite = Answer | SiteTerms
T = TypeVar("T")

_ASSIGNMENT = msgspec.msgpack.Decoder(Assignment)
_FROM_AFAR: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(FromAfar)
_TO_SITE: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(ToSite)
_SIGNED = msgspec.msgpack.Decoder(Signed)
_OBSERVATION = msgspec.msgpack.Decoder(Observation)
_FROM_SITE: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(FromSite)


def encode(message: Assignment | Batch | Pulse | FromAfar | ToSite | Signed | Observation) -> bytes:
    return _ENCODER.encode(message)


def decode_assignment(data: bytes) -> Assignment:
    """Raises MessageError."""
    return _decoded(_ASSIGNMENT, data)


def decode_from_site(data: bytes) -> FromSite:
    """Raises MessageError for what is no message of ours."""
    message: FromSite = _decoded(_FROM_SITE, data)
    return message


def decode_from_afar(data: bytes) -> FromAfar:
    """Raises MessageError, also for a parcel that does not hold together."""
    message: FromAfar = _decoded(_FROM_AFAR, data)
    if isinstance(message, Parcel):
        is_whole = 1 <= message.since <= message.first and len(message.skews_ms) == len(message.observations) > 0
        if not is_whole:
            raise MessageError("a parcel that does not hold together")
    return message


def decode_to_site(data: bytes) -> ToSite:
    """Raises MessageError. Only of what is signed."""
    message: ToSite = _decoded(_TO_SITE, data)
    return message


def decode_signed(data: bytes) -> Signed:
    """Raises MessageError."""
    return _decoded(_SIGNED, data)


def decode_observation(data: bytes) -> Observation:
    """Raises MessageError."""
    return _decoded(_OBSERVATION, data)


def _decoded(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError(f"{error}") from None
