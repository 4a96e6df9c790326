"""What an HTTP endpoint may ask for and expect: the answer, credentials, redirects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from sla_monitor.contract.fields import Name, Strict, Whole, YesNo
from sla_monitor.contract.network import Host, JsonPath, Pattern, StatusRange, each_once
from sla_monitor.contract.secret import Secret


class JsonCondition(Strict):
    """One condition on a JSON answer: the path finds something, and all of it satisfies exactly one of the others."""

    path: JsonPath = Field(description="A JSONPath (RFC 9535), for example $.status")
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
    """What a good answer looks like; every line must hold."""

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


def doubled_credentials(
    basic_auth: BasicAuth | None, bearer_token: Secret | None, headers: Mapping[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What would fill the header `Authorization` a second time: where, and what is wrong with it."""
    places: list[tuple[str, ...]] = [("basic_auth",)] if basic_auth is not None else []
    places += [("bearer_token",)] if bearer_token is not None else []
    places += [("headers", name) for name in headers if name.lower() == "authorization"]
    for place in places[1:]:
        yield place, f"is sent in the same header as {'.'.join(places[0])} (leave one of them out)"
