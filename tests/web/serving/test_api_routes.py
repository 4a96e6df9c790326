"""The routes for other programs: what they refuse and how, digests, pages of outages, and who may come in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import bcrypt
import pytest
from jsonschema import Draft202012Validator

from sla_monitor.web import Web
from tests.fakes.clock import FakeClock
from tests.web import estate
from tests.web.api.test_answers import get, resolved
from tests.web.page.test_selection import HOSTILE
from tests.web.running import Answer, Parts, ask, serving
from tests.web.serving.test_shared_access import basic

PROBLEM = Draft202012Validator(resolved("ProblemJson"))
SERVICES, OUTAGES = "/api/v1/services", "/api/v1/outages"


@pytest.fixture(scope="module")
def parts() -> Parts:
    return Parts(board=estate.many(2, 40, 1, 12, figured=1), clock=FakeClock(estate.NOW_MS))


@pytest.fixture(scope="module")
def web(parts: Parts) -> Iterator[Web]:
    with serving(parts) as served:
        yield served


def problem(answer: Answer) -> dict[str, Any]:
    """What a refusal says, as RFC 9457 has it."""
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.body)
    PROBLEM.validate(told)
    assert told["status"] == answer.status
    assert told["detail"]
    assert told["remedy"]
    return told


@pytest.mark.parametrize(
    ("path", "status", "remedy"),
    [
        (f"{SERVICES}?stat=down", 400, "did you mean state?"),
        (f"{SERVICES}?state=broken", 400, "state is one of bad, degraded, down, unknown, up"),
        (f"{SERVICES}?criticality=utmost", 400, "criticality is one of critical, high, low, medium"),
        (f"{SERVICES}?q=a&q=b", 400, "give it once"),
        (f"{SERVICES}?q=%ff%00<script>&group=x", 400, "leave it out"),
        (f"{OUTAGES}?limit=0", 400, "from 1 to 500"),
        (f"{OUTAGES}?limit=501", 400, "from 1 to 500"),
        (f"{OUTAGES}?limit=%C2%B2", 400, "from 1 to 500"),
        (f"{OUTAGES}?cursor=zzzz", 400, "begin without one"),
        (f"{OUTAGES}?cursor=%F0%9F%98%80", 400, "begin without one"),
        ("/api/v1/monitor?x=1", 400, "leave it out"),
        ("/api/v1/contracts/contract-7", 404, "did you mean contract-1?"),
        ("/api/v1/services/contract-0/service-x", 404, "known here: none"),
        ("/api/v1/endpoints/a/b", 404, "known here: none"),
        ("/api/v1/nothing", 404, "/api/v1/openapi.json"),
        ("/api", 404, "/api/v1/openapi.json"),
        ("/api/v2/services", 404, "/api/v1/openapi.json"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_helps(web: Web, path: str, status: int, remedy: str) -> None:
    answer = ask(web, path)
    assert answer.status == status
    assert remedy in problem(answer)["remedy"]


ODD = [
    *(quote(value, safe="") for value in HOSTILE),
    *("%ff%fe", "%00", "%e2%80%ae", "%c2%b2", "a%0d%0aSet-Cookie:x=y"),
]


def in_order(answer: Answer) -> None:
    """An answer of ours, or a refusal of ours, in its form."""
    assert answer.status in {200, 400, 404}
    assert "set-cookie" not in answer.headers
    assert "\u202e" not in answer.body
    kind = answer.headers["content-type"]
    if "json" in kind:
        assert answer.status == 200 or problem(answer)
    elif "xml" in kind:
        ET.fromstring(answer.body)


@pytest.mark.parametrize("name", ["q", "state", "supplier", "participant", "limit", "cursor", "show", "%ff"])
def test_whatever_a_parameter_holds_the_answer_is_in_order(web: Web, name: str) -> None:
    for value in ODD:
        for path in (OUTAGES, "/outages.atom", "/badge/contract-0/service-1.svg"):
            in_order(ask(web, f"{path}?{name}={value}"))


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_whatever_a_name_holds_the_answer_is_in_order(web: Web, value: str) -> None:
    for path in ("/api/v1/services/contract-0/{}", "/api/v1/contracts/{}", "/api/{}", "/badge/contract-0/{}.svg"):
        in_order(answer := ask(web, path.format(value)))
        assert answer.status in {400, 404}  # 400: bytes that are no text


def test_a_name_that_is_not_ours_is_refused_as_a_problem(web: Web) -> None:
    answer = ask(web, SERVICES, headers={"Host": "rebound.example"})
    assert (answer.status, problem(answer)["title"]) == (403, "Forbidden")


@pytest.mark.parametrize("path", [SERVICES, OUTAGES, "/api/v1/monitor", "/api/v1/packs", "/api/v1/openapi.json"])
def test_other_methods_are_refused_and_no_other_site_is_let_in(web: Web, path: str) -> None:
    for method in ("POST", "DELETE", "OPTIONS"):
        answer = ask(web, path, method, headers={"Origin": "https://elsewhere.example"})
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
        assert problem(answer)["title"] == "Method Not Allowed"
        assert not [name for name in answer.headers if name.startswith("access-control")]
    answer = ask(web, path, headers={"Origin": "https://elsewhere.example"})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_what_has_not_changed_is_not_sent_again(web: Web, parts: Parts) -> None:
    for path in (SERVICES, OUTAGES, "/api/v1/contracts/contract-0", "/outages.atom", "/badge/contract-0/service-1.svg"):
        first = ask(web, path)
        again = ask(web, path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body) == (304, ""), path
        head = ask(web, path, "HEAD")
        assert (head.status, head.body) == (200, "")
        assert {name: head.headers[name] for name in ("etag", "content-length", "content-type", "cache-control")} == {
            name: first.headers[name] for name in ("etag", "content-length", "content-type", "cache-control")
        }
    before = ask(web, SERVICES).headers["etag"]
    other = Parts(board=estate.many(2, 40, 1, 13, figured=1))
    with serving(other) as changed:
        assert ask(changed, SERVICES, headers={"If-None-Match": before}).status == 200


def test_outages_come_page_by_page_each_once_the_latest_first(web: Web) -> None:
    whole = get(web, f"{OUTAGES}?limit=500")
    assert whole["next"] is None
    assert whole["total"] == len(whole["outages"]) == 52
    found, path, pages = [], f"{OUTAGES}?limit=20&state=bad", 0
    while path:
        told = get(web, path)
        found += told["outages"]
        path, pages = told["next"], pages + 1
    down = {one["service"] for one in get(web, f"{SERVICES}?state=bad")["services"]}
    assert found == [one for one in whole["outages"] if one["service"] in down]
    assert pages == 2
    starts = [one["began_at"] for one in whole["outages"]]
    assert starts == sorted(starts, reverse=True)
    assert len({one["id"] for one in whole["outages"]}) == 52


def test_whoever_may_not_see_the_pages_may_not_see_this(tmp_path: Path, parts: Parts) -> None:
    config = tmp_path / "web-config.yml"
    config.write_text(f"basic_auth_users: {{ops: {bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}}}\n")
    paths = (SERVICES, f"{SERVICES}/contract-0/service-1", "/api/v1/endpoints/contract-0/x", OUTAGES, "/api/v1/monitor",
             "/api/v1/contracts/contract-0", "/api/v1/packs", "/api/v1/openapi.json", "/api/none", "/outages.atom",
             "/services/contract-0/service-1/outages.atom", "/badge/contract-0/service-1.svg",
             "/badge/x/y.svg")  # fmt: skip
    with serving(parts, web_config=config) as web:
        for path in paths:
            answer = ask(web, path)
            assert (answer.status, answer.headers["www-authenticate"][:5]) == (401, "Basic"), path
            assert "service-1" not in answer.body
            if path.startswith("/api"):
                assert "name and a password" in problem(answer)["remedy"]
        answer = ask(web, SERVICES, headers=basic("secret", "ops"))
        assert (answer.status, answer.headers["cache-control"]) == (200, "private, no-cache")


def test_a_thousand_endpoints_come_in_one_answer() -> None:
    board = estate.many(10, 1_000, 1, 100, figured=0)
    with serving(Parts(board=board)) as web:
        told = get(web, SERVICES)
    assert (told["total"], len(told["services"])) == (1_000, 1_000)
    assert [one["state"] for one in told["services"]] == ["down"] * 100 + ["up"] * 900
