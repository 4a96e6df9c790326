"""The workbook recalculated by LibreOffice comes to the engine's credit, whatever the method of the contract."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from zipfile import ZipFile

import pytest
import xlsxwriter

from sla_monitor.periods.credit_days import CreditDays
from sla_monitor.periods.months import TermMonths, first_day
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.sheet.calculation import calculation
from sla_monitor.review.rendering.sheet.grid import CellEntry, Grid
from sla_monitor.review.rendering.sheet.recovery_sheet import recovery_sheet
from sla_monitor.review.rendering.sheet.workbook import FORMATS, write_grid, xlsx
from sla_monitor.sla.money.month_engine import Setting, fold
from sla_monitor.sla.money.recovery import CreditAccount, MonthCredit, Move
from tests.contract_cases.reading import Case as ContractCase
from tests.contract_cases.reading import month_input, month_name, read_cases
from tests.review import estate, hostile
from tests.review.shared import once

ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


PRINTED: dict[str, Callable[[], PackInput]] = {"plain": estate.case, "large": estate.large}

DURATIONS = {"s"}
"""Of a unit that is left out where there is none of it."""

Sheets = dict[str, list[list[str]]]


def recalculated(folder: Path) -> None:
    """Have LibreOffice work out every formula of every workbook in a folder anew, in one go."""
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(ALWAYS_RECALCULATE)
    converted(sorted(folder.glob("*.xlsx")), ALL_SHEETS, folder)


def converted(several: Sequence[Path], to: str, folder: Path) -> None:
    """Into the folder `out`, as LibreOffice shows them."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", to, "--outdir"]
    subprocess.run([*command, folder / "out", *several], check=True, capture_output=True, timeout=200)


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Sheets]:
    """Gives the sheets of a workbook after it was recalculated."""
    folder = once(tmp_path_factory, "workbooks", workbooks)

    return partial(sheets_in, folder / "out")


def sheets_in(folder: Path, name: str) -> Sheets:
    """A workbook's sheets by name, from the files that LibreOffice wrote."""
    found = folder.glob(f"{name}-*.csv")
    return {each.stem.removeprefix(f"{name}-"): list(csv.reader(io.StringIO(each.read_text()))) for each in found}


def workbooks(folder: Path) -> None:
    """All that the tests below probe at."""
    book_of(folder / "methods.xlsx", methods())
    book_of(folder / "changed.xlsx", changed())
    book_of(folder / "recovery.xlsx", recoveries())
    made = hostile.case()
    (folder / "hostile.xlsx").write_bytes(xlsx(made, pack(made)))
    recalculated(folder)
    for name, case in PRINTED.items():
        (folder / f"{name}.xlsx").write_bytes(xlsx(case(), pack(case())))
    converted([folder / f"{name}.xlsx" for name in PRINTED], "pdf", folder)


def book_of(file: Path, grids: dict[str, Grid]) -> None:
    with xlsxwriter.Workbook(file) as book:
        formats = {name: book.add_format(style) for name, style in FORMATS.items()}
        for name, grid in grids.items():
            write_grid(book.add_worksheet(name), emptied(grid), formats)


def months_of(case: ContractCase, whole: PackInput) -> Iterator[PackInput]:
    """Every month of a contract case that has credits, as a pack would be made from it."""
    if "credits" not in case.data.get("terms", {}) or "refused" in case.data:
        return
    terms = case.terms()
    for run in case.rows():
        quarters = terms.accounting.quarters
        term = TermMonths(str(case.data.get("start", month_name(run[0]))), quarters=quarters)
        setting = Setting(term, case.data.get("currency", "GBP"))
        begun = replace(whole.assessment, currency=setting.currency, starts_on=first_day(setting.run.first))
        results = fold(setting, lambda _: terms, [month_input(case, terms, row) for row in run])
        for n, result in enumerate(results):
            yield PackInput(replace(begun, result=result, earlier=results[:n]), terms)


def emptied(grid: Grid) -> Grid:
    """Without what the engine says of any formula: whatever is there afterwards was recalculated."""
    return Grid([tuple(replace(one, value=0) if one.formula else one for one in row) for row in grid.rows])


def differences(grid: Grid, sheet: list[list[str]]) -> Iterator[tuple[str, CellEntry, str]]:
    """Formulas that came to something else than the engine says."""
    for entries, texts in zip(grid.rows, sheet, strict=False):
        for entry, text in zip(entries, texts, strict=False):
            if entry.formula and abs(Fraction(text) - Fraction(entry.value)) > Fraction(1, 10**7):
                yield str(entries[0].value), entry, text


@cache
def cases() -> tuple[PackInput, ...]:
    """All months of all contract cases that have credits, and the estate's."""
    whole = estate.case()
    return (*(case for one in read_cases() for case in months_of(one, whole)), whole)


def methods() -> dict[str, Grid]:
    return {f"m{number}": calculation(case) for number, case in enumerate(cases())}


def changed() -> dict[str, Grid]:
    """The estate's month, and the same where KPI2 had been below threshold and is met."""
    whole, other = calculation(estate.case()), calculation(estate.case())
    row = next(i for i, cells in enumerate(other.rows) if cells and cells[0].value == "KPI2")
    other.rows[row] = (other.rows[row][0], CellEntry(Fraction("99.7"), style="input"), *other.rows[row][2:])
    return {"whole": whole, "changed": other}


def recoveries() -> dict[str, Grid]:
    """What became of credits: of none, and of months of every age, with money to be returned."""
    whole, as_of = estate.case(), date(2026, 12, 31)
    months = []
    for n, step in enumerate(("notified", "invoiced", "paid", "set_off", "written_off", "notified")):
        name, days = f"2026-0{n + 1}", CreditDays(None, as_of - timedelta(days=30 + 35 * n), 30)
        moves = (Move(n, step, name, Decimal("70.25"), as_of - timedelta(days=40)),)  # type: ignore[arg-type]
        months.append(MonthCredit(name, as_of, days, Decimal(20 * n), None, moves))
    accounts = {"none": CreditAccount(as_of), "several": CreditAccount(as_of, tuple(months))}
    return {
        name: recovery_sheet(replace(whole, assessment=replace(whole.assessment, recovery=account)))
        for name, account in accounts.items()
    }


def test_what_became_of_credits_is_worked_out_again(opened: Callable[[str], Sheets]) -> None:
    grids, sheets = recoveries(), opened("recovery")
    assert {name: list(differences(grids[name], sheets[name])) for name in grids} == {"none": [], "several": []}
    opened_again = {row[0]: row[1] for row in sheets["several"] if len(row) > 1}
    assert Decimal(opened_again["Together"]) == Decimal(300) - Decimal("70.25") * 3
    assert Decimal(opened_again["to be returned to the supplier"]) == Decimal("-40.50")


def test_every_method_of_credit_comes_to_the_engines_money(opened: Callable[[str], Sheets]) -> None:
    """A sheet for each month."""
    of_all = {rule.method for case in cases() for rule in case.terms.credits}
    assert {"points", "shortfall", "tiers", "at_risk_pool", "ladder", "ratchet", "fixed", "unit_rate"} <= of_all
    grids, sheets = methods(), opened("methods")
    assert set(sheets) == set(grids)
    assert {name: found for name in grids if (found := list(differences(grids[name], sheets[name])))} == {}


def test_the_workbooks_credit_is_the_engines_and_follows_a_changed_figure(opened: Callable[[str], Sheets]) -> None:
    """Four points fewer, which is under the cap."""
    sheets = opened("changed")
    assert labelled(sheets["whole"]) == {"Before caps": Decimal(110500), "Service credit after caps": Decimal(85000)}
    assert labelled(sheets["changed"]) == {"Before caps": Decimal(76500), "Service credit after caps": Decimal(76500)}


def labelled(sheet: list[list[str]]) -> dict[str, Decimal]:
    wanted = {"Before caps", "Service credit after caps"}
    return {row[0]: Decimal(row[1]) for row in sheet if row and row[0] in wanted}


def test_formulas_are_in_the_calculation_alone() -> None:
    made = hostile.case()
    with ZipFile(io.BytesIO(xlsx(made, pack(made)))) as archive:
        formulas = [name for name in archive.namelist() if b"<f>" in archive.read(name)]
    assert formulas == ["xl/worksheets/sheet2.xml"]


def test_every_chapter_is_a_sheet_in_which_what_people_wrote_is_text(opened: Callable[[str], Sheets]) -> None:
    """And printed figures are not rounded up."""
    sheets = opened("hostile")
    assert {"Summary", "Calculation", "KPIs", "Scorecard", "Register", "Credit calculation", "Tickets"} <= set(sheets)
    cells = {cell for sheet in sheets.values() for row in sheet for cell in row}
    assert {hostile.TEXTS[1], hostile.TEXTS[2]} <= cells
    assert next(row for row in sheets["KPIs"] if row and row[0] == "KPI4")[7] == "99.99"


@pytest.mark.parametrize("name", PRINTED)
def test_every_value_fits_its_column(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """A spreadsheet shows ### for a number that does not, and tears a word apart that does not."""
    file = once(tmp_path_factory, "workbooks", workbooks) / "out" / f"{name}.pdf"
    text = subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True).stdout
    assert "##" not in text
    cells = (cell for table in pack(PRINTED[name]()).tables for row in table.rows for cell in row if not cell.moments)
    words = {word for cell in cells for word in cell.text.split() if re.fullmatch(r"[a-zA-Z]\w{0,17}|£[\d,.]+", word)}
    assert len(words) > 50
    assert words - set(text.split()) - DURATIONS == set()


def test_an_outage_has_its_length_as_a_number_that_can_be_added_up() -> None:
    made = hostile.case()
    with ZipFile(io.BytesIO(xlsx(made, pack(made)))) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    days = {float(number) for sheet in sheets for number in re.findall(r'<c r="\w+" s="\d+"><v>([^<]+)</v>', sheet)}
    counted = [outage.downtime_ms for service in made.assessment.services for outage in service.outages]
    assert sum(counted) > 0
    assert {round(ms // 1000 / 86_400, 12) for ms in counted} <= {round(number, 12) for number in days}


def test_the_same_month_gives_the_same_bytes() -> None:
    made = estate.case()
    assert xlsx(made, pack(made)) == xlsx(made, pack(made))
