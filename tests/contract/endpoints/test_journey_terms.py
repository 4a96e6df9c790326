"""Journeys in a contract: what is refused, what is doubted, and that terms survive being spelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sla_monitor.contract.advice import advice
from sla_monitor.contract.endpoints.endpoint import Endpoint, JourneyEndpoint
from sla_monitor.contract.endpoints.pattern import compile_group
from sla_monitor.contract.endpoints.spelled import spelled
from sla_monitor.contract.endpoints.template import CaptureReference, Template
from tests.contract.support import endpoint, loaded, problems

NEVER = "secrets are never written here (write ${env:NAME}, ${file:/path} or ${credential:name})"
KINDS: TypeAdapter[Endpoint] = TypeAdapter(Endpoint)


def journey(*steps: str, base: str = "base: http://h/app") -> str:
    """A contract with a journey, whose steps are flow mappings from line 14 on."""
    listed = "".join(f"  - {{{step}}}\n" for step in steps)
    return endpoint(f"id: walk\nkind: journey\n{base}\nsteps:\n{listed}")


def told(folder: Path, *steps: str, **options: str) -> list[str]:
    """The mistakes, without file and place: `steps.b.url: what`."""
    lines = problems(folder, journey(*steps, **options))
    return [line.split(": ", 1)[1].removeprefix("services.custody.endpoints.walk.") for line in lines]


LOG_IN = "id: a, url: /in, capture: {t: {json: $.t}}"

MISTAKES = [
    (["id: a, url: '/in/${x}'"], "steps.a.url: nothing is captured before this step, and no ${x}"),
    ([LOG_IN, "id: b, url: '/s/${tt}'"], "steps.b.url: no earlier step captures ${tt} (did you mean t?)"),
    (
        ["id: a, url: /in, headers: {X: '${t}'}", "id: b, url: /x, capture: {t: {json: $.t}}"],
        "steps.a.headers.X: ${t} is not known yet: step b captures it (capture it in an earlier step)",
    ),
    (["id: a, url: '/in/${t}', capture: {t: {json: $.t}}"], "steps.a.url: ${t} is not known yet: step a captures it"),
    ([LOG_IN, "id: a, url: /out"], "steps.a.id: step 'a' is given twice (choose another id)"),
    (["id: a, url: in"], "steps.a.url: must be an http:// or https:// address without spaces"),
    ([LOG_IN, "id: b, url: 'http://${t}/x'"], "steps.b.url: must have its host before the first reference"),
    ([LOG_IN, "id: b, url: 'http://h${t}/x'"], "steps.b.url: must have its host before the first reference"),
    ([LOG_IN, "id: b, url: 'http://h:${t}/x'"], "steps.b.url: must have its host before the first reference"),
    (["id: a, url: 'http://me:pw@h/x'"], "steps.a.url: must not hold a user name or password"),
    (["id: a, url: '/in?k=${env:KEY}'"], "steps.a.url: must hold no secret: addresses are logged"),
    (["id: a, url: '/in?k=${'"], "steps.a.url: has a ${ that begins no reference"),
    (["id: a, url: /in, method: POST, form: {password: hunter2}"], f"steps.a.form.password: {NEVER}"),
    (["id: a, url: /in, method: POST, json: '{\"a\": [{\"api_key\": \"hunter2\"}]}'"], f"steps.a.json: {NEVER}"),
    (["id: a, url: /in, headers: {Authorization: Bearer hunter2}"], f"steps.a.headers.Authorization: {NEVER}"),
    (["id: a, url: /in, headers: {Accept: x, accept: y}"], "steps.a.headers.accept: is Accept again"),
    ([LOG_IN, "id: b, url: /x, headers: {X: \"a\\nb: ${t}\"}"], "steps.b.headers.X: must be one line of text"),
    (
        ["id: a, url: /in, bearer_token: '${env:T}', headers: {authorization: '${env:T}'}"],
        "steps.a.headers.authorization: is a second credential, beside bearer_token (write one of them)",
    ),
    (
        ["id: a, url: /in, bearer_token: '${env:T}', basic_auth: {username: u, password: '${env:P}'}"],
        "steps.a.bearer_token: is a second credential, beside basic_auth (write one of them)",
    ),
    (["id: a, url: /in, method: POST, body: x, form: {a: b}"], "steps.a.body: conflicts with form (write one of them)"),
    (["id: a, url: /in, form: {a: b}"], "steps.a.form: is not sent with GET (write method: POST)"),
    (["id: a, url: /in, method: POST, json: '{'"], "steps.a.json: is not JSON: "),
    ([LOG_IN, "id: b, url: /x, method: POST, json: '{\"n\": ${t}}'"], "steps.b.json: must have each reference within"),
    (["id: a, url: /in, capture: {t: {json: $.t, header: X}}"], "steps.a.capture.t: must say exactly one of json,"),
    (["id: a, url: /in, capture: {t: {secret: true}}"], "steps.a.capture.t: must say exactly one of json, matches,"),
    (["id: a, url: /in, capture: {t: {matches: abc}}"], "steps.a.capture.t.matches: 'abc' cannot capture: it has 0"),
    (["id: a, url: /in, capture: {t: {matches: (a)(b)}}"], "steps.a.capture.t.matches: '(a)(b)' cannot capture: it"),
    (["id: a, url: /in, capture: {t: {matches: (a}}"], "steps.a.capture.t.matches: '(a' cannot capture: missing )"),
    (["id: a, url: /in, capture: {token: {json: a}}"], "steps.a.capture.token.json: 'a' is not a JSON path"),
    (["id: a, url: /in, capture: {1: {json: $.a}}"], "steps.a.capture.1: is not the name of a captured value"),
    (["id: a, url: /in, always: true", "id: b, url: /x"], "steps.b.always: must be true too: steps with `always`"),
    ([f"id: s{i}, url: /x" for i in range(21)], "steps: must have at most 20 items"),
    ([f"id: a, url: /x, name: {'n' * 61}"], "steps.a.name: must have at most 60 characters"),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "words"), MISTAKES, ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_a_mistake_is_told_with_its_key_and_remedy(tmp_path: Path, steps: list[str], words: str) -> None:
    (line,) = told(tmp_path, *steps)
    assert line.startswith(words)
    assert "hunter2" not in line


def test_a_mistake_has_its_line_and_column(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, journey(LOG_IN, "id: b, url: '/s/${x}'"))
    assert line.startswith("c.yaml:15:26: services.custody.endpoints.walk.steps.b.url: ")


def test_an_address_without_a_host_needs_a_base(tmp_path: Path) -> None:
    (line,) = told(tmp_path, "id: a, url: /in", base="timeout: 5s")
    assert line.startswith("steps.a.url: needs a base to be appended to")
    assert told(tmp_path, "id: a, url: http://h/in", base="timeout: 5s") == []


def test_a_base_ends_with_its_path(tmp_path: Path) -> None:
    assert told(tmp_path, "id: a, url: /in", base="base: http://h/?a=b")[0].startswith("base: must end with its path")


def test_steps_are_needed(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, endpoint("id: walk\nkind: journey"))
    assert "steps: is missing (write for example steps: and below it - {id: log-in," in line


def doubts(folder: Path, *steps: str) -> list[str]:
    lines = advice(loaded(folder, journey(*steps) + "kpis: [{id: K, service: custody, target: 99}]\n"), 0)
    return [line.split(": ", 1)[1].removeprefix("services.custody.endpoints.walk.") for line in lines]


def test_a_captured_value_that_nobody_uses_is_doubted(tmp_path: Path) -> None:
    (line,) = doubts(tmp_path, LOG_IN, "id: b, url: /x")
    assert line.startswith("steps.a.capture.t: no later step uses ${t}")
    assert doubts(tmp_path, LOG_IN, "id: b, url: '/x/${t}'") == []


def test_a_host_of_the_wrong_family_is_doubted_in_every_step(tmp_path: Path) -> None:
    base = "base: http://127.0.0.1/\nfamily: ipv6"
    text = journey("id: a, url: /in", "id: b, url: 'http://[::1]/x'", base=base)
    lines = advice(loaded(tmp_path, text + "kpis: [{id: K, service: custody, target: 99}]\n"), 0)
    (line,) = [line.split(": ", 1)[1] for line in lines]
    assert line.startswith("services.custody.endpoints.walk.family: can never be reached: 127.0.0.1 is an IPv4 address")


def terms(*steps: dict[str, Any], **more: Any) -> JourneyEndpoint:
    made = KINDS.validate_python({"id": "walk", "kind": "journey", "steps": steps, **more})
    assert isinstance(made, JourneyEndpoint)
    return made


RICH = terms(
    {
        "id": "in",
        "name": "Log in",
        "method": "POST",
        "url": "/in?a=$$b",
        "form": {"password": "${file:/run/pw}", "price": "5$ or $${x}"},
        "capture": {"t": {"json": "$.t", "secret": True}, "c": {"cookie": "sid"}},
        "expect": {"status": [200, "301-302"], "json": [{"path": "$.ok", "equals": True}]},
        "redirects": {"follow": 2},
    },
    {"id": "s", "url": "http://other/${t}/x", "headers": {"Authorization": "Bearer ${t}", "X": "${env:K}-${c}"}},
    {"id": "j", "method": "PUT", "url": "/j", "json": '{"t": "${t}", "k": "${credential:k}"}', "always": True},
    base="https://portal.example/app/",
    certificate_days_left=14,
)


def test_terms_survive_being_spelled_and_read_again() -> None:
    """A site gets them so."""
    assert KINDS.validate_python(spelled(RICH)) == RICH


def test_a_dollar_sign_is_doubled() -> None:
    form = RICH.steps[0].form
    assert form is not None
    assert form["price"].pieces == ("5$ or ${x}",)
    assert str(form["price"]) == "5$$ or $${x}"


def test_a_template_tells_its_references_and_never_what_they_stand_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("K", "s3cret")
    assert str(RICH.steps[1].headers["X"]) == "${env:K}-${c}"
    assert "s3cret" not in f"{RICH}{spelled(RICH)}"


def test_a_relative_file_of_a_secret_is_that_of_the_contract(tmp_path: Path) -> None:
    contract = loaded(tmp_path, journey("id: a, method: POST, url: /in, form: {password: 'x${file:pw}'}"))
    (walk,) = (terms for _, _, terms in contract.endpoints_at(0))
    assert isinstance(walk, JourneyEndpoint)
    assert walk.steps[0].form is not None
    assert str(walk.steps[0].form["password"]) == f"x${{file:{tmp_path}/pw}}"


def test_addresses_are_appended_to_the_base() -> None:
    addresses = [str(RICH.address_of(step)) for step in RICH.steps]
    assert addresses == ["https://portal.example/app/in?a=$$b", "http://other/${t}/x", "https://portal.example/app/j"]
    assert RICH.hosts == RICH.connects_to == ("portal.example", "other")
    assert RICH.shows_certificate
    assert terms({"id": "a", "url": "//evil/x"}, base="http://h").hosts == ("h",)


def test_the_way_through_a_proxy_is_the_proxy() -> None:
    walk = terms({"id": "a", "url": "http://h/"}, proxy="http://proxy.example:3128")
    assert (walk.hosts, walk.connects_to, walk.shows_certificate) == (("h",), ("proxy.example",), False)


def test_an_escape_before_a_reference() -> None:
    (step,) = terms({"id": "a", "url": "http://h/", "method": "POST", "body": "$$${env:A}$$$$"}).steps
    assert step.body is not None
    assert [str(piece) for piece in step.body.pieces] == ["$", "${env:A}", "$$"]
    assert Template(("$", CaptureReference("a"))).after("x") == Template(("x$", CaptureReference("a")))


@pytest.mark.parametrize(
    "text", ["${", "${}", "${a b}", "${1}", "${env:}", "${file:}", "${nothing:x}", "${a${b}}", "x${env:A", "${ a}"]
)
def test_half_a_reference_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        terms({"id": "a", "url": "http://h/", "method": "POST", "body": f"hunter2 {text}"})
    assert "hunter2" not in " ".join(error["msg"] for error in refused.value.errors())


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ('value="([^"]*)"', b'<input value="abc">', b"abc"),
        ("(a+)b", b"aaab aab", b"aaa"),
        ("(é.)", "xéy".encode(), "éy".encode()),
        ("(a)", b"b", None),
        ("b(a)?", b"b", None),
        ("(?:a+)+(b)", b"a" * 100_000, None),
    ],
)
def test_a_group_is_found_in_linear_time(pattern: str, text: bytes, found: bytes | None) -> None:
    assert compile_group(pattern)(text) == found
