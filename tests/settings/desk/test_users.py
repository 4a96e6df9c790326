"""The desk's people in the settings: what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sla_monitor.contract.reading.explain import explained
from sla_monitor.settings.desk.users import DeskSettings, TrustedProxy

ANN = {"name": "ann", "password": "${env:ANN}", "roles": [{"role": "viewer"}]}
OPENID = {"issuer": "https://id.example", "client_id": "sla"}


def user(**more: Any) -> dict[str, Any]:
    return {**ANN, **more}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"users": [ANN, user(name="Ann")]}, "is that of ann, too"),
        ({"users": [ANN], "tokens": [{"name": "ann", "sha256": "0" * 64, "roles": ANN["roles"]}]}, "is that of ann"),
        (
            {"tokens": [{"name": name, "sha256": "0" * 64, "roles": ANN["roles"]} for name in ("one", "two")]},
            "is that of one, too",
        ),
        ({"users": [user(password=None)]}, "cannot sign in"),
        ({"users": [user(openid="x")]}, "has no use without desk.openid"),
        ({"users": [user(proxy="x")]}, "has no use without desk.proxy"),
        ({"users": [ANN], "openid": OPENID}, "needs desk.address"),
        ({"users": [user(password="$2b$04$abcdefghijklmnopqrstuv")]}, "secrets are never written here"),
        ({"users": [user(roles=[])]}, "at least 1"),
        ({"users": [user(roles=[{"role": "king"}])]}, "viewer"),
        ({"users": [user(roles=[{"role": "participant"}])]}, "needs participant"),
        ({"users": [user(roles=[{"role": "viewer", "participant": "a"}])]}, "belongs to the role participant"),
        (
            {"users": [user(roles=[{"role": "participant", "participant": "a", "contracts": ["b"]}])]},
            "sees its services in all contracts",
        ),
        ({"address": "http://sla.example"}, "must be the address that browsers use"),
        ({"address": "https://sla.example/path"}, "must be the address that browsers use"),
        ({"address": "https://sla.example", "openid": {**OPENID, "issuer": "http://id.example"}}, "https address"),
        ({"proxy": {"from": []}}, "at least 1"),
        ({"proxy": {"from": ["anywhere"]}}, "is no address and no network"),
        ({"proxy": {"from": ["10.0.0.1"], "header": "X: Y"}}, "name of a header"),
        ({"tokens": [{"name": "a", "sha256": "short", "roles": ANN["roles"]}]}, "pattern"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as refused:
        DeskSettings.model_validate(settings)
    several = [mistake for error in refused.value.errors() for mistake in explained(error, DeskSettings)]
    assert [mistake.message for mistake in several if mistake.message == "is not valid here"] == []


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://SLA.example:443/", "https://sla.example"),
        ("https://sla.example:", "https://sla.example"),
        ("https://sla.example:8443", "https://sla.example:8443"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:9810", "http://[::1]:9810"),
    ],
)
def test_the_address_is_as_browsers_name_it_with_a_form(written: str, origin: str) -> None:
    """With another one, no form would come from our own page."""
    assert DeskSettings.model_validate({"address": written}).address == origin


def test_a_proxy_is_known_by_its_address_alone() -> None:
    proxy = TrustedProxy.model_validate({"from": ["10.0.0.0/30", "::1"]})
    assert [proxy.is_from(one) for one in ("10.0.0.3", "::1", "10.0.0.4", "127.0.0.1", "", "unix:")] == [
        True, True, False, False, False, False,
    ]  # fmt: skip


def test_nobody_is_named_unless_somebody_is() -> None:
    assert not DeskSettings().is_used
    assert DeskSettings.model_validate({"users": [ANN]}).is_used
