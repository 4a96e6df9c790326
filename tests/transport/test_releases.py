"""A site and a collector of one release apart understand each other: a field more is passed over, one less is done
without. What cannot be understood is refused, and stays where it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from sla_monitor.sla.observation import Finding, Observation, Outcome
from sla_monitor.transport import (
    Answer,
    Assigned,
    FarPulse,
    MessageError,
    Parcel,
    Signed,
    SiteTerms,
    decode_from_afar,
    decode_observation,
    decode_signed,
    decode_to_site,
    encode,
)

SEEN = Observation("custody/login", 1_700_000_000_000, Finding(Outcome.UP, duration_us=900))
PARCEL = Parcel("north", "a", 1, 1, (SEEN,), (None,))
PULSE = FarPulse("north", ("a",), 1, 2, 3, None, 0, 0, 1, {"east": None, "west": 5})
ANSWER = Answer({"a": 4}, 1, 2, "east")
TERMS = SiteTerms("north", 7, (Assigned.of(1, "custody/login", {"id": "login"}),), ("east", "west"))

Decode = Callable[[bytes], Any]
MESSAGES: list[tuple[Any, Decode, int]] = [
    (PARCEL, decode_from_afar, 0),
    (PULSE, decode_from_afar, 1),
    (ANSWER, decode_to_site, 1),
    (TERMS, decode_to_site, 1),
    (Signed(b"body", b"signature"), decode_signed, 0),
]
"""Each message, how it is read, and how many of its last fields came with this release."""


def parts(message: Any) -> list[Any]:
    found: list[Any] = msgspec.msgpack.decode(encode(message))
    return found


@pytest.mark.parametrize(("message", "decode", "new"), MESSAGES)
def test_a_field_of_a_later_release_is_passed_over(message: Any, decode: Decode, new: int) -> None:
    for more in ("text", {"a": [1]}, None):
        assert decode(msgspec.msgpack.encode([*parts(message), more])) == message


@pytest.mark.parametrize(("message", "decode", "new"), MESSAGES)
def test_a_field_that_an_earlier_release_does_not_have_is_done_without(message: Any, decode: Decode, new: int) -> None:
    whole = parts(message)
    if new:
        fields = msgspec.structs.fields(type(message))
        before = decode(msgspec.msgpack.encode(whole[: len(whole) - new]))
        for field in fields[-new:]:
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            assert getattr(before, field.name) == default
        assert all(getattr(before, field.name) == getattr(message, field.name) for field in fields[:-new])
    with pytest.raises(MessageError):
        decode(msgspec.msgpack.encode(whole[: len(whole) - new - 1]))


def test_an_observation_of_another_release_is_understood() -> None:
    """It is in every parcel, and in the outbox, which outlives an upgrade."""
    plain = msgspec.msgpack.decode(encode(SEEN))
    assert decode_observation(msgspec.msgpack.encode({**plain, "hue": "blue"})) == SEEN
    finding = {**plain["finding"], "mood": 3}
    assert decode_observation(msgspec.msgpack.encode({**plain, "finding": finding})) == SEEN
    few = {"outcome": "up", "duration_us": 900}
    assert decode_observation(msgspec.msgpack.encode({**plain, "finding": few})) == SEEN
    with pytest.raises(MessageError):
        decode_observation(msgspec.msgpack.encode({**plain, "finding": {"outcome": "purple"}}))
