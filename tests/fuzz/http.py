"""HTTP answers: those of the table and some more, changed."""

from __future__ import annotations

import gzip
import zlib
from functools import cache
from random import Random

from tests.fuzz.farm import Case, HttpTalk, run_all
from tests.fuzz.mutate import mutated
from tests.probe.answers import CHUNKS, CODED, OK, ROWS
from tests.probe.servers import page

WORDS = (
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"\0",
    b" ",
    b"\t",
    b":",
    b",",
    b";",
    b"HTTP/1.1 ",
    b"200 OK\r\n",
    b"100 Continue\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: -1\r\n",
    b"Content-Length: 99999999999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"chunked",
    b"gzip",
    b"Content-Encoding: gzip\r\n",
    b"Content-Encoding: deflate\r\n",
    b"Content-Encoding: gzip, gzip\r\n",
    b"Connection: close\r\n",
    b"Location: /\r\n",
    b"Location: //\r\n",
    b"Location: http://[::1\r\n",
    b"Location: https://127.0.0.1:1/\r\n",
    b"Location: \xff\xfe\r\n",
    b"Set-Cookie: a=b; Expires=Thu, 99 Foo 2026\r\n",
    b"Set-Cookie: =\r\n",
    b"Content-Type: text/html; charset=\xff\r\n",
    b"ffffffff\r\n",
    b"0\r\n\r\n",
    b"5;x=y\r\n",
    b"Upgrade: x\r\nConnection: Upgrade\r\n",
    b"\xe2\x80\xae",
    b"\x1b[31m",
)

THEN = ("end",) * 17 + ("reset",) * 2 + ("stay",)
"""Who stays is waited for: few do."""


@cache
def _bases() -> list[bytes]:
    body = b"hello " * 20
    packed = [
        ("gzip", gzip.compress(body)),
        ("deflate", zlib.compress(body)),
        ("gzip, gzip", gzip.compress(gzip.compress(body))),
        ("br", body),
        ("zstd", body),
    ]
    return [
        *(row.answer for row in ROWS if len(row.answer) < 5_000),
        *(page(data, "200 OK", f"Content-Encoding: {coding}") for coding, data in packed),
        *(
            page(b"", "302 Found", f"Location: {to}", "Set-Cookie: a=b; Path=/")
            for to in ("/x", "//127.0.0.1/", "?", "x y", "")
        ),
        OK + CODED + b"Content-Encoding: gzip\r\n" + CHUNKS,
    ]


def make(seed: int, number: int) -> Case:
    dice = Random(f"http {seed} {number}")
    answer = dice.choice(_bases())
    if dice.random() < 0.1:
        answer += dice.choice(_bases())
    return Case(mutated(answer, dice, WORDS), dice.choice(THEN))


def run(count: int, seed: int, first: int = 0) -> list[str]:
    """What failed, in words."""
    return run_all(
        "http",
        range(first, first + count),
        lambda number: make(seed, number),
        HttpTalk,
        lambda slot, port: {
            "url": f"http://127.0.0.1:{port}/{slot}",
            "method": "HEAD" if slot % 20 == 1 else "GET",
            "redirects": {"follow": 2} if slot % 2 else {},
            "connection": "reuse" if slot % 3 == 0 else "fresh",
            "expect": {"body_contains": ["hello"]} if slot % 4 == 2 else {},
        },
    )
