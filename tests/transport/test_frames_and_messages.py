"""What travels between a site and the collector, and what is refused on the way."""

from __future__ import annotations

import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.names import LATENESS_BUCKETS_S
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason
from sla_monitor.transport import (
    LARGEST_FROM_SITE,
    Assigned,
    Assignment,
    Batch,
    FarPulse,
    Frames,
    MessageError,
    Parcel,
    Pulse,
    decode_assignment,
    decode_from_afar,
    decode_from_site,
    encode,
    framed,
)

PULSE = Pulse(
    lateness_counts=(0,) * (len(LATENESS_BUCKETS_S) + 1),
    lateness_sum_s=0.0,
    missed=0,
    overrun=0,
    in_flight=0,
    waiting_for_witness=0,
    has_assignment=True,
    skipped={},
    logged={},
)


@given(st.lists(st.binary(max_size=300), max_size=8), st.data())
def test_messages_come_out_whole_however_the_stream_is_cut(messages: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(map(framed, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    frames, seen = Frames(), list[bytes]()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        seen += frames.feed(stream[start:end])
    assert seen == messages


def test_a_frame_that_announces_too_much_is_refused_before_it_comes() -> None:
    frames = Frames(LARGEST_FROM_SITE)
    with pytest.raises(MessageError, match="announced"):
        list(frames.feed(struct.pack(">I", LARGEST_FROM_SITE + 1)))


def test_the_most_that_an_honest_site_says_at_a_time_is_let_through() -> None:
    finding = Finding(
        Outcome.DOWN,
        Reason.BODY_UNEXPECTED,
        "\U0001f4a5" * 200,
        2**52,
        Phases(*[2**52] * 5),
        "f" * 60,
        599,
        2**40,
        2**38,
        b"\xff" * 2048,
    )
    batch = Batch((Observation(f"{'c' * 63}/{'e' * 63}", 2**41, finding),) * 500)
    frames = Frames(LARGEST_FROM_SITE)
    (message,) = frames.feed(framed(encode(batch)))
    assert decode_from_site(message) == batch


def test_a_message_that_cannot_be_framed_is_refused() -> None:
    with pytest.raises(MessageError):
        framed(bytes((64 << 20) + 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"lateness_counts": (0,)},
        {"lateness_counts": (0,) * 1000},
        {"lateness_counts": (-1,) * len(PULSE.lateness_counts)},
        {"lateness_sum_s": float("nan")},
        {"lateness_sum_s": float("inf")},
        {"lateness_sum_s": -1.0},
        {"missed": -1},
        {"overrun": 2**63},
        {"in_flight": -5},
        {"waiting_for_witness": "many"},
        {"skipped": {1: -1}},
        {"skipped": {"one": 1}},
        {"logged": {"surprise": 1}},
        {"logged": {"error": -1}},
        {"has_assignment": 7},
    ],
    ids=str,
)
def test_a_pulse_with_a_number_that_cannot_be_is_no_message(wrong: dict[str, Any]) -> None:
    assert decode_from_site(encode(PULSE)) == PULSE
    with pytest.raises(MessageError):
        decode_from_site(encode(msgspec.structs.replace(PULSE, **wrong)))


def test_what_is_nested_without_end_is_no_message() -> None:
    good = encode(PULSE)
    longer = bytes([good[0] + 1]) + good[1:]  # an array of one element more, which is passed over
    assert decode_from_site(longer + b"\xc0") == PULSE
    with pytest.raises(MessageError):
        decode_from_site(longer + b"\x91" * 1_000_000 + b"\xc0")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_of_ours_or_refused(data: bytes) -> None:
    for decode in (decode_from_site, decode_assignment):
        try:
            decode(data)
        except MessageError:
            continue


def test_a_collector_takes_no_assignment_and_a_site_no_observations() -> None:
    assignment = Assignment((Assigned.of(1, "c/e", {"id": "e"}),), (), 0, {}, "info", "logfmt")
    assert decode_assignment(encode(assignment)) == assignment
    with pytest.raises(MessageError):
        decode_from_site(encode(assignment))
    with pytest.raises(MessageError):
        decode_assignment(encode(PULSE))


def test_a_site_far_away_of_the_next_release_is_understood_and_nonsense_is_not() -> None:
    pulse = FarPulse("north", ("a",), 1, 2, 3, None, 0, 0, 1)
    fields: list[object] = msgspec.msgpack.decode(encode(pulse))
    assert decode_from_afar(msgspec.msgpack.encode([*fields, "a field of the next release"])) == pulse
    seen = {"endpoint": "c/e", "at_ms": 5, "finding": {"outcome": "up", "a new one": 1}}
    parcel = decode_from_afar(msgspec.msgpack.encode(["parcel", "north", "a", 1, 1, [seen], [None], "more"]))
    assert isinstance(parcel, Parcel)
    assert parcel.observations == (Observation("c/e", 5, Finding(Outcome.UP)),)
    unheard_of = {**seen, "finding": {"outcome": "sideways"}}
    for wrong in (
        ["parcel", "north", "a", 1, 1, [unheard_of], [None]],
        ["parcel", "north", "a", 2, 1, [seen], [None]],
        ["parcel", "north", "a", 0, 1, [seen], [None]],
        ["parcel", "north", "a", 1, 1, [], []],
        ["parcel", "north", "a", 1, 1, [seen], []],
        ["parcel", "n" * 65, "a", 1, 1, [seen], [None]],
        ["parcel", "north", "a", 1, 1 << 60, [seen], [None]],
        ["told", {}, 1, 1],
    ):
        with pytest.raises(MessageError):
            decode_from_afar(msgspec.msgpack.encode(wrong))
