"""HTTP and HTTPS, through requests."""

from __future__ import annotations

from sla_monitor.contract.endpoints.endpoint import HttpEndpoint
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.probe.exchange.request import CapturedValues, Content, HeaderLines, HttpMessage, Request, headers_of
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import finding
from sla_monitor.sla.observation import Finding


class HttpProber:
    """One request, and what is expected of its answer."""

    __slots__ = ("_lines", "_message", "_request", "_secrets", "terms")

    def __init__(self, terms: HttpEndpoint, surroundings: Surroundings) -> None:
        """Raises SecretError, OSError and ssl.SSLError for what cannot be read, ValueError for what cannot be sent."""
        self.terms = terms
        known = CapturedValues()
        self._message = _message(terms, known)
        self._request = Request(terms, terms.certificate_days_left, surroundings.clock)
        self._lines = HeaderLines(terms, [self._message.origin], keep=terms.connection == "reuse")
        self._secrets = known.secrets()

    async def probe(self, watch: Stopwatch) -> Finding:
        came = await self._request.ask(watch, self._message, self._lines)
        return finding(
            watch, came.verdict, came.evidence, self._secrets, status=came.status, body_bytes=came.body_bytes
        )

    def close(self) -> None:
        self._lines.close()


def _message(terms: HttpEndpoint, known: CapturedValues) -> HttpMessage:
    headers = headers_of(terms, known, keep=terms.connection == "reuse")
    for name, value in terms.headers.items():
        headers[name] = known.reveal(value) if isinstance(value, SecretReference) else value
    secret = frozenset(name for name, value in terms.headers.items() if isinstance(value, SecretReference))
    content = Content(headers, terms.body.encode() if terms.body is not None else None, secret)
    return HttpMessage(terms.method, terms.url, content, is_proxied=terms.proxy is not None)
