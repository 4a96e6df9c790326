"""Reading an HTTP/1.1 answer: httptools parses it, and here is what that leaves to its user.

The head is looked at before the parser has it: it refuses what curl refuses and llhttp takes (leading white space, NUL,
versions that are not 1.x), and folds what RFC 9112 lets a reader fold and llhttp refuses (continued lines, one length
said twice, a transfer encoding that changes nothing or is said twice). All limits are ours, and so is the end of the
stream, HEAD, CONNECT and the answers that only announce another (1xx).
"""

from __future__ import annotations

import re

import httptools
from urllib3 import HTTPHeaderDict

from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

MOST_HEADERS, MOST_TRAILERS = 256, 1_000
"""Lines of a head, and of a trailer."""

MOST_ANNOUNCEMENTS = 100
"""Answers of 1xx before the one that they announce."""

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_BARE_CR = re.compile(rb"\r(?!\n)")
_FOLD = re.compile(rb"\r?\n[ \t]+")
_CONTROL = re.compile(rb"[\x01-\x08\x0b-\x1f\x7f]")
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_NAME = re.compile(_TOKEN)
_USUAL = re.compile(rb"HTTP/1\.[01] [0-9]{3}(?: [\t\x20-\x7e]*+)?\r?\n(?:" + _TOKEN + rb":[\t\x20-\x7e]*+\r?\n)*+\r?\n")
_USUAL_LENGTH = re.compile(rb"\ncontent-length:[ \t]*[0-9]{1,18}[ \t]*\r?\n")
_DIGITS = 18
"""A length with more is beyond what any parser counts, and beyond every limit."""

_BODILESS = frozenset({204, 304})


class HttpAnswer:
    """One answer, fed with bytes as they come. `is_head_read` and `is_complete` say how far it is.

    `head`: as it came; `body`: undecoded, without its framing; `is_kept`: the connection may carry another question;
    `length`: what the head promises, None where it does not.
    """

    __slots__ = (
        "_announced", "_extra", "_method", "_parser", "_trailers", "_unread", "body", "head", "headers",
        "is_chunked", "is_complete", "is_head_read", "is_kept", "length", "reason", "status",
    )  # fmt: skip

    def __init__(self, method: str) -> None:
        self._method = method
        self.head = b""
        self.body = bytearray()
        self._unread = b""
        self._announced = 0
        self.status = 0
        self.is_complete = False
        self._begin()

    def _begin(self) -> None:
        self._trailers = 0
        self._extra = False
        self.headers = HTTPHeaderDict()
        self.reason = ""
        self.is_chunked = False
        self.length: int | None = None
        self.is_head_read = False
        self.is_kept = False
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True, lenient_chunked_length=True
        )

    def feed(self, data: bytes) -> None:
        """Take some bytes. Raises Failure for what is no answer."""
        if self.is_head_read:
            self._parse(data)
            return
        searched = max(0, len(self._unread) - 3)
        self._unread += data
        while not self.is_head_read and self._unread:
            _begins_well(self._unread)
            end = _HEAD_END.search(self._unread, searched)
            if end is None:
                return
            head, rest = self._unread[: end.end()], self._unread[end.end() :]
            if head.count(b"\n") > MOST_HEADERS + 2:  # besides the status line and the blank one
                raise Failure(Reason.TOO_LARGE, f"more than {MOST_HEADERS} header lines")
            self._unread, searched = b"", 0
            self.head = head
            self._read_head(_made_usual(head) if _is_unusual(head) else head, rest)

    def end(self) -> None:
        """The stream is over. Raises Failure when the answer is not."""
        if self.is_complete:
            return
        if not self.is_head_read:
            if self._unread or self._announced:
                raise _broken("the answer ended within its head")
            raise Failure(Reason.CONNECTION_RESET, "the server closed the connection without an answer")
        if self.is_chunked:
            raise _broken("the answer ended within its chunks")
        if self.length is not None:
            raise _broken(f"the answer ended {self.length - len(self.body)} bytes before its length")
        self.is_complete = True

    def _read_head(self, head: bytes, rest: bytes) -> None:
        self._parse(head)
        if not self.is_head_read:  # a blank line within the head, by somebody who counts lines differently
            raise _broken("the head of the answer is malformed")
        if self.status < 100:
            raise _broken(f"{self.status:03} is not a status")
        if self.status < 200 and self.status != 101:
            self._announced += 1
            if self._announced > MOST_ANNOUNCEMENTS:
                raise Failure(Reason.TOO_LARGE, f"more than {MOST_ANNOUNCEMENTS} announcements of an answer")
            self._begin()
            self.is_complete = False
            self._unread = rest
            return
        self._frame()
        if rest:
            self._parse(rest)

    def _frame(self) -> None:
        if self._method == "HEAD" or self.status in _BODILESS or self.status == 101:
            self.length, self.is_chunked = 0, False
            self.is_kept = self._parser.should_keep_alive() and self.status != 101
            self.is_complete = True

    def _parse(self, data: bytes) -> None:
        if self.is_head_read and self.is_complete:
            self.is_kept = False  # it sent more than we asked for
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.is_complete = True
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            raise cause if isinstance(cause, Failure) else _broken(f"{error}") from None
        except httptools.HttpParserError as error:
            if not self.is_complete:
                raise _broken(f"{error}") from None
            self.is_kept = False

    # What httptools calls.

    def on_message_begin(self) -> None:
        if self.is_complete:
            self.is_kept, self._extra = False, True

    def on_status(self, reason: bytes) -> None:
        if not self._extra:
            self.reason += reason.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._extra:
            return
        if not self.is_head_read:
            self.headers.add(name.decode("latin-1"), value.decode("latin-1").strip(" \t"))
            return
        self._trailers += 1
        if self._trailers > MOST_TRAILERS:
            raise Failure(Reason.TOO_LARGE, f"more than {MOST_TRAILERS} trailer lines")

    def on_headers_complete(self) -> None:
        if self._extra:
            return
        self.status = self._parser.get_status_code()
        self.is_head_read = True
        self.is_chunked = "transfer-encoding" in self.headers  # all others are refused already
        length = self.headers.get("content-length")
        self.length = None if length is None else int(length)

    def on_body(self, piece: bytes) -> None:
        if not self._extra:
            self.body += piece

    def on_message_complete(self) -> None:
        if not self._extra:
            self.is_complete = True
            self.is_kept = self._parser.should_keep_alive()


def _begins_well(data: bytes) -> None:
    """Nothing more is awaited of a peer whose first line is not HTTP/1's. Raises Failure."""
    if b"\n" in data and not data.startswith(b"HTTP/1."):
        what = "white space" if data[:1].isspace() else "no HTTP/1 status line"
        raise _broken(f"the answer begins with {what}")


def _is_unusual(head: bytes) -> bool:
    """Whether the head needs a second check before llhttp may read it."""
    if _USUAL.fullmatch(head) is None:
        return True
    lower = head.lower()
    codings, lengths = lower.count(b"transfer-encoding"), lower.count(b"content-length")
    if codings:
        return codings > 1 or lengths > 0 or b"\ntransfer-encoding: chunked\r\n" not in lower
    return lengths > 1 or (lengths == 1 and _USUAL_LENGTH.search(lower) is None)


def _made_usual(head: bytes) -> bytes:
    """The head with its unusual lines made usual. Raises Failure for those that cannot be understood."""
    if b"\0" in head:
        raise _broken("there is a NUL byte in the head of the answer")
    status, _, block = _BARE_CR.sub(b" ", head.rstrip(b"\r\n")).partition(b"\n")
    if block[:1] in {b" ", b"\t"}:
        raise _broken("there is white space before the first header of the answer")
    lines: list[bytes] = []
    codings: list[bytes] = []
    lengths: list[bytes] = []
    for line in _FOLD.sub(b" ", block).replace(b"\r", b"").split(b"\n") if block else ():
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        if not colon:
            raise _broken("there is a header without a colon")
        if name.lower() == b"transfer-encoding":
            codings += [part.strip(b" \t").lower() for part in value.split(b",")]
        elif name.lower() == b"content-length":
            lengths += [part.strip(b" \t") for part in value.split(b",")]
        elif _NAME.fullmatch(name):  # nobody can ask for a field whose name is none
            lines.append(name + b":" + _CONTROL.sub(b" ", value))
    return b"\r\n".join([status.rstrip(b"\r"), *lines, *_framing(codings, lengths), b"", b""])


def _framing(codings: list[bytes], lengths: list[bytes]) -> list[bytes]:
    """The one line, if any, that says where the body ends. Raises Failure where that cannot be known."""
    wanted = set(codings) - {b"identity", b""}
    if wanted - {b"chunked"}:
        raise _broken("the answer has a transfer encoding that was not asked for")
    if wanted:  # RFC 9112, 6.3: the chunks decide, and not a length beside them
        return [b"Transfer-Encoding: chunked"]
    if not all(length.isdigit() for length in lengths):  # of bytes: ASCII alone
        raise _broken("the answer has a length that is no number")
    numbers = {length.lstrip(b"0") or b"0" for length in lengths}
    if len(numbers) > 1:
        raise _broken("the answer has two different lengths")
    for number in numbers:
        if len(number) > _DIGITS:
            raise Failure(Reason.TOO_LARGE, f"the answer announces a length of {len(number)} digits")
    return [b"Content-Length: " + number for number in numbers]


def _broken(what: str) -> Failure:
    return Failure(Reason.PROTOCOL_ERROR, what)
