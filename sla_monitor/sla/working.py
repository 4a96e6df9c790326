"""The working of a figure: steps that a person with a calculator can follow to the penny."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from sla_monitor.sla.rounding import shown


class Step(NamedTuple):
    """One line: what is worked out, the formula with its numbers in it, what comes out, and the clause. A tuple,
    because hundreds are made at every assessment."""

    what: str
    formula: str
    result: str
    clause: str = ""

    def __str__(self) -> str:
        said = f"{self.what}: {self.formula} = {self.result}" if self.formula else f"{self.what}: {self.result}"
        return f"{said} [{self.clause}]" if self.clause else said


Working: TypeAlias = tuple[Step, ...]


def step(what: str, formula: str, result: Fraction | Decimal | int | str, clause: str = "") -> Step:
    """A step; a number is written out, money (a Decimal) with all its digits."""
    if isinstance(result, Decimal):
        return Step(what, formula, f"{result:f}", clause)
    return Step(what, formula, result if isinstance(result, str) else shown(result), clause)
