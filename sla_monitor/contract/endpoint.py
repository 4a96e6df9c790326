"""Endpoints: what is probed, how, and what is expected of the answer. One class for each kind of probe.

To add a kind: a class here with its options and its `kind`, its name in `Endpoint`, and a module of the same
name in `sla_monitor/probe/` (docs/how-to/add-a-probe-kind.md).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sla_monitor.contract.consistency import misfits
from sla_monitor.contract.fields import DurationMs, FilePath, Identifier, Misplaced, Name, Strict, Whole, YesNo
from sla_monitor.contract.pattern import compile_pattern
from sla_monitor.contract.secret import NEVER_HERE, HeaderValue, Secret, SecretReference

Port = Annotated[Whole, Field(ge=1, le=65535)]


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._:-]{1,253}", value):
        raise ValueError(f"{value!r} is not a host name or an IP address")
    return value


Host = Annotated[str, AfterValidator(_host)]
Family = Literal["any", "ipv4", "ipv6"]
TlsVersion = Literal["TLSv1.2", "TLSv1.3"]


def _pattern(value: str) -> str:
    try:
        compile_pattern(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a regular expression: {error}") from None
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]


def _status(value: Any) -> Any:
    """`200` or `200-299` as (first, last)."""
    match = re.fullmatch(r"([1-5]\d\d)(?:-([1-5]\d\d))?", str(value)) if not isinstance(value, bool) else None
    if match is None:
        raise ValueError(f"{value!r} is not a status (write 200 or 200-299)")
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise ValueError(f"{value!r} runs backwards (write {last}-{first})")
    return first, last


StatusRange = Annotated[
    tuple[int, int],
    BeforeValidator(_status),
    WithJsonSchema({"type": ["integer", "string"], "examples": [200, "200-299"]}),
]


class EndpointTerms(Strict):
    """What every kind has: identity, how often to look, how long one look may take, how slow is too slow."""

    id: Identifier
    name: str = ""
    every_ms: DurationMs = Field(60_000, alias="every", description="How often to look.")
    timeout_ms: DurationMs = Field(
        10_000, alias="timeout", description="One deadline for the whole look, from name to last byte."
    )
    degraded_above_ms: DurationMs | None = Field(
        None, alias="degraded_above", description="A look that took longer found the endpoint DEGRADED."
    )
    down_above_ms: DurationMs | None = Field(
        None, alias="down_above", description="A look that took longer found the endpoint DOWN (too_slow)."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = list(misfits(self.every_ms, self.timeout_ms, self.degraded_above_ms, self.down_above_ms))
        if problems:
            raise Misplaced(problems)
        return self


class NetworkTerms(Strict):
    """What every kind that opens a connection has."""

    family: Family = Field("any", description="Which addresses to use.")


class TlsTerms(Strict):
    """How the other side's certificate is judged, and how we show ours."""

    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")
    client_certificate: FilePath | None = Field(None, description="Ours (PEM), if the supplier asks for one.")
    client_key: FilePath | None = Field(None, description="Its key, if it is not in the same file.")
    min_tls_version: TlsVersion = Field("TLSv1.2", description="Older versions are refused.")
    certificate_days_left: Whole | None = Field(
        None, ge=0, description="DEGRADED when a certificate of the chain expires sooner."
    )


class JsonCondition(Strict):
    """One condition on a JSON answer: what the path finds is compared with exactly one of the others."""

    path: str = Field(description="A JSONPath (RFC 9535), for example $.status")
    equals: str | Whole | YesNo | None = None
    matches: Pattern | None = None
    at_least: Whole | None = None
    at_most: Whole | None = None
    exists: YesNo | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        chosen = self.model_fields_set - {"path"}
        if len(chosen) != 1:
            raise ValueError("must say exactly one of equals, matches, at_least, at_most, exists")
        return self


class HttpExpectations(Strict):
    """What a good answer looks like; every line must hold."""

    status: tuple[StatusRange, ...] = Field(((200, 299),), min_length=1)
    headers: dict[str, Pattern] = Field(default_factory=dict, description="Header name: regular expression.")
    body_contains: tuple[str, ...] = ()
    body_lacks: tuple[str, ...] = ()
    body_matches: Pattern | None = None
    json_path: tuple[JsonCondition, ...] = Field((), alias="json")


def _url(value: str) -> str:
    """An address is printed and logged, so that nothing secret may be in it; for the same reason no message here
    repeats it."""
    if len(value) > 2048 or not re.fullmatch(r"https?://[!-~]+", value):
        raise ValueError("must be an http:// or https:// address without spaces (encode others as %20)")
    try:
        parts = urlsplit(value)
        wrong = not parts.hostname or parts.port == 0
    except ValueError:
        wrong = True
    if wrong:
        raise ValueError("must have a host, and a port from 1 to 65535 if any (write https://host:8443/path)")
    if "@" in parts.netloc:
        raise ValueError("must not hold a user name or password (write them under basic_auth)")
    return value


def _proxy(value: str) -> str:
    if not value.startswith("http://"):
        raise ValueError("must be an http:// address (write for example http://proxy.example:3128)")
    return _url(value)


def _header_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", value):
        raise ValueError("is not the name of a header (write for example Accept)")
    return value


def _no_credentials(headers: dict[str, SecretReference | str]) -> dict[str, SecretReference | str]:
    wrong = [name for name, value in headers.items() if isinstance(value, str) and _CREDENTIAL.search(name)]
    if wrong:
        raise Misplaced([((name,), NEVER_HERE) for name in wrong])
    return headers


_CREDENTIAL = re.compile(r"authorization|token|secret|password|api-?key", re.IGNORECASE)
HeaderName = Annotated[str, AfterValidator(_header_name)]
Headers = Annotated[dict[HeaderName, HeaderValue], AfterValidator(_no_credentials)]
Url = Annotated[str, AfterValidator(_url), WithJsonSchema({"type": "string", "pattern": "^https?://[!-~]+$"})]
ProxyUrl = Annotated[str, AfterValidator(_proxy), WithJsonSchema({"type": "string", "pattern": "^http://[!-~]+$"})]


class BasicAuth(Strict):
    """RFC 7617."""

    username: Name
    password: Secret


class Redirects(Strict):
    """Never to another scheme or host unless allowed here."""

    follow: Whole = Field(0, ge=0, le=20, description="How many at most; 0 shows the redirect itself as the answer.")
    other_hosts: tuple[Host, ...] = Field((), description="Hosts that a redirect may lead to.")
    to_https: YesNo = Field(True, description="http may lead to https of the same host; never the other way.")


class HttpEndpoint(EndpointTerms, NetworkTerms, TlsTerms):
    """An HTTP or HTTPS request."""

    kind: Literal["http"]
    url: Url
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = "GET"
    headers: Headers = Field(
        default_factory=dict, description="A credential must be a reference, and nothing beside it."
    )
    body: str | None = None
    basic_auth: BasicAuth | None = None
    bearer_token: Secret | None = None
    proxy: ProxyUrl | None = None
    connection: Literal["fresh", "reuse"] = Field(
        "fresh", description="fresh: a connection for each look, what a user would meet; reuse: keep it open."
    )
    redirects: Redirects = Redirects()
    body_limit_bytes: Whole = Field(1_048_576, ge=1024, le=67_108_864, description="Before and after decompression.")
    expect: HttpExpectations = HttpExpectations()


class TcpEndpoint(EndpointTerms, NetworkTerms):
    """A TCP connection, with an optional line to send and a pattern to wait for."""

    kind: Literal["tcp"]
    host: Host
    port: Port
    send: str | None = None
    expect: Pattern | None = Field(None, description="Regular expression looked for in what the server says.")


class DnsEndpoint(EndpointTerms, NetworkTerms):
    """A question to one name server."""

    kind: Literal["dns"]
    server: Host
    port: Port = 53
    name_asked: Annotated[str, Field(alias="ask", min_length=1, max_length=253)]
    record: Literal["A", "AAAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"] = "A"
    transport: Literal["udp", "tcp"] = "udp"
    expect: tuple[str, ...] = Field((), description="Answers that must all be there; none: any answer will do.")


class TlsEndpoint(EndpointTerms, NetworkTerms, TlsTerms):
    """A TLS handshake, for the certificate alone."""

    kind: Literal["tls"]
    host: Host
    port: Port = 443
    server_name: Host | None = Field(None, description="The name asked for and checked, if not the host.")


class HeartbeatEndpoint(EndpointTerms):
    """The supplier's batch job posts to us; silence for longer than its period and grace is DOWN."""

    kind: Literal["heartbeat"]
    token: Secret
    period_ms: DurationMs = Field(alias="period", description="How often the job reports.")
    grace_ms: DurationMs = Field(alias="grace", description="How much later is still in time.")


Endpoint = Annotated[
    HttpEndpoint | TcpEndpoint | DnsEndpoint | TlsEndpoint | HeartbeatEndpoint, Field(discriminator="kind")
]
"""One thing that is probed."""
