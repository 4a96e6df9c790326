"""The workbook: the page that stands alone, the calculation, and the pack's tables chapter by chapter."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import xlsxwriter

from sla_monitor.review.blocks import Column, Facts, Pack, Section, Table
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.sheet.calculation import calculation
from sla_monitor.review.rendering.sheet.cells import (
    CAPTION_LINE,
    LEAST_WIDTH,
    LINE,
    LONGEST,
    Formats,
    Look,
    Placed,
    columns_of,
    lines_of,
    placed,
    printed_length,
    table_of,
)
from sla_monitor.review.rendering.sheet.first_sheet import CAPTION, NARROW_COLUMNS, WRAPPED, FirstSheet
from sla_monitor.review.rendering.sheet.grid import CellEntry, Grid
from sla_monitor.review.rendering.sheet.recovery_sheet import recovery_sheet
from sla_monitor.sla.rounding import minor_units

OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
BLUE = "#0000FF"
MOST_HIGH = 400
"""No row is higher, in points."""

FORMATS: dict[str, Look] = {
    "text": {"valign": "top"},
    "title": CAPTION,
    "head": {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"},
    "input": {"font_color": BLUE},
    "amount": {"num_format": "#,##0.00", "font_color": BLUE},
    "number": {},
    "money": {"num_format": "#,##0.00"},
    "total": {"num_format": "#,##0.00", "bold": True, "top": 1},
    "day": {"num_format": "d mmm yyyy", "align": "left"},
    "note": {"font_color": "#4C5665", "align": "left", "indent": 1},
}
"""By the styles of `CellEntry`. A number that is no money has no format, so that it shows all its digits when somebody
changes it."""


def xlsx(case: PackInput, pack: Pack) -> bytes:
    """The file. Its dates are those of the month, so that the same pack gives the same bytes."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, OPTIONS) as book:
        made = datetime.fromtimestamp(case.assessment.period.end_ms / 1000, UTC).replace(tzinfo=None)
        book.set_properties({"title": f"{pack.title}: {pack.subtitle}", "created": made, "comments": pack.header})
        book.set_calc_mode("auto")
        writer = _Writer(book, pack)
        writer.first()
        places = minor_units(case.assessment.currency)
        writer.calculation("Calculation", calculation(case), places)
        if case.assessment.recovery:
            writer.calculation("Credits worked out", recovery_sheet(case), places)
        for section in pack.sections:
            writer.chapter(section)
    return target.getvalue()


def write_grid(sheet: Any, grid: Grid, formats: Mapping[str, Any]) -> None:
    """The cells of a calculation, from the first row on; `formats` by the styles of `CellEntry`."""
    for row, entries in enumerate(grid.rows):
        for column, entry in enumerate(entries):
            _write(sheet, (row, column), entry, formats[entry.style])


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
        self.book, self.pack, self.formats = book, pack, Formats(book)

    def sheet(self, name: str) -> Any:
        """An empty sheet, ready to be printed."""
        sheet = self.book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_footer(f"&L{self.pack.header.replace('&', '&&')[:120]}&RPage &P of &N")
        return sheet

    def first(self) -> None:
        months = max((len(block.columns) - 1 for block in self.pack.cover if isinstance(block, Table)), default=0)
        FirstSheet(self.sheet("Summary"), self.formats, max(months, NARROW_COLUMNS)).write(self.pack)

    def calculation(self, name: str, grid: Grid, places: int) -> None:
        """`places`: digits of the currency's smallest coin."""
        sheet = self.sheet(name)
        money = "#,##0" + ("." + "0" * places if places else "")
        looks = {
            name: look | {"num_format": money} if look.get("num_format") == "#,##0.00" else look
            for name, look in FORMATS.items()
        }
        write_grid(sheet, grid, {name: self.formats.of(look) for name, look in looks.items()})
        labels = (row[0].value for row in grid.rows if len(row) > 1 and isinstance(row[0].value, str))
        sheet.set_column(0, 0, max([44, *map(len, labels)]))
        numbers = (entry.value for row in grid.rows for entry in row if not isinstance(entry.value, str))
        sheet.set_column(1, 8, max([15, *(len(f"{float(_number(one)):,.2f}") + 2 for one in numbers)]))
        sheet.set_column(9, 9, 40)

    def chapter(self, section: Section) -> None:
        """A sheet with all tables of a chapter, one under the other, or with its facts; none where it has neither."""
        tables = [table for table in section.tables if table.rows and table.look == "plain"]
        facts = [block for block in section.blocks if isinstance(block, Facts)]
        if tables:
            self._tables(self.sheet(section.title), tables)
            for table in section.tables:
                if table.look != "plain" and table.rows:  # its columns are of another kind
                    self._tables(self.sheet(table.id.capitalize()), [table])
        elif facts:
            self._facts(self.sheet(section.title), facts)

    def _facts(self, sheet: Any, facts: list[Facts]) -> None:
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 80)
        for row, (name, cell) in enumerate(item for block in facts for item in block.items):
            self.formats.write(sheet, row, 0, (name, {"valign": "top"}))
            value, look = placed(cell)
            self.formats.write(sheet, row, 1, (value, WRAPPED | look | {"align": "left"}))

    def _tables(self, sheet: Any, tables: list[Table]) -> None:
        """One under the other. The widths must suit them all, and the heights follow from those."""
        several = [table_of(table) for table in tables]
        widths: dict[int, float] = {}
        for table, rows in zip(tables, several, strict=True):
            for position, column in enumerate(columns_of(table)):
                needed = max(_needed(cells[position], column) for cells in rows)
                widths[position] = max(widths.get(position, LEAST_WIDTH), needed)
        for position, width in widths.items():
            sheet.set_column(position, position, width)
        row = 0
        for table, rows in zip(tables, several, strict=True):
            self.formats.write(sheet, row, 0, (table.caption, CAPTION))
            sheet.set_row(row, CAPTION_LINE)
            for cells in rows:
                row += 1
                for position, one in enumerate(cells):
                    self.formats.write(sheet, row, position, one)
                lines = max(lines_of(one, widths[position]) for position, one in enumerate(cells))
                sheet.set_row(row, min(lines * LINE, MOST_HIGH))
            row += 2


def _needed(one: Placed, column: Column) -> float:
    """The width for a cell: a number's own, and as much of a text's as its column has in every rendering."""
    needed = printed_length(one) + 2
    return min(needed, 12 + 9 * column.width) if isinstance(one[0], str) else needed


def _number(value: Fraction | Decimal | int | str) -> Fraction:
    return Fraction(value or 0)
