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
    mark = f"{cell.hint or ''}" if cell.mark and cell.hint else ""
    text = f"{mark}: {cell.text}" if mark else cell.text
    return text if cell.value is not None else guarded(text)


def guarded(text: str) -> str:
    return f"'{text}" if text.startswith(DANGEROUS) else text
