"""What a server says in plain text when TLS begins, to the byte and in whatever pieces it comes."""

from __future__ import annotations

import pytest

from sla_monitor.probe.connections.channel import MOST_CERTIFICATES, MOST_RECORDS, Opening, judge_chain
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
CHANGE = b"\x14\x03\x03\x00\x01\x01"


def record(payload: bytes, kind: int = 22) -> bytes:
    return bytes([kind, 3, 3]) + len(payload).to_bytes(2) + payload


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + len(body).to_bytes(3) + body


def extension(kind: int, body: bytes) -> bytes:
    return kind.to_bytes(2) + len(body).to_bytes(2) + body


def hello(random: bytes = RETRY, group: int = 0x0104, session: bytes = bytes(32)) -> bytes:
    extensions = extension(43, b"\x03\x04") + extension(51, group.to_bytes(2))
    body = b"\x03\x03" + random + bytes([len(session)]) + session + b"\x13\x01\x00"
    return message(2, body + len(extensions).to_bytes(2) + extensions)


def chain(count: int, size: int = 20) -> bytes:
    certificates = (size.to_bytes(3) + bytes(size)) * count
    return message(11, len(certificates).to_bytes(3) + certificates)


PLAIN = hello(bytes(32), 29)


def refused(*pieces: bytes) -> Failure | None:
    opening = Opening()
    try:
        for piece in pieces:
            opening.feed(piece)
    except Failure as failure:
        return failure
    return None


@pytest.mark.parametrize(
    ("group", "is_refused"),
    [(0x00FF, False), (0x0100, True), (0x0104, True), (0x01FF, True), (0x0200, False), (24, False)],
)
@pytest.mark.parametrize("session", [b"", bytes(32)])
def test_a_retry_with_finite_fields_is_refused(group: int, is_refused: bool, session: bytes) -> None:
    said = record(hello(RETRY, group, session))
    failure = refused(said)
    assert (failure is not None) is is_refused
    if failure is not None:
        assert failure.verdict.reason is Reason.TLS_FAILED
    assert refused(record(hello(bytes(32), group, session))) is None  # no retry: OpenSSL has not offered it


@pytest.mark.parametrize(
    ("count", "is_refused"), [(MOST_CERTIFICATES, False), (MOST_CERTIFICATES + 1, True), (0, False)]
)
def test_certificates_are_counted_wherever_their_message_is_cut(count: int, is_refused: bool) -> None:
    said = PLAIN + chain(count)
    for size in (7, 100, 16_384):
        records = b"".join(record(said[at : at + size]) for at in range(0, len(said), size))
        for pieces in ([records], [records[at : at + 1] for at in range(len(records))]):
            failure = refused(*pieces)
            assert (failure is not None) is is_refused
            if failure is not None:
                assert failure.verdict.reason is Reason.TOO_LARGE
                assert failure.verdict.detail == f"the server sent {count} certificates, more than {MOST_CERTIFICATES}"


def test_records_are_counted_of_every_kind() -> None:
    for one in (record(b""), record(b"\1\0", 21), CHANGE, record(bytes(9), 23), record(b"\0\0\0\0")):
        assert refused(one * MOST_RECORDS) is None
        assert refused(one * MOST_RECORDS, one[:-1]) is None or len(one) == 5
        failure = refused(one * (MOST_RECORDS + 1))
        assert failure is not None
        assert failure.verdict.detail == f"the server sent more than {MOST_RECORDS} records in its handshake"


def test_what_is_no_record_is_left_to_openssl() -> None:
    assert refused(bytes(70_000)) is None
    assert refused(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 500) is None
    assert refused(bytes([24, 3, 3, 0, 0]) * 500) is None
    assert refused(bytes([19, 3, 3, 0, 0]) * 500) is None


def test_what_is_secret_is_not_read() -> None:
    """After a change of ciphers, and after what is marked as encrypted."""
    long = record(chain(99))
    assert refused(record(PLAIN), CHANGE, long) is None
    assert refused(record(PLAIN), record(bytes(9), 23), long) is None
    assert refused(record(PLAIN), long) is not None


def test_a_change_of_ciphers_after_a_retry_means_nothing() -> None:
    retry = record(hello(RETRY, 24))
    assert refused(retry, CHANGE, record(PLAIN), record(chain(99))) is not None


START = b"\x03\x03" + RETRY


@pytest.mark.parametrize(
    "body",
    [b"", START, START + b"\xff", START + bytes(6), START + b"\x00\x13\x01\x00\x00\x04\x00\x33\xff\xff"],
    ids=range(5),
)
def test_half_a_greeting_is_left_to_openssl(body: bytes) -> None:
    assert refused(record(message(2, body))) is None


def test_a_chain_that_is_read_later_has_the_same_limit() -> None:
    judge_chain(MOST_CERTIFICATES)
    with pytest.raises(Failure, match=f"{MOST_CERTIFICATES + 1} certificates"):
        judge_chain(MOST_CERTIFICATES + 1)
