"""HTTP and HTTPS, through requests."""

from __future__ import annotations

from base64 import b64encode

from requests import RequestException
from requests.structures import CaseInsensitiveDict
from urllib3.util import parse_url

from sla_monitor import __version__
from sla_monitor.contract.endpoint import HttpEndpoint
from sla_monitor.contract.secret import SecretReference
from sla_monitor.probe import redirects
from sla_monitor.probe.adapter import Adapter, Reply, Sealed, origin_of
from sla_monitor.probe.answer import Incoming
from sla_monitor.probe.deadline import Stopwatch, TooMuch
from sla_monitor.probe.expectations import Expectations
from sla_monitor.probe.line import Line, Origin, Proxy
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.trouble import FAILURES, verdict_on
from sla_monitor.probe.trust import context_for
from sla_monitor.probe.verdict import Failure, Secrets, Verdict, expiring, finding
from sla_monitor.sla.observation import Finding, Reason

_PERSONAL = frozenset({"authorization", "cookie", "host", "proxy-authorization"})
"""Headers that are meant for one host alone, besides those whose value is a secret."""


class HttpProber:
    """One request, and what is expected of its answer."""

    __slots__ = ("_adapter", "_clock", "_expect", "_headers", "_proxy", "_request", "_secrets", "terms")

    def __init__(self, terms: HttpEndpoint, surroundings: Surroundings) -> None:
        """Raises SecretError, OSError and ssl.SSLError for what cannot be read, ValueError for what cannot be sent."""
        self.terms = terms
        self._clock = surroundings.clock
        self._expect = Expectations(terms.expect)
        self._headers, self._secrets = _headers(terms)
        self._proxy = _proxy(terms.proxy)
        self._request = self._seal(terms.method, terms.url, self._headers)
        self._adapter = Adapter(self._line(self._request.origin, ours=True), terms.body_limit_bytes)

    def look(self) -> Finding:
        watch = Stopwatch(self.terms.timeout_ms)
        try:
            reply = self._follow(watch)
        except FAILURES as error:
            return finding(watch, verdict_on(error, watch), secrets=self._secrets)
        body = bytearray()
        verdict = self._judge(reply, body, watch)
        evidence = b"" if verdict is None else _evidence(watch, body)
        return finding(watch, verdict, evidence, self._secrets, status=reply.status_code, body_bytes=len(body))

    def close(self) -> None:
        self._adapter.close()

    def _judge(self, reply: Reply, body: bytearray, watch: Stopwatch) -> Verdict | None:
        """Read the body and hold everything against the expectations. The head's faults come before the body's."""
        verdict = self._expect.of_head(reply.status_code, reply.headers)
        complete = False
        try:
            self._read(reply.raw, body)
            if verdict is None and self._expect.reads_body:
                verdict = self._expect.of_body(body, reply.headers.get("content-type", ""))
            if verdict is None:
                verdict = expiring(watch, self.terms.certificate_days_left, self._clock.now_ms())
            # On a kept connection a renewed certificate would never be seen.
            complete = verdict is None or verdict.reason is not Reason.CERTIFICATE_EXPIRING
        except FAILURES as error:
            verdict = verdict or verdict_on(error, watch)
        finally:
            reply.raw.finish(complete=complete)
        return verdict

    def _read(self, raw: Incoming, body: bytearray) -> None:
        """The body, decompressed, into `body`. Raises TooMuch when it is too large on either side of that."""
        limit = self.terms.body_limit_bytes
        if (raw.length_remaining or 0) > limit:
            raise TooMuch(limit)
        while data := raw.read1(min(65_536, limit + 1 - len(body)), decode_content=True):
            body += data
            if len(body) > limit:
                raise TooMuch(limit)
        if raw.tell() > limit:
            raise TooMuch(limit)

    def _follow(self, watch: Stopwatch) -> Reply:
        """The answer, or the one that redirects lead to."""
        reply = self._adapter.reply(self._request, watch)
        rules = self.terms.redirects
        method: str = self.terms.method
        for _ in range(rules.follow):
            location = reply.headers.get("location")
            if location is None or reply.status_code not in redirects.STATUSES:
                return reply
            reply.raw.finish(complete=reply.raw.length_remaining == 0)
            method = redirects.method_after(reply.status_code, method)
            reply = self._go(redirects.target(reply.url, location, rules), method, watch)
        if rules.follow and reply.status_code in redirects.STATUSES and "location" in reply.headers:
            reply.raw.finish(complete=False)
            raise Failure(Reason.REDIRECT_LIMIT, f"more than {rules.follow} redirects")
        return reply

    def _go(self, url: str, method: str, watch: Stopwatch) -> Reply:
        """Ask at a redirect's target. What was meant for our first host alone is not sent to another."""
        first = self._request.origin
        try:
            there = origin_of(url)
            trusted = redirects.trusted_with_credentials(first, there)
            request = self._seal(method, url, self._headers if trusted else self._impersonal())
        except (ValueError, RequestException):
            raise Failure(Reason.REDIRECT_REFUSED, "a redirect to what is no URL") from None
        if request.origin != there:  # what was judged and what is asked must be the same place
            raise Failure(Reason.REDIRECT_REFUSED, "a redirect to a URL that can be read in two ways")
        if request.origin == first:
            return self._adapter.reply(request, watch)
        return self._adapter.reply(request, watch, self._line(request.origin, ours=trusted))

    def _seal(self, method: str, url: str, headers: CaseInsensitiveDict[str]) -> Sealed:
        content = self.terms.body if method == self.terms.method else None
        absolute = self._proxy is not None and url.startswith("http:")
        return Sealed(method, url, headers, content.encode() if content is not None else None, absolute=absolute)

    def _impersonal(self) -> CaseInsensitiveDict[str]:
        secret = {name.lower() for name, value in self.terms.headers.items() if isinstance(value, SecretReference)}
        kept = {name: value for name, value in self._headers.items() if name.lower() not in _PERSONAL | secret}
        return CaseInsensitiveDict(kept)

    def _line(self, origin: Origin, *, ours: bool) -> Line:
        """A line to an origin; `ours`: it is the endpoint's own, so it may see our client certificate."""
        context = context_for(self.terms, ours=ours) if origin.secure else None
        keep = self.terms.connection == "reuse"
        return Line(origin, self.terms.family, context, self._proxy, keep=keep)


def _headers(terms: HttpEndpoint) -> tuple[CaseInsensitiveDict[str], Secrets]:
    """What every request carries, secrets revealed, and those secrets."""
    known: list[str] = []

    def reveal(value: str | SecretReference) -> str:
        if isinstance(value, str):
            return value
        known.append(value.reveal())
        return known[-1]

    headers = CaseInsensitiveDict(
        {
            "User-Agent": f"sla-monitor/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close" if terms.connection == "fresh" else "keep-alive",
        }
    )
    if terms.bearer_token:
        headers["Authorization"] = f"Bearer {reveal(terms.bearer_token)}"
    if terms.basic_auth:
        pair = f"{terms.basic_auth.username}:{reveal(terms.basic_auth.password)}"
        known.append(b64encode(pair.encode()).decode())
        headers["Authorization"] = f"Basic {known[-1]}"
    for name, value in terms.headers.items():
        headers[name] = reveal(value)
    return headers, Secrets(*known)


def _proxy(url: str | None) -> Proxy | None:
    if url is None:
        return None
    parts = parse_url(url)
    return Proxy((parts.host or "").strip("[]"), parts.port or 80)


def _evidence(watch: Stopwatch, body: bytearray) -> bytes:
    """The head as it came, and the body as far as it was read, decompressed; without a body, what came at all."""
    return watch.seen.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body if body else watch.seen
