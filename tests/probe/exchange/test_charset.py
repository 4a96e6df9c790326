"""Bodies as text: every charset that browsers know, every single-byte one, by mark, head or the page's own word."""

from __future__ import annotations

import codecs
import random
import time
from encodings.aliases import aliases

import pytest
from webencodings.labels import LABELS

from sla_monitor.probe.exchange.charset import codec_of, text_of
from sla_monitor.sla.observation import Outcome
from tests.probe.looking import probed
from tests.probe.servers import answering, page, serving

WORD = "grün – zł Привет Ελλάδα שלום สวัสดี 漢字"


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_of_the_web_is_read_in_its_charset(label: str) -> None:
    """What the charset has of a text in many scripts is found again."""
    codec = codec_of(label)
    if LABELS[label] in {"replacement", "x-user-defined"}:
        assert codec is None
        return
    assert codec is not None
    kept = f"<p>{WORD}".encode(codec, "ignore")
    assert text_of(kept, f"text/html; charset={label.upper()}") == kept.decode(codec)


SINGLE = sorted(
    name
    for name in {*aliases, *aliases.values()}
    if (codec := codec_of(name)) is not None
    and len(bytes(range(256)).decode(codec, "replace")) == 256
    and codec not in {"utf-8", "gb18030", "gbk", "big5hkscs", "euc_jp", "iso2022_jp", "cp932", "cp949", "cp950"}
)


@pytest.mark.parametrize("label", SINGLE)
def test_every_single_byte_charset_of_python_is_read(label: str) -> None:
    codec = codec_of(label)
    assert codec is not None
    everything = bytes(range(1, 255))
    assert text_of(everything, f"text/plain; charset={label}") == everything.decode(codec, "replace")


def test_few_of_python_s_charsets_are_not_read() -> None:
    """Those that are no charsets, and those of several bytes that no browser reads."""
    unread = {name for name in aliases.values() if codec_of(name) is None}
    assert unread == {
        *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs"),
        *(
            "utf_7",
            "hz",
            "johab",
            "big5hkscs",
            "iso2022_jp",
            "euc_jis_2004",
            "euc_jisx0213",
            "shift_jis_2004",
            "shift_jisx0213",
        ),
        *("iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_2004", "iso2022_jp_3", "iso2022_jp_ext", "iso2022_kr"),
    }


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
)
@pytest.mark.parametrize("declared", ["", "text/plain; charset=windows-1252", "application/json; charset=utf-8"])
def test_a_byte_order_mark_says_more_than_the_head(encoding: str, declared: str) -> None:
    marked = WORD if encoding in {"utf-8-sig", "utf-16", "utf-32"} else "\ufeff" + WORD
    assert text_of(marked.encode(encoding), declared) == WORD


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html; charset=latin1", "é"),
        ("text/html;charset=ISO-8859-2", "ž"),
        ("text/html charset=ISO-8859-2", "ž"),
        ("text/html; Charset='windows-1251'", "я"),
        ('text/html; boundary=x; charset = "utf-16le" ; x=y', "漢"),
        ("text/html; charset=utf-16", "漢"),
        ("application/json; charset=UTF-32BE", "漢"),
        ("text/plain; charset=ibm850", "é"),
        ("text/plain; charset=Shift_JIS", "漢"),
        ("text/plain; charset=gb2312", "漢"),
    ],
)
def test_a_charset_that_the_head_declares(content_type: str, body: str) -> None:
    label = content_type.lower().partition("charset")[2].strip(" ='\"").partition('"')[0]
    codec = codec_of(label)
    assert codec is not None
    answer = page(body.encode(codec), "200 OK", f"Content-Type: {content_type}")
    with serving(answering(answer)) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/", expect={"body_contains": [body]})
    assert (found.outcome, found.detail) == (Outcome.UP, "")


@pytest.mark.parametrize(
    ("beginning", "charset"),
    [
        (b"<html><head><META CHARSET=iso-8859-2>", "iso-8859-2"),
        (b"<meta name=x><meta  charset = 'iso-8859-2' />", "iso-8859-2"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251"),
        (b'<meta content="text/html;charset=windows-1251" http-equiv=content-type>', "cp1251"),
        (b"<!-- <meta charset=cp866> --><meta charset=iso-8859-2>", "iso-8859-2"),
        (b'<?xml version="1.0" encoding="ISO-8859-2"?>', "iso-8859-2"),
        (b"<meta charset=utf-16>", "utf-8"),
        (b"<meta charset=nonsense>", "utf-8"),
        (b"<meta charset=\xff>", "utf-8"),
        (b"<meta charset", "utf-8"),
        (b" " * 1_024 + b"<meta charset=iso-8859-2>", "utf-8"),
        (b"charset=iso-8859-2 <p>", "utf-8"),
    ],
)
def test_what_a_page_says_of_itself(beginning: bytes, charset: str) -> None:
    end = "žя" if charset == "utf-8" else {"cp1251": "я"}.get(charset, "ž")
    body = beginning + end.encode(charset)
    assert text_of(body, "text/html").endswith(end)
    assert text_of(body, "text/html; charset=latin1").endswith(end.encode(charset).decode("cp1252", "replace"))


@pytest.mark.parametrize(
    "label", ["utf-7", "idna", "punycode", "unicode_escape", "zlib", "rot13", "hz-gb-2312", "x" * 90, "../x"]
)
def test_what_is_unknown_or_would_take_long_is_read_as_utf_8(label: str) -> None:
    assert text_of("漢".encode() + b"\xff", f"text/plain; charset={label}") == "漢\ufffd"


def worst_cases(size: int) -> list[bytes]:
    pieces = [b"\xff", b"\x81", b"\x00\xd8", b"\xd8\x00", b"\x1b$B", b"\xfeA", b"\xa1\xa1", b"\x81\x30A", b"\xf0\x9f"]
    return [(piece * size)[:size] for piece in pieces] + [random.Random(7).randbytes(size)]


@pytest.mark.parametrize("codec", sorted({codec for label in (*LABELS, *aliases) if (codec := codec_of(label))}))
def test_reading_takes_time_in_proportion_to_the_body(codec: str) -> None:
    """At most 75 ns a byte, which is what the loop reckons with; four times that, for a busy machine. A charset that
    takes the square would take minutes."""
    for body in worst_cases(1 << 18):
        began = time.thread_time()
        text_of(b"x" + body, f"text/plain; charset={codec}")
        assert time.thread_time() - began < 4 * 75e-9 * len(body)


def test_every_codec_is_one_of_python_s() -> None:
    assert all(codecs.lookup(codec) for label in LABELS if (codec := codec_of(label)))
