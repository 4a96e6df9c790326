"""requests, without what a probe must not have: sessions, cookies, retries, and whatever the environment says.

A request is prepared by requests once and then sealed: its bytes are the same for every look. The adapter takes
it straight to its line, where urllib3 would look for a pool by the URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import Retry, Timeout
from urllib3.util import parse_url

from sla_monitor.probe.answer import Incoming
from sla_monitor.probe.deadline import Stopwatch
from sla_monitor.probe.line import Line, Origin

_NO_RETRIES = Retry(0, read=False)
_NO_HEADERS: CaseInsensitiveDict[str | bytes] = CaseInsensitiveDict()


class Sealed(PreparedRequest):
    """A prepared request and the bytes it is sent as."""

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
        lines += [f"{_text(name)}: {_text(value)}" for name, value in self.headers.items()]
        self.wire = "\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b"")
        # All of it is in the bytes now, and a thousand endpoints keep a request each.
        self.headers = _NO_HEADERS
        self._cookies = None
        self.body = None


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def origin_of(url: str) -> Origin:
    """Where a URL leads. Raises ValueError for one that is no http or https URL with a host."""
    parts = parse_url(url)
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise ValueError("not an http or https URL")
    secure = parts.scheme == "https"
    return Origin(secure, parts.host.strip("[]"), parts.port or (443 if secure else 80))


class Remaining(Timeout):
    """What requests carries to the line as its timeout: the look's stopwatch."""

    def __init__(self, watch: Stopwatch) -> None:
        super().__init__()
        self.watch = watch


class Reply(Response):
    """requests' response around a stream, without the cookie jar that building a plain one takes."""

    raw: Incoming

    def __init__(self, request: Sealed, raw: Incoming) -> None:
        self._content = False
        self._content_consumed = False
        self._next = None
        self.request = request
        self.url = cast(str, request.url)
        self.raw = raw
        self.status_code = raw.status
        self.reason = raw.reason or ""
        self.headers = raw.headers  # type: ignore[assignment]  # urllib3's own are as blind to case
        self.history = []
        self.encoding = None


class _Exchange:
    """What the adapter takes for a connection pool: one line, and the one request it is to carry."""

    __slots__ = ("_limit", "_line", "_request")

    def __init__(self, line: Line, request: Sealed, limit: int) -> None:
        self._line = line
        self._request = request
        self._limit = limit

    def urlopen(self, *, timeout: Remaining, method: str, **_: Any) -> Incoming:
        return self._line.ask(timeout.watch, method, self._request.wire, self._limit)


class Adapter(HTTPAdapter):
    """One endpoint's transport. `line` is kept for the endpoint's own origin; a redirect elsewhere gets a new one."""

    def __init__(self, line: Line, limit: int) -> None:
        """`limit`: bytes of a body."""
        super().__init__(max_retries=_NO_RETRIES)
        self._line = line
        self._limit = limit

    def reply(self, request: Sealed, watch: Stopwatch, line: Line | None = None) -> Reply:
        """Send a request and read the head of its answer; the body waits in `raw`. `line`: not the endpoint's own."""
        adapter = self if line is None else Adapter(line, self._limit)
        # Typed as seconds; what is a urllib3 Timeout already, it hands on untouched.
        remaining = Remaining(watch)
        return cast(Reply, adapter.send(request, stream=True, timeout=remaining))  # type: ignore[arg-type]

    def init_poolmanager(self, *_: Any, **__: Any) -> None:
        """No pools: the line is all there is."""

    def get_connection_with_tls_context(self, request: PreparedRequest, *_: Any, **__: Any) -> Any:
        return _Exchange(self._line, cast(Sealed, request), self._limit)

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """The line's context has verified already, on terms of our own."""

    def request_url(self, request: PreparedRequest, *_: Any) -> str:
        """Nothing to work out: the request line is sealed."""
        return ""

    def build_response(self, req: PreparedRequest, resp: Any) -> Reply:
        return Reply(cast(Sealed, req), resp)

    def close(self) -> None:
        self._line.close()
