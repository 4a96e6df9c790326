"""Reading an HTTP/1 answer: the standard library's response, with a stricter and much quicker head.

The standard library gives the head to its e-mail parser, which takes most of a look's time and forgives nearly
everything. Here a head is lines of `name: value`; anything else is a protocol error. How large it may be is the
socket's business (`Stopwatch.grant`).
"""

from __future__ import annotations

import http.client
import re
from typing import TYPE_CHECKING

from urllib3 import HTTPHeaderDict, HTTPResponse

from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Reason

if TYPE_CHECKING:
    from sla_monitor.probe.deadline import Connection
    from sla_monitor.probe.line import Line

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LINE = 131_072  # never reached in a head: what the socket may receive for one is less
_MOST_LINES = 200


def _broken(what: str) -> Failure:
    return Failure(Reason.PROTOCOL_ERROR, what)


class Answer(http.client.HTTPResponse):
    """One answer. `begin` reads its head; the body is read by the standard library."""

    _method: str | None  # the standard library's

    def begin(self) -> None:
        """Read the status line and the headers. Raises Failure, and the socket's errors."""
        while True:
            version, self.status, self.reason = self._status_line()
            self.headers = self.msg = self._fields()  # type: ignore[assignment]  # urllib3's, which has the same get
            if self.status >= 200 or self.status == 101:
                break  # anything else below 200 only announces the answer
        self.code = self.status
        self.version = 10 if version == b"HTTP/1.0" else 11
        self._frame()

    def _status_line(self) -> tuple[bytes, int, str]:
        line = self.fp.readline(_LINE)
        if not line:
            raise Failure(Reason.CONNECTION_RESET, "the server closed the connection without an answer")
        # Split and not matched: a pattern with optional space in it takes minutes on a line of nothing else.
        version, status, reason = (*line.split(None, 2), b"", b"")[:3]
        if not version.startswith(b"HTTP/1.") or len(status) != 3 or not status.isdigit() or status < b"100":
            raise _broken("the answer does not begin with an HTTP/1 status line")
        return version, int(status), reason.strip().decode("latin-1")

    def _fields(self) -> HTTPHeaderDict:
        fields: list[list[bytes]] = []
        for _ in range(_MOST_LINES):
            line = self.fp.readline(_LINE)
            if line in {b"\r\n", b"\n"}:
                return HTTPHeaderDict((n.strip().decode("latin-1"), v.strip().decode("latin-1")) for n, v in fields)
            name, colon, value = line.partition(b":")
            if line[:1] in {b" ", b"\t"} and fields:
                fields[-1][1] += line.rstrip()  # a folded line: old, and still allowed to be understood
            elif colon and name.strip() and line[-1:] == b"\n" and b"\0" not in line:
                fields.append([name, value])
            else:
                raise _broken("a header line is malformed" if line else "the answer ended within its headers")
        raise Failure(Reason.TOO_LARGE, f"more than {_MOST_LINES} header lines")

    def _frame(self) -> None:
        """How the body ends: by its length, by its last chunk, or with the connection."""
        coding = self.headers.get("transfer-encoding", "").strip().lower()
        if coding not in {"", "chunked"}:
            raise _broken("the answer has a transfer encoding that was not asked for")
        self.chunked = coding == "chunked"
        self.chunk_left = None
        self.length = None if self.chunked else self._length()
        if self.status < 200 or self.status in {204, 304} or self._method == "HEAD":
            self.length, self.chunked = 0, False
        keeps = self.headers.get("connection", "").lower()
        closes = "close" in keeps or (self.version == 10 and "keep-alive" not in keeps)
        self.will_close = closes or (self.length is None and not self.chunked)

    def _length(self) -> int | None:
        stated = {part.strip() for part in self.headers.get("content-length", "").split(",")} - {""}
        if not stated:
            return None
        length = stated.pop()
        if stated or not (length.isascii() and length.isdigit() and len(length) < 30):
            raise _broken("the content length is not a number")
        return int(length)

    def _read_next_chunk_size(self) -> int:
        # The standard library's takes "-5", "0x5" and "1_0" for sizes.
        line = self.fp.readline(_LINE)
        match = _CHUNK.fullmatch(line)
        if match is None:
            raise _broken("a chunk's size is malformed" if line else "the answer ended within its chunks")
        return int(match[1], 16)

    def _read_and_discard_trailer(self) -> None:
        for _ in range(_MOST_LINES):
            if self.fp.readline(_LINE) in {b"\r\n", b"\n", b""}:
                return
        raise Failure(Reason.TOO_LARGE, f"more than {_MOST_LINES} trailer lines")


class Incoming(HTTPResponse):
    """The answer as urllib3 and requests know it, with the way back for its connection."""

    def __init__(self, line: Line, connection: Connection, answer: Answer, method: str) -> None:
        if answer.chunked and "content-length" in answer.headers:
            del answer.headers["content-length"]  # RFC 9112: the chunks decide
        super().__init__(
            body=answer,
            headers=answer.headers,  # type: ignore[arg-type]
            status=answer.status,
            version=answer.version,
            reason=answer.reason,
            preload_content=False,
            original_response=answer,
            request_method=method,
        )
        self._line = line
        self._way_back = connection
        self._keeps = not answer.will_close

    def finish(self, *, complete: bool) -> None:
        """Done with it. The connection goes back to its line if the whole body was read, else it is closed."""
        self.close()
        if complete and self._keeps:
            self._line.keep(self._way_back)
        else:
            self._way_back.close()
