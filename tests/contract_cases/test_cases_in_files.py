"""The numeric cases once more, from a contract's file and an evidence file: the whole way that a month goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_monitor.assess import assess_month
from sla_monitor.contract.load import load_contract
from sla_monitor.evidence.reading import read_evidence
from sla_monitor.periods.months import shifted
from sla_monitor.register.instant import parse_instant
from tests.contract_cases.asking import Answers
from tests.contract_cases.reading import Case, month_name, read_cases
from tests.contract_cases.two_files import Run, can_be_told, write

OF_THE_ROW = {"elapsed_minutes", "states", "working_days", "claim_by", "allowance_minutes", "allowance_hours"}
OF_THE_ROW |= {"downtime_minutes", "downtime_hours", "outage_minutes", "outage_ms", "unseen_minutes", "period_minutes"}
"""What is worked out from the row and not from a month's result."""


def asked(run: Run) -> bool:
    return any(row["expect"].keys() - OF_THE_ROW for row in run)


RUNS = [(case, run) for case in read_cases() for run in case.rows() if can_be_told(run) and asked(run)]


@pytest.mark.parametrize(("case", "run"), RUNS, ids=[f"{case.name} {n}" for n, (case, _) in enumerate(RUNS)])
def test_two_files_say_what_the_case_says(case: Case, run: Run, tmp_path: Path) -> None:
    contract_file, evidence_file = write(case, run, tmp_path)
    contract = load_contract(contract_file)
    evidence = read_evidence(evidence_file, contract)
    now_ms = parse_instant(f"{shifted(month_name(run[-1]), 3)}-01T00:00:00Z")
    found = assess_month(contract, evidence, month_name(run[-1]), now_ms)
    assert found.result is not None
    told = [*found.earlier, found.result]
    months = [result.month for result in told]
    for row in run:
        answers = Answers(case, case.terms(), row, told[: months.index(month_name(row)) + 1])
        expected = {key: value for key, value in row["expect"].items() if key not in OF_THE_ROW}
        assert {key: answers.to(key, value) for key, value in expected.items()} == expected, row


def test_most_of_the_cases_are_told() -> None:
    assert len({case.data["case"] for case, _ in RUNS}) >= 50
