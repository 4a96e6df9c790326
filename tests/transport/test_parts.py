"""Terms that need several messages: whole or not at all, in whatever order and however often the parts come."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.transport import Assembly, MessageError, Signed, encode, in_parts
from sla_monitor.transport.parts import LARGEST_PART, MOST_PARTS, Part

SERVER_TAKES = 1 << 20


def signed(size: int, filling: bytes = b"x") -> bytes:
    return encode(Signed(filling * size, b"s" * 64))


@settings(max_examples=25)
@given(st.data())
def test_parts_make_the_whole_in_any_order_and_as_often_as_they_come(data: st.DataObject) -> None:
    whole = signed(3 * LARGEST_PART)
    parts = in_parts(whole)
    assert len(parts) == 4
    assert all(len(part) < SERVER_TAKES for part in parts)
    come = data.draw(st.permutations([*range(4), *data.draw(st.lists(st.integers(0, 3), max_size=4))]))
    assembly, had = Assembly(), set[int]()
    for number in come:
        had.add(number)
        assert assembly.take(parts[number]) == (whole if had == {0, 1, 2, 3} else None)
        had = set() if len(had) == 4 else had


def test_what_fits_into_one_message_is_said_as_ever() -> None:
    whole = signed(1_000)
    assert in_parts(whole) == (whole,)
    assert Assembly().take(whole) == whole


def test_parts_of_two_revisions_never_make_one() -> None:
    """What is said later begins anew; what is missing then is missing, until it is said again."""
    old, new = (in_parts(signed(2 * LARGEST_PART, filling)) for filling in (b"o", b"n"))
    for order in ((old[0], old[1], new[2]), (old[0], new[1], old[2]), (old[1], new[0], new[1])):
        assembly = Assembly()
        assert [assembly.take(part) for part in order] == [None] * 3
        assert signed(2 * LARGEST_PART, b"n") in [assembly.take(part) for part in new]


def test_an_answer_between_parts_is_no_part() -> None:
    parts, assembly = in_parts(signed(LARGEST_PART)), Assembly()
    assert assembly.take(parts[0]) is None
    assert assembly.take(signed(10)) == signed(10)
    assert assembly.take(parts[1]) == signed(LARGEST_PART)


def test_parts_that_are_none_are_refused_and_hold_little() -> None:
    assembly, digest = Assembly(), b"d" * 32
    for wrong in (
        b"",
        b"\xff" * 50,
        msgspec.msgpack.encode(Part(b"short", 0, 2, b"")),
        msgspec.msgpack.encode(Part(digest, 2, 2, b"")),
        msgspec.msgpack.encode(Part(digest, 0, 0, b"")),
        msgspec.msgpack.encode(Part(digest, 0, MOST_PARTS + 1, b"")),
        msgspec.msgpack.encode(Part(digest, 0, 2, b"x" * (LARGEST_PART + 1))),
        msgspec.msgpack.encode(Part(digest, 0, 1, b"not what the digest is of")),
    ):
        with pytest.raises(MessageError):
            assembly.take(wrong)
    for number in range(50):
        assembly.take(msgspec.msgpack.encode(Part(number.to_bytes(32), 0, MOST_PARTS, b"x" * LARGEST_PART)))
    assert len(assembly._bodies) == 1


def test_what_no_site_would_put_together_is_not_said() -> None:
    with pytest.raises(MessageError, match="have another site probe a part"):
        in_parts(bytes(LARGEST_PART * MOST_PARTS + 1))
