"""Cells of a calculation: numbers, and formulas over them together with what they come to."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

Style = Literal["text", "head", "title", "input", "amount", "number", "money", "total", "note", "day"]


@dataclass(frozen=True, slots=True)
class CellEntry:
    """One cell. `formula` begins with an equals sign; `value` is then what the engine says it comes to."""

    value: Fraction | Decimal | int | str = ""
    formula: str = ""
    style: Style = "text"


@dataclass(slots=True)
class Grid:
    """Rows of cells, filled from the top."""

    rows: list[tuple[CellEntry, ...]] = field(default_factory=list)

    def add(self, *cells: CellEntry) -> int:
        """Append a row; gives its number in the sheet."""
        self.rows.append(cells)
        return len(self.rows)

    def title(self, text: str) -> None:
        if self.rows:
            self.add()
        self.add(CellEntry(text, style="title"))

    def heads(self, *texts: str) -> None:
        self.add(*(CellEntry(text, style="head") for text in texts))

    def line(self, label: str, cell: CellEntry, note: str = "") -> str:
        """A labelled number in the second column; gives its address."""
        return f"$B${self.add(CellEntry(label), cell, CellEntry(note, style='note'))}"


def literal(number: Fraction | Decimal | int) -> str:
    """A number inside a formula, with the digits that a spreadsheet can hold."""
    exact = Fraction(number)
    return str(exact.numerator) if exact.denominator == 1 else repr(float(exact))


def rounded(expression: str, places: int, mode: str) -> str:
    """An expression rounded as the contract says; a half goes away from zero in a spreadsheet's own ROUND."""
    if mode == "half_even":
        scaled = f"({expression})*{10**places}"
        is_half = f"ABS(ROUND(MOD(ABS({scaled}),1),9)-0.5)<0.0000001"
        return f"IF({is_half},2*ROUND({scaled}/2,0)/{10**places},ROUND({expression},{places}))"
    name = {"half_up": "ROUND", "down": "ROUNDDOWN", "up": "ROUNDUP"}[mode]
    # What is exact on paper is a hair off in binary: cutting or raising must not see that hair.
    inner = expression if name == "ROUND" else f"ROUND({expression},{places + 7})"
    return f"{name}({inner},{places})"
