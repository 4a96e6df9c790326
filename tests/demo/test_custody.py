"""The example contract's test transaction, through the estate that it is made for."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.contract.endpoints.endpoint import JourneyEndpoint
from sla_monitor.contract.endpoints.template import Template
from sla_monitor.contract.load import load_contract
from sla_monitor.contract.reading.secret import SecretReference
from sla_monitor.demo import custody
from sla_monitor.demo.estate import Estate
from sla_monitor.demo.scenario import HANG, RESET, Behaviour, slow, status
from sla_monitor.probe import Finding
from sla_monitor.sla.observation import Outcome, Reason

CONTRACT = Path(__file__).parents[2] / "config" / "contracts" / "police-strategic-it.yaml"
KEY = "police-strategic-it/custody-transaction"


def transaction(estate: Estate) -> JourneyEndpoint:
    """As it is shipped, but for where the estate of this test listens and keeps its files."""
    (terms,) = (terms for key, _, terms in load_contract(CONTRACT).endpoints_at(0) if key == KEY)
    assert isinstance(terms, JourneyEndpoint)
    first, *others = terms.steps
    password = Template((SecretReference("file", str(estate.password_file)),))
    first = first.model_copy(update={"form": {**(first.form or {}), "password": password}})
    base = f"http://127.0.0.1:{estate.ports.http}/custody"
    return terms.model_copy(update={"base": base, "steps": (first, *others)})


def walk(estate: Estate, **changes: Any) -> Finding:
    clock = SystemClock()
    around = probe.Surroundings(clock, KEY, clock.now_ms())
    return probe.observe_once(probe.build(transaction(estate).model_copy(update=changes), around), clock)


def test_the_transaction_goes_through_time_after_time(estate: Estate) -> None:
    for _ in range(3):
        found = walk(estate)
        assert (found.outcome, found.detail) == (Outcome.UP, "")
    assert [step.step for step in found.steps] == ["sign-in", "search", "open", "sign-out"]


@pytest.mark.parametrize(
    ("path", "behaviour", "reason", "detail", "came"),
    [
        ("sign-in", status(503), "status_unexpected", "step 1 of 4, «Sign in»: the status is 503", "down - - down"),
        ("search", status(500), "status_unexpected", "step 2 of 4, «Find a detainee's record»: ", "up down - up"),
        ("record", RESET, "connection_reset", "step 3 of 4, «Open the record»: the server ", "up up down up"),
        ("sign-out", status(500), "status_unexpected", "step 4 of 4, «Sign out»: ", "up up up down"),
        ("search", HANG, "timeout", "step 2 of 4, «Find a detainee's record»: the time was up", "up down - -"),
    ],
)
def test_the_step_that_fails_is_named(
    estate: Estate, path: str, behaviour: Behaviour, reason: str, detail: str, came: str
) -> None:
    estate.force(f"/custody/{path}", behaviour)
    found = walk(estate, timeout_ms=1_000)
    assert (found.outcome, found.reason) == (Outcome.DOWN, Reason(reason))
    assert found.detail.startswith(detail)
    assert " ".join("-" if step.outcome is None else step.outcome.value for step in found.steps) == came
    estate.clear()
    assert walk(estate).outcome is Outcome.UP


def test_steps_that_are_slow_together_degrade_the_whole(estate: Estate) -> None:
    for path in ("search", "record"):
        estate.force(f"/custody/{path}", slow(0.3))
    found = walk(estate, degraded_above_ms=500)
    assert (found.outcome, found.reason) == (Outcome.DEGRADED, Reason.TOO_SLOW)
    assert max(step.duration_us for step in found.steps) < 600_000


def test_nothing_secret_is_in_what_was_found(estate: Estate) -> None:
    estate.force("/custody/search", status(500))
    assert estate.password_file.read_text().strip() not in f"{walk(estate)}"


def ask(estate: Estate, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, str]:
    """Status, JSON, and the cookie that is set."""
    with closing(http.client.HTTPConnection("127.0.0.1", estate.ports.http, timeout=60)) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()), answer.headers.get("Set-Cookie", "").partition(";")[0]


def sign_in(estate: Estate, **form: str) -> tuple[int, Any, str]:
    right = {"user": custody.USER, "password": estate.password_file.read_text().strip()}
    return ask(estate, "POST", custody.SIGN_IN, urlencode(right | form).encode())


def test_nobody_gets_in_without_user_password_session_and_token(estate: Estate) -> None:
    assert sign_in(estate, password="wrong")[0] == sign_in(estate, user="somebody")[0] == 401
    assert ask(estate, "GET", custody.SIGN_IN)[0] == 401
    code, said, cookie = sign_in(estate)
    assert code == 200
    assert ask(estate, "GET", custody.SEARCH, Cookie=cookie)[0] == 401
    assert ask(estate, "GET", custody.SEARCH, X_Token=said["token"])[0] == 401
    assert ask(estate, "GET", custody.SEARCH, X_Token=said["token"], Cookie="session=\x01; =")[0] == 401
    search = ask(estate, "GET", f"{custody.SEARCH}?name=other", X_Token=said["token"], Cookie=cookie)
    assert search[1]["results"] == [{"id": "R-4211", "name": "A. N. Other"}]
    assert ask(estate, "GET", f"{custody.RECORD}?id=R-4212", Cookie=cookie)[1]["name"] == "J. Doe"
    assert ask(estate, "GET", f"{custody.RECORD}?id=R-1", Cookie=cookie)[0] == 404
    assert ask(estate, "POST", custody.SIGN_OUT, Cookie=cookie)[0] == 200
    assert ask(estate, "GET", f"{custody.RECORD}?id=R-4212", Cookie=cookie)[0] == 401


def test_sessions_that_nobody_ends_are_forgotten(estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custody, "MOST_SESSIONS", 2)
    cookies = [sign_in(estate)[2] for _ in range(3)]
    answers = [ask(estate, "GET", f"{custody.RECORD}?id=R-4212", Cookie=cookie)[0] for cookie in cookies]
    assert answers == [401, 200, 200]
