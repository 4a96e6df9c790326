"""Entries in the stream of a pair: signed, packed, and read by a release before or after."""

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
import pytest

from sla_monitor.errors import LedgerError
from sla_monitor.signing import SigningKey
from sla_monitor.transport import MessageError, Signed, encode
from sla_monitor.transport.entry_log import PURPOSE, AttachedRow, Entered, opened, packed, sealed


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.make(tmp_path / "ledger.key")


ROWS: list[tuple[int | str | None, ...]] = [
    (1, 5, "ann", "small", "ticket", None),
    (2, 6, "bo", "small", "claim", None),
]
PAPERS: list[AttachedRow] = [(5, "ann", 1, "mail.eml", "message/rfc822", "e" * 64, 5)]
ENTERED = Entered("east", 0, "", "d" * 64, packed(ROWS), "once", packed({"e" * 64: b"terms"}), packed(PAPERS))


def test_what_is_entered_comes_out_as_it_went_in(key: SigningKey) -> None:
    found = opened(sealed(ENTERED, key), key.public)
    assert (found, found.rows(), found.contents()) == (ENTERED, ROWS, {"e" * 64: b"terms"})
    assert found.papers() == PAPERS


def test_a_field_more_is_passed_over_and_one_less_is_done_without(key: SigningKey) -> None:
    whole = msgspec.msgpack.decode(msgspec.msgpack.encode(ENTERED))
    for several, once in (([*whole, "more"], "once"), (whole[:-1], "once"), (whole[:-3], "")):
        body = msgspec.msgpack.encode(several)
        found = opened(encode(Signed(body, key.sign(PURPOSE + body))), key.public)
        assert (found.once, found.rows(), found.papers()) == (once, ROWS, PAPERS if len(several) >= len(whole) else [])


def test_what_somebody_else_has_signed_or_nobody_can_read_is_refused(key: SigningKey, tmp_path: Path) -> None:
    stranger = SigningKey.make(tmp_path / "other.key")
    with pytest.raises(MessageError, match="has not signed"):
        opened(sealed(ENTERED, stranger), key.public)
    body = msgspec.msgpack.encode(["entered", 1])
    with pytest.raises(MessageError):
        opened(encode(Signed(body, key.sign(PURPOSE + body))), key.public)
    for nonsense in (b"", b"nonsense"):
        with pytest.raises(MessageError, match="unpacked"):
            msgspec.structs.replace(ENTERED, packed=nonsense).rows()


def test_more_than_a_message_takes_is_refused_before_it_is_sent(key: SigningKey) -> None:
    rows: list[tuple[int | str | None, ...]] = [(number, secrets.token_hex(500)) for number in range(2_000)]
    with pytest.raises(LedgerError, match="in parts"):
        sealed(Entered("east", 0, "", "", packed(rows)), key)
