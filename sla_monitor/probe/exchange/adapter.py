"""requests, without what a probe must not have: sessions, retries, and whatever the environment says.

requests prepares the request and carries the response; the loop moves the bytes. A request is prepared once and then
sealed: its bytes are the same for every probe.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import cast

from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse
from urllib3.util import parse_url

from sla_monitor.probe.exchange.connection import Exchange, Line, Origin
from sla_monitor.probe.stopwatch import Stopwatch, TooMuch

_NO_HEADERS: CaseInsensitiveDict[str | bytes] = CaseInsensitiveDict()


class SerializedRequest(PreparedRequest):
    """A prepared request and the bytes it is sent as, in `wire`."""

    def __init__(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, absolute: bool
    ) -> None:
        """`absolute`: for a proxy, which is told the whole URL. Raises requests' InvalidURL and InvalidHeader."""
        super().__init__()
        self.prepare(method=method, url=url, headers=headers, data=body)
        self.origin = origin_of(cast(str, self.url))
        path = self.path_url
        target = f"{'https' if self.origin.secure else 'http'}://{self.origin.authority}{path}" if absolute else path
        lines = [f"{method} {target} HTTP/1.1"]
        if "Host" not in self.headers:
            lines.append(f"Host: {self.origin.authority}")
        cookie = self.headers.pop("Cookie", None)
        lines += [f"{_text(name)}: {_text(value)}" for name, value in self.headers.items()]
        if cookie is not None:  # the last, so that those of a jar can be added to it
            lines.append(f"Cookie: {_text(cookie)}")
        head = "\r\n".join(lines).encode("latin-1")
        self.wire = head + b"\r\n\r\n" + (body or b"")
        self._joint = len(head), "; " if cookie is not None else "\r\nCookie: "
        # All of it is in the bytes now, and a thousand endpoints keep a request each.
        self.headers = _NO_HEADERS
        self._cookies = None
        self.body = None

    def with_cookies(self, cookies: str) -> bytes:
        """`wire` with the cookies of a jar, after those of the contract."""
        if not cookies:
            return self.wire
        at, joint = self._joint
        return self.wire[:at] + (joint + cookies).encode("latin-1") + self.wire[at:]


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def origin_of(url: str) -> Origin:
    """Where a URL leads. Raises ValueError for one that is no http or https URL with a host."""
    parts = parse_url(url)
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise ValueError("not an http or https URL")
    secure = parts.scheme == "https"
    return Origin(secure, parts.host.strip("[]"), parts.port or (443 if secure else 80))


class Reply(Response):
    """requests' response, without the cookie jar that making a plain one takes. `body` is read apart from it."""

    def __init__(self, request: SerializedRequest, exchange: Exchange) -> None:
        answer = exchange.answer
        self._content = False
        self._content_consumed = False
        self._next = None
        self.request = request
        self.url = cast(str, request.url)
        self.exchange = exchange
        self.status_code = answer.status
        self.reason = answer.reason
        self.headers = answer.headers  # type: ignore[assignment]  # urllib3's own are as blind to case
        self.history = []
        self.encoding = None

    async def read(self, limit: int) -> bytearray:
        """The body, decompressed. Raises TooMuch when it is too large before or after that, and what urllib3 raises
        for one that is not in the encoding that its head claims."""
        body = await self.exchange.read()
        coding = self.headers.get("content-encoding", "").strip().lower()
        if coding in {"", "identity"} or not body:
            return body
        raw = HTTPResponse(io.BytesIO(body), headers=self.exchange.answer.headers, preload_content=False)
        decoded = bytearray()
        while data := raw.read1(min(65_536, limit + 1 - len(decoded)), decode_content=True):
            decoded += data
            if len(decoded) > limit:
                raise TooMuch(limit)
            await self.exchange.yield_control(len(decoded))
        return decoded


async def reply(line: Line, request: SerializedRequest, watch: Stopwatch, limit: int, cookies: str = "") -> Reply:
    """Send a request and read the head of its answer; the body waits. `limit`: bytes of a body."""
    return Reply(request, await line.ask(watch, cast(str, request.method), request.with_cookies(cookies), limit))
