"""Who may sign in at the desk, and how: users with their roles, tokens for scripts, OpenID Connect, a trusted proxy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, model_validator

from sla_monitor.contract.fields import DurationMs, Identifier, Misplaced, Strict
from sla_monitor.contract.reading.secret import Secret
from sla_monitor.settings.desk.access_table import Role

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _origin(value: str) -> str:
    parts = urlsplit(value)
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_secure or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("must be the address that browsers use (write https://sla.example; http on localhost only)")
    # As browsers write it: they leave out the port that goes without saying.
    standard = ":443" if parts.scheme == "https" else ":80"
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(standard).removesuffix(':')}"


def _issuer(value: str) -> str:
    parts = urlsplit(value)
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_secure or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an https address without a query (write https://id.example)")
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value))
    except ValueError:
        raise ValueError(f"{value!r} is no address and no network (write 10.0.0.5 or 10.0.0.0/28)") from None


def _header(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", value):
        raise ValueError("must be the name of a header (write X-Forwarded-User)")
    return value


SiteOrigin = Annotated[
    str, AfterValidator(_origin), WithJsonSchema({"$comment": "origin", "type": "string", "pattern": "^https?://"})
]
IssuerUrl = Annotated[
    str, AfterValidator(_issuer), WithJsonSchema({"$comment": "URL", "type": "string", "pattern": "^https?://"})
]
Network = Annotated[
    str, AfterValidator(_network), WithJsonSchema({"$comment": "IP address or network", "type": "string"})
]
ProxyHeader = Annotated[str, AfterValidator(_header), WithJsonSchema({"$comment": "header name", "type": "string"})]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class RoleGrant(Strict):
    """A role, and for which contracts."""

    role: Role = Field(description="What somebody is to the contracts.")
    contracts: tuple[Identifier, ...] | None = Field(
        None, min_length=1, description="The ids of the contracts; left out: all of them."
    )
    participant: Identifier | None = Field(None, description="Of the role participant: which one, by its id.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        is_participant = self.role is Role.PARTICIPANT
        if is_participant and self.participant is None:
            raise Misplaced([(("role",), "needs participant (write the participant's id in the contracts)")])
        if not is_participant and self.participant is not None:
            raise Misplaced([(("participant",), "belongs to the role participant (leave it out)")])
        if is_participant and self.contracts is not None:
            raise Misplaced([(("contracts",), "a participant sees its services in all contracts (leave it out)")])
        return self


Grants = Annotated[tuple[RoleGrant, ...], Field(min_length=1)]


class DeskUser(Strict):
    """One person. Each way of signing in that is named is open to them."""

    name: Identifier = Field(description="By which entries name them, and what they type to sign in; never reused.")
    display: Text | None = Field(None, description="The name that pages show.")
    password: Secret | None = Field(
        None, description="The bcrypt hash of the password, which `sla-monitor desk password` makes."
    )
    openid: Text | None = Field(None, description="Who they are to the OpenID provider: what its claim says.")
    proxy: Text | None = Field(None, description="Who they are to the trusted proxy: what its header says.")
    roles: Grants = Field(description="What they may do.")


class DeskToken(Strict):
    """A script that asks with `Authorization: Bearer TOKEN`."""

    name: Identifier = Field(description="By which entries name it.")
    sha256: Sha256 = Field(description="The digest of the token, which `sla-monitor desk token` makes.")
    roles: Grants = Field(description="What it may do.")


class OpenIdProvider(Strict):
    """An OpenID Connect provider: authorisation code flow with PKCE."""

    issuer: IssuerUrl = Field(description="Its address, below which /.well-known/openid-configuration is.")
    client_id: Text = Field(description="What it calls this monitor.")
    client_secret: Secret | None = Field(None, description="The secret that it gave; left out: a public client.")
    claim: Literal["sub", "email"] = Field(
        "sub", description="Which claim `openid` of users is compared with; an e-mail address must be verified."
    )


class TrustedProxy(Strict):
    """A proxy that signs people in and says who they are in a header."""

    header: ProxyHeader = Field("X-Forwarded-User", description="The header; the proxy must drop it from requests.")
    from_: tuple[Network, ...] = Field(
        alias="from", min_length=1, description="The addresses of the proxy; the header counts from nowhere else."
    )

    def is_from(self, address: str) -> bool:
        """Whether an address is the proxy's."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in ipaddress.ip_network(network) for network in self.from_)


class DeskSettings(Strict):
    """Who is who. Without users and tokens the pages are as open as `web_config` says, and nobody enters anything."""

    address: SiteOrigin | None = Field(None, description="The address that browsers use: https://sla.example.")
    users: tuple[DeskUser, ...] = Field((), description="The people.")
    tokens: tuple[DeskToken, ...] = Field((), description="The scripts.")
    openid: OpenIdProvider | None = Field(None, description="Who signs people in elsewhere.")
    proxy: TrustedProxy | None = Field(None, description="A proxy in front that signs people in.")
    idle_ms: DurationMs = Field(1_800_000, alias="idle", description="A session ends when it is not used for so long.")
    longest_ms: DurationMs = Field(43_200_000, alias="longest", description="A session ends after so long.")
    fresh_ms: DurationMs = Field(
        600_000, alias="fresh", description="Who decides or signs has shown who they are within so long."
    )

    @property
    def is_used(self) -> bool:
        """Whether anybody is named: then nobody else comes in."""
        return bool(self.users or self.tokens)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = [*self._repeated(), *self._without_way()]
        if self.openid is not None and self.address is None:
            problems.append((("openid",), "needs desk.address, to which the provider sends people back"))
        if problems:
            raise Misplaced(problems)
        return self

    def _repeated(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """People who could be taken for each other."""
        seen: dict[tuple[str, str | None], str] = {}
        known: list[tuple[tuple[str, int], str, dict[str, str | None]]] = [
            (("users", place), user.name, {"name": user.name.casefold(), "openid": user.openid, "proxy": user.proxy})
            for place, user in enumerate(self.users)
        ]
        known += [
            (("tokens", place), one.name, {"name": one.name.casefold(), "sha256": one.sha256})
            for place, one in enumerate(self.tokens)
        ]
        for path, name, keys in known:
            for field, value in keys.items():
                if value and (field, value) in seen:
                    yield (*path, field), f"is that of {seen[field, value]}, too (each has their own)"
                seen.setdefault((field, value), name)

    def _without_way(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        for place, user in enumerate(self.users):
            if user.openid is not None and self.openid is None:
                yield ("users", place, "openid"), "has no use without desk.openid (name the provider)"
            if user.proxy is not None and self.proxy is None:
                yield ("users", place, "proxy"), "has no use without desk.proxy (name the proxy)"
            if not (user.password or user.openid or user.proxy):
                yield ("users", place, "name"), "cannot sign in (give a password, openid or proxy)"
