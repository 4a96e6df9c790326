"""Months of which nothing, or almost nothing, was measured: no rendering has a number that claims a measurement."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from sla_monitor.assess.open_points import AT_MOST_LEFT
from sla_monitor.assess.term_changes import term_changes
from sla_monitor.cli.assess.month import format_assessment
from sla_monitor.contract.contract import Contract
from sla_monitor.review.blocks import Pack
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.csv_tables import csv_files
from sla_monitor.review.rendering.html import html
from sla_monitor.review.rendering.pdf import pdf
from sla_monitor.review.rendering.sheet.workbook import xlsx
from sla_monitor.review.roll_up import roll_up
from tests.review.months import case_from
from tests.review.plain_text import text_of
from tests.review.unmeasured import SCENES, Scene, contract_in, evidence_of

NOUGHT = re.compile(r"(?<![\d.,£])(?:£?0(?:\.0+)?|0(?:\.0+)? (?:s|%|min|ms|service points))(?![\d.,%:]| %)")
"""0, £0.00, 0.00 %, 0 s: as a cell, or in a sentence."""


def case_in(scene: Scene, folder: Path) -> tuple[PackInput, Contract]:
    contract = contract_in(folder)
    return case_from(contract, evidence_of(scene, contract, folder), scene.month)[0], contract


class Texts(HTMLParser):
    """The cells of every table of a page, by the table's id."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._table, self._row, self._cell = "", list[str](), ""
        self._is_in = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._table = dict(attrs).get("id") or ""
            self.tables[self._table] = []
        elif tag == "tr":
            self._row = []
        elif tag in {"td", "th"}:
            self._cell, self._is_in = "", True

    def handle_data(self, data: str) -> None:
        if self._is_in:
            self._cell += data

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th"}:
            self._row.append(" ".join(self._cell.split()))
            self._is_in = False
        elif tag == "tr" and self._table:
            self.tables[self._table].append(self._row)


def tables_of(whole: Pack, rendering: str, case: PackInput) -> Iterator[tuple[str, list[str]]]:
    """Every row of a rendering, with the table or sheet that it is in."""
    if rendering == "html":
        parser = Texts()
        parser.feed(html(whole).decode())
        for name, rows in parser.tables.items():
            yield from ((name, row) for row in rows)
    elif rendering == "csv":
        for name, content in csv_files(whole).items():
            lines = csv.reader(io.StringIO(content.decode("utf-8-sig")))
            yield from ((Path(name).stem, row) for row in lines)
    else:
        yield from sheets_of(xlsx(case, whole))


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets_of(book: bytes) -> Iterator[tuple[str, list[str]]]:
    """The rows of a workbook, as they are in the file."""
    with ZipFile(io.BytesIO(book)) as parts:
        texts = ["".join(one.itertext()) for one in ET.fromstring(parts.read("xl/sharedStrings.xml"))]
        names = [one.get("name", "") for one in ET.fromstring(parts.read("xl/workbook.xml")).iter(f"{MAIN}sheet")]
        for number, name in enumerate(names, start=1):
            for row in ET.fromstring(parts.read(f"xl/worksheets/sheet{number}.xml")).iter(f"{MAIN}row"):
                yield name, [_cell(one, texts) for one in row.iter(f"{MAIN}c")]


def _cell(one: ET.Element, texts: list[str]) -> str:
    value = one.findtext(f"{MAIN}v") or ""
    return texts[int(value)] if one.get("t") == "s" and value else value


def unassessed(case: PackInput) -> set[str]:
    return {kpi.kpi for kpi in case.assessment.kpis if kpi.result is None or kpi.result.band is None}


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("rendering", ["html", "csv", "xlsx"])
def test_a_kpi_without_a_verdict_has_no_nought_in_any_row(name: str, rendering: str, tmp_path: Path) -> None:
    case, _ = case_in(SCENES[name], tmp_path)
    names, checked = unassessed(case), 0
    for where, row in tables_of(pack(case), rendering, case):
        if row and row[0].removesuffix(" (PI)") in names:
            told = [cell for cell in row[1:] if NOUGHT.fullmatch(cell) and cell != "0.00 %"]
            seen = any(kpi.kpi == row[0] and kpi.views["agreed"].value is not None for kpi in case.assessment.kpis)
            assert not told or seen, (where, row)
            checked += 1
    assert checked >= len(names) > 5


@pytest.mark.parametrize("name", ["nothing", "just begun"])
def test_a_service_of_which_nothing_was_seen_has_no_downtime_and_no_outages(name: str, tmp_path: Path) -> None:
    case, _ = case_in(SCENES[name], tmp_path)
    text = text_of(pack(case))
    services = text[text.index("# Availability by service") : text.index("# Register")]
    assert "No outage was seen." not in services
    assert not re.search(r"(Down|Degraded|up|down|degraded)[^;:\n]*:? 0 s", services)
    assert services.count("Nothing was seen: whether there was an outage is not known.") == len(
        case.assessment.services
    )


def test_a_month_without_any_verdict_has_no_points_and_no_money_in_any_rendering(tmp_path: Path) -> None:
    """Its one ticket KPI is not measured either: no register was kept."""
    case, contract = case_in(SCENES["no register"], tmp_path)
    assert case.result is not None
    assert not case.result.is_measured
    for whole in (pack(case), roll_up(case, 3)):
        (tmp_path / "pack.pdf").write_bytes(pdf(whole))
        printed = subprocess.run(
            ["pdftotext", "-layout", tmp_path / "pack.pdf", "-"], check=True, capture_output=True, text=True
        ).stdout
        for text in (html(whole).decode(), printed, text_of(whole)):
            assert "owes service credits" not in text
            assert "0 service points" not in text
            assert "No KPI could be assessed" in " ".join(text.split()) or "no KPI could be assessed" in text
            found = [line for line in text.splitlines() if "£0.00" in line]
            assert not found, found
    told = format_assessment(case.assessment, contract, 200)
    signed = replace(case, assessment=replace(case.assessment, status="final"))
    assert "The month was signed off while nothing was measured: it has no figures." in text_of(pack(signed))
    assert "No KPI could be assessed in this month: no points and no credit are calculated." in told
    assert "£0.00" not in told
    sheets = {where for where, row in tables_of(pack(case), "xlsx", case) if "£0.00" in row}
    assert sheets <= {"Credit calculation"}


@pytest.mark.parametrize("name", SCENES)
def test_the_terminal_has_no_points_of_a_kpi_without_a_verdict(name: str, tmp_path: Path) -> None:
    case, contract = case_in(SCENES[name], tmp_path)
    told = format_assessment(case.assessment, contract, 200)
    rows = [line for line in told.splitlines() if line.split(" ")[0] in unassessed(case)]
    assert rows
    for line in rows:
        assert not re.search(r" {2}0(?: {2}|$)", line), line
    unknown = [
        kpi.kpi for kpi in case.assessment.kpis if kpi.forecast and kpi.availability_ratio is None and kpi.service
    ]
    allowances = told[told.index("Downtime allowance") :].splitlines() if unknown else []
    for line in allowances:
        if line.split(" ")[0] in unknown:
            assert re.split(r" {2,}", line.strip())[2] == "-", line


@pytest.mark.parametrize("name", SCENES)
def test_no_label_is_a_raw_key_of_the_contract(name: str, tmp_path: Path) -> None:
    """Ids with an underscore or of a service are keys of a file; people read words."""
    case, _ = case_in(SCENES[name], tmp_path)
    text = text_of(pack(case))
    told = [line.removeprefix("[so_far] ") for line in text.splitlines() if "sla-monitor" not in line]
    assert not [line for line in told if re.search(r"\b[a-z]+_[a-z_]+\b", line)]
    assert not [line for line in told if re.search(r"\| (control|custody|desk|mobile|force|commissioner)\b", line)]


def test_terms_that_differ_are_told_in_words(tmp_path: Path) -> None:
    before, after = (version.terms for version in contract_in(tmp_path).versions)
    assert [(one.what, one.was, one.now) for one in term_changes(before, after)] == [
        ("services, mobile", "", "Mobile data"), ("KPIs, KPI8", "", "Mobile data is available"),
    ]  # fmt: skip
    stricter = after.model_copy(
        update={"kpis": tuple(kpi.model_copy(update={"publishable": not kpi.publishable}) for kpi in after.kpis[:1])}
    )
    told = {(one.what, one.was, one.now) for one in term_changes(after, stricter)}
    assert ("KPIs, KPI1, publishable", "yes", "no") in told
    assert ("KPIs, KPI2", "Custody is available", "") in told


def test_time_that_nobody_saw_has_no_downtime_in_a_claim_and_is_blind_out_of_hours_too(tmp_path: Path) -> None:
    """One service has office hours: the rest of the day was not seen of the others either."""
    claim = {
        "kind": "claim", "cause": "authority_cause", "services": ["control"], "start": "2026-07-08 22:00",
        "end": "2026-07-09 06:00", "aware": "2026-07-09 09:00", "notified": "2026-07-10 09:00",
    }  # fmt: skip
    case, _ = case_in(replace(SCENES["no register"], said=(claim,)), tmp_path)
    rows = list(tables_of(pack(case), "csv", case))
    assert [row[4] for name, row in rows if name == "exclusions"] == ["Down in it", "not known"]
    whole = "1 Jul 2026 00:00:00 BST to 1 Aug 2026 00:00:00 BST"
    assert [row for name, row in rows if name == "blind"][1:] == [[whole, "744 h"], ["1 gap together", "744 h"]]


def test_what_is_left_under_a_cap_is_at_most_so_much_where_a_kpi_has_no_verdict(tmp_path: Path) -> None:
    case, contract = case_in(SCENES["one service only"], tmp_path)
    assert "Left under the annual cap, over the contract year: at most £" in text_of(pack(case))
    assert AT_MOST_LEFT in text_of(pack(case))
    assert AT_MOST_LEFT in format_assessment(case.assessment, contract, 200)


def test_several_months_say_which_they_are_and_how_many_have_no_data(tmp_path: Path) -> None:
    case, _ = case_in(SCENES["one service only"], tmp_path)
    text = text_of(roll_up(case, 3))
    assert "Period: May 2026 to July 2026" in text
    rows = [row for name, row in tables_of(roll_up(case, 3), "csv", case) if name == "kpis"]
    blank = {row[0]: row[rows[0].index("Not assessed")] for row in rows}
    assert (blank["KPI1"], blank["KPI2"], blank["KPI8"]) == ("2", "3", "1")  # KPI8 joins in July
