"""TLS: a real server's flights, their records and messages changed; odd certificates; HTTP answers inside."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz import http
from tests.fuzz.farm import Case, HttpTalk, run_all
from tests.fuzz.mutate import mutated
from tests.probe import certificates
from tests.probe.servers import OK

WORDS = (
    b"\x16\x03\x03\x00\x04\x00\x00\x00\x00",
    b"\x15\x03\x03\x00\x02\x01\x00",
    b"\x15\x03\x03\x00\x02\x02\x28",
    b"\x14\x03\x03\x00\x01\x01",
    b"\x16\x03\x03\x00\x00",
    b"\x17\x03\x03\x00\x00",
    b"\x16\x03\x03\xff\xff",
    b"\x16\x03\x00\x40\x00",
    b"\x17\x03\x03\x00\x13" + bytes(19),
    b"\x02\x00\x00\x26",
    b"\x0b\x00\x00\x03\x00\x00\x00",
    b"\x0c\x00\x00\x00",
    b"\x0e\x00\x00\x00",
    b"\x00",
    b"\xff",
    b"\x03\x04",
    b"\x03\x03",
    b"\x30\x82\xff\xff",
    b"\x80\x00\x00\x00\x01\x03\x01",
    bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"),
    b"\x00\x33\x00\x02\x01\x04",
    b"HTTP/1.1 200 OK\r\n\r\n",
)

_ABOVE = certificates.authority("fuzz")


@cache
def _contexts(seed: int, most: int) -> list[ssl.SSLContext]:
    """Good ones of both versions, and some whose certificates were changed before they were signed."""
    good = certificates.leaf(_ABOVE)
    own = [certificates.leaf(_ABOVE, until=until) for until in (certificates.SOON, certificates.LATE)]
    made = [certificates.serving_context(good.key, good.pem, _ABOVE.pem) for _ in range(20)]
    for number in range(2_000):
        dice = Random(f"certificate {seed} {number}")
        base = dice.choice(own)
        inner = bytearray(base.certificate.tbs_certificate_bytes)
        for _ in range(dice.randint(1, 4)):
            inner[dice.randrange(4, len(inner))] = dice.randrange(256)
        try:
            made.append(certificates.serving_context(base.key, certificates.resigned(_ABOVE, bytes(inner))))
        except ssl.SSLError:
            continue  # not even its own server can read it
        if len(made) == most:
            break
    for number, context in enumerate(made):
        if number % 2:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
    return made


class TlsTalk:
    """TLS by memory buffers, around a talk of HTTP."""

    def __init__(
        self, cases: dict[bytes, Case], context: ssl.SSLContext, change: Callable[[bytes, int], bytes]
    ) -> None:
        self._inner = HttpTalk(cases)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._change, self._flight, self._is_agreed = change, 0, False

    @property
    def then(self) -> str:
        return self._inner.then

    def heard(self, data: bytes) -> bytes | None:
        self._incoming.write(data)
        try:
            if not self._is_agreed:
                self._tls.do_handshake()
                self._is_agreed = True
            answer = self._inner.heard(self._tls.read(65_536))
            if answer:
                self._tls.write(answer)
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            return None
        said = self._outgoing.read()
        if not said:
            return b""
        self._flight += 1
        return self._change(said, self._flight)


def make(seed: int, number: int) -> Case:
    """What is said inside: mostly a good answer, for it is TLS that is changed."""
    dice = Random(f"tls {seed} {number}")
    return http.make(seed, number) if dice.random() < 0.2 else Case(OK)


def run(count: int, seed: int, first: int = 0) -> list[str]:
    """What failed, in words. Which connection is changed how depends on their order too."""
    contexts = _contexts(seed, 300 if count > 1_000 else 30)
    dice = Random(f"tls {seed} {first}")

    def changed(said: bytes, flight: int) -> bytes:
        return mutated(said, dice, WORDS, 3) if dice.random() < (0.7 if flight == 1 else 0.3) else said

    def talk(cases: dict[bytes, Case]) -> TlsTalk:
        return TlsTalk(cases, dice.choice(contexts), changed)

    with TemporaryDirectory() as folder:
        trust = Path(folder) / "ca.pem"
        trust.write_bytes(_ABOVE.pem)
        return run_all(
            "tls",
            range(first, first + count),
            lambda number: make(seed, number),
            talk,
            lambda slot, port: {
                "url": f"https://127.0.0.1:{port}/{slot}",
                "ca_file": trust,
                "connection": "reuse" if slot % 3 == 0 else "fresh",
                "certificate_days_left": 5,
            },
        )
