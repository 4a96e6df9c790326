"""Exactly one finite number is a figure; everything else is none, is told with its remedy, and is never 0."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trustme

from sla_monitor.contract.kpis.prometheus_source import PrometheusSource
from sla_monitor.queries.asking import BODY_LIMIT, NoAnswer, number
from tests.queries.servers import Canned, canned, success
from tests.support.ports import free_port

START_MS, AT_MS = 1_700_000_000_000, 1_700_000_090_500


def source(url: str, **more: Any) -> PrometheusSource:
    return PrometheusSource.model_validate({"prometheus": url, "value": "x", **more})


def asked(url: str, query: str = "x", **more: Any) -> Decimal:
    return number(source(url, **more), query, START_MS, AT_MS)


def refusal(url: str, **more: Any) -> str:
    with pytest.raises(NoAnswer) as refused:
        asked(url, **more)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "exact"),
    [("99.95", "99.95"), ("0.1", "0.1"), ("1e+06", "1000000"), ("0", "0"), ("-3.5", "-3.5"), ("1e-05", "0.00001")],
)
def test_a_number_is_taken_exactly_as_it_was_written(server: Canned, text: str, exact: str) -> None:
    server.body = success(text)
    assert asked(server.url) == Decimal(exact)


def test_a_scalar_is_a_number_too(server: Canned) -> None:
    server.body = success("7", "scalar")
    assert asked(server.url) == 7


def test_the_question_is_about_the_period_and_its_instant(server: Canned) -> None:
    asked(server.url + "/prefix/", "sum(increase(x[$range]))")
    (form,) = server.asked
    assert (form["path"], form["query"]) == ("/prefix/api/v1/query", "sum(increase(x[90500ms]))")
    assert form["time"] == "1700000090.500"


def vector(*values: Any) -> bytes:
    series = [{"metric": {"n": str(i)}, "value": [1, value]} for i, value in enumerate(values)]
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": series}}).encode()


def failed(text: Any) -> bytes:
    return json.dumps({"status": "error", "errorType": "bad_data", "error": text}).encode()


BAD: dict[str, tuple[int, bytes, str]] = {
    "not a number": (200, success("NaN"), "NaN is no figure"),
    "infinite": (200, success("+Inf"), "Inf is no figure"),
    "negative infinite": (200, success("-Inf"), "Inf is no figure"),
    "a JSON number": (200, success(1.5), "1.5 is no figure"),
    "digits without end": (200, success("9" * 4000), "is no figure"),
    "an exponent without end": (200, success("1e999999999"), "is no figure"),
    "underscores": (200, success("1_000"), "is no figure"),
    "other digits": (200, success("١٢"), "is no figure"),
    "null": (200, success(None), "None is no figure"),
    "empty": (200, vector(), "no series"),
    "two series": (200, vector("1", "2"), "2 series instead of one"),
    "a string": (200, success("12", "string"), "is a string and no number"),
    "a matrix": (200, success("12", "matrix"), "is a matrix and no number"),
    "half a pair": (200, b'{"status":"success","data":{"resultType":"scalar","result":[1]}}', "no number"),
    "a series of nothing": (200, b'{"status":"success","data":{"resultType":"vector","result":[7]}}', "no number"),
    "no data": (200, b'{"status":"success"}', "no number"),
    "a list": (200, b"[]", "no answer of Prometheus's API"),
    "a page": (200, b"<html>Login</html>", "no answer of Prometheus's API"),
    "nothing": (200, b"", "no answer of Prometheus's API"),
    "no text": (200, b"\xff\xfe\x00", "no answer of Prometheus's API"),
    "deep": (200, b"[" * 100_000, "no answer of Prometheus's API"),
    "incomplete": (200, success("5", warnings=["a store did not answer"]), "incomplete"),
    "an error": (
        400,
        failed("parse error: unexpected end"),
        "status 400: parse error: unexpected end (check the query)",
    ),
    "an error of no words": (422, failed({"a": 1}), "status 422: no reason given"),
    "an error that claims success": (500, success("5"), "status 500"),
    "a success that is an error": (200, failed("timed out"), "status 200: timed out"),
    "a redirect": (302, b"", "status 302"),
    "unauthorised": (401, b"Unauthorized", "check the address and the credentials"),
    "control characters": (400, failed("\x1b[2J\u2028x"), "status 400:  [2J x"),
    "too much": (200, b" " * (BODY_LIMIT + 1), "more than"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_figure_is_told_with_its_remedy(server: Canned, name: str) -> None:
    server.status, server.body, why = BAD[name]
    told = refusal(server.url)
    assert why in told
    assert re.search(r"\(.+\)$", told), f"no remedy: {told}"
    assert told.isprintable()
    assert len(server.asked) == 1


def test_nobody_listens() -> None:
    assert "refused" in refusal(f"http://127.0.0.1:{free_port()}")


@contextmanager
def raw(answer: bytes, drip: bytes = b"") -> Iterator[str]:
    """A server that sends an answer's beginning and then a byte every 50 ms, for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        done = threading.Event()

        def serve() -> None:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(answer)
                while not done.wait(0.05):
                    try:
                        peer.sendall(drip)
                    except OSError:
                        return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        thread.join()


@pytest.mark.parametrize(
    ("answer", "drip"),
    [(b"", b""), (b"HTTP/1.1 200 OK\r\nX: ", b"a"), (b"HTTP/1.1 200 OK\r\n\r\n", b" ")],
    ids=["silence", "headers without end", "a body without end"],
)
def test_one_time_bounds_the_whole_answer(answer: bytes, drip: bytes) -> None:
    began = time.monotonic()
    with raw(answer, drip) as url:
        assert "the time was up" in refusal(url, timeout="400ms")
    assert time.monotonic() - began < 10


def test_a_password_is_sent_and_never_told(server: Canned, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMETHEUS_PASSWORD", "s3cret-word")
    login = {"username": "monitor", "password": "${env:PROMETHEUS_PASSWORD}"}
    server.status, server.body = 400, failed("no, s3cret-word is wrong")
    told = refusal(server.url, basic_auth=login)
    assert "s3cret-word" not in told
    assert "***" in told
    assert server.asked[0]["authorization"] == "Basic bW9uaXRvcjpzM2NyZXQtd29yZA=="


def test_a_token_is_read_from_its_file_at_each_question(server: Canned, tmp_path: Path) -> None:
    token = tmp_path / "token"
    for text in ("one", "two"):
        token.write_text(text + "\n")
        asked(server.url, bearer_token=f"${{file:{token}}}")
    assert [form["authorization"] for form in server.asked] == ["Bearer one", "Bearer two"]
    token.unlink()
    assert "No such file" in refusal(server.url, bearer_token=f"${{file:{token}}}")


def test_a_certificate_is_verified_against_the_ca_that_is_named(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted, other = tmp_path / "ca.pem", tmp_path / "other.pem"
    authority.cert_pem.write_to_path(str(trusted))
    trustme.CA().cert_pem.write_to_path(str(other))
    with canned(context) as server:
        assert asked(server.url, ca_file=str(trusted)) == 1
        assert "certificate" in refusal(server.url, ca_file=str(other))
        assert "certificate" in refusal(server.url)
        assert "No such file" in refusal(server.url, ca_file=str(tmp_path / "none.pem"))
