"""Heartbeats over real sockets, and the limits behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.contract.secret import SecretReference
from sla_monitor.web import Limits, Web
from sla_monitor.web.heartbeat import REMEMBERED, Limit
from tests.web.running import Answer, Parts, ask, raw, serving

TOKEN = "right-token-0123456789"
PATH = "/heartbeat/partnership/nightly-extract"
FEW = Limits(beats_per_minute=3, failures_per_minute=3)


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "short").write_text("short\n")
    references = {
        "partnership/nightly-extract": SecretReference("file", str(tmp_path / "token")),
        "partnership/short": SecretReference("file", str(tmp_path / "short")),
        "partnership/lost": SecretReference("file", str(tmp_path / "nowhere")),
    }
    return Parts(references=references)


@pytest.fixture
def web(parts: Parts) -> Iterator[Web]:
    with serving(parts, limits=FEW) as web:
        yield web


def beat(web: Web, authorization: str = f"Bearer {TOKEN}", path: str = PATH, body: bytes = b"") -> Answer:
    return ask(web, path, "POST", headers={"Authorization": authorization} if authorization else {}, body=body)


def test_the_right_token_is_taken_in(web: Web, parts: Parts) -> None:
    answer = beat(web)
    assert (answer.status, answer.body) == (204, "")
    assert parts.beats == ["partnership/nightly-extract"]


@pytest.mark.parametrize("body", [b"", b"x" * 65_536, b"a=b&c=%ff", b'{"status": "down"}'])
def test_the_body_is_ignored(web: Web, parts: Parts, body: bytes) -> None:
    assert beat(web, body=body).status == 204
    assert parts.beats == ["partnership/nightly-extract"]


def test_a_body_over_64_kilobytes_is_refused(web: Web, parts: Parts) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 65537\r\n\r\n"
    assert raw(web, head.encode()).startswith(b"HTTP/1.1 400 ")
    assert parts.beats == []


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer caf\xe9",
    ],
)
def test_anything_else_is_unauthorised(web: Web, parts: Parts, authorization: str) -> None:
    answer = beat(web, authorization)
    assert (answer.status, answer.headers["www-authenticate"]) == (401, 'Bearer realm="heartbeat"')
    assert parts.beats == []


def test_an_unknown_endpoint_cannot_be_told_from_a_wrong_token(web: Web) -> None:
    wrong = beat(web, "Bearer wrong-token-0123456789")
    unknown = beat(web, path="/heartbeat/partnership/nothing")
    ignored = {"date"}
    assert (wrong.status, wrong.body) == (unknown.status, unknown.body)
    assert {k: v for k, v in wrong.headers.items() if k not in ignored} == {
        k: v for k, v in unknown.headers.items() if k not in ignored
    }


def test_without_any_heartbeat_endpoint_nobody_gets_in(parts: Parts) -> None:
    parts.references = {}
    with serving(parts) as web:
        assert beat(web, "Bearer ").status == 401
        assert beat(web, "").status == 401


@pytest.mark.parametrize(("name", "token"), [("short", "short"), ("lost", "")])
def test_a_token_that_is_no_token_lets_nobody_in_and_the_log_says_so(
    web: Web, parts: Parts, caplog: pytest.LogCaptureFixture, name: str, token: str
) -> None:
    assert beat(web, f"Bearer {token}", f"/heartbeat/partnership/{name}").status == 401
    assert parts.beats == []
    assert "token" in caplog.text
    assert "Bearer" not in caplog.text


def test_a_rotated_token_holds_at_once(web: Web, parts: Parts, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("another-token-0123456789")
    assert beat(web).status == 401
    assert beat(web, "Bearer another-token-0123456789").status == 204


def test_too_many_beats_are_told_when_to_come_back(web: Web, parts: Parts) -> None:
    answers = [beat(web) for _ in range(4)]
    assert [answer.status for answer in answers] == [204, 204, 204, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert len(parts.beats) == 3


def test_a_client_that_fails_too_often_is_told_to_come_back(web: Web) -> None:
    answers = [beat(web, "Bearer wrong") for _ in range(4)]
    assert [answer.status for answer in answers] == [401, 401, 401, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60


def test_the_right_token_gets_in_whatever_others_behind_the_same_address_do(web: Web, parts: Parts) -> None:
    for _ in range(6):
        beat(web, "Bearer wrong")
    assert beat(web).status == 204


def test_a_limit_begins_anew_after_a_minute() -> None:
    limit = Limit(2)
    assert [limit.take("a", at) for at in (0, 10, 20, 59.5, 60, 61, 62)] == [0, 0, 40, 1, 0, 0, 58]


def test_a_limit_keeps_its_keys_apart_and_forgets_the_oldest() -> None:
    limit = Limit(1)
    assert [limit.take(key, 0) for key in ("a", "b", "a")] == [0, 0, 60]
    for number in range(REMEMBERED):
        limit.take(str(number), 1)
    assert limit.take("a", 2) == 0
