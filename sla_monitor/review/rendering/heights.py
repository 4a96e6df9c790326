"""How tall a section is on paper, as good as can be said without setting it.

Setting everything twice to know it exactly costs as much time and memory again as the whole document.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sla_monitor.review.blocks import Block, Facts, Picture, Prose, Row, Section, Table, TextLines

WIDTH = 178.0
"""Of the text on an upright page, in millimetres, as all lengths here."""
HEADING, CAPTION, HEAD, LINE, CELL_LINE, ROW = 11.0, 7.0, 7.0, 4.3, 3.2, 0.7
"""The room of each with the space around it. HEAD: of a table's; ROW: of a row besides its lines."""
LETTER, CELL_LETTER = 1.7, 1.45
"""A small one. A capital, or one of another script, may be twice as wide: no text may be taller than it is held for."""
TALLEST = 220.0
"""Of 259 on a page. Sections are a fourth smaller than they are held for here, so that one which moves to the next page
as a whole leaves no page before it nearly empty."""


def is_kept_whole(section: Section) -> bool:
    """Whether a section that belongs together is short enough to stay on one page."""
    return section.is_whole and height(section) <= TALLEST


def height(section: Section) -> float:
    return HEADING + sum(map(_block, section.blocks)) + sum(map(height, section.sections))


def _block(block: Block) -> float:
    if isinstance(block, Table):
        rows = sum(_row(row, block) for row in block.rows)
        return CAPTION + HEAD + rows if block.rows else CAPTION
    if isinstance(block, Picture):
        return CAPTION + 3 + WIDTH * block.height / block.width
    if isinstance(block, Facts):
        return _facts(block)
    if isinstance(block, Prose):
        return sum(_lines(line, WIDTH, LETTER) * LINE for line in (block.caption, *block.lines) if line)
    if isinstance(block, TextLines):
        return ceil(len(block.labels) / 2) * 16.0
    return CAPTION + _lines(block.text, WIDTH, LETTER) * LINE


def _row(row: Row, table: Table) -> float:
    share = WIDTH / sum(column.width for column in table.columns)
    lines = (
        _lines(cell.mark + cell.text, share * column.width - 2.5, CELL_LETTER)
        for cell, column in zip(row, table.columns, strict=True)
    )
    return ROW + CELL_LINE * max(lines)


def _facts(facts: Facts) -> float:
    """Two beside each other, unless one of them is long."""
    is_long = any(len(cell.text) > 40 for _, cell in facts.items)
    beside: Sequence[float] = [_lines(cell.text, WIDTH * 0.7, LETTER) * LINE + 0.5 for _, cell in facts.items]
    return sum(beside) if is_long else LINE * ceil(len(beside) / 2) + 2


def _lines(text: str, width: float, letter: float) -> int:
    wide = sum(1 for character in text if character.isupper() or not character.isascii())
    return max(ceil((len(text) + wide) * letter / width), 1)
