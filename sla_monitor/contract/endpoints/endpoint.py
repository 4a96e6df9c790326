"""Endpoints: what is probed, how, and what is expected of the answer. One class for each kind of probe.

To add a kind: a class here with its options and its `kind`, its name in `Endpoint`, and a module of the same
name in `sla_monitor/probe/` (docs/how-to/add-a-probe-kind.md).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, TypeAdapter, model_validator

from sla_monitor.contract.endpoints.http_terms import RequestTerms, credential_problems
from sla_monitor.contract.endpoints.journey_terms import MOST_STEPS, JourneyStep, step_problems
from sla_monitor.contract.endpoints.network import (
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
from sla_monitor.contract.endpoints.record_data import record_wire
from sla_monitor.contract.endpoints.several_places import MAIN, Places
from sla_monitor.contract.endpoints.template import Template
from sla_monitor.contract.fields import DurationMs, FilePath, Identifier, Misplaced, Strict, TimeOfDay, Whole
from sla_monitor.contract.kpis.bands import Level
from sla_monitor.contract.reading.secret import Secret
from sla_monitor.contract.rules.consistency import misfits, report_misfits
from sla_monitor.contract.rules.plain_values import RuleProblem

Weight = Annotated[Level, Field(gt=0, le=1000)]


class EndpointTerms(Strict):
    """What every kind has: identity, how often to probe, how long one probe may take, how slow is too slow."""

    has_response_time: ClassVar[bool] = True
    has_first_byte: ClassVar[bool] = False
    """Whether its answer is HTTP, whose first byte has a time of its own."""

    id: Identifier = Field(
        description="The name under which its history is kept: unique in the contract, whatever service it moves to."
    )
    name: str = Field("", description="The name for people.")
    every_ms: DurationMs = Field(60_000, alias="every", description="How often to probe.")
    timeout_ms: DurationMs = Field(
        10_000, alias="timeout", description="One deadline for the whole probe, from name to last byte."
    )
    degraded_above_ms: DurationMs | None = Field(
        None, alias="degraded_above", description="A probe that took longer found the endpoint DEGRADED."
    )
    down_above_ms: DurationMs | None = Field(
        None, alias="down_above", description="A probe that took longer found the endpoint DOWN (too_slow)."
    )
    weight: Weight = Field(Decimal(1), description="Its share of a service that is `available_when: weighted`.")
    runbook_url: Url | None = Field(None, description="What to do when it is down; none: its service's.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = list(misfits(self.every_ms, self.timeout_ms, self.degraded_above_ms, self.down_above_ms))
        if problems:
            raise Misplaced(problems)
        return self

    @property
    def seen_from(self) -> Places | None:
        """From where it is probed, where the terms say so; None: from the collector's own place alone, as a job's
        reports are, which come to the collector."""
        return getattr(self, "places", None)

    @property
    def sites(self) -> tuple[str, ...]:
        """The names of the sites that probe it."""
        return (MAIN,) if self.seen_from is None else self.seen_from.sites


class NetworkTerms(Strict):
    """What every kind that opens a connection has."""

    family: Family = Field("any", description="Which addresses to use.")
    places: Places | None = Field(
        None, description="The sites that probe it; none: its service's, or else the collector alone."
    )

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where a probe goes to."""
        url = getattr(self, "url", None)
        return (_host(url) if url else getattr(self, "host", "") or getattr(self, "server", ""),)

    @property
    def connects_to(self) -> tuple[str, ...]:
        """The hosts to which a probe opens its connections."""
        proxy = getattr(self, "proxy", None)
        return (_host(proxy),) if proxy else self.hosts


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


class TlsTerms(Strict):
    """How the other side's certificate is judged, and how we show ours."""

    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")
    client_certificate: FilePath | None = Field(None, description="Ours (PEM), if the supplier asks for one.")
    client_key: FilePath | None = Field(None, description="Its key, if it is not in the same file.")
    min_tls_version: TlsVersion = Field("TLSv1.2", description="Older versions are refused.")
    certificate_days_left: Whole | None = Field(
        None, ge=0, description="DEGRADED when a certificate of the chain expires sooner."
    )

    @property
    def shows_certificate(self) -> bool:
        """Whether a probe sees one."""
        return True


class HttpEndpoint(RequestTerms, TlsTerms, NetworkTerms, EndpointTerms):
    """An HTTP or HTTPS request."""

    has_first_byte: ClassVar[bool] = True
    kind: Literal["http"] = Field(description="Makes it this kind.")
    url: Url = Field(description="The address, without any user name or password.")
    method: Literal["GET", "HEAD", "POST", "PUT", "OPTIONS"] = Field("GET", description="The method.")
    headers: Headers = Field(
        default_factory=dict, description="A credential must be a reference, and nothing beside it."
    )
    body: str | None = Field(None, description="Sent as UTF-8.")
    proxy: ProxyUrl | None = Field(None, description="Through which to probe.")
    connection: Literal["fresh", "reuse"] = Field(
        "fresh", description="fresh: a connection for each probe, what a user would meet; reuse: keep it open."
    )

    @property
    def shows_certificate(self) -> bool:
        return self.url.startswith("https:")

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        problems = list(credential_problems(self, self.headers))
        if problems:
            raise Misplaced(problems)
        return self


class TcpEndpoint(NetworkTerms, EndpointTerms):
    """A TCP connection, with an optional line to send and a pattern to wait for."""

    kind: Literal["tcp"] = Field(description="Makes it this kind.")
    host: Host = Field(description="Name or IP address.")
    port: Port = Field(description="The port.")
    send: str | None = Field(None, description="Text to send once connected.")
    expect: Pattern | None = Field(None, description="Regular expression to find in the server's response.")


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
        problems: list[RuleProblem] = []
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

    has_response_time: ClassVar[bool] = False
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


def _base(value: str) -> str:
    if "?" in value or "#" in value:
        raise ValueError("must end with its path (write for example https://portal.example/app)")
    return value.rstrip("/")


class JourneyEndpoint(TlsTerms, NetworkTerms, EndpointTerms):
    """Some HTTP requests one after the other, as somebody who uses the service makes them: a test transaction.

    Cookies and connections last as long as one journey. `timeout` is one deadline over all steps.
    """

    has_first_byte: ClassVar[bool] = True
    kind: Literal["journey"] = Field(description="Makes it this kind.")
    base: Annotated[Url, AfterValidator(_base)] | None = Field(
        None, description="What stands before each address that begins with /."
    )
    proxy: ProxyUrl | None = Field(None, description="Through which to probe.")
    steps: tuple[JourneyStep, ...] = Field(min_length=1, max_length=MOST_STEPS, description="The requests, in order.")

    def address_of(self, step: JourneyStep) -> Template:
        """The whole address of a step."""
        return step.url.after(self.base or "") if step.url.beginning.startswith("/") else step.url

    @property
    def hosts(self) -> tuple[str, ...]:
        addresses = (self.address_of(step).filled(lambda _: "x") for step in self.steps)
        return tuple(dict.fromkeys(map(_host, addresses)))

    @property
    def shows_certificate(self) -> bool:
        return any(self.address_of(step).beginning.startswith("https:") for step in self.steps)

    @model_validator(mode="after")
    def _walks(self) -> Self:
        problems = list(step_problems(self.steps, self.base is not None))
        if problems:
            raise Misplaced(problems)
        return self


Endpoint = Annotated[
    HttpEndpoint | TcpEndpoint | DnsEndpoint | TlsEndpoint | HeartbeatEndpoint | JourneyEndpoint,
    Field(discriminator="kind"),
]
"""One thing that is probed."""

_ENDPOINT: TypeAdapter[Endpoint] = TypeAdapter(Endpoint)


def endpoint_of(terms: dict[str, Any]) -> Endpoint:
    """An endpoint from what `spelled` made of it. Raises pydantic's ValidationError, a ValueError."""
    return _ENDPOINT.validate_python(terms)
