"""The pack's tables as CSV files, which spreadsheets open and do not run."""

from __future__ import annotations

import csv
import io

from sla_monitor.review.blocks import Cell, Pack, Table

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""


def csv_files(pack: Pack) -> dict[str, bytes]:
    """A file for each table that has rows, by name; UTF-8 with the mark that spreadsheets know it by."""
    return {f"csv/{table.id}.csv": _file(table) for table in pack.tables if table.rows}


def _file(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guarded(column.title) for column in table.columns])
    writer.writerows([format_cell(cell) for cell in row] for row in table.rows)
    return text.getvalue().encode("utf-8-sig")


def format_cell(cell: Cell) -> str:
    """A cell as text. A number of ours is safe with its sign; what people wrote is not."""
    text = spoken(cell)
    return text if cell.value is not None else guarded(text)


def spoken(cell: Cell) -> str:
    """What a cell says without its mark and its colour."""
    says_more = cell.mark or (cell.tone and not cell.text)
    return ": ".join(dict.fromkeys(part for part in (cell.hint if says_more else "", cell.text) if part))


def guarded(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) else text
