"""What is said of answers that are none, where the words are ours. The limits on bytes are the connection's."""

from __future__ import annotations

DETAILS = {
    "the answer begins with white space": [
        "a blank line first",
        "a bare line feed first",
        "three blank lines first",
        "a blank line before an outage",
        "a space and a line end first",
        "a space first",
        "a tab first",
        "a form feed first",
        "blank lines only",
        "a bare carriage return first",
    ],
    "the answer begins with no HTTP/1 status line": [
        "a NUL first",
        "a byte order mark first",
        "HTTP/1",
        "HTTP/2.0",
        "HTTP/2",
        "HTTP/3",
        "HTTP/0.9 in the status line",
        "HTTP/11.1",
        "HTTP/-1.1",
        "http in small letters",
        "a page without a head",
        "ICY",
        "RTSP",
    ],
    "the answer ended within its head": [
        "HTTP/0.9, a body alone",
        "an announcement alone",
        "the end within the status line",
        "the end within the head",
        "the end within a header",
    ],
    "there is a NUL byte in the head of the answer": [
        "NUL in the reason",
        "a name with NUL",
        "a value with NUL",
    ],
    "099 is not a status": [
        "a status below 100",
    ],
    "000 is not a status": [
        "status 000",
    ],
    "there is white space before the first header of the answer": [
        "the first header is continued",
    ],
    "there is a header without a colon": [
        "no colon",
    ],
    "more than 256 header lines": [
        "300 headers",
    ],
    "the answer has a transfer encoding that was not asked for": [
        "gzip and chunked",
        "gzip",
        "chunked and gzip",
        "xchunked",
        "chunked with a parameter",
        "chunked in quotes",
        "an unknown coding",
    ],
    "the answer has two different lengths": [
        "different lengths",
        "different lengths in a list",
    ],
    "the answer has a length that is no number": [
        "a negative length",
        "a length with a plus",
        "a length in hex",
        "a length with letters",
        "a length of words",
        "an empty length",
        "a length of two numbers",
        "a length with a fraction",
        "a length beyond ASCII",
    ],
    "the answer announces a length of 19 digits": [
        "a length of 9 EB",
    ],
    "the answer announces a length of 30 digits": [
        "a length of 30 digits",
    ],
    "the answer announces a length of 400 digits": [
        "a length of 400 digits",
    ],
    "the answer ended 45 bytes before its length": [
        "the end before the length",
    ],
    "more than 1000 trailer lines": [
        "2,000 trailers",
    ],
    "the answer ended within its chunks": [
        "an end after the first chunk",
        "an end within the last chunk's size",
        "an end after the last chunk's size",
        "an end within the last line",
        "an end within the trailers",
        "no chunk at all",
    ],
    "more than 100 announcements of an answer": [
        "100,000 announcements",
    ],
    "the server closed the connection without an answer": [
        "nothing",
    ],
}
