"""The workbook: the cover, the calculation, and the pack's tables chapter by chapter."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import xlsxwriter

from sla_monitor.review.blocks import Cell, Facts, Pack, Section, Table
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.sheet.calculation import calculation
from sla_monitor.review.rendering.sheet.grid import CellEntry, Grid

NUMBER = re.compile(
    r"^(?P<sign>[+−-]?)(?P<unit>[^\d+−-]{0,4})(?P<digits>\d[\d,]*)(?P<rest>\.\d+)?(?P<suffix> ?[%a-z]*)$"
)
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
LONGEST = 32_000
SECONDS_A_DAY = 86_400
"""A spreadsheet counts durations in days."""

FORMATS: dict[str, dict[str, Any]] = {
    "text": {"valign": "top", "text_wrap": True},
    "plain": {"valign": "top"},
    "duration": {"valign": "top", "num_format": '[h]" h "mm" min "ss" s"'},
    "first": {"valign": "top", "bold": True},
    "title": {"bold": True, "font_size": 12},
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"},
    "input": {"num_format": "#,##0.##########", "font_color": "#0000FF"},
    "number": {"num_format": "#,##0.##########"},
    "money": {"num_format": "#,##0.00"},
    "total": {"num_format": "#,##0.00", "bold": True, "top": 1},
    "note": {"font_color": "#4C5665"},
}


def xlsx(case: PackInput, pack: Pack) -> bytes:
    """The file. Its dates are those of the month, so that the same pack gives the same bytes."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        made = datetime.fromtimestamp(case.assessment.period.end_ms / 1000, UTC).replace(tzinfo=None)
        book.set_properties({"title": f"{pack.title}: {pack.subtitle}", "created": made, "comments": pack.header})
        book.set_calc_mode("auto")
        writer = _Writer(book, pack)
        writer.cover()
        writer.calculation(calculation(case))
        for section in pack.sections:
            writer.chapter(section)
    return target.getvalue()


def write_grid(sheet: Any, grid: Grid, formats: Mapping[str, Any]) -> None:
    """The cells of a calculation, from the first row on; `formats` by the styles of `CellEntry`."""
    for row, entries in enumerate(grid.rows):
        for column, entry in enumerate(entries):
            _write(sheet, (row, column), entry, formats["plain" if entry.style == "text" else entry.style])


def _write(sheet: Any, place: tuple[int, int], entry: CellEntry, style: Any) -> None:
    if entry.formula:
        sheet.write_formula(*place, entry.formula, style, float(_number(entry.value)))
    elif entry.value == "":  # a formula over it reads nothing, where an empty text would be an error
        sheet.write_blank(*place, None, style)
    elif isinstance(entry.value, str):
        sheet.write_string(*place, entry.value[:LONGEST], style)
    else:
        sheet.write_number(*place, float(_number(entry.value)), style)


class _Writer:
    def __init__(self, book: Any, pack: Pack) -> None:
        self.book, self.pack = book, pack
        self.formats = {name: book.add_format(style) for name, style in FORMATS.items()}
        self._numbers: dict[str, Any] = {}

    def sheet(self, name: str) -> Any:
        """An empty sheet, ready to be printed."""
        sheet = self.book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{self.pack.header.replace('&', '&&')[:120]}&RPage &P of &N")
        return sheet

    def cover(self) -> None:
        sheet, row = self.sheet("Cover"), 0
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 90)
        for text in (self.pack.title, self.pack.subtitle, self.pack.header):
            sheet.write_string(row, 0, text, self.formats["title"])
            row += 1
        for block in self.pack.cover:
            for name, cell in block.items if isinstance(block, Facts) else ():
                sheet.write_string(row, 0, name, self.formats["plain"])
                sheet.write_string(row, 1, cell.text[:LONGEST], self.formats["text"])
                row += 1

    def calculation(self, grid: Grid) -> None:
        sheet = self.sheet("Calculation")
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 8, 15)
        sheet.set_column(9, 9, 40)
        write_grid(sheet, grid, self.formats)

    def chapter(self, section: Section) -> None:
        """A sheet with all tables of a chapter, one under the other; none for a chapter without tables."""
        tables = [table for table in section.tables if table.rows]
        if not tables:
            return
        sheet, row = self.sheet(section.title), 0
        for column in range(max(len(table.columns) for table in tables)):
            widths = [table.columns[column].width for table in tables if column < len(table.columns)]
            sheet.set_column(column, column, min(12 + 9 * max(widths), 48))
        for table in tables:
            row = self._table(sheet, row, table) + 1

    def _table(self, sheet: Any, row: int, table: Table) -> int:
        sheet.write_string(row, 0, table.caption[:LONGEST], self.formats["title"])
        for column, head in enumerate(table.columns):
            sheet.write_string(row + 1, column, head.title, self.formats["head"])
        for below, cells in enumerate(table.rows, start=row + 2):
            for column, cell in enumerate(cells):
                self._cell(sheet, below, column, cell)
        return row + 2 + len(table.rows)

    def _cell(self, sheet: Any, row: int, column: int, cell: Cell) -> None:
        """A number as it is printed elsewhere, not as it is: the program must not round 99.996 up to 100."""
        if cell.seconds is not None:
            sheet.write_number(row, column, cell.seconds / SECONDS_A_DAY, self.formats["duration"])
            return
        found = NUMBER.match(cell.text) if cell.value is not None else None
        if found is None:
            text = f"{cell.hint}: {cell.text}" if cell.mark and cell.hint else cell.text
            sheet.write_string(row, column, text[:LONGEST], self.formats["text" if column else "first"])
            return
        rest = found["rest"] or ""
        number = Decimal(found["digits"].replace(",", "") + rest)
        sheet.write_number(row, column, float(-number if found["sign"] in {"−", "-"} else number), self._format(found))

    def _format(self, found: re.Match[str]) -> Any:
        """The look that the printed number has: its unit, and as many digits."""
        places, unit, suffix = len(found["rest"] or ".") - 1, found["unit"].strip(), found["suffix"]
        shape = (f'"{unit}"' if unit else "") + "#,##0" + ("." + "0" * places if places else "")
        shape += f'"{suffix}"' if suffix else ""
        if shape not in self._numbers:
            self._numbers[shape] = self.book.add_format({"num_format": shape, "valign": "top"})
        return self._numbers[shape]


def _number(value: Fraction | Decimal | int | str) -> Fraction:
    return Fraction(value or 0)
