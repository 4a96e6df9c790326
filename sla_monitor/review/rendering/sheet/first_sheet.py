"""The first page of a pack as the first sheet of its workbook: blocks of different shapes under each other.

A column for what a row is about, and twelve narrow ones, which the tables share out among their own columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from sla_monitor.review.blocks import Block, Facts, Notice, Pack, Prose, Table
from sla_monitor.review.rendering.sheet.cells import (
    CAPTION_LINE,
    LINE,
    Formats,
    Look,
    Placed,
    lines_of,
    placed,
    printed_length,
    table_of,
)

FIRST, NARROW, NARROW_COLUMNS = 46, 9, 12

WRAPPED: Look = {"text_wrap": True, "valign": "top"}
TITLE: Look = {"bold": True, "font_size": 16}
CAPTION: Look = {"bold": True, "font_size": 12}


class FirstSheet:
    """Writes from the top."""

    def __init__(self, sheet: Any, formats: Formats, columns: int = NARROW_COLUMNS) -> None:
        self.sheet, self.formats, self.row = sheet, formats, 0
        self.columns = columns
        sheet.set_column(0, 0, FIRST)
        sheet.set_column(1, columns, NARROW)

    def write(self, pack: Pack) -> None:
        """On paper it is one page that stands upright."""
        self.sheet.set_portrait()
        self.sheet.fit_to_pages(1, 1)
        for text, look in ((pack.title, TITLE), (pack.subtitle, CAPTION), (pack.parties, {}), (pack.header, {})):
            self.formats.write(self.sheet, self.row, 0, (text, look))
            self.sheet.set_row(self.row, CAPTION_LINE if look else LINE)
            self.row += 1
        for block in pack.cover:
            self.row += 0 if isinstance(block, Prose) and block.style == "key" else 1
            self._block(block)

    def _block(self, block: Block) -> None:
        if isinstance(block, Notice):
            self._line(block.text, WRAPPED | {"bold": True})
        elif isinstance(block, Facts):
            self._facts(block)
        elif isinstance(block, Prose):
            self._prose(block)
        elif isinstance(block, Table):
            self._table(block)

    def _facts(self, facts: Facts) -> None:
        for name, cell in facts.items:
            self.formats.write(self.sheet, self.row, 0, (name, {"valign": "top"}))
            self._row_of([placed(cell)], [self.columns], start=1)

    def _prose(self, prose: Prose) -> None:
        if prose.caption:
            self._caption(prose.caption)
        for line in prose.lines:
            self._line(f"• {line}" if prose.style == "list" else line, WRAPPED)

    def _caption(self, text: str) -> None:
        self.formats.write(self.sheet, self.row, 0, (text, CAPTION))
        self.sheet.set_row(self.row, CAPTION_LINE)
        self.row += 1

    def _line(self, text: str, look: Look) -> None:
        self._row_of([(text, look)], [self.columns + 1], start=0)

    def _table(self, table: Table) -> None:
        self._caption(table.caption if table.rows else f"{table.caption}: {table.empty}")
        if not table.rows:
            return
        rows = table_of(table)
        spans = [1, *_shared([[row[position] for row in rows] for position in range(1, len(rows[0]))], self.columns)]
        if table.look != "plain":
            spans = [1] * len(rows[0])
        for row in rows:
            self._row_of(row, spans, start=0)

    def _row_of(self, row: Sequence[Placed], spans: Sequence[int], *, start: int) -> None:
        """A row of cells, each as many columns wide as its span, as high as its longest text needs."""
        column, lines = start, 1
        for one, span in zip(row, spans, strict=True):
            value, look = one
            look = look | {"align": "left", "indent": 0} if start else look
            width = (NARROW * span) + (FIRST - NARROW if column == 0 else 0)
            lines = max(lines, lines_of(one, width))
            if isinstance(value, str):
                look = look | {"text_wrap": True}
            if span > 1:
                self.sheet.merge_range(self.row, column, self.row, column + span - 1, "", self.formats.of(look))
            self.formats.write(self.sheet, self.row, column, (value, look))
            column += span
        self.sheet.set_row(self.row, min(lines * LINE, 400))
        self.row += 1


def _shared(columns: Sequence[Sequence[Placed]], narrow: int) -> list[int]:
    """So many narrow columns for each of these: numbers and instants get what they need, texts share the rest."""
    needs = [max(printed_length(one) for one in column[1:]) + 2 for column in columns]
    is_text = [all(isinstance(value, str) for value, _ in column) for column in columns]
    spans = [1 if text else ceil(need / NARROW) for need, text in zip(needs, is_text, strict=True)]
    while sum(spans) < narrow:
        hunger = [need / span for need, span in zip(needs, spans, strict=True)]
        spans[hunger.index(max(hunger))] += 1
    return spans
