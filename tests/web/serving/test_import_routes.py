"""Files of tickets and figures by other programs: whole or not at all, once, seen before, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from sla_monitor.settings.desk.access_table import Action, allows
from sla_monitor.web import Limits
from sla_monitor.web.api.openapi import openapi_document
from sla_monitor.web.serving.import_routes import ImportsResource
from tests.web.desk.house import ROLES, House, furnished
from tests.web.running import Answer
from tests.web.serving.test_register_routes import call, tokens, told

IMPORTS = "/api/v1/contracts/small/imports"
EXPORT = """Number,State,Priority,Opened,Resolved,Business service,Short description
INC1,Closed,1 - Critical,2026-10-05 09:00,2026-10-05 10:00,custody,"Three
lines, and
=1+1"
INC2,New,2 - High,2026-10-06 09:00,,Canteen,
"""
HEADINGS = EXPORT.partition("INC1")[0]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("desk")
    with furnished(folder, tokens=tokens(), limits=Limits(writes_per_minute=1000)) as found:
        yield found


def push(house: House, name: str, content: str, options: Any = (), **headers: str) -> Answer:
    query = urlencode([("kind", "ticket"), ("preset", "servicenow"), ("service", "Canteen="), *options])
    return call(house, name, f"{IMPORTS}?{query}", content, **{"Content_Type": "text/csv", **headers})


def test_an_export_is_pushed_seen_entered_once_and_taken_back(house: House) -> None:
    before = len(house.entries())
    seen = told(push(house, "carl", EXPORT, [("dry_run", "true")]), 200, "ImportPreviewJson")
    counts = [seen[key] for key in ("rows", "entered", "changed", "same", "reaches_closed_months")]
    assert counts == [2, 2, 0, 0, True]
    assert seen["ignored"] == ["Short description"]
    assert {row["figure"] for row in seen["changes"]} >= {"KPI2"}
    assert push(house, "carl", EXPORT).status == 428
    last, key = f'"{seen["last_number"]}"', "export-7"
    assert len(house.entries()) == before
    first = push(house, "carl", EXPORT, If_Match=last, Idempotency_Key=key)
    made = told(first, 201, "SeveralEnteredJson")
    assert (made["entered"], made["last"] - made["first"], made["is_again"]) == (2, 1, False)
    again = told(push(house, "carl", EXPORT, If_Match=last, Idempotency_Key=key), 200, "SeveralEnteredJson")
    assert (again["first"], again["last"], again["is_again"]) == (made["first"], made["last"], True)
    other = push(house, "carl", EXPORT.replace("INC1", "INC9"), Idempotency_Key=key)
    assert (other.status, "from another file" in other.body) == (422, True)
    nothing = told(push(house, "carl", EXPORT), 200, "SeveralEnteredJson")
    assert (nothing["entered"], nothing["first"]) == (0, None)
    assert push(house, "carl", EXPORT.replace("10:00", "11:00"), If_Match=last).status == 412

    back = f"/api/v1/contracts/small/entries/{made['first']}/undo-file"
    asked = told(call(house, "carl", f"{back}?dry_run=true", {"note": "Wrong month."}), 200, "SeveralPreviewJson")
    assert (asked["entered"], bool(asked["changes"])) == (2, True)
    undone = call(house, "carl", back, {"note": "Wrong month."}, If_Match=f'"{asked["last_number"]}"')
    assert told(undone, 201, "SeveralEnteredJson")["entered"] == 2
    assert [one.body.kind for one in house.entries()[before:]] == ["ticket", "ticket", "undo", "undo"]
    assert call(house, "carl", back, {"note": "Again."}).status == 404


def test_what_is_wrong_is_said_line_by_line_in_words_of_the_address(house: House) -> None:
    rows = "INC1,Closed,1 - Critical,05/10/2026 9:00,,custody,x\nINC2,New,Blocker !,2026-10-06,,Canteen,a\n"
    problem = told(push(house, "carl", HEADINGS + rows), 422, "EntryProblemJson")
    assert [one["pointer"] for one in problem["errors"]] == ["/2/opened", "/2/ended", "/3/priority"]
    ways = [one["remedy"] for one in problem["errors"]]
    assert "dates=day-first" in ways[0]
    assert "open_without_end=true" in ways[1]
    assert "priority=THEIRS=OURS" in ways[2]
    assert "--" not in str(problem)
    many = push(house, "carl", HEADINGS + "INC,,,,,,\n" * 300)
    assert len(told(many, 422, "EntryProblemJson")["errors"]) == 100


@pytest.mark.parametrize(
    ("content", "options", "headers", "status"),
    [
        (EXPORT, [("kind", "figure")], {}, 400),
        (EXPORT, [("dates", "guess")], {}, 400),
        (EXPORT, [("map", "Number=nothing")], {}, 400),
        (EXPORT, [("colour", "red")], {}, 400),
        (EXPORT, [], {"Content_Type": "application/json"}, 415),
        (EXPORT, [], {"Idempotency_Key": ""}, 400),
        ("", [], {}, 422),
        ("PK\x03\x04", [], {}, 422),
    ],
)
def test_what_makes_no_sense_enters_nothing(
    house: House, content: str, options: Any, headers: dict[str, str], status: int
) -> None:
    before = len(house.entries())
    answer = push(house, "carl", content, options, **headers)
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer.body
    assert len(house.entries()) == before


def test_a_file_is_pushed_by_whom_the_table_names_and_a_supplier_speaks_for_itself(house: House) -> None:
    for kind, action in (("ticket", Action.IMPORT_TICKETS), ("figure", Action.GIVE_FIGURES)):
        for name in ROLES:
            grants = next(user.roles for user in house.parts.desk.users if user.name == name)
            answer = call(house, name, f"{IMPORTS}?kind={kind}", "nothing\n", Content_Type="text/csv")
            assert answer.status == (422 if allows(grants, action, "small") else 403), (name, answer.body)
    rows = "kpi,month,party,value\nKPI3,2026-10,authority,81\nKPI3,2026-09,,81\n"
    answer = call(house, "sue", f"{IMPORTS}?kind=figure", rows, Content_Type="text/csv")
    (wrong,) = told(answer, 422, "EntryProblemJson")["errors"]
    assert (wrong["pointer"], "do not speak" in wrong["detail"]) == ("/2/party", True)


def test_the_parameters_are_described(house: House) -> None:
    described = openapi_document()["paths"]["/api/v1/contracts/{contract}/imports"]["post"]["parameters"]
    assert {one["name"] for one in described if one["in"] == "query"} == set(ImportsResource.names)
