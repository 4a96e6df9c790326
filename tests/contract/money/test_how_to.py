"""docs/how-to/add-a-credit-method.md: its lines make a method that works, in a copy of the program."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.contract.support import ROOT
from tests.support.program_copy import copied, put, run, run_tests

PAGE = (ROOT / "docs/how-to/add-a-credit-method.md").read_text(encoding="utf-8")
TERMS, MATHS, FORMULAS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LINE = re.search(r'`("together": by_together)`', PAGE)
CLASSES = "contract/money/credit_methods.py"
SHEET = "review/rendering/sheet/methods.py"
MODULE = "sla/money/methods/together.py"
TESTS = str(ROOT / "tests/contract/money/test_credit_methods.py")
"""The tests of every method."""

CONTRACT = """\
id: small
authority: The Authority
supplier: The Supplier
term: {start: 2020-01-01, end: 2040-12-31}
time_zone: UTC
currency: GBP
services: [{id: service}]
kpis:
  - {id: KPI1, indicator: submitted, target: 99}
  - {id: KPI2, indicator: submitted, target: 95}
charges: {monthly: [{amount: 333.33}]}
credits: [{id: joint, clause: Schedule 7, method: together, together: [KPI1, KPI2], joint_percent: 5}]
"""

MONTH = """
import json, sys
from dataclasses import replace
from pathlib import Path

from sla_monitor.contract.load import load_contract
from sla_monitor.periods.months import TermMonths
from sla_monitor.review.chapters.money import money
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.sheet.calculation import calculation
from sla_monitor.sla.money.month_engine import Setting, fold
from tests.review import estate
from tests.review.rendering.sheet.test_workbook import book_of, differences, recalculated, sheets_in
from tests.sla.regimes import FIRST
from sla_monitor.sla.results import Measured, MonthInput
from decimal import Decimal
from fractions import Fraction

contract, folder = load_contract(Path(sys.argv[1])), Path(sys.argv[2])
terms = contract.versions[0].terms
whole, grids, told = estate.case().assessment, {}, []
for name, figures in {"both": ("98.5", "90"), "one": ("98.5", "95")}.items():
    measured = {kpi.id: Measured(Fraction(figure)) for kpi, figure in zip(terms.kpis, figures, strict=True)}
    seen = MonthInput(FIRST, measured, {"": Decimal("333.33")})
    (result,) = fold(Setting(TermMonths(FIRST), "GBP"), lambda _: terms, [seen])
    case = PackInput(replace(whole, currency="GBP", result=result, earlier=()), terms)
    grids[name] = calculation(case)
    lines = next(table for table in money(case).tables if table.id == "credit-lines")
    told.append({
        "working": [str(step) for line in result.credit.lines for step in line.working],
        "pack": [[cell.text for cell in row] for row in lines.rows],
        "sheet": [str(row[0].value) for row in grids[name].rows if row],
    })
book_of(folder / "joint.xlsx", grids)
recalculated(folder)
sheets = sheets_in(folder / "out", "joint")
for one, (name, grid) in zip(told, grids.items(), strict=True):
    one["wrong"] = [str(found) for found in differences(grid, sheets[name])]
    one["total"] = next(row[1] for row in sheets[name] if row and row[0] == "Service credit after caps")
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the page's lines in it."""
    folder = tmp_path_factory.mktemp("copy")
    program = copied(folder)
    assert LINE is not None
    put(program / CLASSES, "\n\nCredit = ", f"\n\n{TERMS}\n\nCredit = ")
    put(program / CLASSES, "    | MisreportingCredit,", "    | MisreportingCredit\n    | TogetherCredit,")
    put(program / SHEET, "\n\nFormulas = ", f"\n\n{FORMULAS}\n\nFormulas = ")
    put(program / SHEET, "    TierCredit,\n", "    TierCredit,\n    TogetherCredit,\n")
    put(program / SHEET, '    "misreporting": None,\n', f'    "misreporting": None,\n    {LINE[1]},\n')
    (program / MODULE).write_text(MATHS, encoding="utf-8")
    (folder / "c.yaml").write_text(CONTRACT, encoding="utf-8")
    return folder


def checked(folder: Path, before: str, after: str) -> str:
    """What `sla-monitor check` says of the contract after a change."""
    changed = folder / "changed.yaml"
    assert before in CONTRACT
    changed.write_text(CONTRACT.replace(before, after), encoding="utf-8")
    found = run(folder, "-m", "sla_monitor", "check", str(changed))
    return found.stdout + found.stderr


@pytest.fixture(scope="module")
def months(copy: Path) -> Any:
    """A month in which both KPIs miss their targets, and one in which one does."""
    made = run(copy, "-c", MONTH, str(copy / "c.yaml"), str(copy))
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


def test_the_method_of_the_page_prices_a_month_with_working(months: Any) -> None:
    both, one = months
    assert both["working"] == [
        "missed together: KPI1 + KPI2 = 2 KPIs [Schedule 7]",
        "credit: 5 % × 333.33 = 16.67 [Schedule 7]",
    ]
    assert one["working"] == []


def test_the_pack_and_the_workbook_have_the_methods_words(months: Any) -> None:
    both, one = months
    assert both["pack"][0] == ["joint", "joint failure", "the contract as a whole", "£16.67", "Schedule 7"]
    assert one["pack"] == []
    for month in (both, one):
        assert "a percentage of the charges where all of the KPIs missed their targets" in month["sheet"]
        assert "Per cent of the charges for a joint failure" in month["sheet"]


def test_a_spreadsheet_program_comes_to_the_same_credit(months: Any) -> None:
    assert [(month["wrong"], month["total"]) for month in months] == [([], "16.67"), ([], "0")]


def test_the_method_of_the_page_is_checked_like_any_other(copy: Path) -> None:
    assert "credits.joint.together.1: no such KPI (did you mean KPI2?)" in checked(copy, "KPI2], joint", "KPI3], joint")
    assert "credits.joint.joint_percent: is missing (write for example joint_percent: 5)" in checked(
        copy, ", joint_percent: 5", ""
    )
    reported = checked(copy, "{id: KPI2,", "{id: KPI2, kind: PI,")
    assert "credits.joint.together.1: KPI2 is a PI, and costs nothing" in reported
    capped = checked(copy, "credits:", "caps: [{id: cap, percent: 4, base: period, over: period}]\ncredits:")
    assert "the smallest credit of joint is over the cap" in capped
    assert '"TogetherCredit"' in run(copy, "-m", "sla_monitor", "schema", "contract").stdout


def test_every_table_has_the_method_of_the_page(copy: Path) -> None:
    """The tests of every method, as they stand, with the copy's methods."""
    found = run_tests(copy, "-k", "every_table or good_rule or missing_key or not_there", TESTS)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "together" in run_tests(copy, "--collect-only", TESTS).stdout


@pytest.mark.parametrize(
    ("file", "line", "place"),
    [(SHEET, f"    {LINE[1] if LINE else ''},\n", "review/rendering/sheet/methods.py"), (MODULE, MATHS, "together")],
)
def test_a_table_without_the_method_fails_by_name(copy: Path, file: str, line: str, place: str) -> None:
    path = copy / "sla_monitor" / file
    whole = path.read_text(encoding="utf-8")
    path.unlink()
    if whole != line:
        path.write_text(whole.replace(line, ""), encoding="utf-8")
    try:
        found = run_tests(copy, "-k", "every_table", TESTS)
    finally:
        path.write_text(whole, encoding="utf-8")
    assert found.returncode != 0
    assert place in found.stdout
    assert "together" in found.stdout


def test_what_the_page_names_is_there() -> None:
    for path in set(re.findall(r"`((?:sla_monitor|tests|config|docs)/[\w./-]+)`", PAGE)) - {f"sla_monitor/{MODULE}"}:
        assert (ROOT / path).exists(), path
    for path in set(re.findall(r"`((?:contract|register|assess|review|sla)/[\w/]+\.py)`", PAGE)):
        assert (ROOT / "sla_monitor" / path).exists(), path
    code = set(re.findall(r"`sla_monitor/([\w/]+\.py)`", PAGE)) - {"sla/money/credits.py"}
    assert code == {CLASSES, MODULE, SHEET}, "three code files"
