"""What is an answer: as curl decides, and where we differ from it the table says why."""

from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_monitor.probe.exchange.answer import HttpAnswer
from sla_monitor.probe.verdict import Failure
from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.answer_details import DETAILS
from tests.probe.answers import ROWS, Row
from tests.probe.looking import probed, prober, timed
from tests.probe.servers import OK, Peer, serving

DOCS = Path(__file__).parents[3] / "docs/probing.md"
NUMBERED = [pytest.param(number, row, id=row.name) for number, row in enumerate(ROWS)]
CURL_S = "10"


def gives_the_row(peer: Peer) -> None:
    """The path's number says which."""
    peer.send(ROWS[int(peer.request().split()[1][1:])].answer)


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with serving(gives_the_row) as server:
        yield f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize(("number", "row"), NUMBERED)
def test_an_answer_is_what_the_table_says(number: int, row: Row, origin: str) -> None:
    found = probed("http", url=f"{origin}/{number}", method=row.method, timeout="5s")
    if row.reason is not None:
        assert (found.outcome, found.reason) == (Outcome.DOWN, row.reason), found.detail
        return
    assert (found.status, found.body_bytes) == (row.status, row.body), found.detail
    assert found.reason is (None if 200 <= row.status < 300 else Reason.STATUS_UNEXPECTED)


@pytest.mark.parametrize(("number", "row"), NUMBERED)
def test_the_table_is_as_curl_or_says_why_not(number: int, row: Row, origin: str) -> None:
    command = ["curl", "-q", "-s", "-o", "/dev/null", "-w", "%{http_code} %{size_download} %{exitcode}"]
    command += ["--noproxy", "*", "-m", CURL_S, *(["--head"] if row.method == "HEAD" else []), f"{origin}/{number}"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    status, size, code = (int(word) for word in told.split())
    curl = (status, size) if code == 0 else None
    ours = None if row.reason else (row.status, row.body)
    assert (curl != ours) is bool(row.differs), told


@pytest.mark.parametrize("row", [row for row in ROWS if len(row.answer) < 10_000], ids=lambda row: row.name)
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(row: Row) -> None:
    whole = read(row, [row.answer])
    assert (whole[0], len(whole[1])) == (row.reason or row.status, row.body)
    assert read(row, [row.answer[at : at + 1] for at in range(len(row.answer))]) == whole
    for at in range(0, len(row.answer), 1 + len(row.answer) // 100):
        assert read(row, [row.answer[:at], row.answer[at:]]) == whole


@pytest.mark.parametrize("detail", DETAILS)
def test_what_is_said_of_no_answer(detail: str) -> None:
    named = {row.name: row for row in ROWS}
    for name in DETAILS[detail]:
        answer = HttpAnswer(named[name].method)
        with pytest.raises(Failure) as raised:
            answer.feed(named[name].answer) or answer.end()  # type: ignore[func-returns-value]
        assert raised.value.verdict.detail == detail


def test_a_length_may_have_eighteen_digits() -> None:
    for lengths in (b"9" * 18, b"0" * 30 + b"9" * 18, b"9" * 18 + b", " + b"9" * 18):
        one = HttpAnswer("GET")
        one.feed(b"HTTP/1.1 200 OK\r\nContent-Length: " + lengths + b"\r\n\r\n")
        assert one.length == 10**18 - 1
    with pytest.raises(Failure, match="a length of 19 digits"):
        HttpAnswer("GET").feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1" + b"0" * 18 + b"\r\n\r\n")


def read(row: Row, pieces: list[bytes]) -> tuple[object, bytes, list[tuple[str, str]]]:
    """Status or reason, body, headers."""
    answer = HttpAnswer(row.method)
    try:
        for piece in pieces:
            answer.feed(piece)
        answer.end()
    except Failure as failure:
        return failure.verdict.reason, b"", []
    return answer.status, bytes(answer.body), list(answer.headers.items())


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", False),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", True),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", False),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", True),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", False),
    ],
)
def test_a_connection_is_kept_only_after_an_answer_that_ends_where_it_says(answer: bytes, kept: bool) -> None:
    for pieces in ([answer], [answer[at : at + 1] for at in range(len(answer))]):
        one = HttpAnswer("GET")
        for piece in pieces:
            one.feed(piece)
        assert (one.is_complete, one.is_kept) == (True, kept)


def test_an_answer_to_the_end_is_never_kept() -> None:
    one = HttpAnswer("GET")
    one.feed(b"HTTP/1.1 200 OK\r\n\r\nhello")
    one.end()
    assert (one.is_complete, one.is_kept, bytes(one.body)) == (True, False, b"hello")


def test_headers_come_as_they_were_sent() -> None:
    one = HttpAnswer("GET")
    one.feed(
        b"HTTP/1.1 200 Fine, thanks\r\nA: \t one \r\na: two\r\nX Y: dropped\r\nB: a\r\n\tb\x07c\r\n"
        b"Content-Length: 0, 00\r\n\r\n"
    )
    assert (one.reason, one.headers["a"], one.headers["B"]) == ("Fine, thanks", "one, two", "a b c")
    assert (one.length, one.headers["content-length"], "X Y" in one.headers) == (0, "0", False)


@pytest.mark.parametrize(
    ("most", "head"),
    [
        (256, b"HTTP/1.1 200 OK\r\n%bContent-Length: 0\r\n\r\n"),
        (1_001, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n%b\r\n"),
    ],
    ids=["headers", "trailers"],
)
def test_lines_are_counted(most: int, head: bytes) -> None:
    one = HttpAnswer("GET")
    one.feed(head % (b"X: y\r\n" * (most - 2)) if most > 256 else head % (b"X: y\r\n" * (most - 1)))
    assert one.is_complete
    with pytest.raises(Failure, match="more than"):
        HttpAnswer("GET").feed(head % (b"X: y\r\n" * most))


def test_announcements_are_counted() -> None:
    announcement = b"HTTP/1.1 102 Processing\r\nX: y\r\n\r\n"
    one = HttpAnswer("GET")
    one.feed(announcement * 100 + OK)
    assert (one.status, "x" in one.headers) == (200, False)
    with pytest.raises(Failure, match="more than 100 announcements"):
        HttpAnswer("GET").feed(announcement * 101)


TUNNEL = b"HTTP/1.1 200 Connection established\r\n"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (TUNNEL + b"\r\n", None),
        (TUNNEL + b"Content-Length: 5\r\n\r\n", None),
        (TUNNEL + b"Transfer-Encoding: chunked\r\n\r\n", None),
        (TUNNEL + b"X: a\r\n b\r\n(Y): z\r\n\r\n", None),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + TUNNEL + b"\r\n", None),
        (b"\r\n" + TUNNEL + b"\r\n", Reason.PROTOCOL_ERROR),
        (b" \r\n" + TUNNEL + b"\r\n", Reason.PROTOCOL_ERROR),
        (b"\t" + TUNNEL + b"\r\n", Reason.PROTOCOL_ERROR),
        (b"HTTP/2.0 200 OK\r\n\r\n", Reason.PROTOCOL_ERROR),
        (b"HTTP/1.1 200 O\0K\r\n\r\n", Reason.PROTOCOL_ERROR),
        (TUNNEL, Reason.PROTOCOL_ERROR),
        (b"HTTP/1.1 503 Busy\r\n\r\n", Reason.CONNECTION_FAILED),
        (TUNNEL + b"X: y\r\n" * 20_000, Reason.TOO_LARGE),
    ],
)
def test_a_proxy_s_answer_is_read_by_the_same_rules(
    said: bytes, reason: Reason | None, server_tls: ssl.SSLContext, ca_file: Path
) -> None:
    def conduct(peer: Peer) -> None:
        peer.request()
        peer.send(said)
        if reason is None:
            peer.tunnel(there.port)

    def answers(peer: Peer) -> None:
        peer.request()
        peer.send(OK)

    with (
        serving(answers, tls=server_tls) as there,
        serving(conduct) as proxy,
        prober("http", url="https://localhost/", ca_file=ca_file, proxy=f"http://127.0.0.1:{proxy.port}") as made,
    ):
        found = timed(made)
    assert found.reason is reason, found.detail
    assert found.outcome is (Outcome.UP if reason is None else Outcome.DOWN)


def test_the_docs_list_where_we_differ_from_curl() -> None:
    section = DOCS.read_text().split("## Differences from curl")[1].split("\n## ")[0]
    listed = {line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")} - {"answer", "---"}
    assert listed == {row.name for row in ROWS if row.differs}
