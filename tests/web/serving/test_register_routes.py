"""The register for other programs: who enters what, once, seen before, refused field by field, and read as one may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sla_monitor.register.entries import KINDS
from sla_monitor.register.redaction import LEFT_OUT
from sla_monitor.register.request_bodies import ENTERED
from sla_monitor.settings.desk.access_table import allows
from sla_monitor.web import Limits
from sla_monitor.web.api.openapi import openapi_document
from sla_monitor.web.identity.desk_state import digest_of
from tests.web.api.test_answers import resolved
from tests.web.desk.house import ROLES, House, furnished
from tests.web.running import Answer, ask

ENTRIES = "/api/v1/contracts/small/entries"
CLAIM = {
    "kind": "claim",
    "cause": "authority_cause",
    "services": ["custody"],
    "start": "2026-09-14 09:00",
    "end": "2026-09-14 10:30",
}
BOOKING = {"kind": "maintenance", "services": ["custody"], "start": "2039-05-01 01:00", "end": "2039-05-01 02:00"}
_keys = count()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("desk")
    with furnished(folder, tokens=tokens(), limits=Limits(writes_per_minute=1000)) as found:
        yield found


def tokens() -> list[dict[str, Any]]:
    """A script of each role."""
    return [{"name": f"{name}-script", "sha256": digest_of(token(name)), "roles": ROLES[name]} for name in ROLES]


def token(name: str) -> str:
    return f"token-of-{name}-0123456789"


def call(house: House, name: str, path: str, body: Any = None, **headers: str) -> Answer:
    """Ask as somebody's script; with a body, post it, each time with another key."""
    sent = {"Authorization": f"Bearer {token(name)}"} if name else {}
    if body is None:
        return ask(house.web, path, headers=sent)
    sent |= {"Content-Type": "application/json", "Idempotency-Key": f"key-{next(_keys)}"}
    sent |= {key.replace("_", "-"): value for key, value in headers.items()}
    text = body if isinstance(body, str) else json.dumps(body)
    return ask(house.web, path, "POST", headers={k: v for k, v in sent.items() if v}, body=text.encode())


def told(answer: Answer, status: int, shape: str) -> Any:
    assert answer.status == status, answer.body
    read = json.loads(answer.body)
    Draft202012Validator(resolved(shape)).validate(read)
    return read


def entered(house: House, name: str, said: Any, **more: str) -> Any:
    return told(call(house, name, ENTRIES, {"said": said, **more}), 201, "EnteredJson")["entry"]


def test_an_entry_is_of_whoever_the_token_is_and_counts_once(house: House) -> None:
    body, key = {"said": BOOKING, "reference": "CHG-1", "note": "Patches."}, "CHG-1/1"
    first = call(house, "olga", ENTRIES, body, Idempotency_Key=key)
    made = told(first, 201, "EnteredJson")
    assert first.headers["location"] == made["entry"]["url"]
    stands = house.entries()[-1]
    assert (stands.actor, stands.known_by, stands.reference) == ("olga-script", "token", "CHG-1")
    again = told(call(house, "olga", ENTRIES, body, Idempotency_Key=key), 200, "EnteredJson")
    assert (again["is_again"], again["entry"]) == (True, made["entry"])
    other = call(house, "olga", ENTRIES, {**body, "note": "Other."}, Idempotency_Key=key)
    assert (other.status, "says something else" in other.body) == (422, True)
    assert house.entries()[-1].number == stands.number
    assert told(call(house, "vera", made["entry"]["url"]), 200, "EntryJson") == made["entry"]


@pytest.mark.parametrize("kind", ENTERED)
def test_a_kind_is_entered_by_whom_the_table_names(house: House, kind: str) -> None:
    before = len(house.entries())
    for name, roles in ROLES.items():
        grants = next(user.roles for user in house.parts.desk.users if user.name == name)
        answer = call(house, name, ENTRIES, {"said": {"kind": kind, "nonsense": 1}})
        may = allows(grants, KINDS[kind].action, "small")
        assert (answer.status == 422) == may, (name, roles)
        assert answer.status in {403, 422}
    assert len(house.entries()) == before


def test_the_body_is_described_by_the_models_of_the_kinds(house: House) -> None:
    schemas = openapi_document()["components"]["schemas"]
    assert set(schemas["EntryRequest"]["properties"]["said"]["discriminator"]["mapping"]) == set(ENTERED)
    for name, kind in ENTERED.items():
        body = {"said": {"kind": name, **kind.example.words}}
        Draft202012Validator(resolved("EntryRequest")).validate(json.loads(json.dumps(body, default=str)))


def test_what_is_wrong_is_said_field_by_field(house: House) -> None:
    body: dict[str, Any] = {"said": {**CLAIM, "services": ["custdy"], "end": "yesterday"}, "colour": "red"}
    problem = told(call(house, "carl", ENTRIES, body), 422, "EntryProblemJson")
    assert [one["pointer"] for one in problem["errors"]] == ["/colour"]
    del body["colour"]
    problem = told(call(house, "carl", ENTRIES, body), 422, "EntryProblemJson")
    assert problem["errors"][0]["pointer"] == "/said/end"
    assert "2026-10-05T14:00:00Z" in problem["errors"][0]["remedy"]
    body["said"]["end"] = CLAIM["end"]
    problem = told(call(house, "carl", ENTRIES, body), 422, "EntryProblemJson")
    assert problem["errors"] == [
        {"pointer": "/said/services", "detail": "no such service: custdy", "remedy": "did you mean custody?"}
    ]


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"said": BOOKING}, {"Idempotency_Key": ""}, 400),
        ({"said": BOOKING}, {"Idempotency_Key": "two words"}, 400),
        ({"said": BOOKING}, {"If_Match": "12"}, 400),
        ({"said": BOOKING}, {"Content_Type": "text/plain"}, 415),
        ("[]", {}, 400),
        ('{"said": {}, "said": {}}', {}, 400),
        ('{"said": NaN}', {}, 400),
        ("[" * 20_000, {}, 400),
        ({"said": "claim"}, {}, 422),
        ({"said": {"kind": ["claim"]}}, {}, 422),
        ({"said": {"kind": "sign_off", "month": "2026-09"}}, {}, 422),
        ({"said": {"kind": "terms_approved"}}, {}, 422),
        ({"said": BOOKING, "note": "a\u202eb"}, {}, 422),
    ],
)
def test_a_body_that_makes_no_sense_enters_nothing(
    house: House, body: Any, headers: dict[str, str], status: int
) -> None:
    before = len(house.entries())
    answer = call(house, "carl", ENTRIES, body, **headers)
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(house.entries()) == before


def test_what_changes_months_that_are_over_is_looked_at_before(house: House) -> None:
    figure = {"kind": "figure", "kpi": "KPI3", "month": "2026-08", "party": "authority", "value": "75"}
    path, body = f"{ENTRIES}?dry_run=true", {"said": figure, "note": "From the minutes."}
    assert call(house, "carl", ENTRIES, body).status == 428
    preview = told(call(house, "carl", path, body), 200, "PreviewJson")
    assert preview["reaches_closed_months"]
    changed = {one["figure"]: (one["month"], one["before"], one["after"]) for one in preview["changes"]}
    assert changed["KPI3"][:2] == ("2026-08", "-")
    assert changed["KPI3"][2].startswith("75")
    seen = f'"{preview["last_number"]}"'
    entered(house, "olga", {**BOOKING, "start": "2039-05-02 01:00", "end": "2039-05-02 02:00"})
    assert call(house, "carl", ENTRIES, body, If_Match=seen).status == 412
    now = told(call(house, "carl", path, body), 200, "PreviewJson")["last_number"]
    assert call(house, "carl", ENTRIES, body, If_Match=f'"{now}"').status == 201


def test_a_claim_is_decided_and_an_entry_taken_back(house: House) -> None:
    claim = {**CLAIM, "start": "2039-06-01 09:00", "end": "2039-06-01 10:30"}
    number = entered(house, "sue", claim)["number"]
    decide, undo = f"{ENTRIES}/{number}/decide", f"{ENTRIES}/{number}/undo"
    assert call(house, "carl", decide, {"granted": True, "note": "Agreed."}).status == 403
    problem = told(call(house, "anna", decide, {"granted": "perhaps", "note": ""}), 422, "EntryProblemJson")
    assert problem["errors"][0]["pointer"] == "/granted"
    preview = call(house, "anna", f"{decide}?dry_run=true", {"granted": False, "note": "Too late."})
    assert told(preview, 200, "PreviewJson")["entry"]["kind"] == "decision"
    made = told(call(house, "anna", decide, {"granted": False, "note": "Too late."}), 201, "EnteredJson")
    assert made["entry"]["said"] == {"kind": "decision", "about": number, "granted": False}
    assert call(house, "anna", undo, {"note": "Mistake."}).status == 403
    assert call(house, "carl", undo, {}).status == 422
    back = told(call(house, "carl", undo, {"note": "Mistake."}), 201, "EnteredJson")
    assert told(call(house, "vera", f"{ENTRIES}/{number}"), 200, "EntryJson")["undone_by"] == back["entry"]["number"]


def test_entries_are_read_page_by_page_by_each_as_they_may(house: House) -> None:
    for hour in ("03", "04", "05"):
        entered(house, "olga", {**BOOKING, "start": f"2039-07-01 {hour}:00", "end": f"2039-07-01 {hour}:30"})
    found, path = [], f"{ENTRIES}?limit=2&kind=maintenance"
    while path:
        page = told(call(house, "sue", path), 200, "EntriesJson")
        found += [one["number"] for one in page["entries"]]
        path = page["next"]
    assert found == [one.number for one in house.entries() if one.body.kind == "maintenance"]
    assert call(house, "strange", ENTRIES).status == 403
    assert call(house, "", ENTRIES).status == 401
    assert call(house, "vera", f"{ENTRIES}/999999").status == 404
    assert call(house, "vera", f"{ENTRIES}?kind=clam").status == 400


def test_a_supplier_reads_no_note_of_the_authority(house: House) -> None:
    said = {"kind": "acknowledgement", **KINDS["acknowledgement"].example.words}
    ours = entered(house, "olga", said, note="Ours alone.", evidence="//files/ours")
    theirs = told(call(house, "sue", ours["url"]), 200, "EntryJson")
    assert (theirs["note"], theirs["evidence"], theirs["is_redacted"]) == (LEFT_OUT, LEFT_OUT, True)
    assert "Ours alone" not in call(house, "sue", f"{ENTRIES}?limit=500").body
    own = entered(house, "sue", said, note="The supplier's own.")
    assert told(call(house, "sue", own["url"]), 200, "EntryJson")["note"] == "The supplier's own."


def test_a_session_brings_the_token_of_its_forms(house: House) -> None:
    carl, other = house.browser("carl"), house.browser("sue")
    mine, theirs = (one.get("/desk").hidden["_csrf"] for one in (carl, other))
    cookie = "; ".join(f"{name}={value}" for name, value in carl.jar.items())
    body = {"said": {**BOOKING, "start": "2039-08-01 01:00", "end": "2039-08-01 02:00"}}
    own = f"http://127.0.0.1:{house.web.port}"
    for headers, status in (
        ({}, 403),
        ({"X_CSRF_Token": theirs}, 403),
        ({"X_CSRF_Token": mine, "Origin": "https://elsewhere.example"}, 403),
        ({"X_CSRF_Token": mine, "Sec_Fetch_Site": "cross-site"}, 403),
        ({"X_CSRF_Token": mine, "Origin": own}, 201),
    ):
        assert call(house, "", ENTRIES, body, Cookie=cookie, **headers).status == status, headers


def test_too_many_entries_in_a_minute_wait(tmp_path: Path) -> None:
    with furnished(tmp_path, limits=Limits(writes_per_minute=2)) as small:
        robot = {"Authorization": f"Bearer {'token-0123456789-abcdef'}", "Content-Type": "application/json"}
        answers = [ask(small.web, ENTRIES, "POST", headers=robot, body=b"{}") for _ in range(3)]
        assert [one.status for one in answers] == [422, 422, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60


def test_nobody_enters_where_nobody_is_named(tmp_path: Path) -> None:
    with furnished(tmp_path, users=[], tokens=[]) as open_house:
        answer = ask(open_house.web, ENTRIES, "POST", headers={"Content-Type": "application/json"}, body=b"{}")
        assert answer.status == 404
        assert ask(open_house.web, ENTRIES).status == 404


def test_a_supplier_fills_the_disk_by_so_much_a_day_and_is_told_when_to_go_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Entries and files count together, by page and by program; what was entered stands, and the authority goes on."""
    limits, big = Limits(day_bytes=40_000), {"note": "x" * 4_000}
    with furnished(tmp_path, tokens=tokens(), limits=limits) as house:
        kept = {"Idempotency_Key": "first"}
        first = told(call(house, "sue", ENTRIES, {"said": BOOKING, **big}, **kept), 201, "EnteredJson")
        address = first["entry"]["url"]
        attach = {"Content_Type": "application/octet-stream"}
        assert call(house, "sue", f"{address}/attachments?name=a.txt", "x" * 36_000, **attach).status == 201
        before = house.entries()
        other = {"said": {**BOOKING, "start": "2039-05-02 01:00", "end": "2039-05-02 02:00"}}
        answer = call(house, "sue", ENTRIES, other)
        refused = told(answer, 429, "ProblemJson")
        assert "at most 40,000 bytes within a day" in refused["detail"]
        assert "ask the authority" in refused["remedy"]
        assert 86_000 < int(answer.headers["retry-after"]) <= 86_401
        assert call(house, "sue", f"{address}/attachments?name=b.txt", "y", **attach).status == 429
        assert call(house, "sue", ENTRIES, {"said": BOOKING, **big}, **kept).status == 200, "it was entered before"
        assert list(house.entries()) == list(before)
        assert len([one for one in caplog.records if "nothing more is taken" in one.getMessage()]) == 1
        assert call(house, "carl", ENTRIES, {**other, **big}).status == 201
        for _ in range(9):
            assert call(house, "carl", ENTRIES, {"said": {"kind": "minute", "month": "2026-09"}, **big}).status == 201
