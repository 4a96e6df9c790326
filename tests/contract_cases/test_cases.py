"""Every numeric case of real contracts, each from terms and inputs alone (tests/contract_cases/*.yaml)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from sla_monitor.contract.advice.points_and_money import doubts
from sla_monitor.contract.fields import Misplaced
from sla_monitor.contract.reading.nodes import plain
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.periods.months import TermMonths
from sla_monitor.sla.money.month_engine import Setting, fold
from tests.contract_cases.asking import Answers, like
from tests.contract_cases.reading import FOLDER, Case, month_input, month_name, read_cases

CASES = list(read_cases())
KNOWN = {"case", "title", "source", "mark", "note", "terms", "zone", "currency", "charges", "start"}
ASKED = {"rows", "months", "refused", "doubted"}
BY_KPI = {"figures", "submitted", "agreed", "counts", "time", "slots", "samples", "tickets", "looks"}
OF_ROW = BY_KPI | {"month", "now", "charges", "occurrences", "misreports", "sites", "expect"}


def named(case: Case) -> str:
    return case.name


def refusals(case: Case) -> list[str]:
    """`kpis.0.bands.1: why`, as the loader would put it to a line of the file."""
    try:
        case.terms()
    except ValidationError as error:
        return [line for details in error.errors() for line in _lines(details)]
    return []


def _lines(details: Any) -> list[str]:
    loc = tuple(part for part in details["loc"] if part not in {"availability", "days_late", "unit_rate"})
    cause = details.get("ctx", {}).get("error")
    problems = cause.problems if isinstance(cause, Misplaced) else [((), details["msg"])]
    return [f"{'.'.join(map(str, (*loc, *path)))}: {message}" for path, message in problems]


@pytest.mark.parametrize("case", [case for case in CASES if case.rows()], ids=named)
def test_a_contract_says_what_its_case_says(case: Case) -> None:
    terms = case.terms()
    for run in case.rows():
        months = [month_input(case, terms, row) for row in run]
        quarters = terms.accounting.quarters
        term = TermMonths(str(case.data.get("start", month_name(run[0]))), quarters=quarters)
        setting = Setting(term, case.data.get("currency", "GBP"))
        results = fold(setting, lambda _: terms, months)
        for n, row in enumerate(run, 1):
            answers = Answers(case, terms, row, results[:n])
            expected = row.get("expect", {})
            assert {key: answers.to(key, value) for key, value in expected.items()} == expected, row


@pytest.mark.parametrize("case", [case for case in CASES if "refused" in case.data], ids=named)
def test_terms_that_cannot_be_are_refused_at_their_place(case: Case) -> None:
    found = refusals(case)
    assert len(found) == len(case.data["refused"]), found
    for line, expected in zip(found, case.data["refused"], strict=True):
        path, _, why = expected.partition(": ")
        assert line.startswith(f"{path}: ")
        assert why in line


@pytest.mark.parametrize("case", [case for case in CASES if "doubted" in case.data], ids=named)
def test_terms_that_cannot_work_are_doubted_at_their_place(case: Case) -> None:
    found = [f"{'.'.join(map(str, path))}: {message}" for path, message in doubts(case.terms())]
    assert len(found) == len(case.data["doubted"]), found
    for line, expected in zip(found, case.data["doubted"], strict=True):
        path, _, why = expected.partition(": ")
        assert line.startswith(f"{path}: ")
        assert why in line


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_case_names_its_source_and_asks_something(case: Case) -> None:
    assert case.data["source"]
    assert case.data["mark"] in {"S", "S-rule", "derived"}
    assert case.data.keys() <= KNOWN | ASKED
    assert case.data.keys() & ASKED
    for row in (row for run in case.rows() for row in run):
        assert row.get("expect"), row


@pytest.mark.parametrize("case", [case for case in CASES if case.rows()], ids=named)
def test_nothing_that_a_case_says_is_passed_over(case: Case) -> None:
    """A word that nobody reads, or a KPI that there is not, would let a case pass without its numbers."""
    names = {kpi.id for kpi in case.terms().kpis}
    for row in (row for run in case.rows() for row in run):
        assert row.keys() <= OF_ROW
        for key in BY_KPI & row.keys():
            assert row[key].keys() <= names, key


def test_a_case_has_the_number_of_its_file() -> None:
    told = [(int(path.name[:3]), plain(read_document(path).root)["case"]) for path in sorted(FOLDER.glob("*.yaml"))]
    assert [number for number, _ in told] == [case for _, case in told]
    assert len(told) == len(dict(told))


@pytest.mark.parametrize(
    ("answer", "expected", "is_alike"),
    [
        (Fraction("99.9"), 100, False),
        (Fraction("5.6"), 6, False),
        (Fraction("99.06103"), Decimal("99.0610"), True),
        (Fraction("99.06105"), Decimal("99.0610"), False),
        (Decimal("10.005"), Decimal("10.00"), False),
        (None, 0, False),
        ([Fraction(1), Fraction(2)], [1], False),
    ],
)
def test_an_answer_is_what_is_expected_to_its_last_digit(answer: Any, expected: Any, is_alike: bool) -> None:
    assert (like(answer, expected) == expected) is is_alike
