"""Answers as they come, and what each of them is to us and to curl.

The rule: what RFC 9112 allows and curl accepts is an answer; anything else is DOWN. Where we differ from curl,
`differs` says why, and docs/probing.md lists it.
"""

from __future__ import annotations

from dataclasses import dataclass

from sla_monitor.sla.observation import Reason

OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: 5\r\n"
CODED = b"Transfer-Encoding: chunked\r\n"
BODY = b"\r\nhello"
CHUNKS = b"\r\n5\r\nhello\r\n0\r\n\r\n"
PLAIN = OK + LENGTH + BODY


@dataclass(frozen=True)
class Row:
    """`status` and `body` of what we read; `reason` instead of them where it is no answer.

    `differs`: why curl decides otherwise; empty: as curl.
    """

    name: str
    answer: bytes
    status: int = 200
    body: int = 5
    reason: Reason | None = None
    differs: str = ""
    method: str = "GET"


def good(name: str, answer: bytes, body: int = 5, status: int = 200, *, differs: str = "", method: str = "GET") -> Row:
    return Row(name, answer, status, body, None, differs, method)


def bad(name: str, answer: bytes, reason: Reason = Reason.PROTOCOL_ERROR, *, differs: str = "") -> Row:
    return Row(name, answer, 0, 0, reason, differs)


NOT_ALLOWED = "RFC 9112 does not allow it"
JOINED = "RFC 9112 has the lines joined before they are read"
LARGE = Reason.TOO_LARGE
CLOSED = Reason.CONNECTION_RESET


def framed(lines: bytes, body: bytes = BODY) -> bytes:
    return OK + lines + body


def coded(coding: bytes, body: bytes = CHUNKS) -> bytes:
    return framed(b"Transfer-Encoding: " + coding + b"\r\n", body)


def chunk(size: bytes, data: bytes = b"hello", end: bytes = b"\r\n0\r\n\r\n") -> bytes:
    return OK + CODED + b"\r\n" + size + b"\r\n" + data + end


FIRST_LINES = [
    good("plain", PLAIN),
    bad("a blank line first", b"\r\n" + PLAIN),
    bad("a bare line feed first", b"\n" + PLAIN),
    bad("three blank lines first", b"\r\n\r\n\r\n" + PLAIN),
    bad("a blank line before an outage", b"\r\nHTTP/1.1 503 Down\r\n" + LENGTH + BODY),
    bad("a space and a line end first", b" \r\n" + PLAIN),
    bad("a space first", b" " + PLAIN),
    bad("a tab first", b"\t" + PLAIN),
    bad("a form feed first", b"\x0c" + PLAIN),
    bad("a NUL first", b"\0" + PLAIN),
    bad("a byte order mark first", b"\xef\xbb\xbf" + PLAIN),
    bad("blank lines only", b"\r\n\r\n\r\n"),
    bad("a bare carriage return first", b"\r" + PLAIN),
    good("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nhello"),
    bad("HTTP/1.2", b"HTTP/1.2 200 OK\r\n" + LENGTH + BODY),
    bad("HTTP/1.9", b"HTTP/1.9 200 OK\r\n" + LENGTH + BODY),
    bad("HTTP/1.10", b"HTTP/1.10 200 OK\r\n" + LENGTH + BODY),
    bad("HTTP/1", b"HTTP/1 200 OK\r\n" + LENGTH + BODY),
    bad("HTTP/1.", b"HTTP/1. 200 OK\r\n" + LENGTH + BODY),
    bad("HTTP/2.0", b"HTTP/2.0 200 OK\r\n" + LENGTH + BODY, differs=NOT_ALLOWED),
    bad("HTTP/2", b"HTTP/2 200\r\n" + LENGTH + BODY, differs=NOT_ALLOWED),
    bad("HTTP/3", b"HTTP/3 200\r\n" + LENGTH + BODY),
    bad("HTTP/0.9 in the status line", b"HTTP/0.9 200 OK\r\n" + LENGTH + BODY),
    bad("HTTP/11.1", b"HTTP/11.1 200 OK\r\n" + LENGTH + BODY),
    bad("HTTP/-1.1", b"HTTP/-1.1 200 OK\r\n" + LENGTH + BODY, differs=NOT_ALLOWED),
    bad("http in small letters", b"http/1.1 200 OK\r\n" + LENGTH + BODY, differs=NOT_ALLOWED),
    bad("HTTP/0.9, a body alone", b"hello"),
    bad("a page without a head", b"<html>hello</html>\n"),
    bad("ICY", b"ICY 200 OK\r\n" + LENGTH + BODY),
    bad("RTSP", b"RTSP/1.0 200 OK\r\n" + LENGTH + BODY),
    good("no reason", b"HTTP/1.1 200\r\n" + LENGTH + BODY),
    good("an empty reason", b"HTTP/1.1 200 \r\n" + LENGTH + BODY),
    good("a reason with odd bytes", b"HTTP/1.1 200 \xff\xfe\r\n" + LENGTH + BODY),
    good("a tab in the reason", b"HTTP/1.1 200 O\tK\r\n" + LENGTH + BODY),
    bad("NUL in the reason", b"HTTP/1.1 200 O\0K\r\n" + LENGTH + BODY),
    bad("two spaces before the status", b"HTTP/1.1  200 OK\r\n" + LENGTH + BODY, differs=NOT_ALLOWED),
    bad("a tab before the status", b"HTTP/1.1\t200 OK\r\n" + LENGTH + BODY),
    bad("no status", b"HTTP/1.1\r\n" + LENGTH + BODY),
    bad("a status of two digits", b"HTTP/1.1 20 OK\r\n" + LENGTH + BODY),
    bad("a status of four digits", b"HTTP/1.1 2000 OK\r\n" + LENGTH + BODY),
    bad("a status of letters", b"HTTP/1.1 abc OK\r\n" + LENGTH + BODY),
    bad("a status below 100", b"HTTP/1.1 099 OK\r\n" + LENGTH + BODY),
    bad("status 000", b"HTTP/1.1 000 OK\r\n" + LENGTH + BODY),
    bad("a negative status", b"HTTP/1.1 -200 OK\r\n" + LENGTH + BODY),
    good("status 600", b"HTTP/1.1 600 Odd\r\n" + LENGTH + BODY, status=600),
    good("status 999", b"HTTP/1.1 999 Odd\r\n" + LENGTH + BODY, status=999),
    bad("a status that letters follow", b"HTTP/1.1 200OK\r\n" + LENGTH + BODY, differs=NOT_ALLOWED),
    bad("a colon after the status", b"HTTP/1.1 200: OK\r\n" + LENGTH + BODY, differs=NOT_ALLOWED),
]

HEADERS = [
    good("bare line feeds", PLAIN.replace(b"\r\n", b"\n")),
    good("a bare line feed at the end of the head", OK + LENGTH + b"\nhello"),
    bad("bare line feeds in chunks", (OK + CODED + CHUNKS).replace(b"\r\n", b"\n"), differs=NOT_ALLOWED),
    good("a continued line", framed(b"X: a\r\n b\r\n" + LENGTH)),
    good("a line continued by a tab", framed(b"X: a\r\n\tb\r\n" + LENGTH)),
    good("a continued length", framed(b"Content-Length:\r\n 5\r\n"), differs=JOINED),
    good("a continued coding", framed(b"Transfer-Encoding:\r\n chunked\r\n", CHUNKS), differs=JOINED),
    bad("the first header is continued", framed(b" X: a\r\n" + LENGTH)),
    bad("no colon", framed(b"nonsense\r\n" + LENGTH)),
    good("a colon alone", framed(b":\r\n" + LENGTH)),
    good("a value without a name", framed(b": x\r\n" + LENGTH)),
    good("a space before the colon", framed(b"X : a\r\n" + LENGTH)),
    good("a space before a length's colon", framed(b"Content-Length : 5\r\n")),
    good("a space within a name", framed(b"X Y: a\r\n" + LENGTH)),
    good("a name in brackets", framed(b"(X): a\r\n" + LENGTH)),
    good("a name with an at sign", framed(b"X@Y: a\r\n" + LENGTH)),
    good("a name beyond ASCII", framed(b"X-\xff: a\r\n" + LENGTH)),
    good("a name in UTF-8", framed("Größe: a\r\n".encode() + LENGTH)),
    bad("a name with NUL", framed(b"X\0Y: a\r\n" + LENGTH)),
    bad("a value with NUL", framed(b"X: a\0b\r\n" + LENGTH)),
    good("a value beyond ASCII", framed(b"X: \xff\xfe\r\n" + LENGTH)),
    good("a value with a bell", framed(b"X: a\x07b\r\n" + LENGTH)),
    good("a value with DEL", framed(b"X: a\x7fb\r\n" + LENGTH)),
    good("a name with a control", framed(b"X\x01: a\r\n" + LENGTH)),
    good("a bare carriage return in a value", framed(b"X: a\rb\r\n" + LENGTH)),
    good("two carriage returns at a line's end", framed(b"X: a\r\r\n" + LENGTH)),
    good("an empty value", framed(b"X:\r\n" + LENGTH)),
    good("a value of 60,000 spaces", framed(b"X:" + b" " * 60_000 + b"\r\n" + LENGTH)),
    good("250 headers", framed(b"X: y\r\n" * 250 + LENGTH)),
    bad("300 headers", framed(b"X: y\r\n" * 300 + LENGTH), LARGE, differs="curl has no limit on header lines"),
    bad(
        "a head of 100,000 bytes",
        framed(b"X: " + b"y" * 100_000 + b"\r\n" + LENGTH),
        LARGE,
        differs="curl takes heads of up to 300 kB",
    ),
    bad("a head of 10 MB", framed((b"X: " + b"y" * 60_000 + b"\r\n") * 166 + LENGTH), LARGE),
    bad("a header of 10 MB", framed(b"X: " + b"y" * 10_000_000 + b"\r\n" + LENGTH), LARGE),
]

FRAMING = [
    good("no length", framed(b"", b"\r\nhello")),
    good("no length, nothing", framed(b"", b"\r\n"), body=0),
    good("length 0", framed(b"Content-Length: 0\r\n", b"\r\n"), body=0),
    good("length 0, with surplus", framed(b"Content-Length: 0\r\n"), body=0),
    good("identity with a length", framed(b"Transfer-Encoding: identity\r\n" + LENGTH)),
    good("identity to the end", coded(b"identity", BODY)),
    good("chunked", coded(b"chunked")),
    good("chunked in capitals", coded(b"CHUNKED")),
    good("chunked after spaces", coded(b"   chunked  ")),
    good("chunked twice in a line", coded(b"chunked, chunked")),
    good("chunked twice in two lines", framed(CODED * 2, CHUNKS)),
    good("identity and chunked", coded(b"identity, chunked")),
    good("chunked and identity", coded(b"chunked, identity")),
    good("an empty coding and chunked", coded(b", chunked")),
    good("an empty coding", coded(b"", BODY)),
    bad("gzip and chunked", coded(b"gzip, chunked")),
    bad("gzip", coded(b"gzip", BODY)),
    bad("chunked and gzip", coded(b"chunked, gzip")),
    bad("xchunked", coded(b"xchunked")),
    bad("chunked with a parameter", coded(b"chunked;q=1")),
    bad("chunked in quotes", coded(b'"chunked"')),
    bad("an unknown coding", coded(b"cipher", BODY)),
    good("chunked and a length", framed(CODED + b"Content-Length: 3\r\n", CHUNKS)),
    good("a length and chunked", framed(b"Content-Length: 3\r\n" + CODED, CHUNKS)),
    good("chunked in HTTP/1.0", b"HTTP/1.0 200 OK\r\n" + CODED + CHUNKS),
    good("equal lengths twice", framed(LENGTH * 2)),
    good("equal lengths in a list", framed(b"Content-Length: 5, 5\r\n")),
    bad("different lengths", framed(LENGTH + b"Content-Length: 6\r\n")),
    bad("different lengths in a list", framed(b"Content-Length: 5, 6\r\n"), differs=NOT_ALLOWED),
    good("a length with a zero before it", framed(b"Content-Length: 05\r\n")),
    good("equal lengths, differently written", framed(LENGTH + b"Content-Length: 05\r\n")),
    bad("a negative length", framed(b"Content-Length: -5\r\n")),
    bad("a length with a plus", framed(b"Content-Length: +5\r\n"), differs=NOT_ALLOWED),
    bad("a length in hex", framed(b"Content-Length: 0x5\r\n"), differs=NOT_ALLOWED),
    bad("a length with letters", framed(b"Content-Length: 5x\r\n"), differs=NOT_ALLOWED),
    bad("a length of words", framed(b"Content-Length: five\r\n")),
    bad("an empty length", framed(b"Content-Length:\r\n")),
    bad("a length of two numbers", framed(b"Content-Length: 5 5\r\n"), differs=NOT_ALLOWED),
    bad("a length with a fraction", framed(b"Content-Length: 5.0\r\n"), differs=NOT_ALLOWED),
    bad("a length beyond ASCII", framed("Content-Length: ٥\r\n".encode())),
    bad("a length of 9 EB", framed(b"Content-Length: 9000000000000000000\r\n"), LARGE),
    bad(
        "a length of 30 digits",
        framed(b"Content-Length: " + b"9" * 30 + b"\r\n"),
        LARGE,
        differs="curl ignores a length that it cannot count",
    ),
    bad(
        "a length of 400 digits",
        framed(b"Content-Length: " + b"9" * 400 + b"\r\n"),
        LARGE,
        differs="curl ignores a length that it cannot count",
    ),
    good("surplus after the length", framed(b"Content-Length: 3\r\n"), body=3),
    good("surplus with Connection: close", framed(b"Connection: close\r\n" + LENGTH) + b"surplus"),
    good("surplus that is an answer", PLAIN + PLAIN),
    good("surplus that is an answer of 1,200 headers", PLAIN + OK + b"X: y\r\n" * 1_200 + LENGTH + BODY),
    bad("the end before the length", framed(b"Content-Length: 50\r\n")),
    good("trailers", chunk(b"5", end=b"\r\n0\r\nX: y\r\n\r\n")),
    good("300 trailers", chunk(b"5", end=b"\r\n0\r\n" + b"X: y\r\n" * 300 + b"\r\n")),
    bad(
        "2,000 trailers",
        chunk(b"5", end=b"\r\n0\r\n" + b"X: y\r\n" * 2_000 + b"\r\n"),
        LARGE,
        differs="a limit of ours",
    ),
    good("a length among the trailers", chunk(b"5", end=b"\r\n0\r\nContent-Length: 99\r\n\r\n")),
    good("chunked among the trailers", chunk(b"5", end=b"\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n")),
    bad("a trailer without a colon", chunk(b"5", end=b"\r\n0\r\nnonsense\r\n\r\n")),
    good("a chunk extension", chunk(b"5;name=value")),
    good("a chunk extension in quotes", chunk(b'5;name="a b"')),
    good("a chunk extension of 1 MiB", chunk(b"5;" + b"x" * (1 << 20))),
    good("a chunk extension of 8,000 bytes", chunk(b"5;" + b"x" * 8_000)),
    good("a chunk size in capitals", chunk(b"A", b"helloworld"), body=10),
    good("a chunk size after zeros", chunk(b"0000005")),
    good("a space after the chunk size", chunk(b"5 ")),
    bad("a space before the chunk size", chunk(b" 5")),
    bad("a negative chunk size", chunk(b"-5")),
    bad("a chunk size with a plus", chunk(b"+5")),
    bad("a chunk size with 0x", chunk(b"0x5")),
    bad("a chunk size with an underscore", chunk(b"1_0", b"x" * 16)),
    bad("a chunk size of two numbers", chunk(b"17 F", b"x" * 23), differs=NOT_ALLOWED),
    bad("a chunk size that is none", chunk(b"zz")),
    bad("an empty chunk size", chunk(b"")),
    bad("a chunk size of 17 digits", chunk(b"f" * 17)),
    bad("a chunk longer than its size", chunk(b"3")),
    bad("a chunk shorter than its size", chunk(b"9")),
    bad("an end after the first chunk", OK + CODED + b"\r\n5\r\nhello\r\n"),
    bad("an end within the last chunk's size", OK + CODED + b"\r\n5\r\nhello\r\n0"),
    bad("an end after the last chunk's size", OK + CODED + b"\r\n5\r\nhello\r\n0\r\n"),
    bad("an end within the last line", OK + CODED + b"\r\n5\r\nhello\r\n0\r\n\r", differs=NOT_ALLOWED),
    bad("an end within the trailers", OK + CODED + b"\r\n5\r\nhello\r\n0\r\nX: y\r\n"),
    bad("no chunk at all", OK + CODED + b"\r\n"),
    good("surplus after the chunks", OK + CODED + CHUNKS + b"surplus"),
]

BODILESS = [
    good("204", b"HTTP/1.1 204 No Content\r\n\r\n", body=0, status=204),
    good("204 with a length", b"HTTP/1.1 204 No Content\r\n" + LENGTH + b"\r\n", body=0, status=204),
    good("204 with a body", b"HTTP/1.1 204 No Content\r\n" + LENGTH + BODY, body=0, status=204),
    good("204 with chunks", b"HTTP/1.1 204 No Content\r\n" + CODED + CHUNKS, body=0, status=204),
    good("304", b"HTTP/1.1 304 Not Modified\r\n\r\n", body=0, status=304),
    good("304 with a length", b"HTTP/1.1 304 Not Modified\r\n" + LENGTH + b"\r\n", body=0, status=304),
    good("205", b"HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n", body=0, status=205),
    good(
        "101 unasked",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        body=0,
        status=101,
        differs="a contract may expect it, after a request to upgrade of its own",
    ),
    good("200 with an upgrade", OK + b"Upgrade: x\r\nConnection: Upgrade\r\n" + LENGTH + BODY),
    good("HEAD", OK + b"Content-Length: 50\r\n\r\n", body=0, method="HEAD"),
    good("HEAD with chunks announced", OK + CODED + b"\r\n", body=0, method="HEAD"),
    good("HEAD with a body", PLAIN, body=0, method="HEAD"),
    good("HEAD without a length", OK + b"\r\n", body=0, method="HEAD"),
    good("100 first", b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN),
    good("103 with headers first", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + PLAIN),
    good("100 with a length first", b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n" + PLAIN),
    good("50 announcements first", b"HTTP/1.1 102 Processing\r\n\r\n" * 50 + PLAIN),
    bad("100,000 announcements", b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000 + PLAIN, LARGE),
    bad("an announcement alone", b"HTTP/1.1 100 Continue\r\n\r\n"),
    bad("nothing", b"", CLOSED),
    bad("the end within the status line", b"HTTP/1.1 20"),
    bad("the end within the head", OK + b"X: y\r\n", differs=NOT_ALLOWED),
    bad("the end within a header", OK + b"X: y", differs=NOT_ALLOWED),
]

ROWS = [*FIRST_LINES, *HEADERS, *FRAMING, *BODILESS]
