"""The journey probe against real servers: what it asks, what it carries along, how it fails, what it hides."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from sla_monitor.probe import Finding
from sla_monitor.sla.observation import EVIDENCE_LIMIT, Outcome, Reason
from tests.probe.conftest import SECRET, TOKEN, server_context
from tests.probe.looking import probed, prober, timed
from tests.probe.servers import Conduct, Peer, Server, header, page, serving
from tests.support.ports import free_port

Answer = bytes | Callable[[Peer], None]
Asked = tuple[str, bytes, bytes]
"""`POST /path`, the head, the body."""


@dataclass
class Site:
    """Answers by path, on kept connections, and notes what was asked. What is not known is 404."""

    answers: dict[str, Answer]
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, peer: Peer) -> None:
        kept = b""
        while True:
            head, kept = self._until(peer, kept, b"\r\n\r\n")
            if not head:
                return
            length = int(header(head, b"Content-Length") or b"0")
            while len(kept) < length:
                kept += peer.sock.recv(65_536)
            body, kept = kept[:length], kept[length:]
            method, path, _ = head.decode("latin-1").split(" ", 2)
            self.asked.append((f"{method} {path}", head, body))
            answer = self.answers.get(path.partition("?")[0], page(b"", "404 Not Found"))
            if callable(answer):
                answer(peer)
                return
            peer.send(answer)

    @property
    def lines(self) -> list[str]:
        return [line for line, _, _ in self.asked]

    @staticmethod
    def _until(peer: Peer, data: bytes, end: bytes) -> tuple[bytes, bytes]:
        while end not in data:
            piece = peer.sock.recv(65_536)
            if not piece:
                return b"", b""
            data += piece
        head, _, rest = data.partition(end)
        return head + end, rest


def walk(site: Conduct, *steps: dict[str, Any], **options: Any) -> Finding:
    """One journey; steps without an id get a number."""
    with serving(site) as server:
        return through(server, *steps, **options)


def through(server: Server, *steps: dict[str, Any], scheme: str = "http", **options: Any) -> Finding:
    return probed("journey", **terms(server, *steps, scheme=scheme, **options))


def terms(server: Server, *steps: dict[str, Any], scheme: str = "http", **options: Any) -> dict[str, Any]:
    named = [{"id": f"s{number}", **step} for number, step in enumerate(steps, 1)]
    return {"base": f"{scheme}://127.0.0.1:{server.port}", "steps": named, **options}


def post(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "method": "POST", **more}


JSON = page(b'{"token": "a b/c&d", "n": 7, "on": true, "list": [{"id": "x1"}, {"id": "x2"}], "none": null}')
FIND = {"t": {"json": "$.token"}}


def test_a_whole_journey_is_up_with_its_steps_and_its_phases_as_sums() -> None:
    site = Site({"/in": JSON, "/search": page(b"found"), "/out": page(b"", "204 No Content")})
    found = walk(site, post("/in", capture=FIND), {"url": "/search?q=${t}", "name": "Search"}, {"url": "/out"})
    assert (found.outcome, found.reason, found.detail, found.evidence) == (Outcome.UP, None, "", b"")
    assert [(step.step, step.title, step.outcome, step.status) for step in found.steps] == [
        ("s1", "s1", Outcome.UP, 200),
        ("s2", "Search", Outcome.UP, 200),
        ("s3", "s3", Outcome.UP, 204),
    ]
    assert found.failed_step is None
    assert (found.status, found.body_bytes, found.address) == (204, 0, "127.0.0.1")
    first, *later = (step.phases for step in found.steps)
    assert first.connect_us is not None
    assert first.dns_us is not None
    assert all((phases.dns_us, phases.connect_us, phases.tls_us) == (None, None, None) for phases in later)
    for phase in ("dns", "connect", "tls", "first_byte", "transfer"):
        parts = [us for step in found.steps if (us := getattr(step.phases, f"{phase}_us")) is not None]
        assert getattr(found.phases, f"{phase}_us") == (sum(parts) if parts else None)
    assert sum(step.duration_us for step in found.steps) <= found.duration_us


def test_a_journey_has_one_connection_and_the_next_journey_another() -> None:
    site = Site({"/a": page(b""), "/b": page(b"")})
    with serving(site) as server, prober("journey", **terms(server, {"url": "/a"}, {"url": "/b"})) as made:
        assert timed(made).outcome is timed(made).outcome is Outcome.UP
        assert server.connections == 2
    assert site.lines == ["GET /a", "GET /b"] * 2
    assert header(site.asked[0][1], b"Connection") == b"keep-alive"


def test_a_value_is_spelled_as_its_place_needs_it() -> None:
    site = Site({"/in": JSON, "/a%20b%2Fc%26d": JSON})
    found = walk(
        site,
        {"url": "/in", "capture": FIND},
        post("/${t}?q=${t}&r=x", form={"a&b": "é ${t}", "c": "=$$"}, headers={"X-Token": "<${t}>"}),
        post("/in", json='{"k": "${t}\\n", "n": 1.50}'),
        post("/in", body="<t>${t}</t>", headers={"Content-Type": "text/xml"}),
    )
    assert found.outcome is Outcome.UP
    _, form, json, xml = site.asked
    assert form[0] == "POST /a%20b%2Fc%26d?q=a%20b%2Fc%26d&r=x"
    assert header(form[1], b"X-Token") == b"<a b/c&d>"
    assert header(form[1], b"Content-Type") == b"application/x-www-form-urlencoded"
    assert form[2] == b"a%26b=%C3%A9+a+b%2Fc%26d&c=%3D%24"
    assert header(json[1], b"Content-Type") == b"application/json"
    assert json[2] == b'{"k": "a b/c&d\\n", "n": 1.50}'
    assert header(xml[1], b"Content-Type") == b"text/xml"
    assert xml[2] == b"<t>a b/c&d</t>"


def test_json_stays_json_whatever_is_captured() -> None:
    site = Site({"/in": page(b'{"token": "\\"}, \\u00e9\\n\\\\"}')})
    found = walk(site, {"url": "/in", "capture": FIND}, post("/in", json='{"k": "${t}"}'))
    assert found.outcome is Outcome.UP
    assert site.asked[1][2] == b'{"k": "\\"}, \\u00e9\\n\\\\"}'


LOG_IN_PAGE = page(
    b'<form><input name="csrf" value="f00/ba"></form><p>\xe9',
    "200 OK", "Content-Type: text/html; charset=iso-8859-1", "X-Request: r-1", "Set-Cookie: sid=abc; Path=/",
)  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "capture", "value"),
    [
        (JSON, {"json": "$.token"}, "a b/c&d"),
        (JSON, {"json": "$.n"}, "7"),
        (JSON, {"json": "$.on"}, "true"),
        (JSON, {"json": "$.list[*].id"}, "x1"),
        (JSON, {"json": "$.list[?@.id == 'x2'].id"}, "x2"),
        (LOG_IN_PAGE, {"matches": 'name="csrf" value="([^"]*)"'}, "f00/ba"),
        (LOG_IN_PAGE, {"matches": "<p>(.)"}, "é"),
        (LOG_IN_PAGE, {"header": "x-request"}, "r-1"),
        (LOG_IN_PAGE, {"cookie": "sid"}, "abc"),
    ],
)
def test_every_way_to_capture(answer: bytes, capture: dict[str, str], value: str) -> None:
    site = Site({"/in": answer, "/echo": page(b"")})
    found = walk(site, {"url": "/in", "capture": {"v": capture}}, post("/echo", body="${v}"))
    assert (found.outcome, found.detail) == (Outcome.UP, "")
    assert site.asked[1][2] == value.encode()


@pytest.mark.parametrize(
    ("answer", "capture", "reason", "words"),
    [
        (JSON, {"json": "$.nothing"}, Reason.BODY_UNEXPECTED, "v cannot be captured: $.nothing is not there"),
        (JSON, {"json": "$.none"}, Reason.BODY_UNEXPECTED, "v cannot be captured: $.none is not there"),
        (JSON, {"json": "$.list"}, Reason.BODY_UNEXPECTED, "v cannot be captured: $.list is a structure"),
        (LOG_IN_PAGE, {"json": "$.a"}, Reason.BODY_UNEXPECTED, "v cannot be captured: the body is not JSON"),
        (
            page(b"[" * 5_000),
            {"json": "$.a"},
            Reason.TOO_COSTLY,
            "the answer costs more to judge than allowed: its JSON",
        ),
        (page(b'"\\ud800"'), {"json": "$"}, Reason.BODY_UNEXPECTED, "v cannot be captured: it is half a character"),
        (page(b'""'), {"json": "$"}, Reason.BODY_UNEXPECTED, "v cannot be captured: $ is empty"),
        (JSON, {"matches": "x=(y)"}, Reason.BODY_UNEXPECTED, "v cannot be captured: the body does not match 'x=(y)'"),
        (JSON, {"matches": "k(z*)e"}, Reason.BODY_UNEXPECTED, "v cannot be captured: what 'k(z*)e' matches is empty"),
        (JSON, {"header": "X-No"}, Reason.HEADER_UNEXPECTED, "v cannot be captured: the header X-No is not there"),
        (JSON, {"cookie": "sid"}, Reason.HEADER_UNEXPECTED, "v cannot be captured: the cookie sid is not there"),
    ],
)
def test_a_value_that_is_not_there_is_down_at_its_step(
    answer: bytes, capture: dict[str, str], reason: Reason, words: str
) -> None:
    site = Site({"/in": answer})
    found = walk(site, {"url": "/in", "capture": {"v": capture}}, post("/echo", body="${v}"))
    assert (found.outcome, found.reason) == (Outcome.DOWN, reason)
    assert found.detail.startswith(f"step 1 of 2, «s1»: {words}")
    assert site.lines == ["GET /in"]


def test_cookies_live_through_the_journey_and_no_longer() -> None:
    site = Site(
        {"/in": page(b"", "200 OK", "Set-Cookie: sid=1; Path=/", "Set-Cookie: x=2; Path=/deep"), "/b": page(b"")}
    )
    with serving(site) as server:
        steps = (
            {"url": "/in", "headers": {"Cookie": "${env:PROBE_SECRET}"}},
            {"url": "/b", "headers": {"Cookie": "m=0"}},
        )
        with prober("journey", **terms(server, *steps)) as made:
            assert timed(made).outcome is timed(made).outcome is Outcome.UP
    assert [header(head, b"Cookie") for _, head, _ in site.asked] == [TOKEN.encode(), b"m=0; sid=1"] * 2


def test_a_cookie_of_a_redirect_is_kept_and_can_be_captured() -> None:
    see = page(b"", "302 Found", "Location: /home", "Set-Cookie: XSRF-TOKEN=x1; Path=/")
    site = Site({"/in": see, "/home": page(b""), "/do": page(b"")})
    first = post("/in", form={"u": "me"}, redirects={"follow": 1}, capture={"x": {"cookie": "XSRF-TOKEN"}})
    found = walk(site, first, post("/do", headers={"X-XSRF-TOKEN": "${x}"}))
    assert found.outcome is Outcome.UP
    assert site.lines == ["POST /in", "GET /home", "POST /do"]
    assert header(site.asked[2][1], b"X-XSRF-TOKEN") == b"x1"
    assert [header(head, b"Cookie") for _, head, _ in site.asked[1:]] == [b"XSRF-TOKEN=x1"] * 2


FAILS = page(b"out of order", "500 Internal Server Error", "X-Trace: 9")


def test_the_failing_step_is_told_in_detail_and_evidence_and_ends_the_journey() -> None:
    site = Site({"/in": page(b"welcome"), "/search": FAILS, "/out": page(b"")})
    steps = ({"url": "/in"}, {"url": "/search", "name": "Search for a record"}, {"url": "/out"})
    found = walk(site, *steps)
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.STATUS_UNEXPECTED)
    assert found.detail == "step 2 of 3, «Search for a record»: the status is 500, expected 200-299"
    assert (found.status, found.body_bytes) == (500, 12)
    assert [step.outcome for step in found.steps] == [Outcome.UP, Outcome.DOWN, None]
    assert found.failed_step is found.steps[1]
    assert site.lines == ["GET /in", "GET /search"]
    first, second, third, empty, *answer = found.evidence.decode().split("\n")
    assert first.startswith("step 1 of 3, «s1»: up, status 200, ")
    assert second.startswith("step 2 of 3, «Search for a record»: down, status 500, ")
    assert "first byte" in second
    assert (third, empty) == ("step 3 of 3, «s3»: not reached", "")
    assert answer[0] == "HTTP/1.1 500 Internal Server Error\r"
    assert answer[-1] == "out of order"


def test_a_journey_that_is_cut_short_is_no_response_time() -> None:
    """Of probes that found the endpoint down, those with a first byte are (`sla.samples`)."""
    site = Site({"/in": page(b""), "/search": FAILS})
    short = walk(site, {"url": "/in"}, {"url": "/search"}, {"url": "/in"})
    whole = walk(site, {"url": "/in"}, {"url": "/search"})
    assert short.steps[1].phases.first_byte_us is not None
    assert (short.phases.first_byte_us, short.phases.transfer_us) == (None, None)
    assert short.phases.connect_us is not None
    assert whole.phases.first_byte_us is not None


def test_what_cleans_up_is_asked_after_a_failure_and_does_not_hide_it() -> None:
    site = Site({"/in": JSON, "/search": FAILS, "/out": page(b"sorry", "503 Unavailable")})
    out = {"url": "/out?t=${t}", "always": True}
    found = walk(site, {"url": "/in", "capture": FIND}, {"url": "/search"}, out, {"url": "/gone", "always": True})
    assert site.lines == ["GET /in", "GET /search", "GET /out?t=a%20b%2Fc%26d", "GET /gone"]
    assert found.detail == "step 2 of 4, «s2»: the status is 500, expected 200-299"
    assert (found.status, found.body_bytes) == (500, 12)
    assert found.evidence.endswith(b"out of order")
    assert [step.outcome for step in found.steps] == [Outcome.UP, Outcome.DOWN, Outcome.DOWN, Outcome.DOWN]
    assert found.steps[2].detail == "the status is 503, expected 200-299"


def test_what_cleans_up_is_a_step_like_any_other_while_nothing_has_failed() -> None:
    site = Site({"/in": page(b""), "/out": FAILS})
    found = walk(site, {"url": "/in"}, {"url": "/out", "always": True})
    assert found.detail == "step 2 of 2, «s2»: the status is 500, expected 200-299"


def test_what_cleans_up_is_left_out_where_its_values_are_missing() -> None:
    site = Site({"/in": FAILS})
    out = {"url": "/out", "always": True}
    found = walk(site, {"url": "/in", "capture": FIND}, {**out, "url": "/out?t=${t}"}, {**out, "headers": {"X": "y"}})
    assert site.lines == ["GET /in", "GET /out"]
    assert [step.outcome for step in found.steps] == [Outcome.DOWN, None, Outcome.DOWN]


def test_what_cleans_up_is_not_asked_of_somebody_who_never_answered() -> None:
    found = probed("journey", base=f"http://127.0.0.1:{free_port()}", steps=[
        {"id": "in", "url": "/in"}, {"id": "out", "url": "/out", "always": True}
    ])  # fmt: skip
    assert found.reason is Reason.CONNECTION_REFUSED
    assert found.detail.startswith("step 1 of 2, «in»: ")
    assert found.steps[1].outcome is None


def test_a_later_step_that_cannot_connect_has_no_answer_of_an_earlier_one_as_evidence() -> None:
    site = Site({"/in": page(b"welcome")})
    found = walk(site, {"url": "/in"}, {"url": f"http://127.0.0.1:{free_port()}/"})
    assert (found.reason, found.status) == (Reason.CONNECTION_REFUSED, None)
    assert b"welcome" not in found.evidence
    assert found.detail.startswith("step 2 of 2, «s2»: the connection was refused")


def test_one_deadline_ends_the_journey_wherever_it_is() -> None:
    """Three steps that each take half of the time: none of them is too slow by itself."""

    def slow(peer: Peer) -> None:
        threading.Event().wait(0.3)
        peer.send(page(b""))

    site = Site({"/a": slow, "/b": slow, "/c": slow, "/out": page(b"")})
    found = walk(site, {"url": "/a"}, {"url": "/b"}, {"url": "/c"}, {"url": "/out", "always": True})
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason.TIMEOUT)
    assert found.detail == "step 3 of 4, «s3»: the time was up while waiting for the first byte"
    assert [step.outcome for step in found.steps] == [Outcome.UP, Outcome.UP, Outcome.DOWN, None]
    assert "GET /out" not in site.lines


def test_a_slow_journey_is_degraded_by_its_whole_duration() -> None:
    def slow(peer: Peer) -> None:
        threading.Event().wait(0.12)
        peer.send(page(b""))

    site = Site({"/a": slow, "/b": slow})
    found = walk(site, {"url": "/a"}, {"url": "/b"}, degraded_above="200ms")
    assert (found.outcome, found.reason) == (Outcome.DEGRADED, Reason.TOO_SLOW)
    assert len(found.steps) == 2


SOON = datetime.now(UTC) + timedelta(days=3)


@pytest.fixture(scope="session")
def soon_tls(authority: trustme.CA) -> ssl.SSLContext:
    """A certificate that expires in three days."""
    return server_context(authority.issue_cert("127.0.0.1", not_after=SOON))


def test_a_certificate_that_expires_degrades_the_journey_and_does_not_end_it(
    soon_tls: ssl.SSLContext, ca_file: Path
) -> None:
    site = Site({"/a": page(b""), "/b": FAILS})
    with serving(site, tls=soon_tls) as server:
        more = {"ca_file": ca_file, "certificate_days_left": 14}
        found = through(server, {"url": "/a"}, {"url": "/a"}, scheme="https", **more)
        worse = through(server, {"url": "/a"}, {"url": "/b"}, scheme="https", **more)
    assert (found.outcome, found.reason) == (Outcome.DEGRADED, Reason.CERTIFICATE_EXPIRING)
    assert found.detail.startswith("step 1 of 2, «s1»: a certificate of the chain expires in 2 days")
    assert found.phases.tls_us is not None
    assert worse.reason is Reason.STATUS_UNEXPECTED
    assert worse.detail.startswith("step 2 of 2, «s2»: ")


def test_the_earliest_of_several_certificates_counts(
    soon_tls: ssl.SSLContext, server_tls: ssl.SSLContext, ca_file: Path
) -> None:
    site = Site({"/a": page(b""), "/b": page(b"")})
    with serving(site, tls=soon_tls) as first, serving(site, tls=server_tls) as second:
        steps = ({"url": "/a"}, {"url": f"https://127.0.0.1:{second.port}/b"})
        found = through(first, *steps, scheme="https", ca_file=ca_file)
    assert found.outcome is Outcome.UP
    assert found.certificate_expires_at_s == int(SOON.timestamp())


def test_expectations_hold_for_each_step() -> None:
    site = Site({"/a": page(b"hello"), "/b": page(b"hello")})
    found = walk(
        site, {"url": "/a", "expect": {"body_contains": ["hello"]}}, {"url": "/b", "expect": {"body_lacks": ["hell"]}}
    )
    assert found.detail == "step 2 of 2, «s2»: the body contains 'hell'"


# Secrets


def test_secrets_are_sent_and_their_echo_is_hidden_however_it_is_spelled(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = 'p"&ss w<rd/é'
    monkeypatch.setenv("PROBE_SECRET", secret)

    def echo(peer: Peer) -> None:
        sent = b" ".join(body for _, _, body in site.asked)
        peer.send(page(secret.encode() + b" &lt; p&quot;&amp;ss w&lt;rd/\xc3\xa9 " + sent, "500 no"))

    site = Site({"/in": page(b""), "/echo": echo})
    found = walk(
        site, post("/in", form={"password": SECRET}), post("/in", json=f'{{"password": "{SECRET}"}}'), {"url": "/echo"}
    )
    assert site.asked[0][2] == b"password=p%22%26ss+w%3Crd%2F%C3%A9"
    assert site.asked[1][2] == b'{"password": "p\\"&ss w<rd/\\u00e9"}'
    assert found.evidence.endswith(b'*** &lt; *** password=*** {"password": "***"} ')


def secretly(**capture: str) -> dict[str, Any]:
    return {"v": {**capture, "secret": True}}


def test_a_captured_secret_is_hidden_in_detail_steps_and_evidence() -> None:
    def echo(peer: Peer) -> None:
        peer.send(page(b"you are s3ss10n%2Fid and s3ss10n/id", "500 no", "X: s3ss10n/id"))

    site = Site({"/in": page(b'{"token": "s3ss10n/id"}'), "/echo": echo})
    expect = {"status": [500], "headers": {"X": "^never$"}}
    found = walk(site, {"url": "/in", "capture": secretly(json="$.token")}, {"url": "/echo?${v}", "expect": expect})
    assert "s3ss10n" not in f"{found}"
    assert found.detail.endswith("the header X does not match '^never$': ***")
    assert found.evidence.endswith(b"you are *** and ***")
    assert "s3ss10n" not in f"{found.steps}"


@pytest.mark.parametrize(
    ("answer", "capture"),
    [
        (page(b'{"token": "s3ss10n"}', "500 no"), {"json": "$.token"}),
        (page(b'"s3ss10n"', "500 no"), {"matches": '"(.*)"'}),
        (page(b"", "500 no", "X-Token: s3ss10n"), {"header": "X-Token"}),
        (page(b"", "500 no", "Set-Cookie: sid=s3ss10n"), {"cookie": "sid"}),
        (b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"token": "s3ss10n"', {"json": "$.token"}),
        (b"HTTP/1.1 200 OK\r\nX-Token: s3ss10n\r\n", {"header": "X-Token"}),
        (page(b'["s3ss10n"' + b",{}" * 20_000 + b"]"), {"json": "$[0]"}),
    ],
)
def test_a_secret_of_the_answer_that_fails_is_hidden_too(answer: bytes, capture: dict[str, str]) -> None:
    def say(peer: Peer) -> None:
        peer.send(answer)

    found = walk(
        Site({"/in": say}), {"url": "/in", "capture": secretly(**capture)}, {"url": "/x", "headers": {"X": "${v}"}}
    )
    assert found.outcome is Outcome.DOWN
    assert "s3ss10n" not in f"{found}"


def test_a_secret_that_the_limit_of_the_evidence_cuts_is_hidden() -> None:
    token = "s3ss10n" + "x" * 3_000
    fails = page(b"." * 1_500 + token.encode(), "500 no")
    site = Site({"/in": page(f'"{token}"'.encode()), "/x": fails, "/y": fails[:-1] + b"y"})
    found = walk(site, {"url": "/in", "capture": secretly(json="$")}, {"url": "/x", "headers": {"X": "${v}"}})
    assert len(found.evidence) <= EVIDENCE_LIMIT
    assert b"s3ss" not in found.evidence
    assert b"....***" in found.evidence


def test_a_secret_that_is_missing_makes_the_journey_unknown_and_is_named() -> None:
    found = walk(Site({}), post("/in", form={"password": "${env:PROBE_NOTHING}"}))
    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, Reason.MONITOR_MISCONFIGURED)
    assert "${env:PROBE_NOTHING}" in found.detail


# Hosts and redirects


@pytest.mark.parametrize(
    "value", ["@evil.example/", "//evil.example", "../..", "\\\\evil.example", ":1", "#", "?a=b", "%2e"]
)
def test_a_captured_value_never_changes_the_host_or_the_shape_of_the_address(value: str) -> None:
    site = Site({"/in": page(f'"{value}"'.replace("\\", "\\\\").encode())})
    with serving(site) as server:
        found = through(
            server, {"url": "/in", "capture": {"v": {"json": "$"}}}, {"url": "/x-${v}", "expect": {"status": [404]}}
        )
        assert server.connections == 1
    assert found.outcome is Outcome.UP
    line, head, _ = site.asked[1]
    assert line.startswith("GET /x-")
    assert set(line.removeprefix("GET /x-")).isdisjoint("/?#@\\:")
    assert header(head, b"Host") == f"127.0.0.1:{server.port}".encode()


def test_a_redirect_to_another_host_is_refused_at_its_step() -> None:
    with serving(Site({"/": page(b"")})) as other:
        site = Site({"/in": page(b""), "/go": page(b"", "302 Found", f"Location: http://localhost:{other.port}/")})
        found = walk(site, {"url": "/in"}, {"url": "/go", "redirects": {"follow": 3}})
        assert other.connections == 0
    assert found.reason is Reason.REDIRECT_REFUSED
    assert found.detail == "step 2 of 2, «s2»: a redirect to another host, localhost, which is not allowed"


def test_what_is_a_step_s_own_does_not_leave_its_host_by_a_redirect() -> None:
    other_site = Site({"/there": page(b"")})
    with serving(other_site) as other:
        go = page(b"", "307 Temporary Redirect", f"Location: http://localhost:{other.port}/there")
        site = Site({"/in": JSON, "/go": go})
        rules = {"follow": 1, "other_hosts": ["localhost"]}
        headers = {"X-Token": "${t}", "X-Plain": "kept", "X-Key": SECRET}
        found = walk(site, {"url": "/in", "capture": FIND}, {"url": "/go", "headers": headers, "redirects": rules})
        assert found.outcome is Outcome.UP
        body = walk(site, {"url": "/in", "capture": FIND}, post("/go", body="${t}", redirects=rules))
    ((_, head, _),) = other_site.asked
    assert (header(head, b"X-Token"), header(head, b"X-Key"), header(head, b"X-Plain")) == (None, None, b"kept")
    assert body.reason is Reason.REDIRECT_REFUSED
    assert body.detail == "step 2 of 2, «s2»: a redirect that would take a secret to another host"


def test_a_journey_may_go_to_several_hosts_with_a_connection_each() -> None:
    first, second = Site({"/a": page(b""), "/c": page(b"")}), Site({"/b": page(b"")})
    with serving(first) as one, serving(second) as two:
        found = through(one, {"url": "/a"}, {"url": f"http://localhost:{two.port}/b"}, {"url": "/c"}, family="ipv4")
        assert (one.connections, two.connections) == (1, 1)
    assert found.outcome is Outcome.UP
    assert first.lines == ["GET /a", "GET /c"]


# Hostile


def says(answer: bytes) -> Callable[[Peer], None]:
    return lambda peer: peer.send(answer)


def drips(answer: bytes, piece: bytes) -> Callable[[Peer], None]:
    def act(peer: Peer) -> None:
        peer.send(answer)
        peer.drip(piece)

    return act


def floods(answer: bytes, piece: bytes) -> Callable[[Peer], None]:
    def act(peer: Peer) -> None:
        peer.send(answer)
        peer.flood(piece)

    return act


def leads(location: str) -> bytes:
    return page(b"", "302 Found", f"Location: {location}")


V = {"v": {"json": "$"}}
USE = {"url": "/x", "headers": {"X": "${v}"}}

HOSTILE: list[tuple[str, Answer, dict[str, Any], Reason]] = [
    ("never ends", drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), {}, Reason.TIMEOUT),
    ("says nothing", Peer.wait, {}, Reason.TIMEOUT),
    ("resets", Peer.reset, {}, Reason.CONNECTION_RESET),
    ("floods its body", floods(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536), {}, Reason.TOO_LARGE),
    ("gives a value of a megabyte", page(b'"' + b"x" * 1_000_000 + b'"'), {"capture": V}, Reason.TOO_LARGE),
    (
        "gives a value of a megabyte to a pattern",
        page(b'"' + b"x" * 1_000_000 + b'"'), {"capture": {"v": {"matches": '"([^"]*)"'}}}, Reason.TOO_LARGE,
    ),
    ("breaks lines in a value", page(b'"a\\r\\nX-Injected: yes"'), {"capture": V}, Reason.BODY_UNEXPECTED),
    ("hides NUL in a value", page(b'"a\\u0000b"'), {"capture": V}, Reason.BODY_UNEXPECTED),
    ("gives a header's value an accent", page('"é"'.encode()), {"capture": V}, Reason.BODY_UNEXPECTED),
    ("gives a header's value a space behind", page(b'"a "'), {"capture": V}, Reason.BODY_UNEXPECTED),
    ("gives JSON that is costly", page(b"[" + b"{}," * 300_000 + b"{}]"), {"capture": V}, Reason.TOO_COSTLY),
    ("redirects in a circle", leads("/evil"), {"redirects": {"follow": 5}}, Reason.REDIRECT_LIMIT),
    ("redirects to file:", leads("file:///etc/passwd"), {"redirects": {"follow": 5}}, Reason.REDIRECT_REFUSED),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "step", "reason"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_step_ends_in_time_and_for_the_right_reason(
    answer: Answer, step: dict[str, Any], reason: Reason
) -> None:
    site = Site({"/in": page(b""), "/evil": answer, "/x": page(b"")})
    found = walk(site, {"url": "/in"}, {"url": "/evil", **step}, *([USE] if "capture" in step else []))
    assert (found.outcome, found.reason) == (Outcome.DOWN, reason), found.detail
    assert found.detail.startswith("step 2 of ")
    assert found.detail.isprintable()
    assert not any(line.startswith("GET /x") for line in site.lines)
    assert not any(b"Injected" in head for _, head, _ in site.asked)


def test_floods_of_cookies_are_ignored_and_not_sent_back() -> None:
    def sets(*cookies: str) -> bytes:
        return page(b"", "200 OK", *(f"Set-Cookie: {cookie}; Path=/" for cookie in cookies))

    many = {f"/{n}": sets(*(f"c{n}-{i}=1" for i in range(200))) for n in range(6)}
    site = Site({**many, "/huge": sets("huge=" + "x" * 5_000, *(f"l{i}={'y' * 3_000}" for i in range(5)))})
    found = walk(site, *({"url": path} for path in ("/huge", *many)), {"url": "/0"})
    assert found.outcome is Outcome.UP
    sent = [header(head, b"Cookie") or b"" for _, head, _ in site.asked]
    assert all(len(cookies) <= 8_190 for cookies in sent)
    assert b"huge" not in b"".join(sent)
    assert sent[-1].count(b"=1") <= 230


def test_a_server_that_closes_each_connection_is_asked_on_new_ones() -> None:
    def conduct(peer: Peer) -> None:
        heard.append(peer.request())
        peer.send(page(b"", "200 OK", "Connection: close"))

    heard: list[bytes] = []
    with serving(conduct) as server:
        assert through(server, {"url": "/a"}, {"url": "/b"}, {"url": "/c"}).outcome is Outcome.UP
        assert server.connections == 3


def test_a_long_journey_s_evidence_keeps_the_answer_that_failed() -> None:
    title = "n" * 60
    steps = [{"url": "/a", "name": title} for _ in range(19)]
    found = walk(Site({"/a": page(b"")}), *steps, {"url": "/gone", "name": title}, timeout="3s")
    assert found.detail == f"step 20 of 20, «{title}»: the status is 404, expected 200-299"
    assert len(found.evidence) <= EVIDENCE_LIMIT
    assert b"\nstep 20 of 20, " in found.evidence
    assert b"HTTP/1.1 404 Not Found\r\n" in found.evidence
    assert len(found.steps) == 20


def test_the_next_request_of_a_journey_waits_for_nobody_s_second_answer() -> None:
    """An answer smuggled behind the first on a kept connection is not taken for the next step's."""

    def conduct(peer: Peer) -> None:
        peer.request()
        peer.send(page(b"") + page(b"smuggled"))
        peer.wait()

    with serving(conduct) as server:
        found = through(server, {"url": "/a"}, {"url": "/b", "expect": {"body_lacks": ["smuggled"]}})
        assert server.connections == 2
    assert found.outcome is Outcome.UP
