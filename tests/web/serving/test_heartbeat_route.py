"""Heartbeats over real sockets, and the limits behind them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.sla.jobs import ReportKind
from sla_monitor.web import Limits, Web
from sla_monitor.web.serving.heartbeat_route import REMEMBERED, Limit
from sla_monitor.web.serving.routes import REPORT_BYTES
from tests.support.waiting import wait_until
from tests.web.running import Answer, Parts, ask, connect, raw, serving

TOKEN = "right-token-0123456789"
ENDPOINT = "partnership/nightly-extract"
PATH = f"/heartbeat/{ENDPOINT}"
FEW = Limits(beats_per_minute=3, failures_per_minute=3)


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    (tmp_path / "short").write_text("short\n")
    references = {
        ENDPOINT: SecretReference("file", str(tmp_path / "token")),
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
    assert parts.reports == [(ENDPOINT, ReportKind.DONE, "")]


@pytest.mark.parametrize(("suffix", "kind"), [("", "done"), ("/start", "start"), ("/fail", "fail")])
def test_a_job_reports_its_start_its_end_and_its_failure(web: Web, parts: Parts, suffix: str, kind: str) -> None:
    assert beat(web, path=PATH + suffix, body=b"42 records").status == 204
    assert parts.reports == [(ENDPOINT, ReportKind(kind), "42 records")]


@pytest.mark.parametrize("suffix", ["/", "/done", "/START", "/start/", "/fail/1", "/start/fail", "/%73tart/x"])
def test_there_is_nothing_else_to_report(web: Web, parts: Parts, suffix: str) -> None:
    assert beat(web, path=PATH + suffix).status == 404
    assert parts.reports == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"x" * 65_536, "x" * REPORT_BYTES),
        (b"a=b&c=%ff", "a=b&c=%ff"),
        (b'{"status": "down"}', '{"status": "down"}'),
        (b"\xff\x00caf\xc3\xa9", "\N{REPLACEMENT CHARACTER}\0caf\xe9"),
        (b"x" * (REPORT_BYTES - 1) + "\xe9".encode(), "x" * (REPORT_BYTES - 1) + "\N{REPLACEMENT CHARACTER}"),
        (f"curl -H 'Authorization: Bearer {TOKEN}'".encode(), "curl -H 'Authorization: Bearer ***'"),
    ],
)
def test_the_body_is_a_text_whose_beginning_is_kept_and_never_the_token(
    web: Web, parts: Parts, body: bytes, text: str
) -> None:
    assert beat(web, body=body).status == 204
    assert parts.reports == [(ENDPOINT, ReportKind.DONE, text)]


def test_a_body_in_chunks_is_one_text(web: Web, parts: Parts) -> None:
    head = f"POST {PATH}/fail HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n"
    body = "Transfer-Encoding: chunked\r\n\r\n3\r\ndis\r\n6\r\nk full\r\n0\r\n\r\n"
    assert raw(web, f"{head}{body}".encode()).startswith(b"HTTP/1.1 204 ")
    assert parts.reports == [(ENDPOINT, ReportKind.FAIL, "disk full")]


@pytest.mark.parametrize("committed", [False, None])
def test_what_is_not_on_disk_in_time_is_not_acknowledged(parts: Parts, committed: bool | None) -> None:
    """False: it is given up; None: the disk takes nothing."""
    parts.committed = committed
    with serving(parts, limits=Limits(commit_s=0.05)) as web:
        answer = beat(web)
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert "post it again" in answer.body


def test_a_report_that_waits_for_the_disk_holds_up_nobody(parts: Parts) -> None:
    parts.committed = None
    with serving(parts, limits=Limits(commit_s=60)) as web, connect(web) as waiting:
        waiting.sendall(f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        wait_until(lambda: bool(parts.reports))
        parts.committed = True
        assert beat(web).status == 204
        assert ask(web, "/-/healthy").status == 200


def test_a_body_over_64_kilobytes_is_refused(web: Web, parts: Parts) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 65537\r\n\r\n"
    assert raw(web, head.encode()).startswith(b"HTTP/1.1 400 ")
    assert parts.reports == []


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
    assert parts.reports == []


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
    assert parts.reports == []
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
    assert len(parts.reports) == 3


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
