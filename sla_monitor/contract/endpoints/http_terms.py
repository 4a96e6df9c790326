"""HTTP terms: credentials, redirects, and the expectations of the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from sla_monitor.contract.endpoints.network import Host, JsonPath, Pattern, StatusRange, each_once
from sla_monitor.contract.fields import Name, Strict, Whole, YesNo
from sla_monitor.contract.reading.secret import Secret
from sla_monitor.contract.rules.plain_values import RuleProblem


class JsonCondition(Strict):
    """One condition on a JSON answer: the path finds something, and all of it satisfies exactly one of the others."""

    path: JsonPath = Field(
        description="A JSONPath (RFC 9535), for example $.status. Of several values that it finds, every one must"
        " satisfy the condition."
    )
    equals: str | Whole | YesNo | None = Field(None, description="The value is this one.")
    matches: Pattern | None = Field(None, description="A pattern is found in the text.")
    at_least: Whole | None = Field(None, description="The number is not smaller.")
    at_most: Whole | None = Field(None, description="The number is not greater.")
    exists: YesNo | None = Field(None, description="There is such a value, or (false) there is none.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        chosen = sorted(self.model_fields_set - {"path"})
        if len(chosen) != 1:
            given = f" (these are given: {', '.join(chosen)})" if chosen else ""
            raise ValueError(f"must say exactly one of equals, matches, at_least, at_most, exists{given}")
        return self


ExpectedHeaders = Annotated[dict[str, Pattern], AfterValidator(each_once)]


class HttpExpectations(Strict):
    """Expectations of the response; all must hold."""

    status: tuple[StatusRange, ...] = Field(
        ((200, 299),), min_length=1, description="Statuses and ranges of statuses, one of which must be the answer's."
    )
    headers: ExpectedHeaders = Field(default_factory=dict, description="Header name: regular expression.")
    body_contains: tuple[str, ...] = Field((), description="Texts that must all be there.")
    body_lacks: tuple[str, ...] = Field((), description="Texts none of which may be there.")
    body_matches: Pattern | None = Field(None, description="A pattern that must be found.")
    json_path: tuple[JsonCondition, ...] = Field((), alias="json", description="Conditions on a JSON answer.")


class BasicAuth(Strict):
    """RFC 7617."""

    username: Name = Field(description="The user name.")
    password: Secret = Field(description="The password, by reference.")


class Redirects(Strict):
    """Never to another scheme or host unless allowed here."""

    follow: Whole = Field(0, ge=0, le=20, description="How many at most; 0 shows the redirect itself as the answer.")
    other_hosts: tuple[Host, ...] = Field((), description="Hosts that a redirect may lead to.")
    to_https: YesNo = Field(True, description="http may lead to https of the same host; never the other way.")


class RequestTerms(Strict):
    """What every request has besides its address and what is sent with it."""

    basic_auth: BasicAuth | None = Field(None, description="User name and password.")
    bearer_token: Secret | None = Field(None, description="Sent as `Authorization: Bearer`.")
    redirects: Redirects = Field(Redirects(), description="Whether to follow them.")
    body_limit_bytes: Whole = Field(1_048_576, ge=1024, le=67_108_864, description="Before and after decompression.")
    expect: HttpExpectations = Field(HttpExpectations(), description="Expectations of the response.")


def credential_problems(terms: RequestTerms, headers: Iterable[str]) -> Iterator[RuleProblem]:
    """Credentials of which only one could be sent."""
    given = [key for key in ("basic_auth", "bearer_token") if getattr(terms, key) is not None]
    named: list[tuple[str, ...]] = [(key,) for key in given]
    named += [("headers", name) for name in headers if name.lower() == "authorization"]
    for path in named[1:]:
        yield path, f"is a second credential, beside {'.'.join(named[0])} (write one of them)"
