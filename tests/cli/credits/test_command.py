"""`sla-monitor credits`: a credit from its notice to its end, and an invoice against it, as somebody types it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.periods.months import shifted
from tests.register.office import Office

MONTH = shifted(f"{datetime.now(UTC):%Y-%m}", -4)
AFTER = f"{shifted(MONTH, 1)}-20"
MISSED = f"""id,priority,opened,ended
A,P1,{MONTH}-03 09:00,{MONTH}-03 20:00
B,P1,{MONTH}-05 09:00,{MONTH}-05 20:00
"""
INVOICE = f"""Doc no,Line no,Invoice date,Service period,Net,Text
INV-9,1,{AFTER},,900.00,=cmd()
INV-9,2,{AFTER},{MONTH},-20.00,Credit
INV-9,3,{AFTER},2020-01,-1.00,Credit
"""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A month whose tickets were late: 2 points of 1 % of £1,000.00."""
    found = Office.furnished(tmp_path, invoicing={"notify_working_days": 10})
    found.done("import", "small", found.file(MISSED), "--kind", "ticket", "--yes")
    return found


def run(office: Office, *words: str) -> Result:
    return CliRunner().invoke(cli, ["credits", *words, "--config", str(office.folder / "sla-monitor.yaml")])


def add(office: Office, kind: str, amount: str, *more: str) -> str:
    given = ("--month", MONTH, "--amount", amount, "--on", AFTER)
    said = office.run("add", f"credit-{kind}", "small", *given, *more)
    return said.err or said.out


def test_from_expected_to_settled(office: Office) -> None:
    late = run(office, "list", "small")
    assert late.exit_code == 1
    assert "GBP 20.00 should have been notified by" in late.stdout
    assert "notified on" in add(office, "notified", "20")
    assert "is 25, and 20 of what was notified is not on an invoice" in add(
        office, "invoiced", "25", "--invoice", "INV-9"
    )
    assert "on invoice INV-9" in add(office, "invoiced", "20", "--invoice", "INV-9")
    assert "has this line of invoice INV-9 already" in add(office, "invoiced", "1", "--invoice", "INV-9", "--note", "x")
    assert "set off on" in add(office, "settled", "15", "--how", "set_off")
    assert "note: is missing" in add(office, "written-off", "5")
    assert "overdue" in run(office, "list", "small").stdout
    assert "written off on" in add(office, "written-off", "5", "--note", "Not worth a letter.")
    done = run(office, "list", "small")
    assert (done.exit_code, "settled" in done.stdout, "Open on" in done.stdout) == (0, True, True)
    (row,) = csv.DictReader(io.StringIO(run(office, "list", "small", "--format", "csv").stdout))
    assert (row["expected"], row["recovered"], row["written_off"], row["open"]) == ("20.00", "15.00", "5.00", "0.00")
    (month,) = json.loads(run(office, "list", "small", "--format", "json").stdout)["recovery"]["months"]
    assert [move["step"] for move in month["moves"]] == ["notified", "invoiced", "set_off", "written_off"]


def test_an_invoice_is_compared_kept_once_and_taken_back(office: Office) -> None:
    add(office, "notified", "20")
    mapped = (office.file(INVOICE, "inv.csv"), "--map", "Doc no=invoice")
    seen = run(office, "reconcile", "small", *mapped)
    assert seen.exit_code == 1
    assert [line.split()[-1] for line in seen.stdout.splitlines()[2:4]] == ["matched", "due"]
    assert "1 row left out: charges" in seen.stdout
    kept = run(office, "reconcile", "small", *mapped, "--keep", "matched", "--actor", "ann")
    assert "`register undo small 4` takes that back" in kept.stdout
    again = json.loads(run(office, "reconcile", "small", *mapped, "--keep", "matched", "--format", "json").stdout)
    assert ([one["verdict"] for one in again["lines"]], again["entered"]) == (["entered", "unknown"], [])
    assert "inv.csv, SHA-256" in office.done("show", "small", "4").out
    office.done("undo", "small", "4", "--why", "another invoice")
    undone = json.loads(run(office, "reconcile", "small", *mapped, "--format", "json").stdout)
    assert undone["lines"][0]["verdict"] == "matched"


def test_a_line_of_another_contract_matches_no_credit_of_this_one(office: Office) -> None:
    add(office, "notified", "20")
    rows = "".join(f"INV-9,{n},{AFTER},{MONTH},-10,{name}\n" for n, name in enumerate(("small", "other", "SMALL")))
    file = office.file(f"invoice,line,date,month,amount,contract id\n{rows}", "inv.csv")
    kept = run(office, "reconcile", "small", file, "--keep", "all", "--note", "-", "--actor", "ann")
    assert "1 row left out: of another contract, or of none" in kept.stdout
    told = json.loads(run(office, "reconcile", "small", file, "--format", "json").stdout)
    assert ([(one["line"], one["verdict"]) for one in told["lines"]], told["elsewhere"]) == (
        [("0", "entered"), ("2", "entered")],
        1,
    )


def test_a_wrong_amount_is_entered_with_a_reason_alone(office: Office) -> None:
    add(office, "notified", "20")
    wrong = office.file(f"invoice,date,month,amount\nINV-9,{AFTER},{MONTH},-25\n", "inv.csv")
    assert "--note is missing" in run(office, "reconcile", "small", wrong, "--keep", "all").stderr
    kept = run(office, "reconcile", "small", wrong, "--keep", "all", "--note", "5 of interest")
    assert (kept.exit_code, "entered as 4" in kept.stdout) == (1, True)
    assert "5 of interest" in office.done("show", "small", "4").out


def test_an_unknown_field_and_a_contract_without_terms_are_told(tmp_path: Path) -> None:
    bare = Office.furnished(tmp_path)
    assert "has no terms of invoicing" in run(bare, "list", "small").stdout
    said = run(bare, "reconcile", "small", bare.file("a\n1\n"), "--map", "a=sum")
    assert "an invoice has no field 'sum'" in said.stderr
