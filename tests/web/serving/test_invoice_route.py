"""An invoice by programs: compared as the page compares it, entered once, all or none; and a participant's shares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.desk.house import House, furnished
from tests.web.desk.side_house import SHARE, side_house
from tests.web.desk.test_invoice_form import LINES, upload
from tests.web.serving.test_register_routes import call, tokens, told

INVOICE = "/api/v1/contracts/small/credits/invoice"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with side_house(tmp_path_factory.mktemp("desk"), tokens=tokens()) as found:
        yield found


def body(content: str = LINES, **more: Any) -> dict[str, Any]:
    return {"file": {"name": "i.csv", "content": content}, "columns": {"Doc no": "invoice"}, **more}


def test_an_invoice_is_compared_and_its_lines_are_entered_once(house: House) -> None:
    checked = told(call(house, "fred", f"{INVOICE}?dry_run=true", body()), 200, "InvoiceCheckJson")
    assert [(one["month"], one["verdict"]) for one in checked["lines"]] == [
        ("2026-08", "matched"),
        ("2020-01", "unknown"),
        ("2026-09", "missing"),
    ]
    assert (checked["lines"][0]["amount"]["amount"], checked["others"], checked["ignored"]) == ("19.00", 1, ["Text"])
    assert len(house.entries()) == 5
    made = told(call(house, "fred", INVOICE, body(), Idempotency_Key="INV-9"), 201, "InvoiceEnteredJson")
    (entry,) = made["entries"]
    assert (entry["said"]["line"], entry["actor"], made["last_number"]) == ("2", "fred-script", entry["number"])
    again = told(call(house, "fred", INVOICE, body(), Idempotency_Key="INV-9"), 200, "InvoiceEnteredJson")
    assert (again["is_again"], again["entries"]) == (True, made["entries"])
    other = call(house, "fred", INVOICE, body(LINES.replace("-19", "-18")), Idempotency_Key="INV-9")
    assert "which says something else" in told(other, 422, "ProblemJson")["detail"]
    nothing = told(call(house, "fred", INVOICE, body()), 422, "EntryProblemJson")
    (error,) = nothing["errors"]
    assert error["detail"] == f"is entered already, by entry {entry['number']}; no other line of it is to be entered"
    assert error["remedy"] == nothing["remedy"] == "leave it; to enter it again, take that back first"
    assert nothing["detail"] == f"nothing was entered: file {error['detail']}"
    unknown = told(call(house, "fred", INVOICE, body(LINES.replace("2026-08", "2020-02"))), 422, "EntryProblemJson")
    assert unknown["errors"][0]["remedy"] == "compare it first: the verdict of each line says why"


def test_a_line_of_another_contract_matches_nothing(house: House) -> None:
    lines = LINES.replace("Text\n", "Contract\n").replace("Credit\n", "other\n")
    checked = told(call(house, "fred", f"{INVOICE}?dry_run=true", body(lines)), 200, "InvoiceCheckJson")
    assert {one["verdict"] for one in checked["lines"]} == {"missing"}
    assert (checked["others"], checked["elsewhere"], checked["ignored"]) == (0, 3, [])
    assert call(house, "fred", INVOICE, body(lines)).status == 422
    page = upload(house.browser("fred"), lines.encode())
    assert "3 rows left out: of another contract, or of none" in page.text
    assert len(house.entries()) == 5


def test_what_is_wrong_is_told_by_field_and_who_may_not_is_refused(house: House) -> None:
    wrong = body(LINES.replace("-19.00", "-18.00"), keep="all")
    for given, pointer, why in (
        (wrong, "/note", "say why"),
        (body("a,b\n1,2\n"), "/file", "which column is which"),
        (body(date="soon"), "/date", ""),
        (body(sign="both"), "/sign", ""),
        (body("x" * 1_000_001), "/file", "split it"),
        ({"columns": {}}, "/file", "is missing"),
    ):
        problem = told(call(house, "fred", INVOICE, given), 422, "EntryProblemJson")
        found = [one for one in problem["errors"] if one["pointer"].startswith(pointer)]
        assert any(why in f"{one['detail']} {one['remedy']}" for one in found), problem
        assert "--" not in "".join(f"{one}" for one in problem["errors"])
    for name in ("sue", "vera", "olga", "anna", "audrey", "kent", "strange"):
        assert call(house, name, INVOICE, body()).status == 403, name
    assert len(house.entries()) == 5


def test_what_is_not_assessed_yet_is_unknown_and_compared_with_nothing(tmp_path: Path) -> None:
    """After a start, until the first assessment: neither nothing due nor an unknown line, and nothing is entered."""
    with furnished(tmp_path, tokens=tokens()) as house:
        for query in ("?dry_run=true", ""):
            refused = told(call(house, "fred", f"{INVOICE}{query}", body()), 503, "ProblemJson")
            assert "not been assessed yet" in refused["detail"]
        read = call(house, "fred", "/api/v1/contracts/small/credits")
        assert "not been assessed yet" in told(read, 503, "ProblemJson")["detail"]
        for page in ("", ".csv"):
            shown = house.browser("fred").get(f"/desk/contracts/small/credits{page}")
            assert (shown.status, "has not been assessed yet" in shown.text) == (503, True), page
        assert list(house.entries()) == []
        for path in ("/calendar.ics", "/calendar.ics?contract=small", "/api/v1/contracts/small"):
            assert call(house, "fred", path).status == 503, "an empty calendar deletes what its reader has"
        assert call(house, "kent", "/api/v1/participants/kent/shares").status == 503
        assert house.browser("kent").get("/desk/participants/kent").status == 503


def test_a_participants_shares_are_its_own_alone(house: House) -> None:
    address = "/api/v1/participants/{}/shares"
    own = told(call(house, "kent", address.format("kent")), 200, "SharesJson")["shares"]
    assert [one["month"] for one in own] == ["2026-11", "2026-11"]
    page = house.browser("kent").get("/desk/participants/kent").text
    assert all(one["share"] is None or one["share"]["amount"] in page for one in own)
    assert call(house, "kent", address.format("sussex")).status == 403
    assert call(house, "sue", address.format("kent")).status == 403
    assert set(SHARE) == {"kent", "sussex"}
