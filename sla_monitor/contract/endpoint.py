"""Endpoints: what is probed, how, and what is expected of the answer. One class for each kind of probe.

To add a kind: a class here with its options and its `kind`, its name in `Endpoint`, and a module of the same
name in `sla_monitor/probe/` (docs/how-to/add-a-probe-kind.md).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, TypeAdapter, model_validator

from sla_monitor.contract.bands import Level
from sla_monitor.contract.consistency import misfits, report_misfits
from sla_monitor.contract.fields import DurationMs, FilePath, Identifier, Misplaced, Strict, TimeOfDay, Whole
from sla_monitor.contract.http_terms import BasicAuth, HttpExpectations, Redirects, doubled_credentials
from sla_monitor.contract.network import (
    DomainName,
    Family,
    Headers,
    Host,
    Pattern,
    Port,
    ProxyUrl,
    TlsVersion,
    Url,
)
from sla_monitor.contract.parts import Found
from sla_monitor.contract.record_data import record_wire
from sla_monitor.contract.secret import Secret

Weight = Annotated[Level, Field(gt=0, le=1000)]


class EndpointTerms(Strict):
    """What every kind has: identity, how often to look, how long one look may take, how slow is too slow."""

    id: Identifier = Field(
        description="The name under which its history is kept: unique in the contract, whatever service it moves to."
    )
    name: str = Field("", description="The name for people.")
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
    weight: Weight = Field(Decimal(1), description="Its share of a service that is `available_when: weighted`.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = list(misfits(self.every_ms, self.timeout_ms, self.degraded_above_ms, self.down_above_ms))
        if problems:
            raise Misplaced(problems)
        return self


class NetworkTerms(Strict):
    """What every kind that opens a connection has."""

    family: Family = Field("any", description="Which addresses to use.")

    @property
    def connects_to(self) -> str:
        """The host to which a look opens its connection."""
        address = getattr(self, "proxy", None) or getattr(self, "url", None)
        return (
            (urlsplit(address).hostname or "") if address else getattr(self, "host", "") or getattr(self, "server", "")
        )


class TlsTerms(Strict):
    """How the other side's certificate is judged, and how we show ours."""

    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")
    client_certificate: FilePath | None = Field(None, description="Ours (PEM), if the supplier asks for one.")
    client_key: FilePath | None = Field(None, description="Its key, if it is not in the same file.")
    min_tls_version: TlsVersion = Field("TLSv1.2", description="Older versions are refused.")
    certificate_days_left: Whole | None = Field(
        None, ge=0, description="DEGRADED when a certificate of the chain expires sooner."
    )


class HttpEndpoint(TlsTerms, NetworkTerms, EndpointTerms):
    """An HTTP or HTTPS request."""

    kind: Literal["http"] = Field(description="Makes it this kind.")
    url: Url = Field(description="The address, without any user name or password.")
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = Field("GET", description="The method.")
    headers: Headers = Field(
        default_factory=dict, description="A credential must be a reference, and nothing beside it."
    )
    body: str | None = Field(None, description="Sent as UTF-8.")
    basic_auth: BasicAuth | None = Field(None, description="User name and password.")
    bearer_token: Secret | None = Field(None, description="Sent as `Authorization: Bearer`.")
    proxy: ProxyUrl | None = Field(None, description="Through which to look.")
    connection: Literal["fresh", "reuse"] = Field(
        "fresh", description="fresh: a connection for each look, what a user would meet; reuse: keep it open."
    )
    redirects: Redirects = Field(Redirects(), description="Whether to follow them.")
    body_limit_bytes: Whole = Field(1_048_576, ge=1024, le=67_108_864, description="Before and after decompression.")
    expect: HttpExpectations = Field(HttpExpectations(), description="What a good answer looks like.")

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        problems = list(doubled_credentials(self.basic_auth, self.bearer_token, self.headers))
        if problems:
            raise Misplaced(problems)
        return self


class TcpEndpoint(NetworkTerms, EndpointTerms):
    """A TCP connection, with an optional line to send and a pattern to wait for."""

    kind: Literal["tcp"] = Field(description="Makes it this kind.")
    host: Host = Field(description="Name or IP address.")
    port: Port = Field(description="The port.")
    send: str | None = Field(None, description="Text to send once connected.")
    expect: Pattern | None = Field(None, description="Regular expression looked for in what the server says.")


class DnsEndpoint(NetworkTerms, EndpointTerms):
    """A question to one name server."""

    kind: Literal["dns"] = Field(description="Makes it this kind.")
    server: Host = Field(description="The name server: name or IP address.")
    port: Port = Field(53, description="The port.")
    name_asked: DomainName = Field(alias="ask", description="The name to ask for.")
    record: Literal["A", "AAAA", "CNAME", "MX", "NS", "SOA", "SRV", "TXT"] = Field(
        "A", description="The record to ask for."
    )
    transport: Literal["udp", "tcp"] = Field("udp", description="How to ask.")
    expect: tuple[str, ...] = Field(
        (), description="Data of records that must all be there, in any spelling; none: any record will do."
    )
    expect_rcode: Literal["NOERROR", "NODATA", "NXDOMAIN", "REFUSED"] = Field(
        "NOERROR",
        description="How the server is to answer: with records, with none of this type (NODATA), that there is no such"
        " name (NXDOMAIN), or not at all (REFUSED).",
    )

    @model_validator(mode="after")
    def _expects_what_can_be(self) -> Self:
        problems: list[Found] = []
        for number, text in enumerate(self.expect):
            try:
                record_wire(self.record, text)
            except ValueError as error:
                problems.append((("expect", number), str(error)))
        if self.expect and self.expect_rcode != "NOERROR":
            problems.append((("expect",), f"says nothing beside expect_rcode: {self.expect_rcode} (leave one out)"))
        if problems:
            raise Misplaced(problems)
        return self


class TlsEndpoint(TlsTerms, NetworkTerms, EndpointTerms):
    """A TLS handshake, for the certificate alone."""

    kind: Literal["tls"] = Field(description="Makes it this kind.")
    host: Host = Field(description="Name or IP address.")
    port: Port = Field(443, description="The port.")
    server_name: Host | None = Field(None, description="The name asked for and checked, if not the host.")


class ExpectedReports(Strict):
    """When a job is expected to report."""

    calendar: Identifier | None = Field(
        None,
        description="The calendar in whose hours the job's silence counts; with `at`, on whose days it runs. None: the"
        " service's hours.",
    )
    at: tuple[TimeOfDay, ...] = Field(
        (), description="Times of day at which a run is due, in the contract's zone; none: every `period`."
    )


class HeartbeatEndpoint(EndpointTerms):
    """The supplier's batch job posts to us: DOWN if it fails, runs too long, or does not report success in time."""

    kind: Literal["heartbeat"] = Field(description="Makes it this kind.")
    token: Secret = Field(description="What the job sends as `Authorization: Bearer`.")
    period_ms: DurationMs | None = Field(
        None, alias="period", description="How often the job reports success; needed unless `expected.at` says when."
    )
    grace_ms: DurationMs = Field(alias="grace", description="How much later is still in time.")
    max_duration_ms: DurationMs | None = Field(
        None, alias="max_duration", description="A run that takes longer from start to end is DOWN (too_slow)."
    )
    expected: ExpectedReports = Field(ExpectedReports(), description="When it is expected.")

    @model_validator(mode="after")
    def _reports_fit(self) -> Self:
        problems = list(report_misfits(self.period_ms, self.grace_ms, self.expected.at))
        if problems:
            raise Misplaced(problems)
        return self


Endpoint = Annotated[
    HttpEndpoint | TcpEndpoint | DnsEndpoint | TlsEndpoint | HeartbeatEndpoint, Field(discriminator="kind")
]
"""One thing that is probed."""

_ENDPOINT: TypeAdapter[Endpoint] = TypeAdapter(Endpoint)


def endpoint_of(terms: dict[str, Any]) -> Endpoint:
    """An endpoint from what `spelled` made of it. Raises pydantic's ValidationError, a ValueError."""
    return _ENDPOINT.validate_python(terms)
