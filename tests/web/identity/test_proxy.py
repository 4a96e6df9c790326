"""A trusted proxy's word counts from its own address, and from nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.ledger.recording.audit import newest_deeds
from tests.web.desk.house import Browser, House, furnished, hashed

MINUTE = "/desk/contracts/small/enter/minute"
USERS = [{"name": "carl", "proxy": "carl@authority.example", "roles": [{"role": "contract_manager"}]}]
WITH_PASSWORD = {"name": "ann", "password": "${env:NOWHERE}", "roles": [{"role": "viewer"}]}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished(tmp_path_factory.mktemp("desk"), proxy={"from": ["127.0.0.2"]}, users=USERS, tokens=[]) as found:
        yield found


def asked(house: House, source: str, **sends: str) -> Browser:
    return Browser(house.web.port, {name.replace("_", "-"): text for name, text in sends.items()}, source=source)


def test_somebody_whom_the_proxy_names_is_signed_in_and_enters(house: House) -> None:
    carl = asked(house, "127.0.0.2", X_Forwarded_User="carl@authority.example")
    page = carl.get(MINUTE)
    assert page.status == 200
    assert carl.fill_in(page, MINUTE, month="2024-10", note="By proxy.").status == 303
    entry = house.entries()[-1]
    assert (entry.actor, entry.known_by) == ("carl", "proxy")
    assert carl.post(MINUTE, {"month": "2024-10", "note": "Forged."}).status == 403


@pytest.mark.parametrize(
    ("source", "sends"),
    [
        ("127.0.0.1", {"X_Forwarded_User": "carl@authority.example"}),
        ("127.0.0.3", {"X_Forwarded_User": "carl@authority.example", "X_Forwarded_For": "127.0.0.2"}),
        ("127.0.0.2", {}),
        ("127.0.0.2", {"X_Forwarded_User": ""}),
        ("127.0.0.2", {"X_Forwarded_User": "CARL@authority.example"}),
        ("127.0.0.2", {"X_Forwarded_User": "carl"}),
        ("127.0.0.2", {"X_Forwarded_User": "carl@authority.example, x"}),
        ("127.0.0.2", {"X_Forwarded_User": "x", "x_forwarded_user": "carl@authority.example"}),
    ],
)
def test_nobody_else_is(house: House, source: str, sends: dict[str, str]) -> None:
    assert asked(house, source, **sends).get("/desk").status == 303


def test_the_audit_has_the_address_behind_the_proxy_and_believes_nobody_else(tmp_path: Path) -> None:
    sends = {"X_Forwarded_User": "carl@authority.example", "X_Forwarded_For": "6.6.6.6, 198.51.100.7"}
    with furnished(tmp_path, proxy={"from": ["127.0.0.2"]}, users=[*USERS, WITH_PASSWORD], tokens=[]) as house:
        assert asked(house, "127.0.0.2", **sends).get("/reviews/small-2026-10/pack.json").status == 200
        assert asked(house, "127.0.0.1", X_Forwarded_For="6.6.6.6").sign_in("ann", "guess").status == 401
    deeds = {(one.event, one.actor, one.addresses) for one in newest_deeds(house.ledger, 100)}
    assert deeds == {("downloaded", "carl", "198.51.100.7"), ("sign-in-refused", "ann", "127.0.0.1")}


def test_who_signed_in_at_the_proxy_as_somebody_else_is_that_person(tmp_path: Path) -> None:
    (tmp_path / "ann").write_text(hashed())
    ann = {**WITH_PASSWORD, "password": f"${{file:{tmp_path / 'ann'}}}"}
    with furnished(tmp_path, proxy={"from": ["127.0.0.2"]}, users=[*USERS, ann], tokens=[]) as house:
        browser = Browser(house.web.port, source="127.0.0.2")
        assert browser.sign_in("ann").status == 303
        assert "Signed in as <bdi>ann</bdi>" in browser.get("/desk").text
        browser.sends["X-Forwarded-User"] = "carl@authority.example"
        assert "Signed in as <bdi>carl</bdi>" in browser.get("/desk").text


@pytest.mark.parametrize("named", ["stranger@authority.example", "x, carl@authority.example"])
def test_whom_the_proxy_names_and_nobody_knows_is_not_who_has_the_cookie(tmp_path: Path, named: str) -> None:
    (tmp_path / "ann").write_text(hashed())
    ann = {**WITH_PASSWORD, "password": f"${{file:{tmp_path / 'ann'}}}"}
    with furnished(tmp_path, proxy={"from": ["127.0.0.2"]}, users=[*USERS, ann], tokens=[]) as house:
        browser = Browser(house.web.port, source="127.0.0.2")
        assert browser.sign_in("ann").status == 303
        assert browser.get("/desk").status == 200
        browser.sends["X-Forwarded-User"] = named
        assert browser.get("/desk").status == 303
        # Who has an account here as well signs in with it, and is that person for as long as the proxy says the same.
        assert browser.sign_in("ann").status == 303
        assert "Signed in as <bdi>ann</bdi>" in browser.get("/desk").text
        browser.sends["X-Forwarded-User"] = ""
        assert browser.get("/desk").status == 303
