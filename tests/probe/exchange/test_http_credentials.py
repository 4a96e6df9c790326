"""Credentials: what is sent, what is hidden, and what happens without."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sla_monitor.sla.observation import Finding, Outcome, Reason
from tests.probe.conftest import SECRET, TOKEN
from tests.probe.looking import probed, prober, timed
from tests.probe.servers import OK, Peer, Server, answering, header, page, serving
from tests.support.ports import free_port


def through(first: Server, path: str = "/", **options: Any) -> Finding:
    return probed("http", url=f"http://127.0.0.1:{first.port}{path}", **options)


def test_a_bearer_token_is_sent() -> None:
    heard: list[bytes] = []
    with serving(answering(OK, heard)) as server:
        assert through(server, bearer_token=SECRET).outcome is Outcome.UP
    assert header(heard[0], b"Authorization") == f"Bearer {TOKEN}".encode()


def test_basic_credentials_are_sent_as_utf_8() -> None:
    heard: list[bytes] = []
    with serving(answering(OK, heard)) as server:
        through(server, basic_auth={"username": "josé", "password": SECRET})
    assert header(heard[0], b"Authorization") == b"Basic " + base64.b64encode(f"josé:{TOKEN}".encode())


def test_a_secret_header_is_sent_and_its_echo_is_hidden() -> None:
    def echo(peer: Peer) -> None:
        peer.send(page(b"you said: " + peer.request(), f"500 no {TOKEN}", f"X-Echo: {TOKEN}"))

    with serving(echo) as server:
        expect = {"status": [500], "headers": {"X-Echo": "^never$"}}
        found = through(server, headers={"X-Api-Key": SECRET}, expect=expect)
    assert found.reason is Reason.HEADER_UNEXPECTED
    assert TOKEN not in f"{found}"
    assert "***" in found.detail
    assert b"X-Api-Key: ***" in found.evidence


@pytest.mark.parametrize(
    ("name", "value"),
    [("Authorization", "Bearer {}"), ("X-Api-Key", "token  {}"), ("Cookie", "a=b; session={}; c=d")],
)
def test_the_part_of_a_secret_header_that_counts_is_hidden_too(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    token = "Zm9v-0123456789.bar"

    def echo(peer: Peer) -> None:
        peer.request()
        peer.send(page(f"there is no session {token}".encode(), "500 no", f"X-Echo: {token}"))

    monkeypatch.setenv("PROBE_HEADER", value.format(token))
    with serving(echo) as server:
        expect = {"status": [500], "headers": {"X-Echo": "^never$"}}
        found = through(server, headers={name: "${env:PROBE_HEADER}"}, expect=expect)
    assert token not in f"{found}"
    assert b"no session ***" in found.evidence


def test_basic_credentials_in_an_echo_are_hidden() -> None:
    def echo(peer: Peer) -> None:
        peer.send(page(peer.request(), "500 no"))

    with serving(echo) as server:
        found = through(server, basic_auth={"username": "somebody", "password": SECRET})
    assert base64.b64encode(f"somebody:{TOKEN}".encode()) not in found.evidence
    assert b"Basic ***" in found.evidence


@pytest.mark.parametrize(
    "options",
    [
        {"bearer_token": "${env:PROBE_NOTHING}"},
        {"headers": {"X-Key": "${file:/nowhere/at/all}"}},
        {"basic_auth": {"username": "a", "password": "${credential:none}"}},
    ],
)
def test_a_secret_that_is_not_there_is_unknown_and_named(options: dict[str, Any]) -> None:
    found = probed("http", url=f"http://127.0.0.1:{free_port()}/", **options)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.MONITOR_MISCONFIGURED)
    assert "${" in found.detail


def test_a_secret_that_arrives_later_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serving(answering(OK)) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/", bearer_token="${env:PROBE_LATER}") as made,
    ):
        assert timed(made).outcome is Outcome.UNKNOWN
        monkeypatch.setenv("PROBE_LATER", TOKEN)
        assert timed(made).outcome is Outcome.UP


def test_a_secret_that_cannot_stand_in_a_header_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_SECRET", f"{TOKEN}\r\nX-Injected: yes")
    found = probed("http", url=f"http://127.0.0.1:{free_port()}/", bearer_token=SECRET)
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.MONITOR_MISCONFIGURED)
    assert TOKEN not in found.detail
