"""One HTTP request, its redirects, and what is expected of its answer: what a probe of kind http is, and each step of
a journey."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from requests import RequestException
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from urllib3.util import parse_url

from sla_monitor import __version__
from sla_monitor.clock import Clock
from sla_monitor.contract.endpoints.endpoint import HttpEndpoint, JourneyEndpoint
from sla_monitor.contract.endpoints.http_terms import RequestTerms
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.probe.connections.trust import context_for
from sla_monitor.probe.exchange import redirects
from sla_monitor.probe.exchange.adapter import Reply, SerializedRequest, origin_of, reply
from sla_monitor.probe.exchange.body_capture import Captured
from sla_monitor.probe.exchange.capture import NO_CAPTURES, Captures, CaptureSource
from sla_monitor.probe.exchange.connection import Line, Origin, Proxy
from sla_monitor.probe.failures import FAILURES, verdict_on
from sla_monitor.probe.judging.judging import Judge
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.probe.verdict import Failure, Secrets, Verdict, expiring
from sla_monitor.sla.observation import Reason

_PERSONAL = frozenset({"authorization", "cookie", "host", "proxy-authorization"})
"""Headers that are meant for one host alone, besides those whose value is a secret."""


class CapturedValues:
    """The secrets of one endpoint, as they are revealed."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values: list[str] = []

    def reveal(self, reference: SecretReference) -> str:
        """Raises SecretError."""
        return self.note(reference.reveal())

    def note(self, secret: str) -> str:
        """One that is made of others."""
        self._values.append(secret)
        return secret

    def secrets(self, *more: str) -> Secrets:
        """To be hidden wherever they are echoed."""
        return Secrets(*self._values, *more)


class HeaderLines:
    """The lines of one endpoint: to its own origins, and to where redirects lead.

    Connections are kept, if at all, to its own origins only: where else there are any the server says.
    """

    __slots__ = ("_contexts", "_keep", "_own", "_proxy", "_terms")

    def __init__(self, terms: HttpEndpoint | JourneyEndpoint, origins: Iterable[Origin], *, keep: bool) -> None:
        """Raises OSError and ssl.SSLError for files that cannot be read."""
        self._terms, self._keep = terms, keep
        self._proxy = _proxy(terms.proxy)
        self._contexts = {origin: context_for(terms) if origin.secure else None for origin in origins}
        self._own: dict[Origin, Line] = {}

    def to(self, origin: Origin, *, trusted: bool = True) -> Line:
        """`trusted`: it may see our client certificate."""
        if origin not in self._contexts:
            context = context_for(self._terms, ours=trusted) if origin.secure else None
            return Line(origin, self._terms.family, context, self._proxy, keep=False)
        if origin not in self._own:
            context = self._contexts[origin]
            self._own[origin] = Line(origin, self._terms.family, context, self._proxy, keep=self._keep)
        return self._own[origin]

    def close(self) -> None:
        """Hang up. What is asked next begins with new connections."""
        own, self._own = self._own, {}
        for line in own.values():
            line.close()


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent besides method and address. `personal`: the names of headers that are for the request's own origin
    alone; `is_body_personal`: so is the body."""

    headers: CaseInsensitiveDict[str]
    body: bytes | None = None
    personal: frozenset[str] = frozenset()
    is_body_personal: bool = False

    def impersonal(self) -> CaseInsensitiveDict[str]:
        """The headers that may go anywhere."""
        personal = _PERSONAL.union(name.lower() for name in self.personal)
        return CaseInsensitiveDict(
            {name: value for name, value in self.headers.items() if name.lower() not in personal}
        )


class HttpMessage:
    """A request as it goes to its own origin, and what of it may go elsewhere by a redirect."""

    __slots__ = ("_content", "_is_proxied", "method", "sealed")

    def __init__(self, method: str, url: str, content: Content, *, is_proxied: bool) -> None:
        """Raises ValueError for what cannot be sent."""
        self.method = method
        self._content, self._is_proxied = content, is_proxied
        self.sealed = self._seal(method, url, content.headers)

    @property
    def origin(self) -> Origin:
        return self.sealed.origin

    def redirected(self, method: str, url: str, *, trusted: bool) -> SerializedRequest:
        """What is asked at a redirect's target. Raises Failure where a secret would go along."""
        if trusted:
            return self._seal(method, url, self._content.headers)
        if self._content.is_body_personal and method == self.method:
            raise Failure(Reason.REDIRECT_REFUSED, "a redirect that would take a secret to another host")
        return self._seal(method, url, self._content.impersonal())

    def _seal(self, method: str, url: str, headers: CaseInsensitiveDict[str]) -> SerializedRequest:
        body = self._content.body if method == self.method else None
        return SerializedRequest(method, url, headers, body, absolute=self._is_proxied and url.startswith("http:"))


@dataclass(slots=True)
class Answered:
    """What a request came to. `verdict`: None where everything is as expected; `status`: None without an answer;
    `hidden`: captured values that are secret."""

    verdict: Verdict | None
    evidence: bytes = b""
    status: int | None = None
    body_bytes: int | None = None
    captured: Mapping[str, str] = field(default_factory=dict)
    hidden: Sequence[str] = ()


@dataclass(slots=True)
class _ReadAnswer:
    """How far an answer was read, and what came of it. `found`: what was looked for to be captured."""

    verdict: Verdict | None = None
    source: CaptureSource | None = None
    found: Mapping[str, Captured] | None = None
    captured: Mapping[str, str] = field(default_factory=dict)
    is_complete: bool = False


class Request:
    """What is expected of an answer, where redirects may lead, and what is captured. Made once."""

    __slots__ = ("_captures", "_clock", "_days_left", "_judge", "_limit", "_rules")

    def __init__(
        self, terms: RequestTerms, days_left: int | None, clock: Clock, captures: Captures = NO_CAPTURES
    ) -> None:
        self._judge = Judge(terms.expect)
        self._captures = captures
        self._rules, self._limit = terms.redirects, terms.body_limit_bytes
        self._days_left, self._clock = days_left, clock

    async def ask(
        self, watch: Stopwatch, message: HttpMessage, lines: HeaderLines, jar: RequestsCookieJar | None = None
    ) -> Answered:
        """What the supplier does wrong is a verdict, never an exception. `jar`: cookies of before, and for later; none:
        they live as long as this request."""
        try:
            reply = await self._follow(watch, message, lines, jar)
        except FAILURES as error:
            return Answered(verdict_on(error, watch), self._kept(watch.seen))
        read = _ReadAnswer()
        try:
            await self._read(watch, reply, jar, read)
        except FAILURES as error:  # what is wrong with the head comes first
            read.verdict = read.verdict or verdict_on(error, watch)
        finally:
            reply.exchange.finish(keep=read.is_complete)
        if read.source is None:
            return Answered(read.verdict, self._kept(watch.seen), reply.status_code, 0)
        hidden = self._captures.secrets_in(read.found)
        evidence = b"" if read.verdict is None else _evidence(reply, read.source.body) or watch.seen
        if hidden is None:
            evidence, hidden = self._kept(evidence), []
        return Answered(read.verdict, evidence, reply.status_code, len(read.source.body), read.captured, hidden)

    async def _read(self, watch: Stopwatch, reply: Reply, jar: RequestsCookieJar | None, read: _ReadAnswer) -> None:
        """Read and judge an answer, noting how far that went."""
        read.verdict = await self._judge.of_head(watch, reply.status_code, reply.headers)
        if jar is not None:
            await reply.exchange.yield_control()  # cookies cost a millisecond
            redirects.collect(jar, reply)
        source = read.source = CaptureSource(reply.headers, [*jar] if jar else [], await reply.read(self._limit))
        if read.verdict is None and self._judge.reads_body:
            read.verdict = await self._judge.of_body(watch, source.body, source.content_type)
        if read.verdict is None or self._captures.secrets:
            read.found = await self._captures.find(watch, source)
        if read.verdict is None and read.found is not None:
            read.captured = self._captures.take(read.found)
            read.verdict = expiring(watch, self._days_left, self._clock.now_ms())
        # On a kept connection a renewed certificate would never be seen.
        read.is_complete = read.verdict is None or read.verdict.reason is not Reason.CERTIFICATE_EXPIRING

    def _kept(self, seen: bytes) -> bytes:
        """Of an answer in which secrets cannot be found, to be hidden: it was not read to its end, or is too costly."""
        return b"(not kept: a secret is captured from this answer)" if self._captures.secrets else seen

    async def _follow(
        self, watch: Stopwatch, message: HttpMessage, lines: HeaderLines, jar: RequestsCookieJar | None
    ) -> Reply:
        """The answer, or the one that redirects lead to."""
        rules, method = self._rules, message.method
        cookies = redirects.cookies_for(jar, message.sealed) if jar is not None else ""
        answer = await reply(lines.to(message.origin), message.sealed, watch, self._limit, cookies)
        for _ in range(rules.follow):
            location = answer.headers.get("location")
            if location is None or answer.status_code not in redirects.STATUSES:
                return answer
            answer.exchange.finish()
            await answer.exchange.yield_control()  # cookies cost a millisecond
            jar = RequestsCookieJar() if jar is None else jar
            redirects.collect(jar, answer)
            method = redirects.method_after(answer.status_code, method)
            target = redirects.target(answer.url, location, rules)
            request, trusted = _redirected(message, method, target)
            line = lines.to(request.origin, trusted=trusted)
            answer = await reply(line, request, watch, self._limit, redirects.cookies_for(jar, request))
        if rules.follow and answer.status_code in redirects.STATUSES and "location" in answer.headers:
            answer.exchange.finish(keep=False)
            raise Failure(Reason.REDIRECT_LIMIT, f"more than {rules.follow} redirects")
        return answer


def _redirected(message: HttpMessage, method: str, url: str) -> tuple[SerializedRequest, bool]:
    """The request at a redirect's target, and whether that is trusted. What was meant for our first host alone is not
    sent to another."""
    try:
        there = origin_of(url)
        trusted = redirects.trusted_with_credentials(message.sealed.origin, there)
        request = message.redirected(method, url, trusted=trusted)
    except (ValueError, RequestException):
        raise Failure(Reason.REDIRECT_REFUSED, "a redirect to what is no URL") from None
    if request.origin != there:  # what was judged and what is asked must be the same place
        raise Failure(Reason.REDIRECT_REFUSED, "a redirect to a URL that can be read in two ways")
    return request, trusted


def headers_of(terms: RequestTerms, known: CapturedValues, *, keep: bool) -> CaseInsensitiveDict[str]:
    """What a request carries besides the headers of its terms. `keep`: the connection may carry another."""
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict(
        {
            "User-Agent": f"sla-monitor/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "keep-alive" if keep else "close",
        }
    )
    if terms.bearer_token:
        headers["Authorization"] = f"Bearer {known.reveal(terms.bearer_token)}"
    if terms.basic_auth:
        pair = f"{terms.basic_auth.username}:{known.reveal(terms.basic_auth.password)}"
        headers["Authorization"] = f"Basic {known.note(b64encode(pair.encode()).decode())}"
    return headers


def _proxy(url: str | None) -> Proxy | None:
    if url is None:
        return None
    parts = parse_url(url)
    return Proxy((parts.host or "").strip("[]"), parts.port or 80)


def _evidence(reply: Reply, body: bytearray) -> bytes:
    """The head as it came, and the body as far as it was read, decompressed; none without a body."""
    return reply.exchange.answer.head.rstrip(b"\r\n") + b"\r\n\r\n" + body if body else b""
