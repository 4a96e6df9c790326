"""A trigger on any 30 days, from a case's two files to the terminal and to JSON."""

from __future__ import annotations

import json
from pathlib import Path

from tests.contract_cases.reading import read_cases
from tests.contract_cases.two_files import write
from tests.support.quarter import run


def test_the_day_is_said(tmp_path: Path) -> None:
    case = next(one for one in read_cases() if one.name == "131-chronic-outage: 14 hours on 20 May and 11 on 5 June")
    contract, evidence = write(case, case.rows()[-1], tmp_path)
    asked = (str(contract), "--evidence", str(evidence), "--period", "2026-06")
    said = " ".join(run(*asked, "--working").stdout.split())
    assert "Trigger chronic is set off on 5 June 2026 by 2026-05, 2026-06: termination right." in said
    assert "downtime hours, rolling 30 days, more than 24: 14 (2026-05-20) + 11 (2026-06-05) = 25" in said
    document = json.loads(run(*asked, "--format", "json").stdout)
    (trigger,) = document["result"]["triggers"]
    assert (trigger["on"], trigger["months"]) == ("2026-06-05", ["2026-05", "2026-06"])
