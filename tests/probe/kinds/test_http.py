"""The http probe against real servers: good answers, expectations, phases, families."""

from __future__ import annotations

import gzip
import ssl
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.looking import probed, prober, timed
from tests.probe.servers import OK, Peer, answering, page, serving
from tests.support.ports import free_port


def ask(answer: bytes, **options: Any) -> tuple[Outcome, Reason | None, str]:
    with serving(answering(answer)) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/", **options)
    return found.outcome, found.reason, found.detail


def test_a_good_answer_is_up_with_its_phases() -> None:
    with serving(answering(OK)) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/")
    assert (found.outcome, found.reason, found.detail, found.evidence) == (Outcome.UP, None, "", b"")
    assert (found.status, found.body_bytes, found.address) == (200, 5, "127.0.0.1")
    phases = found.phases
    told = (phases.dns_us, phases.connect_us, phases.first_byte_us, phases.transfer_us)
    assert phases.tls_us is None
    assert all(phase is not None and 0 <= phase <= found.duration_us for phase in told)
    assert sum(phase or 0 for phase in told) <= found.duration_us


def test_https_is_verified_and_the_chain_s_expiry_is_told(server_tls: ssl.SSLContext, ca_file: Path) -> None:
    with serving(answering(OK), tls=server_tls) as server:
        found = probed("http", url=f"https://localhost:{server.port}/", ca_file=ca_file)
    assert found.outcome is Outcome.UP
    assert found.phases.tls_us is not None
    assert found.certificate_expires_at_s is not None


def test_the_request_is_what_the_terms_say() -> None:
    heard: list[bytes] = []
    with serving(answering(OK, heard)) as server:
        url = f"http://127.0.0.1:{server.port}/a/b?c=d%20e#part"
        probed("http", url=url, method="POST", body="ping=é", headers={"X-One": "1", "accept": "text/plain"})
    head, _, body = heard[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /a/b?c=d%20e HTTP/1.1"
    assert f"Host: 127.0.0.1:{server.port}" in lines
    assert "Content-Length: 7" in lines
    assert "X-One: 1" in lines
    assert [line for line in lines if line.lower().startswith("accept:")] == ["accept: text/plain"]
    assert "Connection: close" in lines
    assert body == "ping=é".encode()


def test_a_host_header_of_the_terms_replaces_ours() -> None:
    heard: list[bytes] = []
    with serving(answering(OK, heard)) as server:
        probed("http", url=f"http://127.0.0.1:{server.port}/", headers={"Host": "portal.example"})
    hosts = [line for line in heard[0].split(b"\r\n") if line.lower().startswith(b"host:")]
    assert hosts == [b"Host: portal.example"]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT"])
def test_other_methods(method: str) -> None:
    answer = page(b"", "200 OK") if method != "HEAD" else b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    assert ask(answer, method=method)[0] is Outcome.UP


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", id="no body at all"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nuntil the end", id="ended by the connection"),
        pytest.param(b"HTTP/1.0 200 OK\n\nold", id="HTTP/1.0 with bare newlines"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", id="no reason phrase"),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK, id="1xx first"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: t\r\n\r\n",
            id="chunks",
        ),
    ],
)
def test_answers_that_are_unusual_and_right(answer: bytes) -> None:
    def conduct(peer: Peer) -> None:
        peer.request()
        peer.send(answer)

    with serving(conduct) as server:
        assert probed("http", url=f"http://127.0.0.1:{server.port}/").outcome is Outcome.UP


def test_a_compressed_body_is_judged_decompressed() -> None:
    answer = page(gzip.compress(b"all systems go"), "200 OK", "Content-Encoding: gzip")
    assert ask(answer, expect={"body_contains": ["systems go"]})[0] is Outcome.UP


def test_an_unexpected_status_is_down_with_the_answer_as_evidence() -> None:
    with serving(answering(page(b"out of order", "503 Service Unavailable", "Retry-After: 9"))) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/")
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.STATUS_UNEXPECTED)
    assert (found.status, found.detail) == (503, "the status is 503, expected 200-299")
    assert found.evidence.startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 9")
    assert found.evidence.endswith(b"\r\n\r\nout of order")


def test_a_status_that_is_expected_is_up() -> None:
    assert ask(page(b"", "401 Unauthorized"), expect={"status": ["200-299", 401]})[0] is Outcome.UP


JSON = page(b'{"status": "ok", "queue": 7, "on": true, "parts": [{"up": 1}, {"up": 0}]}')


@pytest.mark.parametrize(
    ("answer", "expect", "words"),
    [
        (OK, {"headers": {"Content-Type": "^text/"}}, None),
        (OK, {"headers": {"content-type": "json"}}, "the header content-type does not match 'json': text/plain"),
        (OK, {"headers": {"X-Absent": "."}}, "there is no header X-Absent"),
        (OK, {"body_contains": ["hello"]}, None),
        (OK, {"body_contains": ["hello", "world"]}, "the body does not contain 'world'"),
        (OK, {"body_lacks": ["error"]}, None),
        (OK, {"body_lacks": ["ell"]}, "the body contains 'ell'"),
        (OK, {"body_matches": "^h.l+o$"}, None),
        (OK, {"body_matches": "^H"}, "the body does not match '^H'"),
        (OK, {"json": [{"path": "$.a", "exists": True}]}, "the body is not JSON"),
        (JSON, {"json": [{"path": "$.status", "equals": "ok"}, {"path": "$.queue", "at_most": 7}]}, None),
        (JSON, {"json": [{"path": "$.status", "equals": "good"}]}, '$.status is "ok", expected "good"'),
        (JSON, {"json": [{"path": "$.queue", "at_least": 8}]}, "$.queue is 7, expected at least 8"),
        (JSON, {"json": [{"path": "$.on", "at_least": 1}]}, "$.on is true, expected at least 1"),
        (JSON, {"json": [{"path": "$.on", "equals": 1}]}, "$.on is true, expected 1"),
        (JSON, {"json": [{"path": "$.on", "equals": True}]}, None),
        (JSON, {"json": [{"path": "$.status", "matches": "^o"}]}, None),
        (JSON, {"json": [{"path": "$.queue", "matches": "7"}]}, "$.queue is 7, expected matches 7"),
        (JSON, {"json": [{"path": "$.parts[*].up", "at_least": 1}]}, "$.parts[*].up is 0, expected at least 1"),
        (JSON, {"json": [{"path": "$.none", "equals": None}]}, "$.none is not there"),
        (JSON, {"json": [{"path": "$.none", "exists": False}]}, None),
        (JSON, {"json": [{"path": "$.status", "exists": False}]}, "$.status is there"),
        (JSON, {"json": [{"path": "$.parts", "equals": "x"}]}, '$.parts is a structure, expected "x"'),
        (JSON, {"json": [{"path": "$.parts[?@.up == 1]", "exists": True}]}, None),
        (JSON, {"json": [{"path": "$[?match(@, 'o')]", "exists": True}]}, "$[?match(@, 'o')] is not there"),
        (JSON, {"json": [{"path": "$[?search(@, 'o')]", "equals": "ok"}]}, None),
        (JSON, {"json": [{"path": "$[?search(@, '(?=o)')]", "exists": False}]}, None),
        (
            page(b'["' + b"a" * 100_000 + b'!"]'),
            {"json": [{"path": "$[?match(@, '(a+)+')]", "exists": False}]},
            None,
        ),
        (
            page(b'{"a":' * 500 + b"1" + b"}" * 500),
            {"json": [{"path": "$..b", "exists": False}]},
            "the answer costs more to judge than allowed: its JSON is nested too deeply",
        ),
        (
            page(b"[" * 50_000),
            {"json": [{"path": "$.a", "exists": True}]},
            "the answer costs more to judge than allowed: its JSON is nested too deeply",
        ),
    ],
)
def test_every_expectation_must_hold(answer: bytes, expect: dict[str, Any], words: str | None) -> None:
    outcome, _, detail = ask(answer, expect=expect)
    assert (outcome, detail) == ((Outcome.UP, "") if words is None else (Outcome.DOWN, words))


def test_a_body_that_is_no_utf_8_is_read_in_the_charset_it_names() -> None:
    latin = page("café".encode("latin-1"), "200 OK", 'Content-Type: text/html; charset="ISO-8859-1"')
    assert ask(latin, expect={"body_contains": ["café"]})[0] is Outcome.UP


def test_a_binary_greeting_is_no_byte_order_mark() -> None:
    """Telnet's negotiation begins with the bytes of UTF-16's mark."""
    with serving(lambda peer: peer.send(b"\xff\xfe\x01login:")) as server:
        assert probed("tcp", host="127.0.0.1", port=server.port, expect="login:").outcome is Outcome.UP


def test_a_pattern_that_would_hang_python_takes_no_time() -> None:
    body = b"a" * 100_000 + b"!"
    assert ask(page(body), expect={"body_matches": "^(a+)+$"})[1] is Reason.BODY_UNEXPECTED


def test_nothing_listens_there() -> None:
    found = probed("http", url=f"http://127.0.0.1:{free_port()}/")
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.CONNECTION_REFUSED)


def test_a_name_that_does_not_exist() -> None:
    found = probed("http", url=f"http://{'a' * 64}.invalid/")  # a label too long for any resolver to ask about
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.DNS_FAILED)


def test_ipv6_is_used_when_asked_for() -> None:
    with serving(answering(OK), host="::1") as server:
        assert probed("http", url=f"http://[::1]:{server.port}/", family="ipv6").address == "::1"
        refused = probed("http", url=f"http://[::1]:{server.port}/", family="ipv4")
    assert refused.reason is Reason.DNS_FAILED


def test_the_environment_s_proxies_and_passwords_are_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    heard: list[bytes] = []
    with serving(answering(OK, heard)) as server:
        found = probed("http", url=f"http://127.0.0.1:{server.port}/")
    assert found.outcome is Outcome.UP
    assert b"authorization" not in heard[0].lower()


def test_the_environment_s_trust_is_ignored(
    monkeypatch: pytest.MonkeyPatch, server_tls: ssl.SSLContext, ca_file: Path
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(ca_file))
    with serving(answering(OK), tls=server_tls) as server:
        found = probed("http", url=f"https://localhost:{server.port}/")
    assert found.reason is Reason.CERTIFICATE_INVALID


def test_cookies_are_not_carried_from_probe_to_probe() -> None:
    heard: list[bytes] = []
    with (
        serving(answering(page(b"", "200 OK", "Set-Cookie: a=b; Path=/"), heard)) as server,
        prober("http", url=f"http://127.0.0.1:{server.port}/", connection="reuse") as made,
    ):
        timed(made)
        timed(made)
    assert len(heard) == 2
    assert b"cookie" not in heard[1].lower()
