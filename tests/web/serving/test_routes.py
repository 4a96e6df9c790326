"""Every route, over real sockets."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import pytest

from sla_monitor.web import Health, Web
from tests.web.running import Parts, ask, raw, serving


@pytest.fixture
def parts() -> Parts:
    return Parts()


@pytest.fixture
def web(parts: Parts) -> Iterator[Web]:
    with serving(parts) as web:
        yield web


ROUTES = {"/": "GET, HEAD", "/metrics": "GET, HEAD", "/-/healthy": "GET, HEAD", "/-/ready": "GET, HEAD"}


@pytest.mark.parametrize("path", ROUTES)
def test_a_head_is_the_get_without_its_body(web: Web, path: str) -> None:
    got, head = ask(web, path), ask(web, path, "HEAD")
    assert (got.status, head.status, head.body) == (200, 200, "")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/nowhere", 404), ("/", 405)])
def test_a_connection_is_kept_unless_an_answer_says_otherwise(web: Web, path: str, status: int) -> None:
    """A program asks twice over one connection; `http.client` connects anew where it is told to."""
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=20)
    for _ in range(2):
        connection.request("PATCH" if status == 405 else "GET", path)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, answer.headers["Connection"]) == (status, None if status == 200 else "close")
    connection.close()


def test_metrics_come_with_their_content_type(web: Web, parts: Parts) -> None:
    answer = ask(web, "/metrics", headers={"Accept": "application/openmetrics-text"})
    assert answer.body == parts.metrics_body.decode()
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_ready_is_503_with_every_reason(web: Web, parts: Parts) -> None:
    parts.state = Health(False, ["ledger locked", "no poll yet"])
    answer = ask(web, "/-/ready")
    assert (answer.status, answer.body) == (503, "not ready\nledger locked\nno poll yet\n")
    assert ask(web, "/-/healthy").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_reload_says_that_it_happened(web: Web, parts: Parts, method: str) -> None:
    answer = ask(web, "/-/reload", method)
    assert (answer.status, answer.body, parts.reloads) == (200, "reloaded\n", 1)


def test_a_reload_that_failed_names_its_problems(web: Web, parts: Parts) -> None:
    parts.problems = ["a.yaml:1:1: id: missing", "b.yaml:2:1: x: unknown"]
    answer = ask(web, "/-/reload", "POST")
    assert (answer.status, answer.body) == (500, "a.yaml:1:1: id: missing\nb.yaml:2:1: x: unknown\n")


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        *((path, "POST", allow) for path, allow in ROUTES.items()),
        ("/", "DELETE", "GET, HEAD"),
        ("/metrics", "TRACE", "GET, HEAD"),
        ("/metrics", "BREW", "GET, HEAD"),
        ("/-/reload", "GET", "POST, PUT"),
        ("/heartbeat/a/b", "GET", "POST"),
        ("/heartbeat/a/b", "PUT", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(web: Web, path: str, method: str, allow: str) -> None:
    answer = ask(web, path, method)
    assert (answer.status, answer.headers["allow"]) == (405, allow)


@pytest.mark.parametrize("path", ["/nothing", "/metrics/", "/-/quit", "/heartbeat/a", "/heartbeat/a/b/c", "/..%2f"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_everything_else_is_not_there(web: Web, path: str, method: str) -> None:
    answer = ask(web, path, method)
    assert (answer.status, answer.body) == (404, "not found\n")


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/ready", "/nothing", "/-/reload"])
def test_every_answer_carries_the_security_headers_and_no_version(web: Web, path: str) -> None:
    headers = ask(web, path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["server"] == "sla-monitor"


def test_an_error_of_ours_is_a_500_without_a_traceback(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> list[str]:
        raise RuntimeError("secret detail")

    parts.reload = broken  # type: ignore[method-assign]
    with serving(parts) as web:
        answer = ask(web, "/-/reload", "POST")
        assert (answer.status, answer.body) == (500, "internal server error\n")
        assert ask(web, "/-/healthy").status == 200
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_cannot_make_the_browser_reload_us(web: Web, parts: Parts, headers: dict[str, str]) -> None:
    assert ask(web, "/-/reload", "POST", headers=headers).status == 403
    assert parts.reloads == 0


def test_a_reload_from_our_own_origin_is_taken(web: Web, parts: Parts) -> None:
    own = {"Origin": f"http://127.0.0.1:{web.port}", "Sec-Fetch-Site": "same-origin"}
    assert ask(web, "/-/reload", "POST", headers=own).status == 200
    assert parts.reloads == 1


@pytest.mark.parametrize("host", ["evil.example", "evil.example:9810", "10.0.0.1", "127.0.0.1.evil.example"])
@pytest.mark.parametrize("path", ["/", "/metrics", "/-/reload", "/heartbeat/a/b"])
def test_a_name_rebound_to_loopback_is_refused(web: Web, host: str, path: str) -> None:
    assert ask(web, path, "POST", headers={"Host": host}).status == 403


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:9810", "[::1]:9810", "[::1]", "127.8.8.8"])
def test_every_name_of_loopback_will_do(web: Web, host: str) -> None:
    assert ask(web, "/-/healthy", headers={"Host": host}).status == 200


def test_pipelined_requests_are_answered_in_order(web: Web) -> None:
    first = b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answers = raw(web, first * 3 + last)
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert answers.index(b"HTTP/1.1 404") > answers.rindex(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 40 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
        b"GET /%ff?refresh=%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"POST /-/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["tls hello", "version", "two lengths", "NUL", "not UTF-8", "negative length"],
)
def test_junk_ends_its_own_connection_only(
    web: Web, parts: Parts, junk: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    answer = raw(web, junk)
    assert not answer or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
    assert ask(web, "/-/healthy").status == 200
    assert parts.reloads == 0
    assert caplog.text == ""
