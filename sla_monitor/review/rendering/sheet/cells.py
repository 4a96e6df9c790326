"""Cells of a workbook: each value as what it is (a number, money, a length, an instant), as wide as it is printed."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any

from sla_monitor.review.blocks import Cell, Column, Table, Tone
from sla_monitor.review.rendering.csv_tables import spoken

NUMBER = re.compile(
    r"^(?P<sign>[+−-]?)(?P<unit>[^\d+−-]{0,4})(?P<digits>\d[\d,]*)(?P<rest>\.\d+)?(?P<suffix> ?[%a-z]*)$"
)
LONGEST = 32_000
SECONDS_A_DAY = 86_400
"""A spreadsheet counts durations in days."""
HOURS = '[h]" h "mm" min'
"""Of a length in whole minutes, and how one with seconds begins."""
INDENT = 1
"""Of a text, away from the number in the column before it."""
TEXT: dict[str, Any] = {"text_wrap": True, "align": "left", "indent": INDENT}
LEAST_WIDTH = 9
"""Of a column, in digits."""
WIDE_LETTERS = 1.1
"""A bold letter, in digits: the width that a font will have is not known here."""
LINE, CAPTION_LINE = 15, 20
"""Heights in points: programs do not all work out that of a row by themselves."""

TONES: dict[Tone, dict[str, Any]] = {
    "met": {"font_color": "#1A6B35", "bg_color": "#E3F3E8"},
    "minor": {"font_color": "#6D4C00", "bg_color": "#FDF2CF"},
    "missed": {"font_color": "#8A3400", "bg_color": "#FBD9BD"},
    "serious": {"font_color": "#8A3400", "bg_color": "#FBD9BD"},
    "severe": {"font_color": "#8C0F14", "bg_color": "#F4B9B4"},
    "below_threshold": {"font_color": "#FFFFFF", "bg_color": "#7C0D12"},
    "unknown": {"font_color": "#4A525E", "bg_color": "#E4E7EC"},
    "no_data": {"pattern": 14, "fg_color": "#8B94A1", "bg_color": "#FFFFFF"},
}

Look = dict[str, Any]
Value = str | float | datetime
Placed = tuple[Value, Look]
"""What is written into a cell, and the properties of its format."""


class Formats:
    """The formats of a book: one for each look, however many cells have it."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._known: dict[tuple[tuple[str, Any], ...], Any] = {}

    def of(self, look: Look) -> Any:
        key = tuple(sorted(look.items()))
        if key not in self._known:
            self._known[key] = self._book.add_format(look)
        return self._known[key]

    def write(self, sheet: Any, row: int, column: int, placed: Placed) -> None:
        value, look = placed
        style = self.of(look)
        if isinstance(value, datetime):
            sheet.write_datetime(row, column, value, style)
        elif isinstance(value, str):
            sheet.write_string(row, column, value[:LONGEST], style)
        else:
            sheet.write_number(row, column, value, style)


def placed(cell: Cell) -> Placed:
    """A number as it is printed elsewhere, not as it is: the program must not round 99.996 up to 100."""
    look: Look = {"valign": "top", **TONES.get(cell.tone, {})}
    if cell.seconds is not None:
        shape = f'{HOURS} "ss" s"' if cell.seconds % 60 else f'{HOURS}"'
        return cell.seconds / SECONDS_A_DAY, look | {"num_format": shape}
    if cell.moments:
        return _moment(cell, 0, look)
    found = NUMBER.match(cell.text) if cell.value is not None else None
    if found is None:
        return spoken(cell), look | TEXT
    number = Decimal(found["digits"].replace(",", "") + (found["rest"] or ""))
    return float(-number if found["sign"] in {"−", "-"} else number), look | {"num_format": _shape(cell, found)}


def edges(cell: Cell) -> tuple[Placed, Placed]:
    """From when to when, in two cells; what tells no time in the first of them."""
    look: Look = {"valign": "top", "align": "left", "indent": INDENT}
    if not cell.moments:
        return placed(cell), ("", look)
    end = _moment(cell, 1, look) if len(cell.moments) > 1 else ("still open", look)
    return _moment(cell, 0, look), end


def _moment(cell: Cell, position: int, look: Look) -> Placed:
    """A day or an instant on the wall, with the name of the zone that it is told in."""
    at = cell.moments[position]
    if not isinstance(at, datetime):
        return datetime(at.year, at.month, at.day), look | {"num_format": "d mmm yyyy", "align": "left"}  # noqa: DTZ001
    shape = f'd mmm yyyy hh:mm:ss "{at.tzname()}"'
    return at.replace(tzinfo=None), look | {"num_format": shape, "align": "left"}


def _shape(cell: Cell, found: re.Match[str]) -> str:
    """The look that the printed number has: its mark in a scorecard, its unit, and as many digits."""
    places, unit, suffix = len(found["rest"] or ".") - 1, found["unit"].strip(), found["suffix"]
    before = f"{cell.mark} " if cell.mark else ""
    before += unit if len(unit) < 2 else f"{unit} "
    shape = (f'"{before}"' if before else "") + "#,##0" + ("." + "0" * places if places else "")
    return shape + (f'"{suffix}"' if suffix else "")


def printed_length(one: Placed) -> int:
    """How many characters a cell needs that is not broken into lines."""
    value, look = one
    if isinstance(value, datetime):
        return len("30 Sep 2026") if value.time() == datetime.min.time() and "hh" not in look["num_format"] else 25
    if isinstance(value, str):
        return ceil(len(value) * WIDE_LETTERS)
    shape = str(look["num_format"])
    if shape.startswith(HOURS):
        return len(f"{int(value * 24):,} h 00 min 00 s")
    places = len(shape.partition("#,##0")[2].partition('"')[0].lstrip("."))
    return len(f"{value:,.{places}f}") + sum(len(text) for text in re.findall(r'"([^"]*)"', shape))


def table_of(table: Table) -> list[list[Placed]]:
    """The heads of a table and its rows, with two columns for each that tells from when to when."""
    heads: list[Placed] = []
    for column in table.columns:
        look: Look = {"bold": True, "bottom": 1, "bottom_color": "#8B94A1", "text_wrap": True, "valign": "bottom"}
        if column.is_number:
            look |= {"align": "right"}
        elif heads:
            look |= {"align": "center"} if table.look != "plain" else {"align": "left", "indent": INDENT}
        heads += [(title, look) for title in _titles(column.title, is_stretch=column.is_stretch)]
    return [heads, *(_row(table, row) for row in table.rows)]


def _titles(title: str, *, is_stretch: bool) -> tuple[str, ...]:
    if not is_stretch:
        return (title,)
    return ("From", "To") if title == "From and to" else (f"{title} from", "To")


def _row(table: Table, row: tuple[Cell, ...]) -> list[Placed]:
    found: list[Placed] = []
    for position, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
        if column.is_stretch:
            found += edges(cell)
        elif position and table.look == "heat":
            value, look = placed(cell)
            shown = value if cell.value is not None else cell.mark
            found.append((shown, look | {"align": "center", "valign": "vcenter", "indent": 0}))
        else:
            value, look = placed(cell)
            look = look if position else look | {"indent": 0, "bold": table.look == "plain"}
            found.append(_with_numbers((value, look)) if column.is_number else (value, look))
    return found


def _with_numbers(one: Placed) -> Placed:
    """A word in a column of numbers stands where they do."""
    value, look = one
    return value, look | {"align": "right", "indent": 0} if isinstance(value, str) else look


def lines_of(one: Placed, width: float) -> int:
    """How many lines a cell has in a column of a width."""
    return ceil(printed_length(one) / (width - 1)) if isinstance(one[0], str) and one[0] else 1


def columns_of(table: Table) -> list[Column]:
    """Its columns in a sheet."""
    return [column for column in table.columns for _ in range(2 if column.is_stretch else 1)]
