"""HTTP and HTTPS, through requests."""

from __future__ import annotations

from base64 import b64encode

from requests import RequestException
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from urllib3.util import parse_url

from sla_monitor import __version__
from sla_monitor.contract.endpoint import HttpEndpoint
from sla_monitor.contract.secret import SecretReference
from sla_monitor.probe import redirects
from sla_monitor.probe.adapter import Reply, Sealed, origin_of, reply
from sla_monitor.probe.judging import Judge
from sla_monitor.probe.line import Line, Origin, Proxy
from sla_monitor.probe.prober import Surroundings
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.trouble import FAILURES, verdict_on
from sla_monitor.probe.trust import context_for
from sla_monitor.probe.verdict import Failure, Secrets, expiring, finding
from sla_monitor.sla.observation import Finding, Reason

_PERSONAL = frozenset({"authorization", "cookie", "host", "proxy-authorization"})
"""Headers that are meant for one host alone, besides those whose value is a secret."""


class HttpProber:
    """One request, and what is expected of its answer."""

    __slots__ = ("_clock", "_headers", "_judge", "_line", "_proxy", "_request", "_secrets", "terms")

    def __init__(self, terms: HttpEndpoint, surroundings: Surroundings) -> None:
        """Raises SecretError, OSError and ssl.SSLError for what cannot be read, ValueError for what cannot be sent."""
        self.terms = terms
        self._clock = surroundings.clock
        self._judge = Judge(terms.expect)
        self._headers, self._secrets = _headers(terms)
        self._proxy = _proxy(terms.proxy)
        self._request = self._seal(terms.method, terms.url, self._headers)
        self._line = self._line_to(self._request.origin, ours=True, keep=terms.connection == "reuse")

    async def probe(self, watch: Stopwatch) -> Finding:
        try:
            reply = await self._follow(watch)
        except FAILURES as error:
            return finding(watch, verdict_on(error, watch), secrets=self._secrets)
        body = bytearray()
        verdict = None
        complete = False
        try:
            verdict = await self._judge.of_head(watch, reply.status_code, reply.headers)
            body += await reply.read(self.terms.body_limit_bytes)
            if verdict is None and self._judge.reads_body:
                verdict = await self._judge.of_body(watch, body, reply.headers.get("content-type", ""))
            if verdict is None:
                verdict = expiring(watch, self.terms.certificate_days_left, self._clock.now_ms())
            # On a kept connection a renewed certificate would never be seen.
            complete = verdict is None or verdict.reason is not Reason.CERTIFICATE_EXPIRING
        except FAILURES as error:  # what is wrong with the head comes first
            verdict = verdict or verdict_on(error, watch)
        finally:
            reply.exchange.finish(keep=complete)
        evidence = b"" if verdict is None else _evidence(reply, body)
        return finding(watch, verdict, evidence, self._secrets, status=reply.status_code, body_bytes=len(body))

    def close(self) -> None:
        self._line.close()

    async def _follow(self, watch: Stopwatch) -> Reply:
        """The answer, or the one that redirects lead to. Cookies live as long as this."""
        answer = await reply(self._line, self._request, watch, self.terms.body_limit_bytes)
        rules = self.terms.redirects
        method: str = self.terms.method
        jar = RequestsCookieJar()
        for _ in range(rules.follow):
            location = answer.headers.get("location")
            if location is None or answer.status_code not in redirects.STATUSES:
                return answer
            answer.exchange.finish()
            await answer.exchange.yield_control()  # cookies cost a millisecond
            redirects.collect(jar, answer)
            method = redirects.method_after(answer.status_code, method)
            answer = await self._go(redirects.target(answer.url, location, rules), method, watch, jar)
        if rules.follow and answer.status_code in redirects.STATUSES and "location" in answer.headers:
            answer.exchange.finish(keep=False)
            raise Failure(Reason.REDIRECT_LIMIT, f"more than {rules.follow} redirects")
        return answer

    async def _go(self, url: str, method: str, watch: Stopwatch, jar: RequestsCookieJar) -> Reply:
        """Ask at a redirect's target. What was meant for our first host alone is not sent to another."""
        first = self._request.origin
        try:
            there = origin_of(url)
            trusted = redirects.trusted_with_credentials(first, there)
            headers = redirects.with_cookies(jar, url, self._headers if trusted else self._impersonal())
            request = self._seal(method, url, headers)
        except (ValueError, RequestException):
            raise Failure(Reason.REDIRECT_REFUSED, "a redirect to what is no URL") from None
        if request.origin != there:  # what was judged and what is asked must be the same place
            raise Failure(Reason.REDIRECT_REFUSED, "a redirect to a URL that can be read in two ways")
        line = self._line if request.origin == first else self._line_to(request.origin, ours=trusted, keep=False)
        return await reply(line, request, watch, self.terms.body_limit_bytes)

    def _seal(self, method: str, url: str, headers: CaseInsensitiveDict[str]) -> Sealed:
        content = self.terms.body if method == self.terms.method else None
        absolute = self._proxy is not None and url.startswith("http:")
        return Sealed(method, url, headers, content.encode() if content is not None else None, absolute=absolute)

    def _impersonal(self) -> CaseInsensitiveDict[str]:
        secret = {name.lower() for name, value in self.terms.headers.items() if isinstance(value, SecretReference)}
        kept = {name: value for name, value in self._headers.items() if name.lower() not in _PERSONAL | secret}
        return CaseInsensitiveDict(kept)

    def _line_to(self, origin: Origin, *, ours: bool, keep: bool) -> Line:
        """A line to an origin; `ours`: it is the endpoint's own, so it may see our client certificate."""
        context = context_for(self.terms, ours=ours) if origin.secure else None
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


def _evidence(reply: Reply, body: bytearray) -> bytes:
    """The head as it came, and the body as far as it was read, decompressed; without a body, what came at all."""
    return reply.exchange.answer.head.rstrip(b"\r\n") + b"\r\n\r\n" + body if body else b""
