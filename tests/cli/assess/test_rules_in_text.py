"""Triggers on days, failures that must repeat, one of several: from a case's two files to the terminal and to JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.contract_cases.reading import read_cases
from tests.contract_cases.two_files import write
from tests.support.quarter import run


def shown(folder: Path, name: str, month: str) -> tuple[str, dict[str, Any]]:
    """The table with its working, spaces made one, and the month in JSON."""
    case = next(one for one in read_cases() if one.name == name)
    contract, evidence = write(case, case.rows()[-1], folder)
    asked = (str(contract), "--evidence", str(evidence), "--period", month)
    document = json.loads(run(*asked, "--format", "json").stdout)
    return " ".join(run(*asked, "--working").stdout.split()), document["result"]


def test_a_trigger_on_any_30_days_names_the_day(tmp_path: Path) -> None:
    text, result = shown(tmp_path, "131-chronic-outage: 14 hours on 20 May and 11 on 5 June", "2026-06")
    assert "Trigger chronic is set off on 5 June 2026 by 2026-05, 2026-06: termination right." in text
    assert "downtime hours, rolling 30 days, more than 24: 14 (2026-05-20) + 11 (2026-06-05) = 25" in text
    (trigger,) = result["triggers"]
    assert (trigger["on"], trigger["months"]) == ("2026-06-05", ["2026-05", "2026-06"])


def amount(line: dict[str, Any]) -> str:
    return str(line["amount"]["amount"])


CASE = "132-paid-if-it-repeats: two months missed in a row, and a third"


def test_what_has_not_repeated_stands_beside_the_credits(tmp_path: Path) -> None:
    text, result = shown(tmp_path, CASE, "2026-01")
    assert "Not due: the failure has not repeated rule KPI of amount" in text
    assert "relief uptime contract GBP 300.00" in text
    assert "held back until the failure repeats: 1 of 2 failures in a row = 300.00" in text
    assert [(line["kpi"], amount(line), line["month"]) for line in result["held"]] == [("uptime", "300.00", None)]
    assert (result["lines"], result["credit"]["amount"]) == ([], "0.00")


def test_what_is_due_for_an_earlier_failure_names_its_month(tmp_path: Path) -> None:
    text, result = shown(tmp_path, CASE, "2026-02")
    assert "relief uptime contract GBP 300.00 relief uptime, 2026-01 contract GBP 300.00" in text
    assert [(amount(line), line["month"]) for line in result["lines"]] == [("300.00", None), ("300.00", "2026-01")]
    assert (result["held"], result["credit"]["amount"]) == ([], "600.00")


def test_what_is_not_paid_says_what_it_is_by_itself(tmp_path: Path) -> None:
    name = "133-one-of-several: with a failure that repeated, whose rule then gives more"
    text, result = shown(tmp_path, name, "2026-03")
    assert "outage uptime contract GBP 0.00 of GBP 100.00 slow latency contract GBP 150.00" in text
    assert "combined, sole-remedy: greatest of 100.00, 150.00 = 0.00 [7.4]" in text
    assert [(amount(line), line["before_combining"]["amount"]) for line in result["lines"]] == [
        ("0.00", "100.00"),
        ("150.00", "150.00"),
    ]
